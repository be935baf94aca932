"""Replay: objects with records in quarantine, and those that were given up, are announced once more.

Under a higher edition, so that what a fixed decoder makes of them takes the place of what the old one made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from jobs.access import Access
from jobs.asking import Ask, among, quoted
from jobs.deliveries import Place, present
from lake.announce import Announced

# No reading of one object by itself settles a conflict: it is replayed by name only.
_CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which objects; '' is all. day: of being put into quarantine, or of the delivery of what was given up.

    given_up: only those that were never read.
    """

    reason: str = ""
    object: str = ""
    day: str = ""
    given_up: bool = False


class Candidate(NamedTuple):
    """An object version to be read again. why: its reasons, or the outcome. records: how many are in quarantine."""

    place: Place
    version: str
    size: int
    arrived: str
    why: str
    records: int

    @property
    def url(self) -> str:
        """s3://bucket/key."""
        return f"s3://{self.place[0]}/{self.place[1]}"

    def announced(self, edition: int) -> Announced:
        """It, as the lake announces it."""
        bucket, key, etag = self.place
        return Announced(bucket, key, etag, self.size, self.version, self.arrived, "replay", edition)


def candidates(ask: Ask, choice: Choice) -> Iterator[Candidate]:
    """What the books say is to be replayed, each object version once."""
    if not choice.given_up:
        yield from _asked(ask, _in_quarantine(choice))
    if not choice.reason:
        yield from _asked(ask, _never_read(choice))


def still_there(lake: Access, found: list[Candidate]) -> Iterator[tuple[Candidate, bool]]:
    """With each, whether raw still has it (or may have: S3 does not say, or keeps versions)."""
    heads = dict(present(lake, [one.place for one in found if not one.version]))
    for one in found:
        yield one, heads.get(one.place, True) is not None


def _asked(ask: Ask, sql: str) -> Iterator[Candidate]:
    for bucket, key, etag, version, size, arrived, why, records in ask(sql):
        place = (bucket or "", key or "", etag or "")
        when = f"{(arrived or '').replace(' ', 'T')}Z" if arrived else ""
        yield Candidate(place, version or "", int(size or 0), when, why or "", int(records or 0))


_OBJECT = "'s3://' || arrivals.bucket || '/' || arrivals.objectkey"


def _in_quarantine(choice: Choice) -> str:
    reason = f"reason = {quoted(choice.reason)}" if choice.reason else f"reason <> {quoted(_CONFLICT)}"
    conditions = [reason]
    conditions += [f"sourceobject = {quoted(choice.object)}"] if choice.object else []
    conditions += [f"calendarday = {quoted(choice.day)}"] if choice.day else []
    return f"""
SELECT arrivals.bucket, arrivals.objectkey, arrivals.etag, arrivals.versionid, arrivals.objectbytes,
    CAST(arrivals.firstarrived AS varchar), bad.reasons, bad.records
FROM (
    SELECT sourceobject, sourceetag, array_join(array_sort(array_agg(DISTINCT reason)), ', ') AS reasons,
        count(*) AS records
    FROM quarantined
    WHERE {" AND ".join(conditions)}
    GROUP BY sourceobject, sourceetag
) AS bad
INNER JOIN arrivals ON bad.sourceobject = {_OBJECT} AND bad.sourceetag = arrivals.etag
ORDER BY 1, 2, 3, 4"""


def _never_read(choice: Choice) -> str:
    conditions = [among("outcome", ("givenup", "undone"))]
    conditions += [f"{_OBJECT} = {quoted(choice.object)}"] if choice.object else []
    conditions += [f"calendarday = {quoted(choice.day)}"] if choice.day else []
    return f"""
SELECT bucket, objectkey, etag, versionid, objectbytes, CAST(firstarrived AS varchar), outcome, 0
FROM arrivals
WHERE {" AND ".join(conditions)}
ORDER BY 1, 2, 3, 4"""
