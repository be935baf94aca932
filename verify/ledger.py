"""What lake_ledger says of the objects that were delivered on some days: the hash of what the lake read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from jobs.asking import Ask, among
from jobs.listing import Wanted

Place = tuple[str, str]  # bucket, key
_ORDER = ("waiting", "undone", "givenup", "gone", "dropped", "ok")  # the last says most of an object


@dataclass(slots=True)
class Booked:
    """An object by its key, whatever versions of it were read. outcome: of the newest batch that says most.

    sha256: of the bytes that were read last, '' if the ledger has no hash of them. rule: the control that dropped it.
    """

    outcome: str = ""
    sha256: str = ""
    etag: str = ""
    batch: str = ""
    rule: str = ""
    others: set[str] = field(default_factory=set)  # hashes that were read before

    def take(self, row: Sequence[str | None]) -> None:
        """One row more, of the columns that `booked` asks for."""
        etag, outcome, rule, sha256, batch = (one or "" for one in row[2:])
        if sha256:
            self.others.add(sha256)
        if self.outcome and _rank(outcome, batch) < _rank(self.outcome, self.batch):
            return
        self.outcome, self.sha256, self.etag, self.batch, self.rule = outcome, sha256, etag, batch, rule


def _rank(outcome: str, batch: str) -> tuple[bool, int, int, int]:
    """What was read counts more than what was not, and of that the later batch."""
    number, _, position = batch.partition("/")[2].partition("/")[0].partition("-")
    read = outcome == "ok"
    return read, int(number or 0), int(position or 0), _ORDER.index(outcome) if outcome in _ORDER else 0


def booked(ask: Ask, wanted: Wanted) -> dict[Place, Booked]:
    """The ledger of the objects delivered on these days, by bucket and key."""
    # The day before, too: clocks differ. The book's day is the plan's, which is never before the delivery.
    since = date.fromisoformat(wanted.first) - timedelta(days=1)
    sql = f"""
SELECT bucket, objectkey, etag, outcome, rule, sha256, batch
FROM lake_ledger
WHERE calendarday >= '{since}' AND deliveryday BETWEEN '{wanted.first}' AND '{wanted.last}' AND bucket <> ''"""
    if wanted.accounts:
        sql += f" AND {among('accountid', wanted.accounts)}"
    return _by_place(ask(sql))


def _by_place(rows: Iterable[Sequence[str | None]]) -> dict[Place, Booked]:
    found: dict[Place, Booked] = {}
    for row in rows:
        found.setdefault((row[0] or "", row[1] or ""), Booked()).take(row)
    return found
