"""The templates of queue, function and buckets, deployed on the embedded AWS: what they make is what the local lake is
made of, and the lake works on it, locks and versions included."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import boto3
import obstore
import pytest
from botocore.exceptions import ClientError
from obstore.exceptions import BaseError
from obstore.store import S3Store

from addapart import handler
from addapart.events import announced
from infra import artefacts, lambda_zip, resources
from infra.local import worker
from infra.local.resources import attributes
from jobs.access import Access
from jobs.mapping import PlainMap
from jobs.run import run
from lake import keys
from lake.settings import parse
from lake.store import Store
from tests.deployed import deploy

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS..CloudFormation..WaitConditionHandle")
SETTINGS = parse((Path(__file__).parents[2] / "lake.toml").read_text())
BUCKETS = SETTINGS.buckets
RAW = "loglake-raw-cloudtrail"
KEY = "AWSLogs/111122223333/CloudTrail/us-east-1/2024/06/01/111122223333_CloudTrail_us-east-1_20240601T1200Z_x.json.gz"
EVENT = {
    "eventID": "5f1c9c1e-0000-4000-8000-000000000001",
    "eventTime": "2024-06-01T11:59:00Z",
    "eventSource": "ssm.amazonaws.com",
    "eventName": "StartSession",
    "awsRegion": "us-east-1",
    "recipientAccountId": "111122223333",
}
TRAIL = "arn:aws:cloudtrail:eu-central-1:222233334444:trail/organisation"


class Deployed(NamedTuple):
    """Outputs of the stacks."""

    keys: dict[str, str]
    ingest: dict[str, str]
    storage: dict[str, str]


@pytest.fixture(scope="module")
def deployed(embedded_aws: str) -> Deployed:  # noqa: ARG001 - it is there
    """keys, ingest, storage and two raw buckets, as `loglake deploy` nests them."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    s3, iam, package = boto3.client("s3"), boto3.client("iam"), artefacts.code("")["AddAPartKey"]
    s3.create_bucket(Bucket="artefacts")
    s3.put_object(Bucket="artefacts", Key=package.key, Body=package.body)
    role = iam.create_role(RoleName="loglake-addapart", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    made = deploy("keys", "keys.yaml", {"TrailArns": TRAIL})
    queue = {
        "BooksBucket": BUCKETS.books,
        "QueueName": SETTINGS.lake.queue,
        "RawBuckets": ",".join(resources.raw_buckets(SETTINGS)),
        "BooksKeyArn": made["BooksKeyArn"],
        "AddAPartRoleArn": role,
        "ArtefactsBucket": "artefacts",
        "AddAPartKey": package.key,
    }
    ingest = deploy("ingest", "ingest.yaml", queue)
    logs = {"AccessLogsBucket": "loglake-access-logs", "QueueArn": ingest["QueueArn"]}
    buckets = {
        "BooksBucket": BUCKETS.books,
        "ReadreadyBucket": BUCKETS.readready,
        "ResultsBucket": BUCKETS.results,
        "BooksKeyArn": made["BooksKeyArn"],
        "ReadreadyKeyArn": made["ReadreadyKeyArn"],
        "ResultsKeyArn": made["ResultsKeyArn"],
    }
    storage = deploy("storage", "storage.yaml", buckets | logs)
    for number, bucket in enumerate(resources.raw_buckets(SETTINGS)):
        raw = {"RawBucket": bucket, "RawKeyArn": made["RawKeyArn"], "TrailArns": TRAIL}
        deploy(f"raw-{number}", "raw.yaml", raw | logs)
    return Deployed(made, ingest, storage)


def test_the_deployed_queues_are_the_local_ones(deployed: Deployed) -> None:
    sqs = boto3.client("sqs")
    dead = {resources.dead_letters(SETTINGS).name: deployed.ingest["DeadLetterQueueArn"]}
    for one in (resources.queue(SETTINGS), resources.dead_letters(SETTINGS)):
        url = sqs.get_queue_url(QueueName=one.name)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        local = attributes(one, dead)
        assert {name: _value(found.get(name)) for name in local} == {name: _value(local[name]) for name in local}
        assert found["KmsMasterKeyId"] == deployed.keys["BooksKeyArn"]


def _value(attribute: str | None) -> object:
    return json.loads(attribute) if attribute else None


def test_the_deployed_buckets_announce_what_the_local_ones_announce(deployed: Deployed) -> None:
    s3 = boto3.client("s3")
    wanted = resources.notifications(SETTINGS, deployed.ingest["QueueArn"])
    for bucket in (*resources.raw_buckets(SETTINGS), *resources.own_buckets(SETTINGS), "loglake-access-logs"):
        found = s3.get_bucket_notification_configuration(Bucket=bucket)
        found.pop("ResponseMetadata")
        for one in found.get("QueueConfigurations", []):
            one.pop("Id")
        assert found == wanted.get(bucket, {}), bucket


def test_addapart_is_called_by_the_deployed_queue_as_by_the_local_one(deployed: Deployed) -> None:
    client = boto3.client("lambda")
    (mapping,) = client.list_event_source_mappings()["EventSourceMappings"]
    assert mapping["EventSourceArn"] == deployed.ingest["QueueArn"]
    assert mapping["FunctionArn"] == deployed.ingest["FunctionArn"]
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (worker.BATCH, resources.BATCH_WINDOW)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 10}
    function = client.get_function(FunctionName=deployed.ingest["FunctionName"])["Configuration"]
    assert function["Timeout"] == resources.TIMEOUT
    assert function["Handler"] == f"{lambda_zip.HANDLER}.handler"
    assert function["CodeSize"] == len(artefacts.code("")["AddAPartKey"].body)


@pytest.fixture
def queue(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> worker.Mapping:
    """The deployed function's handler on the deployed queue, in the function's environment."""
    function = boto3.client("lambda").get_function(FunctionName=deployed.ingest["FunctionName"])["Configuration"]
    for name, value in function["Environment"]["Variables"].items():
        monkeypatch.setenv(name, str(value))
    return worker.connect(SETTINGS, handler.handler)


@pytest.fixture
def worked(queue: worker.Mapping) -> Iterator[Access]:
    """An object landed in the deployed lake and was published; the run after that deleted the inbox file."""
    s3, sqs, glue = (boto3.client(name) for name in ("s3", "sqs", "glue"))
    glue.create_database(DatabaseInput=resources.database_input(SETTINGS))
    for table in resources.table_inputs(SETTINGS):
        glue.create_table(DatabaseName=SETTINGS.lake.database, TableInput=table)
    s3.put_object(Bucket=BUCKETS.books, Key=keys.SETTINGS, Body=SETTINGS.text.encode())
    s3.put_object(Bucket=RAW, Key=KEY, Body=gzip.compress(json.dumps({"Records": [EVENT]}).encode()))
    lake = Access(SETTINGS, Store(SETTINGS.lake.region))
    queue.once(0)
    for _ in range(2):
        s3.put_object(Bucket=RAW, Key=f"{KEY}{_}", Body=gzip.compress(b'{"Records": []}'))
        report = run(lake, "cloudtrail", PlainMap(lake), glue, sqs, lambda: datetime.now(UTC), tasks=1)
        assert not report.failed
        queue.once(0)
    yield lake
    glue.delete_database(Name=SETTINGS.lake.database)


def test_a_lake_works_on_locked_and_versioned_buckets(worked: Access) -> None:
    s3, glue = boto3.client("s3"), boto3.client("glue")
    day = glue.get_partition(
        DatabaseName=SETTINGS.lake.database, TableName="from_cloudtrail_readready", PartitionValues=["2024-06-01"]
    )
    folder = day["Partition"]["StorageDescriptor"]["Location"].removeprefix(f"s3://{BUCKETS.readready}/")
    assert list(worked.store.list(BUCKETS.readready, folder))

    markers = s3.list_objects_v2(Bucket=BUCKETS.books, Prefix=keys.MARKERS)["Contents"]
    kept = s3.head_object(Bucket=BUCKETS.books, Key=markers[0]["Key"])
    assert kept["ObjectLockMode"] == "GOVERNANCE"
    assert timedelta(days=364) < kept["ObjectLockRetainUntilDate"] - datetime.now(UTC) <= timedelta(days=365)

    versions = s3.list_object_versions(Bucket=BUCKETS.books, Prefix="inbox/cloudtrail/")
    deleted = {one["Key"] for one in versions["DeleteMarkers"]}
    gone = next(one for one in versions["Versions"] if one["Key"] in deleted)
    assert gone["Key"] not in set(worked.store.list(BUCKETS.books, "inbox/"))
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=BUCKETS.books, Key=gone["Key"], VersionId=gone["VersionId"])
    brief = s3.head_object(Bucket=BUCKETS.books, Key=gone["Key"], VersionId=gone["VersionId"])
    assert timedelta(hours=23) < brief["ObjectLockRetainUntilDate"] - datetime.now(UTC) <= timedelta(days=1)

    bare = S3Store(BUCKETS.books, region="us-east-1", client_options={"allow_http": True})
    with pytest.raises(BaseError, match="Content-MD5"):  # so the lake's own PUTs have one
        obstore.put(bare, "x", b"x", use_multipart=False)


def _brought(name: str) -> str:
    """Somebody's bucket, whose notifications go to a queue of theirs and to a topic. Returns the topic."""
    s3, sns, sqs = (boto3.client(service) for service in ("s3", "sns", "sqs"))
    topic: str = sns.create_topic(Name=name)["TopicArn"]
    theirs = sqs.create_queue(QueueName=f"splunk-{name}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=theirs, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3.create_bucket(Bucket=name)
    events = ["s3:ObjectCreated:*"]
    told = {
        "TopicConfigurations": [{"TopicArn": topic, "Events": [*events, "s3:ObjectRemoved:*"]}],
        "QueueConfigurations": [{"QueueArn": arn, "Events": events}],
        "EventBridgeConfiguration": {},
    }
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=told)
    return topic


def _state(bucket: str) -> object:
    s3 = boto3.client("s3")
    told = s3.get_bucket_notification_configuration(Bucket=bucket)
    told.pop("ResponseMetadata")
    return told, s3.get_bucket_versioning(Bucket=bucket).get("Status")


def _heard(queue: str) -> list[tuple[str, str]]:
    """What AddAPart would read from the deployed queue."""
    sqs, found = boto3.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for one in messages:
            found += [(each.bucket, each.key) for each in announced(one["Body"])]
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])
    return found


@pytest.mark.parametrize(("mode", "hears"), [("sns", True), ("eventbridge", True), ("listing", False)])
def test_a_brought_bucket_is_heard_of_and_left_as_it_is(deployed: Deployed, mode: str, hears: bool) -> None:
    bucket = f"aws-controltower-logs-{mode}"
    topic = _brought(bucket)
    before = _state(bucket)
    parameters = {
        "RawBucket": bucket,
        "Mode": mode,
        "TopicArn": topic if mode == "sns" else "",
        "QueueArn": deployed.ingest["QueueArn"],
        "RawKeyArn": deployed.keys["RawKeyArn"],
        "AccessLogsBucket": "loglake-access-logs",
    }
    deploy(f"brought-{mode}", "raw.yaml", parameters)
    _heard(deployed.ingest["QueueUrl"])
    boto3.client("s3").put_object(Bucket=bucket, Key="AWSLogs/a b+c", Body=b"x")
    boto3.client("s3").delete_object(Bucket=bucket, Key="AWSLogs/a b+c")
    assert _heard(deployed.ingest["QueueUrl"]) == [(bucket, "AWSLogs/a b+c")] * hears
    assert _state(bucket) == before


def test_a_topic_that_tells_of_other_buckets_too_tells_us_of_ours(deployed: Deployed) -> None:
    s3 = boto3.client("s3")
    topic = _brought("ours-of-two")
    s3.create_bucket(Bucket="not-ours")
    told = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket="not-ours", NotificationConfiguration=told)
    parameters = {
        "RawBucket": "ours-of-two",
        "Mode": "sns",
        "TopicArn": topic,
        "QueueArn": deployed.ingest["QueueArn"],
        "RawKeyArn": deployed.keys["RawKeyArn"],
        "AccessLogsBucket": "loglake-access-logs",
    }
    deploy("ours-of-two", "raw.yaml", parameters)
    _heard(deployed.ingest["QueueUrl"])
    for bucket in ("not-ours", "ours-of-two"):
        s3.put_object(Bucket=bucket, Key="x", Body=b"x")
    assert _heard(deployed.ingest["QueueUrl"]) == [("ours-of-two", "x")]


def test_an_owner_in_another_account_may_pass_its_buckets_events_on(deployed: Deployed) -> None:
    parameters = {
        "RawBucket": "elsewhere",
        "Mode": "eventbridge",
        "OwnerAccount": "222233334444",
        "QueueArn": deployed.ingest["QueueArn"],
        "RawKeyArn": deployed.keys["RawKeyArn"],
        "AccessLogsBucket": "loglake-access-logs",
    }
    deploy("elsewhere", "raw.yaml", parameters)
    events = boto3.client("events")
    (statement,) = json.loads(events.describe_event_bus(Name="default")["Policy"])["Statement"]
    assert (statement["Principal"]["AWS"], statement["Action"]) == ("222233334444", "events:PutEvents")
    rules = [json.loads(one["EventPattern"]) for one in events.list_rules()["Rules"]]
    (rule,) = [one for one in rules if one["detail"]["bucket"]["name"] == ["elsewhere"]]
    assert rule["account"] == ["222233334444"]


def test_a_copy_in_another_region_is_asked_for_with_its_key_and_its_lock(deployed: Deployed) -> None:
    role = "arn:aws:iam::111122223333:role/loglake-replication"
    there = {"ReplicaBucket": "raw-copy", "SourceAccount": "111122223333", "ReplicationRoleArn": role}
    copy = deploy("replica", "replica.yaml", there)
    parameters = {
        "RawBucket": "raw-with-copy",
        "QueueArn": deployed.ingest["QueueArn"],
        "RawKeyArn": deployed.keys["RawKeyArn"],
        "AccessLogsBucket": "loglake-access-logs",
        "ReplicationRoleArn": role,
        "LockMode": "COMPLIANCE",
        "LockDays": "2557",
        **copy,
    }
    deploy("raw-with-copy", "raw.yaml", parameters)
    s3 = boto3.client("s3")
    (rule,) = s3.get_bucket_replication(Bucket="raw-with-copy")["ReplicationConfiguration"]["Rules"]
    assert rule["Destination"]["Bucket"] == copy["ReplicaArn"]
    assert "Account" not in rule["Destination"]
    default = s3.get_object_lock_configuration(Bucket="raw-with-copy")["ObjectLockConfiguration"]["Rule"]
    assert (default["DefaultRetention"]["Mode"], default["DefaultRetention"]["Days"]) == ("COMPLIANCE", 2557)


def test_without_locks_buckets_can_still_be_locked_later(deployed: Deployed) -> None:
    parameters = {
        "RawBucket": "unlocked",
        "LockMode": "NONE",
        "ColdClass": "NONE",
        "QueueArn": deployed.ingest["QueueArn"],
        "RawKeyArn": deployed.keys["RawKeyArn"],
        "AccessLogsBucket": "loglake-access-logs",
    }
    deploy("unlocked", "raw.yaml", parameters)
    s3 = boto3.client("s3")
    s3.put_object(Bucket="unlocked", Key="x", Body=b"x")
    found = s3.get_object_lock_configuration(Bucket="unlocked")["ObjectLockConfiguration"]
    assert found["ObjectLockEnabled"] == "Enabled"
    s3.delete_object(Bucket="unlocked", Key="x", VersionId=s3.head_object(Bucket="unlocked", Key="x")["VersionId"])
