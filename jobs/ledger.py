"""A row of lake_ledger: what became of one object of one batch."""

from __future__ import annotations

from datetime import UTC, datetime

from lake.books import Arrival

UNKNOWN = "unknown"


def ledger_row(job: str, batch: str, one: Arrival, outcome: str, **more: object) -> dict[str, object]:
    """The row, by column name. outcome: a word of the column's list. more: the columns that only a read object has."""
    arrived = _time(one.arrived)
    row: dict[str, object] = {
        "job": job,
        "batch": batch,
        "source": one.source,
        "bucket": one.bucket,
        "objectkey": one.key,
        "etag": one.etag,
        "versionid": one.version or None,
        "objectbytes": one.size,
        "arrived": arrived,
        "why": one.why,
        "edition": one.edition,
        "outcome": outcome,
        "rule": one.rule or None,
        "recordsin": 0,
        "kept": 0,
        "filtered": 0,
        "quarantined": 0,
        "attempts": one.attempts + (outcome == "ok"),
        "accountid": one.accountid or UNKNOWN,
        "awsregion": one.region or UNKNOWN,
        "deliveryday": delivery_day(one),
        "late": 0,
    }
    return row | more


def delivery_day(one: Arrival) -> str | None:
    """The day that the object's key names, yyyy-mm-dd, or the day of its arrival; None where nothing says it."""
    arrived = _time(one.arrived)
    return one.day or (str(arrived.date()) if arrived else None)


def _time(text: str) -> datetime | None:
    """ISO 8601 to naive UTC, None if it is none: a clock that is wrong must not stop a batch."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
