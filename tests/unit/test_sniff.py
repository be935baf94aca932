"""A file is told by its content: whose job it is, or what a person would call it."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.sniff import PREFIX, sniff

EVENT = {
    "eventVersion": "1.08",
    "userIdentity": {"type": "IAMUser"},
    "eventTime": "2024-03-03T22:22:55Z",
    "eventSource": "ssm.amazonaws.com",
    "eventName": "StartSession",
    "eventID": "e-1",
}
INSIGHT = {"eventVersion": "1.07", "eventTime": "2024-03-03T22:22:55Z", "eventID": "e-2", "eventCategory": "Insight"}
SESSION = {"eventVersion": "1.0", "eventTime": "2024-03-03T22:22:55Z", "sessionId": "u-1", "sessionData": ["$ ls"]}
DATA = {"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "g", "logStream": "s", "logEvents": []}
CONTROL = {"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logEvents": []}


def dump(*values: object, between: str = "", indent: int | None = None) -> bytes:
    return between.join(json.dumps(value, indent=indent) for value in values).encode()


CLOUDTRAIL = {
    "records": dump({"Records": [EVENT, EVENT]}),
    "pretty": dump({"Records": [EVENT]}, indent=4),
    "no records": dump({"Records": []}),
    "insight": dump({"Records": [INSIGHT]}),
    "array": dump([EVENT, EVENT]),
    "one record": dump(EVENT),
    "lines": dump(EVENT, EVENT, between="\n"),
    "keys in another order": dump(dict(sorted(EVENT.items()))),
    "byte order mark": b"\xef\xbb\xbf\n" + dump({"Records": [EVENT]}),
    "a long first value": dump({"Records": [{"responseElements": {"text": "x" * 90_000}, **EVENT}]}),
}
CLOUDWATCH = {
    "document": dump(DATA),
    "heartbeat": dump(CONTROL),
    "joined": dump(CONTROL, DATA, DATA),
    "pretty": dump(DATA, indent=2),
    "array": dump([DATA, DATA]),
    "owner first": dump({"owner": "111122223333", "logGroup": "g", "logEvents": [], "messageType": "DATA_MESSAGE"}),
    "session record": dump(SESSION),
    "session records": dump(SESSION, SESSION),
    "an extracted stream": b"plain text\n" + dump(SESSION) + b"\nmore text\n",
    "other JSON first": dump({"level": "info"}, SESSION, between="\n"),
    "a CloudTrail trail's log group": dump({**DATA, "logEvents": [{"message": json.dumps(EVENT)}]}),
}


@pytest.mark.parametrize(
    ("job", "text"),
    [("cloudtrail", text) for text in CLOUDTRAIL.values()] + [("cloudwatch", text) for text in CLOUDWATCH.values()],
    ids=[*CLOUDTRAIL, *CLOUDWATCH],
)
def test_a_log_is_known_packed_or_not_whole_or_not(job: str, text: bytes) -> None:
    packed = gzip.compress(text)
    for form in (text, packed, gzip.compress(packed), text + b"\n" * PREFIX, packed + packed):
        assert sniff(form).job == job
    truncated = gzip.compress(text, compresslevel=0)[:-9]
    assert sniff(truncated).job == job


@pytest.mark.parametrize(
    ("job", "text"),
    [
        ("cloudtrail", b'{"Records":['),
        ("cloudtrail", b'{"Records":[{"eventVersion":"1.08","userIden'),
        ("cloudtrail", b'{"Records":[{"eventVersion":"1.08",}, oops'),
        ("cloudwatch", b'{"messageType":"DATA_MESSAGE","own'),
        ("cloudwatch", b'{"messageType":"DATA_MESSAGE","logEvents":[{"message":"\xff\xfe\x00'),
        ("cloudwatch", b'ents":[{"id":"1"}]}' + dump(DATA)),
        ("cloudwatch", dump(DATA)[:60] + dump(DATA)),
    ],
)
def test_a_damaged_log_is_still_its_jobs(job: str, text: bytes) -> None:
    assert sniff(text).job == job
    assert sniff(gzip.compress(text)).job == job


def test_members_cut_anywhere_are_read_on() -> None:
    text = dump(DATA)
    assert sniff(gzip.compress(text[:5]) + gzip.compress(text[5:])).job == "cloudwatch"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("empty file", b""),
        ("empty file", b" \n"),
        ("empty file", gzip.compress(b"")),
        ("damaged gzip file", gzip.compress(b"text")[:10]),
        ("damaged gzip file", b"\x1f\x8b and then something else"),
        ("text", b"# Read me\n\nIt says `{\"Records\": []}`.\n"),
        ("text", b"# Samples\n\n```\n" + dump({"Records": [EVENT]}) + b"\n```\n"),
        ("binary", bytes(range(256))),
        ("binary", b"text and a \0 zero, in a file that is long enough"),
        ("Parquet file", b"PAR1\x15\x00"),
        ("zip archive", b"PK\x03\x04\x14\x00"),
        ("CloudTrail digest", dump({"awsAccountId": "111122223333", "digestStartTime": "x", "digestS3Bucket": "b"})),
        ("AWS Config", dump({"fileVersion": "1.0", "configSnapshotId": "x", "configurationItems": []})),
        ("S3 event notification", dump({"Records": [{"eventVersion": "2.1", "eventName": "x", "s3": {"bucket": {}}}]})),
        ("S3 event notification", dump({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"})),
        ("SQS event for a Lambda function", dump({"Records": [{"messageId": "1", "receiptHandle": "r", "body": ""}]})),
        ("SNS event for a Lambda function", dump({"Records": [{"EventVersion": "1.0", "Sns": {"Message": "m"}}]})),
        ("Kinesis event for a Lambda function", dump({"Records": [{"kinesis": {"data": "x"}, "eventVersion": "1.0"}]})),
        ("Firehose event for a Lambda function", dump({"invocationId": "i", "records": [{"recordId": "1"}]})),
        ("CloudWatch Logs event for a Lambda function", dump({"awslogs": {"data": "H4sI"}})),
        ("EventBridge event", dump({"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": EVENT})),
        ("output of cloudtrail lookup-events (no source)", dump({"Events": [{"CloudTrailEvent": "{}"}]})),
        ("JSON of another kind", dump([{"data": DATA}])),
        ("JSON of another kind", dump({"Records": [{"a": 1}]})),
        ("JSON of another kind", dump({"messageType": "greeting"})),
        ("JSON of another kind", dump([])),
        ("VPC flow log", b"version account-id interface-id srcaddr\n2 111122223333 eni-0a 10.0.0.1 10.0.0.2\n"),
        ("VPC flow log", b"2 111122223333 eni-0a 10.0.0.1 10.0.0.2 80 49152 6 1 40 1 2 ACCEPT OK\n"),
        ("ELB access log", b"https 2024-03-03T22:22:55.1Z app/lb/1 192.0.2.1:1 10.0.0.1:80 0.0 0.1 0.0 200 200\n"),
        ("ELB access log", b"2024-03-03T22:22:55.1Z lb 192.0.2.1:1 10.0.0.1:80 0.00 0.01 0.00 200 200 0 29\n"),
        ("S3 server access log", b"7" * 64 + b" bucket [03/Mar/2024:22:22:55 +0000] 192.0.2.1\n"),
        ("CloudFront access log", b"#Version: 1.0\n#Fields: date time\n"),
    ],
)  # fmt: skip
def test_what_no_job_takes_has_a_name(name: str, text: bytes) -> None:
    assert sniff(text) == ("", name)
    if text and not text.startswith(b"\x1f\x8b"):
        assert sniff(gzip.compress(text)) == ("", name)


def test_a_readme_that_quotes_a_log_is_no_log() -> None:
    assert sniff(b'How a log looks:\n\n{"Records":[{"eventVersion":"1.08","eventName":"x"}]}\n') == ("", "text")


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x1f\x8b", b"{", b'{"Records":[', b"[[", b'{"a":', b"text\n{"]))
def test_no_bytes_ever_raise(data: bytes, begin: bytes) -> None:
    assert sniff(begin + data).name
    assert sniff(gzip.compress(begin + data)[:-3]).name


def test_deep_nesting_and_endless_lists_are_looked_at_quickly() -> None:
    assert sniff(b"[" * 10_000_000).name == "JSON of another kind"
    assert sniff(b'{"a":' * 1_000_000).name == "JSON of another kind"
    assert sniff(b"{}" * 1_000_000).name == "JSON of another kind"
    assert sniff(b"text" + b"\n" * 1_000_000).name == "text"
    assert sniff(gzip.compress(b" " * 50_000_000)).name == "empty file"
