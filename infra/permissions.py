"""What AWS does for a role, and so must be allowed though none of our code asks for it: each with its reason.

Besides, what our code asks of AWS that the embedded AWS does not have.

By the statement's name (Sid) in infra/templates/access.yaml. All other statements are proved by a recording of every
call of a lake's life: tests/integration/test_permissions.py.
"""

from __future__ import annotations

from typing import NamedTuple


class ByAws(NamedTuple):
    """who: the service that calls, with the role's rights. why: what for; source: AWS's document that asks for it."""

    who: str
    why: str
    source: str


MADE_BY_AWS: dict[str, ByAws] = {
    "Poll": ByAws(
        "Lambda",
        "its poller takes announcements from the queue for the function, and deletes what was taken",
        "AWS Lambda, Using Lambda with Amazon SQS",
    ),
    "WriteLog": ByAws("Lambda", "writes the function's log", "AWS Lambda, Execution role"),
    "WriteLogs": ByAws("Glue", "writes the job's log, and makes the group where it is missing", "AWS Glue, Logging"),
    "EncryptLogs": ByAws(
        "CloudWatch Logs",
        "encrypts what the role logs; only through CloudWatch Logs, and only for its groups",
        "CloudWatch Logs, Encrypt log data using AWS KMS",
    ),
    "PutMetrics": ByAws(
        "Glue",
        "writes the job's metrics; CloudWatch knows no resource here, the condition names Glue's namespace",
        "AWS Glue, Monitoring with Amazon CloudWatch",
    ),
    "FetchCode": ByAws("Glue", "fetches the job's script and wheels when a run starts", "AWS Glue, Job role"),
    "ReadSecurityConfiguration": ByAws(
        "Glue",
        "reads the job's security configuration (jobs.yaml) when a run starts; the action knows no resource",
        "AWS Solutions Constructs, aws-kinesisstreams-gluejob; AWS's own role for jobs has it, too",
    ),
    "UseBooksKey": ByAws("S3, SQS", "decrypts and encrypts books and announcements for the role", "AWS KMS in S3, SQS"),
    "UseKeys": ByAws("S3, SQS", "decrypts and encrypts books, rows and announcements for the role", "AWS KMS in S3"),
    "UseResultsKey": ByAws("Athena, S3", "encrypts and decrypts query results for who asks", "Athena, Encryption"),
    "UseExportKeys": ByAws("Athena, S3", "encrypts and decrypts what is exported", "Athena, Encryption"),
    "Decrypt": ByAws("S3", "reads what it copies to another Region", "S3, Replicating encrypted objects"),
    "DecryptRaw": ByAws("S3", "decrypts the raw objects that the role reads or copies", "AWS KMS in S3"),
    "DecryptBooks": ByAws("S3", "decrypts lake.toml", "AWS KMS in S3"),
    "DecryptReadready": ByAws("S3, Athena", "decrypts the tables' files that the role reads", "AWS KMS in S3"),
    "EncryptCopies": ByAws("S3", "encrypts the copy with the other Region's key", "S3, Replicating encrypted objects"),
    "ReadTheBuckets": ByAws("S3", "copies objects to another Region", "S3, Setting up permissions for replication"),
    "ReadVersions": ByAws("S3", "copies objects to another Region", "S3, Setting up permissions for replication"),
    "Copy": ByAws("S3", "copies objects to another Region", "S3, Setting up permissions for replication"),
    "StartJobs": ByAws("EventBridge Scheduler", "starts the jobs", "EventBridge Scheduler, Execution role"),
    "AthenaReadsCatalog": ByAws(
        "Athena", "looks up databases, tables and partitions with the rights of who asks", "Athena, Access to Glue"
    ),
    "AthenaReadsTables": ByAws("Athena", "reads the tables' files with the rights of who asks", "Athena, Access to S3"),
    "AthenaListsTables": ByAws("Athena", "lists the tables' files with the rights of who asks", "Athena, Access to S3"),
    "AthenaReadsByGrant": ByAws(
        "Athena",
        "asks Lake Formation for credentials of who was granted; the action knows no resource",
        "Lake Formation, Underlying data access control",
    ),
    "AthenaFindsResults": ByAws(
        "Athena", "looks at where results go with the rights of who asks", "Athena, Access to S3"
    ),
    "AthenaWritesResults": ByAws(
        "Athena", "writes and reads results with the rights of who asks", "Athena, Access to S3"
    ),
    "AthenaUnloadsAside": ByAws("Athena", "UNLOAD writes what is on its way to CSV", "Athena, UNLOAD"),
    "AthenaUnloads": ByAws("Athena", "UNLOAD writes large files in parts", "Athena, UNLOAD"),
    "AthenaFindsTarget": ByAws("Athena", "UNLOAD looks at the target's bucket", "Athena, UNLOAD"),
    "AskInTheConsole": ByAws(
        "Athena's console", "shows past and saved queries to auditors who ask there", "Athena, Identity-based policies"
    ),
    "SeeLocks": ByAws("S3", "leaves an object's lock out of GET's answer for who may not see it", "S3, GetObject"),
    "AskForPublicKeys": ByAws(
        "loglake verify",
        "asks CloudTrail for the keys of digest files, which know no resource; the embedded AWS has none",
        "CloudTrail, ListPublicKeys",
    ),
    "ReadForWhoWasGranted": ByAws(
        "Lake Formation", "reads registered folders for those who were granted", "Lake Formation, Registration roles"
    ),
    "ListForWhoWasGranted": ByAws(
        "Lake Formation", "lists registered folders for those who were granted", "Lake Formation, Registration roles"
    ),
    "DecryptForWhoWasGranted": ByAws(
        "Lake Formation", "decrypts registered files for those who were granted", "Lake Formation, Registration roles"
    ),
    "MakeIndexes": ByAws(
        "CloudFormation",
        "infra/functions/indexes.py makes partition indexes on deployment; the embedded AWS knows none",
        "AWS Glue, Creating partition indexes",
    ),
    "CallItselfAgain": ByAws(
        "CloudFormation",
        "infra/functions/custom.py goes on in a fresh run where an index takes longer than Lambda's 15 minutes",
        "AWS Lambda, Invoke",
    ),
    "MakeViews": ByAws(
        "Athena", "makes the managers' views for the definer", "Lake Formation, Prerequisites for creating views"
    ),
    "ReadTables": ByAws(
        "Athena", "reads their tables' definitions", "Lake Formation, Prerequisites for creating views"
    ),
    "BecomeDefiner": ByAws(
        "Glue", "keeps the definer with the view", "Lake Formation, Prerequisites for creating views"
    ),
}
