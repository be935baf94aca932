"""Firehose's objects of CloudWatch Logs, to be held to what every kind of logs must do."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from lake.settings import Filters
from tests.sources.fixture import Fixture

ACCOUNT, GROUP, SESSION = "111122223333", "/aws/ssm/sessionlogs", "0123456789abcdef0"


def document(group: str, number: int, milliseconds: object, message: str) -> bytes:
    """A document of one log event."""
    one = {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": group,
        "logStream": f"alice-{SESSION}",
        "subscriptionFilters": ["all"],
        "logEvents": [{"id": f"{number:056}", "timestamp": milliseconds, "message": message}],
    }
    return json.dumps(one).encode()


def message(time: datetime, **changes: Any) -> str:
    """What the agent writes while a session runs."""
    one = {
        "eventVersion": "1.0",
        "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "awsRegion": "eu-west-1",
        "target": {"id": "i-0123456789abcdef0"},
        "userIdentity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/alice"},
        "runAsUser": "ssm-user",
        "sessionId": f"alice-{SESSION}",
        "sessionData": ["$ date", "Sun Mar  3"],
    }
    return json.dumps(one | changes)


def record(number: int, time: datetime) -> bytes:
    """A log event of a session."""
    return document(GROUP, number, int(time.replace(tzinfo=UTC).timestamp() * 1000), message(time))


def key(day: date, name: str) -> str:
    """As Firehose names its objects."""
    return f"{day:%Y/%m/%d}/22/cloudwatch-logs-3-{name}"


def pack(records: Sequence[bytes]) -> bytes:
    """An object: members joined with nothing between."""
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def unpack(data: bytes) -> list[bytes]:
    """Its documents."""
    text, at, found = gzip.decompress(data).decode(), 0, []
    while at < len(text):
        _, end = json.JSONDecoder().raw_decode(text, at)
        found.append(text[at:end].encode())
        at = end
    return found


_AT = datetime.fromisoformat("2024-03-03T22:22:55")
_MS = int(_AT.replace(tzinfo=UTC).timestamp() * 1000)
FIXTURE = Fixture(
    key=key,
    record=record,
    pack=pack,
    unpack=unpack,
    filters=Filters(loggroups=(GROUP,)),
    dropped=document("/aws/lambda/api", 9, _MS, "REPORT"),
    rule="loggroup",
    account=ACCOUNT,
    bad=document(GROUP, 9, "soon", "x"),
    reason="no-time",
    full=(
        (
            record(1, _AT),
            {
                "sessionid": SESSION,
                "eventtime": _AT,
                "sessiondata": "$ date\nSun Mar  3",
                "linecount": 2,
                "uploadtime": _AT,
                "streamed": True,
                "degraded": False,
                "accountid": ACCOUNT,
            },
        ),
        (document("/aws/lambda/api", 2, _MS, "REPORT }{"), {"message": "REPORT }{", "sessionid": None}),
    ),
)
