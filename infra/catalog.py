"""`infra/templates/catalog.yaml`: what `infra.resources` declares for Glue and Athena, as CloudFormation.

`python -m infra.catalog` writes it for the project's lake.toml; `loglake deploy` makes it of the company's. The local
lake is made of the same functions' answers, and tests/unit/test_catalog_template.py holds the two equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from infra import resources
from infra.template import TEMPLATES, dump, with_comments
from lake.settings import Settings, parse
from schemas import TABLES

PATH = TEMPLATES / "catalog.yaml"
HEADER = """\
# Made by `python -m infra.catalog` of schemas/, sql/ and lake.toml: change those, not this.
"""
_KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
_FUNCTION = "${RolePrefix}partition-indexes"
_NOT_OURS = {
    "CKV_AWS_115": "reserving concurrency takes it from the whole account; CloudFormation calls it once at a time",
    "CKV_AWS_116": "CloudFormation is answered whatever happens; a letter left behind would tell nobody more",
    "CKV_AWS_117": "it speaks to Glue and to CloudFormation's URL; a VPC would add endpoints and protect nothing",
    "CKV_AWS_272": "the zip is named by its content's hash and lies in a bucket that only deployers write",
}

Comment = str
Resource = dict[str, Any]


def text(settings: Settings) -> str:
    """The whole file."""
    head = {"AWSTemplateFormatVersion": "2010-09-09", "Description": "Log Lake: its catalog and how it is asked."}
    parts = {"Parameters": _parameters(), "Conditions": _CONDITIONS}
    return HEADER + dump(head | parts) + with_comments(_resources(settings))


def logical_id(kind: str, name: str) -> str:
    """A resource's name in the template: `Table` and `lake_ledger` make TableLakeLedger."""
    return kind + "".join(word.capitalize() for word in re.split(r"[^A-Za-z0-9]+", name))


def _parameters() -> dict[str, Any]:
    return {
        "RolePrefix": {
            "Type": "String",
            "Default": "loglake-",
            "AllowedPattern": "[a-zA-Z0-9_-]{0,20}",
            "Description": "Names of roles, functions and jobs begin with this.",
        },
        "PartitionIndexes": {
            "Type": "String",
            "Default": "yes",
            "AllowedValues": ["yes", "no"],
            "Description": "no where the account's Data Catalog is encrypted: Glue makes no indexes of such metadata.",
        },
        "BytesScannedCutoffPerQuery": {
            "Type": "Number",
            "Default": 1_000_000_000_000,
            "MinValue": 10_000_000,
            "Description": "Athena stops a query that has read so many bytes. It is billed for them all the same.",
        },
        "ResultsKeyArn": {
            "Type": "String",
            "AllowedPattern": "arn:[a-z-]+:kms:.+",
            "Description": "The KMS key that query results are encrypted with.",
        },
        "IndexesRoleArn": {
            "Type": "String",
            "AllowedPattern": "arn:[a-z-]+:iam::.+",
            "Description": "The role of the function that makes partition indexes (access.yaml).",
        },
        "ArtefactsBucket": {"Type": "String", "Description": "Where `loglake deploy` puts code and templates."},
        "FunctionsKey": {"Type": "String", "Description": "The zip of infra/functions there."},
        "LogsKeyArn": {
            "Type": "String",
            "Default": "",
            "Description": "The KMS key of the function's log. Empty: CloudWatch Logs' own.",
        },
        "LogRetentionDays": {
            "Type": "Number",
            "Default": 365,
            "AllowedValues": [30, 90, 180, 365, 400, 731, 1096, 1827, 2557, 3653],
            "Description": "How long the function's log is kept.",
        },
    }


_CONDITIONS = {
    "Indexed": {"Fn::Equals": [{"Ref": "PartitionIndexes"}, "yes"]},
    "OwnLogsKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "LogsKeyArn"}, ""]}]},
}


def _resources(settings: Settings) -> Iterable[tuple[str, Comment, Resource]]:
    yield "Database", _DATABASE, _database(settings)
    for table in resources.table_inputs(settings):
        kind = "View" if table["TableType"] == "VIRTUAL_VIEW" else "Table"
        says = _TEAMS.format(table["Name"]) if kind == "Table" and table["Name"] not in TABLES else ""
        yield logical_id(kind, table["Name"]), says or _of_table(table["Name"]), _table(table, kind)
    yield from _indexes(settings)
    yield "WorkGroup", _WORKGROUP, _workgroup(settings)
    for query in resources.named_queries(settings):
        resource = {"Type": "AWS::Athena::NamedQuery", "DependsOn": "WorkGroup", "Properties": query}
        yield logical_id("Query", query["Name"]), _QUERY.format(query["Name"]), resource


def _database(settings: Settings) -> Resource:
    properties = {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": resources.database_input(settings)}
    return {"Type": "AWS::Glue::Database", **_KEPT, "Properties": properties}


def _table(table: dict[str, Any], kind: str) -> Resource:
    where = {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseName": {"Ref": "Database"}}
    kept = _KEPT if kind == "Table" else {}  # a view is nothing but its text
    return {"Type": "AWS::Glue::Table", **kept, "Properties": where | {"TableInput": table}}


def _indexes(settings: Settings) -> Iterable[tuple[str, Comment, Resource]]:
    found = resources.indexes()
    log = {"LogGroupName": {"Fn::Sub": f"/loglake/{_FUNCTION}"}, "RetentionInDays": {"Ref": "LogRetentionDays"}}
    key = {"KmsKeyId": {"Fn::If": ["OwnLogsKey", {"Ref": "LogsKeyArn"}, {"Ref": "AWS::NoValue"}]}}
    yield (
        "PartitionIndexesLog",
        _LOG,
        {
            "Type": "AWS::Logs::LogGroup",
            "Condition": "Indexed",
            "UpdateReplacePolicy": "Retain",
            "DeletionPolicy": "Delete",
        }
        | {"Metadata": _skip({"CKV_AWS_158": "LogsKeyArn is a parameter; it tells of indexes, of no session"})}
        | {"Properties": log | key},
    )
    yield "PartitionIndexesFunction", _INDEXES_FUNCTION, _FUNCTION_RESOURCE
    tables = [{"TableName": name, "PartitionIndexes": wanted} for name, wanted in found.items()]
    yield (
        "Indexes",
        _INDEXES,
        {
            "Type": "Custom::PartitionIndexes",
            "Condition": "Indexed",
            "DependsOn": [logical_id("Table", name) for name in found],
            "Properties": {
                "ServiceToken": {"Fn::GetAtt": ["PartitionIndexesFunction", "Arn"]},
                "DatabaseName": settings.lake.database,
                "Tables": tables,
            },
        },
    )


_FUNCTION_RESOURCE: Resource = {
    "Type": "AWS::Lambda::Function",
    "Condition": "Indexed",
    "Properties": {
        "FunctionName": {"Fn::Sub": _FUNCTION},
        "Description": "Makes the partition indexes of Log Lake's tables, one at a time.",
        "Runtime": "python3.13",
        "Architectures": ["arm64"],
        "Handler": "infra.functions.indexes.handler",
        "Code": {"S3Bucket": {"Ref": "ArtefactsBucket"}, "S3Key": {"Ref": "FunctionsKey"}},
        "Role": {"Ref": "IndexesRoleArn"},
        "MemorySize": 256,
        "Timeout": 900,
        "LoggingConfig": {"LogGroup": {"Ref": "PartitionIndexesLog"}},
        "TracingConfig": {"Mode": "PassThrough"},
    },
}


def _skip(checks: dict[str, str]) -> dict[str, Any]:
    """checkov's suppressions, each with its reason."""
    return {"checkov": {"skip": [{"id": check, "comment": why} for check, why in checks.items()]}}


_FUNCTION_RESOURCE["Metadata"] = _skip(
    _NOT_OURS | {"CKV_AWS_50": "nothing calls anything but Glue: there is no path to trace"}
)


def _workgroup(settings: Settings) -> Resource:
    """What the local workgroup has, and what only AWS knows: encryption, the limit, the engine."""
    declared = resources.workgroup(settings)
    configuration = declared["Configuration"]
    encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": {"Ref": "ResultsKeyArn"}}
    results = configuration["ResultConfiguration"] | {"EncryptionConfiguration": encryption}
    deployed = {
        "ResultConfiguration": results,
        "BytesScannedCutoffPerQuery": {"Ref": "BytesScannedCutoffPerQuery"},
        "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
    }
    properties = {key: value for key, value in declared.items() if key != "Configuration"}
    return {
        "Type": "AWS::Athena::WorkGroup",
        **_KEPT,
        "Properties": properties | {"WorkGroupConfiguration": configuration | deployed},
    }


# -- what is in docs/runbook.md ----------------------------------------------------------------------------------------

_DATABASE = (
    "Breaks: every query, every job and AddAPart; nothing of the lake is found, nothing is lost. Do: deploy again; if "
    "its tables were deleted with it, `loglake doctor --aws --fix` has every partition registered anew by the markers."
)
_WORKGROUP = (
    "Breaks: nobody can ask, exports and questions fail; what is stored is whole. Do: read the refused query's reason; "
    "if it is the limit of bytes, ask fewer days or raise BytesScannedCutoffPerQuery; if it is access to results, look "
    "at the results bucket and its key."
)
_QUERY = (
    "Breaks: the saved query {0} is missing from Athena's console, no more. Do: deploy again, or `loglake ask {0}`."
)
_TEAMS = (
    "Breaks: {0} cannot be asked, and AddAPart's messages about its bucket become dead letters. Do: deploy again, then "
    "`loglake redrive --aws`."
)
_LOG = "Breaks: the reason of a failed index cannot be read. Do: deploy again."
_INDEXES_FUNCTION = (
    "Breaks: a deployment that adds or changes partition indexes fails; what is there goes on. Do: read its log; "
    "deploy again; PartitionIndexes=no leaves indexes out."
)
_INDEXES = (
    "Breaks: queries plan slowly over many days, the doctor lists raw partitions slowly; no answer is wrong. Do: the "
    "reason is in the stack's events; an index in state FAILED is made anew by the next deployment that changes it."
)


def _of_table(name: str) -> Comment:
    table = TABLES.get(name)
    if table is None:
        return f"Breaks: queries of the view {name} and of views made from it. Do: deploy again; it holds no rows."
    if table.people:
        return f"Breaks: views that name {name}; its files stay where people put them. Do: deploy again."
    if table.layout != "orc":
        return (
            f"Breaks: {name} cannot be asked and AddAPart's messages return to the queue until they are dead letters; "
            "jobs go on. Do: deploy again, then `loglake redrive --aws`."
        )
    return (
        f"Breaks: queries of {name} and of the views on it, and days stop turning up there; its rows are whole in S3. "
        "Do: deploy again, then `loglake doctor --aws --fix` has its days registered anew."
    )


if __name__ == "__main__":
    PATH.write_text(
        text(parse((Path(__file__).parents[1] / "lake.toml").read_text(encoding="utf-8"))), encoding="utf-8"
    )
