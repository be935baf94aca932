"""Rebuild: days are made anew from raw, after a fixed decoder or another filter.

It takes all that was delivered on these days and some days after, and besides, whatever these days show rows of. All of
it is landed again under a higher edition, and what the days show of these objects below it leaves, if it was not made
again (jobs.remake). What is not landed anew keeps its rows: so an object that has expired in raw loses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from addapart.controls import NotOurs, decide
from jobs.access import Access
from jobs.asking import Ask, account_of, among
from jobs.decoders import table_of
from jobs.deliveries import Delivered, Place, present
from jobs.listing import Wanted
from lake.announce import Announced
from lake.settings import Source

_SCHEME = "s3://"


@dataclass(frozen=True, slots=True)
class Rebuild:
    """days: those that are made anew, and the accounts. late: how many days after them deliveries are looked for."""

    sources: tuple[Source, ...]
    days: Wanted
    late: int
    edition: int

    @property
    def deliveries(self) -> Wanted:
        """On which days objects with records of these days were delivered."""
        last = date.fromisoformat(self.days.last) + timedelta(days=self.late)
        return Wanted(self.days.first, str(last), self.days.accounts)

    @property
    def remake(self) -> str:
        """The interval, as an arrival carries it."""
        return f"{self.days.first}/{self.days.last}"


@dataclass(slots=True)
class Figures:
    """What a rebuild found. objects, bytes: that are taken; later: those of them that were delivered after all the days
    looked at. dropped: not taken, by the control that drops them. expired: objects with rows on these days that raw has
    no more; rows: how many rows of theirs stay as they are. unknown: S3 did not say; error: the first such answer."""

    objects: int = 0
    bytes: int = 0
    later: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    expired: int = 0
    unknown: int = 0
    rows: int = 0
    error: str = ""


def shown(ask: Ask, asked: Rebuild) -> dict[Place, int]:
    """How many rows the days show of which objects."""
    found: dict[Place, int] = {}
    for table in sorted({table_of(one.job) for one in asked.sources}):
        days = f"calendarday BETWEEN '{asked.days.first}' AND '{asked.days.last}'"
        accounts = f" AND {among(account_of(table), asked.days.accounts)}" if asked.days.accounts else ""
        sql = f"SELECT sourceobject, sourceetag, count(*) FROM {table} WHERE {days}{accounts} GROUP BY 1, 2"
        for url, etag, rows in ask(sql):
            bucket, _, key = (url or "").removeprefix(_SCHEME).partition("/")
            found[bucket, key, etag or ""] = int(rows or 0)
    return found


def rebuild(
    lake: Access, asked: Rebuild, found: Iterable[Delivered], rows: dict[Place, int], figures: Figures
) -> Iterator[Announced]:
    """The announcements. found: what was delivered on `asked.deliveries`. rows: as `shown` gives them; emptied."""
    for one in found:
        count = rows.pop(one.place, 0)
        if one.decision.rule:
            figures.dropped[one.decision.rule] += 1
            figures.rows += count
            continue
        yield _taken(one, asked, figures)
    elsewhere = (place for place in rows if _asked_for(lake, asked, place))
    for (bucket, key, etag), listed in present(lake, elsewhere):
        if listed is None or isinstance(listed, Exception):
            figures.expired += listed is None
            figures.unknown += listed is not None
            figures.error = figures.error or str(listed or "")
            figures.rows += rows[bucket, key, etag]
            continue
        figures.later += 1
        yield _taken(Delivered(bucket, listed, decide(lake.settings, bucket, key)), asked, figures)


def _taken(one: Delivered, asked: Rebuild, figures: Figures) -> Announced:
    figures.objects += 1
    figures.bytes += one.listed.size
    return one.announced("rebuild", asked.edition, asked.remake)


def _asked_for(lake: Access, asked: Rebuild, place: Place) -> bool:
    """Whether an object that has rows, but was not found among the deliveries, is of the sources and accounts."""
    try:
        decision = decide(lake.settings, place[0], place[1])
    except NotOurs:
        return False
    accounts = asked.days.accounts
    return (
        not decision.rule
        and decision.source in asked.sources
        and (not accounts or decision.place.accountid in accounts)
    )
