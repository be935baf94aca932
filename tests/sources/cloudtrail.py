"""CloudTrail's files, to be held to what every kind of logs must do."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from lake.settings import Filters
from tests.sources.fixture import Fixture

ACCOUNT = "111122223333"


def record(number: int, time: datetime, **changes: Any) -> bytes:
    """A StartSession."""
    one = {
        "eventVersion": "1.08",
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "ssm.amazonaws.com",
        "eventName": "StartSession",
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
        "requestParameters": {"target": "i-0123456789abcdef0"},
        "responseElements": {"sessionId": f"alice-{number:017x}"},
    }
    return json.dumps(one | changes).encode()


def key(day: date, name: str) -> str:
    """As CloudTrail names its files."""
    return f"AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/{day:%Y/%m/%d}/{ACCOUNT}_CloudTrail_eu-west-1_{name}.json.gz"


def pack(records: Sequence[bytes]) -> bytes:
    """A file."""
    return gzip.compress(b'{"Records":[' + b",".join(records) + b"]}", mtime=0)


def unpack(data: bytes) -> list[bytes]:
    """Its records."""
    return [json.dumps(one).encode() for one in json.loads(gzip.decompress(data))["Records"]]


_AT = datetime.fromisoformat("2024-03-03T22:22:55")
_IDENTITY = {
    "type": "AssumedRole",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/alice",
    "principalId": "AROAEXAMPLE:alice",
    "accountId": ACCOUNT,
    "accessKeyId": "ASIAEXAMPLE",
    "userName": "alice",
    "invokedBy": "AWS Internal",
    "sessionContext": {
        "sessionIssuer": {"arn": f"arn:aws:iam::{ACCOUNT}:role/admin", "userName": "admin"},
        "attributes": {"mfaAuthenticated": "true"},
        "sourceIdentity": "alice",
    },
}
_MORE = {
    "userIdentity": _IDENTITY,
    "errorCode": "AccessDenied",
    "errorMessage": "no",
    "sourceIPAddress": "192.0.2.7",
    "userAgent": "aws-cli/2",
    "additionalEventData": {"a": 1},
    "serviceEventDetails": {"b": 2},
    "resources": [{"ARN": "arn:aws:s3:::x"}],
    "tlsDetails": {"tlsVersion": "TLSv1.3"},
    "readOnly": False,
    "managementEvent": True,
    "eventType": "AwsApiCall",
    "eventCategory": "Management",
    "apiVersion": "2014-11-06",
    "requestID": "r-1",
    "sharedEventID": "s-1",
    "vpcEndpointId": "vpce-1",
    "sessionCredentialFromConsole": "true",
    "aFieldOfTomorrow": [1.50],
}
FIXTURE = Fixture(
    key=key,
    record=record,
    pack=pack,
    unpack=unpack,
    filters=Filters(events=("ssm:StartSession",)),
    dropped=record(9, _AT, eventName="DescribeSessions"),
    rule="event",
    account=ACCOUNT,
    bad=record(9, _AT, eventTime="03/03/2024 22:22"),
    reason="no-time",
    full=(
        (
            record(1, _AT, **_MORE),
            {
                "eventtime": _AT,
                "sessionid": f"{1:017x}",
                "username": "alice",
                "mfaauthenticated": True,
                "sessioncredentialfromconsole": True,
                "readonly": False,
                "sourceidentity": "alice",
                "otherfields": '{"aFieldOfTomorrow":[1.5]}',
            },
        ),
        (
            record(
                2,
                _AT,
                eventSource="sts.amazonaws.com",
                eventName="AssumeRole",
                responseElements={"credentials": {"accessKeyId": "ASIANEXT", "sessionToken": "SECRET"}},
            ),
            {"issuedaccesskeyid": "ASIANEXT", "eventname": "AssumeRole"},
        ),
    ),
)
