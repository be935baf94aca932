"""Backfill: what lay in raw before anybody announced it is announced, and takes the way of everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from jobs.asking import Ask
from jobs.deliveries import Delivered, Place
from jobs.listing import Wanted
from lake.announce import Announced


@dataclass(slots=True)
class Figures:
    """What a backfill found: objects and their bytes; of those, how many were read before, and are skipped; and how
    many a control will drop, by its name (they are announced, and booked)."""

    objects: int = 0
    bytes: int = 0
    known: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def announced(self) -> int:
        """How many objects are announced."""
        return self.objects - self.known


def already_read(ask: Ask, wanted: Wanted) -> set[Place]:
    """The objects delivered on these days that were read, by the ledger."""
    # The day before, too: clocks differ. One that was read yet earlier is announced again, which is safe.
    since = date.fromisoformat(wanted.first) - timedelta(days=1)
    sql = f"""
SELECT DISTINCT bucket, objectkey, etag
FROM lake_ledger
WHERE outcome = 'ok' AND calendarday >= '{since}' AND deliveryday BETWEEN '{wanted.first}' AND '{wanted.last}'"""
    return {(bucket or "", key or "", etag or "") for bucket, key, etag in ask(sql)}


def backfill(found: Iterable[Delivered], read: set[Place], figures: Figures) -> Iterator[Announced]:
    """The announcements of those that were not read yet; the figures grow as they are taken."""
    for one in found:
        figures.objects += 1
        figures.bytes += one.listed.size
        if one.place in read:
            figures.known += 1
            continue
        if one.decision.rule:
            figures.dropped[one.decision.rule] += 1
        yield one.announced("backfill")
