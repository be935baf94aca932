"""Records as CloudTrail writes them, and one object's way through the decoder: what the decoder's tests share."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from typing import Any

from jobs.cloudtrail import Decoder
from jobs.rows import REASONS, Outcome, Source
from lake.settings import Filters
from schemas import TABLES
from schemas.arrow import arrow_schema

SOURCE = Source("s3://raw/key.json.gz", "etag-1", 0)
EVERYTHING = Filters(
    keep="everything", events=("ssm:StartSession",), accounts=("444455556666",), regions=("eu-west-1",)
)
LIMIT = 10_000_000

ROLE_SESSION = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:jane.doe@example.com",
    "arn": "arn:aws:sts::111122223333:assumed-role/Admin/jane.doe@example.com",
    "accountId": "111122223333",
    "accessKeyId": "ASIAEXAMPLE",
    "sessionContext": {
        "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/Admin", "userName": "Admin"},
        "attributes": {"creationDate": "2024-03-03T22:00:00Z", "mfaAuthenticated": "true"},
        "sourceIdentity": "jane",
    },
}


def event(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A record as CloudTrail writes it; a change to ... leaves the field out."""
    whole = {
        "eventVersion": "1.09",
        "userIdentity": ROLE_SESSION,
        "eventTime": "2024-03-03T22:22:55Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "DescribeInstances",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2.15",
        "requestParameters": {"instancesSet": {}, "maxResults": 5},
        "responseElements": None,
        "requestID": "11111111-2222-3333-4444-555555555555",
        "eventID": f"00000000-0000-0000-0000-{number:012}",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "000022223333",
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3"},
    } | changes
    return {name: value for name, value in whole.items() if value is not ...}


def text(record: object) -> str:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


def container(*records: object) -> bytes:
    return b'{"Records":[' + b",".join(r if isinstance(r, bytes) else text(r).encode() for r in records) + b"]}"


def decode(
    data: bytes, filters: Filters = EVERYTHING, limit: int = LIMIT, pack: bool = True
) -> tuple[Outcome, list[dict[str, Any]]]:
    """Outcome and rows of one object, after the promises that hold for every object have been checked."""
    decoder = Decoder(filters, limit)
    outcome = decoder.add(SOURCE, gzip.compress(data) if pack else data)
    assert outcome.records == outcome.kept + sum(outcome.filtered.values()) + len(outcome.bad)
    assert all(bad.reason in REASONS for bad in outcome.bad)
    assert decoder.pending == outcome.kept
    table = decoder.take()
    assert table.schema.equals(arrow_schema(TABLES["from_cloudtrail_readready"]))
    table.validate(full=True)
    assert (table.num_rows, decoder.pending) == (outcome.kept, 0)
    return outcome, table.to_pylist()


def one_row(*records: object, filters: Filters = EVERYTHING) -> dict[str, Any]:
    outcome, rows = decode(container(*records), filters)
    assert (outcome.bad, len(rows)) == ([], 1)
    return rows[0]


def reasons(outcome: Outcome) -> list[tuple[int, str]]:
    return [(bad.record, bad.reason) for bad in outcome.bad]


def ids(rows: Sequence[dict[str, Any]]) -> list[int]:
    return [int(row["eventid"][-12:]) for row in rows]
