"""A company of nine objects that holds every kind of trouble, with the fate of each of its records written beside it.

Late events on other days, copies, one id with two contents, records without an id, a bad record, a record that only a
wider filter keeps, a heartbeat, an object that the controls drop, one that S3 refuses, one that is overwritten unread.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tests import cloudtrail_truth

CLOUDTRAIL, CLOUDWATCH = "cloudtrail", "cloudwatch"
BUCKETS = {CLOUDTRAIL: "loglake-raw-cloudtrail", CLOUDWATCH: "loglake-raw-cloudwatch"}
DAY, LATE = "2024-05-31", "2024-05-02"
ACCOUNT = "111122223333"


class Record(NamedTuple):
    """A record and its fate: kept; optional (only the wide filter keeps it); filtered (always); bad.

    row: the columns that a reader sees. identity: equal among copies, None for a record without an id.
    """

    fate: str
    day: str = ""
    identity: Hashable = None
    row: dict[str, Any] = {}  # noqa: RUF012 - never changed
    reason: str = ""


@dataclass(frozen=True)
class Raw:
    """An object as it lands. outcome: what lake_ledger says of it in the end."""

    job: str
    key: str
    data: bytes
    records: list[Record] = field(default_factory=list)
    outcome: str = "ok"

    @property
    def etag(self) -> str:
        return hashlib.md5(self.data, usedforsecurity=False).hexdigest()

    @property
    def url(self) -> str:
        return f"s3://{BUCKETS[self.job]}/{self.key}"

    def counts(self, wide: bool) -> tuple[int, int, int, int]:
        """Records in, kept, filtered, quarantined: where it was read."""
        if self.outcome == "dropped":
            return 0, 0, 0, 0
        kept = sum(one.fate == "kept" or (wide and one.fate == "optional") for one in self.records)
        bad = sum(one.fate == "bad" for one in self.records)
        return len(self.records), kept, len(self.records) - kept - bad, bad


def _text(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":"))


def event(number: int | None, time: str, **more: Any) -> tuple[dict[str, Any], Record]:
    """A StartSession, unless `more` says otherwise."""
    record = {
        "eventVersion": "1.08",
        **({} if number is None else {"eventID": f"00000000-0000-4000-8000-{number:012}"}),
        "eventTime": time,
        "eventSource": "ssm.amazonaws.com",
        "eventName": "StartSession",
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
        "requestParameters": {"target": "i-0123456789abcdef0"},
        "responseElements": {"sessionId": f"alice-{number or 0:017x}"},
        **more,
    }
    if not time.startswith("2024"):
        return record, Record("bad", reason="no-time")
    fate = "kept" if record["eventName"] == "StartSession" else "optional"
    return record, Record(fate, time[:10], record.get("eventID"), cloudtrail_truth.row(_text(record)))


def trail(name: str, *events: tuple[dict[str, Any], Record], day: str = DAY, outcome: str = "ok") -> Raw:
    """A CloudTrail object with these events."""
    key = (
        f"AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/{day.replace('-', '/')}/{ACCOUNT}_CloudTrail_eu-west-1_{name}.json.gz"
    )
    text = '{"Records":[' + ",".join(_text(record) for record, _ in events) + "]}"
    return Raw(CLOUDTRAIL, key, gzip.compress(text.encode(), mtime=0), [fate for _, fate in events], outcome)


def _keystrokes(number: int, time: str, *lines: str) -> tuple[dict[str, Any], Record]:
    """A streamed session's log event."""
    moment = datetime.fromisoformat(time).replace(tzinfo=UTC)
    message = {
        "eventVersion": "1.0",
        "eventTime": f"{time[:19]}Z",
        "awsRegion": "eu-west-1",
        "target": {"id": "i-0123456789abcdef0"},
        "userIdentity": {"arn": f"arn:aws:iam::{ACCOUNT}:user/alice"},
        "runAsUser": "ssm-user",
        "sessionId": "alice-00000000000000001",
        "sessionData": list(lines),
    }
    event = {"id": f"{number:056}", "timestamp": int(moment.timestamp() * 1000), "message": json.dumps(message)}
    row = {
        "sessionid": "00000000000000001",
        "eventtime": moment.replace(tzinfo=None),
        "sessiondata": "\n".join(lines),
        "linecount": len(lines),
        "accountid": ACCOUNT,
        "username": "alice",
        "loggroup": "/aws/ssm/sessionlogs",
        "logstream": "alice-00000000000000001",
        "logeventid": event["id"],
        "awsregion": "eu-west-1",
        "target": "i-0123456789abcdef0",
        "useridentityarn": f"arn:aws:iam::{ACCOUNT}:user/alice",
        "runasuser": "ssm-user",
        "uploadtime": moment.replace(tzinfo=None, microsecond=0),
        "streamed": True,
        "degraded": False,
        "message": None,
    }
    return event, Record("kept", time[:10], event["id"], row)


def _other(number: int, time: str, text: str) -> tuple[dict[str, Any], Record]:
    """A log event of a log group that holds no sessions."""
    moment = datetime.fromisoformat(time).replace(tzinfo=UTC)
    event = {"id": f"{number:056}", "timestamp": int(moment.timestamp() * 1000), "message": text}
    row = {
        "sessionid": None,
        "eventtime": moment.replace(tzinfo=None),
        "sessiondata": None,
        "accountid": ACCOUNT,
        "loggroup": "/aws/lambda/payments",
        "logeventid": event["id"],
        "message": text,
    }
    return event, Record("optional", time[:10], event["id"], row)


def _document(events: list[dict[str, Any]], group: str, stream: str, kind: str = "DATA_MESSAGE") -> bytes:
    document = {"messageType": kind, "owner": ACCOUNT, "logGroup": group, "logStream": stream,
                "subscriptionFilters": ["f"], "logEvents": events}  # fmt: skip
    return gzip.compress(json.dumps(document).encode(), mtime=0)


def _session(*events: tuple[dict[str, Any], Record]) -> tuple[bytes, list[Record]]:
    data = _document([event for event, _ in events], "/aws/ssm/sessionlogs", "alice-00000000000000001")
    return data, [fate for _, fate in events]


def _group(*events: tuple[dict[str, Any], Record]) -> tuple[bytes, list[Record]]:
    return _document([event for event, _ in events], "/aws/lambda/payments", "s"), [fate for _, fate in events]


def _firehose(name: str, *parts: tuple[bytes, list[Record]]) -> Raw:
    key = f"{DAY.replace('-', '/')}/10/cloudwatch-logs-1-2024-05-31-10-00-00-{name}"
    return Raw(CLOUDWATCH, key, b"".join(data for data, _ in parts), [one for _, records in parts for one in records])


_HEARTBEAT = (
    _document([{"id": "", "timestamp": 0, "message": "CWL CONTROL MESSAGE"}], "", "", "CONTROL_MESSAGE"),
    [Record("filtered")],
)
_LOST = (gzip.compress(b'{"hello": 1}', mtime=0), [Record("bad", reason="no-session")])

_ONE = event(1, f"{DAY}T10:00:00Z")
_OLD = event(2, f"{LATE}T23:59:59Z")
_FOUR = event(4, f"{DAY}T11:00:00Z")
_CONFLICT_SHOWN = event(5, f"{DAY}T12:00:00Z", errorCode="AccessDenied")
_CONFLICT_HIDDEN = event(5, f"{DAY}T12:00:00Z", errorCode="TargetNotConnected")
_TYPED = _keystrokes(2, f"{DAY}T10:00:02.250", "cd /srv", "ls")

FIRST = [
    trail(
        "a",
        _ONE,
        _OLD,
        event(3, f"{DAY}T10:30:00Z", eventName="GetDocument"),
        event(90, "yesterday"),
    ),
    trail("b", _ONE, _FOUR, _CONFLICT_HIDDEN, event(None, f"{DAY}T13:00:00Z")),
    trail("c", event(7, f"{DAY}T14:00:00Z"), outcome="gone"),
    trail("c", event(8, f"{DAY}T15:00:00Z")),
    Raw(CLOUDTRAIL, f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/eu-west-1/2024/05/31/d.json.gz", b"{}", outcome="dropped"),
    trail("x", event(9, f"{LATE}T09:00:00Z"), event(10, f"{DAY}T09:00:00Z", eventName="GetDocument")),
    _firehose("k", _session(_keystrokes(1, f"{DAY}T10:00:01.125", "whoami"), _TYPED), _HEARTBEAT,
              _group(_other(3, f"{DAY}T10:00:03.500", "paid"))),
]  # fmt: skip
SECOND = [
    trail("d", _FOUR, _CONFLICT_SHOWN, event(11, f"{LATE}T01:00:00Z"),
           event(12, f"{LATE}T02:00:00Z", eventName="GetDocument"), day="2024-06-01"),
    trail("e", _OLD, day="2024-06-01"),
    FIRST[1],  # the same object version, announced again
    _firehose("l", _session(_TYPED, _keystrokes(4, f"{LATE}T10:00:04.000", "exit")), _LOST),
]  # fmt: skip
EVERYTHING = [*FIRST, *SECOND[:2], *SECOND[3:]]
REFUSED = (BUCKETS[CLOUDTRAIL], FIRST[5].key)  # S3 refuses it until the second objects have landed
SHOWN_OF_CONFLICT = _CONFLICT_SHOWN[1]  # the smallest by its columns' values (docs/decisions/0003)
HIDDEN = (FIRST[1].url, FIRST[1].etag, 2)

RAW_PARTITIONS = {
    ("from_cloudtrail_raw", ("cloudtrail", ACCOUNT, "eu-west-1", day)): f"s3://{BUCKETS[CLOUDTRAIL]}/AWSLogs/{ACCOUNT}/"
    f"CloudTrail/eu-west-1/{day.replace('-', '/')}/"
    for day in (DAY, "2024-06-01")
} | {("from_cloudwatch_raw", ("sessionlogs", DAY)): f"s3://{BUCKETS[CLOUDWATCH]}/{DAY.replace('-', '/')}/"}
