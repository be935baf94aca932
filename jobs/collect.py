"""What is deleted, and when: condemned by a note once nothing can need it, deleted a retention after the note.

Never by age alone: a thing is condemned because of a commit that shuts it out for ever, and such a proof does not
lapse. The retention is for those who began before: queries on an old folder, runs that read landed rows. Plans,
ledgers, markers, settings and raw objects are never deleted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache, partial

from jobs import orc
from jobs.access import Access
from jobs.decoders import table_of
from jobs.findings import Condemn, Delete, Finding
from jobs.plan import newest_plan, read_ledgers, read_plan
from jobs.publish import newest
from lake import keys
from lake.books import Ledger, Marker, Piece, Plan, load_ledger, load_marker
from lake.keys import Private
from lake.settings import JOBS
from lake.store import Gone

AT_ONCE = 10_000  # things in one note
RECENT = timedelta(days=35)  # quarantined bytes are kept for good: of the older ones no look asks again
Settled = Callable[[Plan, list[Ledger]], bool]


class Notes:
    """What was condemned, and when. Knows after a look which notes have nothing left to say."""

    def __init__(self, lake: Access, now: datetime) -> None:
        self._lake, self._now = lake, now
        self._retention = timedelta(days=lake.settings.bounds.retention_days)
        self._since: dict[str, datetime] = {}
        self._of: dict[str, set[str]] = {}  # note: its things
        self._seen: set[str] = set()
        for key in lake.store.list(lake.books, keys.CONDEMNED):
            try:
                note = json.loads(lake.store.get(lake.books, key))
            except Gone:
                continue  # another look took it away
            self._of[key] = set(note["items"])
            at = datetime.fromisoformat(note["at"])
            for item in note["items"]:
                self._since[item] = min(at, self._since.get(item, at))

    def __contains__(self, item: str) -> bool:
        return item in self._since

    def sentence(self, kind: str, bucket: str, item: str, what: str, nbytes: int) -> Finding | None:
        """What is due for a thing that nothing can need any more: to be condemned, to be deleted, or (None) to wait."""
        where = f"s3://{bucket}/{item}"
        if item not in self._since:
            return Finding(kind, where, what, "condemn it", Condemn(item), nbytes)
        self._seen.add(item)
        since = self._since[item]
        if self._now - since <= self._retention:
            return None
        would = f"delete it (condemned {since:%Y-%m-%d %H:%M})"
        return Finding(kind, where, what, would, Delete(bucket, item), nbytes)

    def spent(self) -> Iterator[Finding]:
        """The notes of which nothing was there in this look, which must have been a whole one."""
        for key, items in self._of.items():
            if items.isdisjoint(self._seen):
                where = f"s3://{self._lake.books}/{key}"
                repair = Delete(self._lake.books, key)
                yield Finding("spent-note", where, f"all {len(items)} things in it are gone", "delete it", repair)


def condemn(lake: Access, items: list[str], now: datetime) -> None:
    """Write the note. Its time is the doctor's own and later than what it saw; a later one only delays."""
    if items:
        data = json.dumps({"at": now.isoformat(), "items": items}).encode()
        lake.store.create(lake.books, keys.condemned(f"{now:%Y%m%dT%H%M%S}"), data)


def delete(lake: Access, one: Delete) -> None:
    """Delete a thing. Raises ValueError for what the collector may never delete."""
    readready = one.bucket == lake.settings.buckets.readready
    private = keys.read_private(one.item) is not None or one.item.startswith(keys.CONDEMNED)
    if not (readready and keys.read_generation(one.item)) and not (private and (readready or one.bucket == lake.books)):
        raise ValueError(f"s3://{one.bucket}/{one.item} is nothing that may be deleted")
    found = lake.store.list(one.bucket, one.item) if one.item.endswith("/") else [one.item]
    lake.store.delete(one.bucket, list(found))


def over(folder: str, current: Marker) -> bool:
    """Whether no marker to come can name the folder. current: the newest of its day.

    Marker n names n's own folder or the one that marker n-1 names, and there is one marker n. So a folder of a number
    that has its marker, and that the newest marker does not name, is named by no marker to come: neither a zombie's
    nor a future run's. A folder of a number still to come is a running attempt's (or a dead one's, whose work another
    will do under the same number: then it is over).
    """
    parts = keys.read_generation(folder)
    return parts is not None and parts.generation <= current.generation and folder != current.folder


def over_since(lake: Access, folder: str, current: Marker) -> datetime:
    """Since when, or later, a folder that is over has been."""
    parts = keys.read_generation(folder)
    if parts is None or parts.generation == current.generation:
        return datetime.fromisoformat(current.at)  # of an attempt that lost
    key = keys.marker(parts.table, parts.day, parts.generation + 1)
    after = load_marker(lake.store.get(lake.books, key))
    # Where the next generation brought nothing new it kept the folder: the newest one's time is late enough.
    return datetime.fromisoformat((current if after.folder == folder else after).at)


def private_files(lake: Access, settled: Settled, notes: Notes, now: datetime) -> Iterator[Finding]:
    """Landed files and quarantined bytes that nothing can need any more."""
    for job in JOBS:
        yield from _landed(lake, job, settled, notes)
        yield from _quarantined(lake, job, notes, now)


def _landed(lake: Access, job: str, settled: Settled, notes: Notes) -> Iterator[Finding]:
    # Read before the files are listed: what is committed meanwhile is kept until the next look.
    plans = _Plans(lake, job, settled)
    conflicts = _Conflicts(lake)
    bucket = lake.settings.buckets.readready
    for one in lake.store.objects(bucket, keys.landed_of(job)):
        owner = keys.read_private(one.key)
        if owner is None:
            continue
        why = plans.over(owner, one.key) if owner.number else conflicts.over(owner, one.key)
        if why and (finding := notes.sentence("landed-file", bucket, one.key, why, one.size)):
            yield finding


class _Plans:
    """Which landed files of a job's batches are still needed."""

    def __init__(self, lake: Access, job: str, settled: Settled) -> None:
        last = newest_plan(lake, job)
        self._newest = last.number if last else 0
        self._needed: dict[int, dict[str, set[str]]] = {}  # open plan: batch: files that its ledger names
        for number in [*last.open, last.number] if last else []:
            plan = read_plan(lake, job, number)
            ledgers = read_ledgers(lake, plan)
            if len(ledgers) < len(plan.batches) or not settled(plan, ledgers):
                self._needed[number] = {one.batch: {piece.key for piece in one.pieces} for one in ledgers}

    def over(self, owner: Private, key: str) -> str:
        """Why nothing can need the file, '' while something can.

        A ledger is created once, so a file that an existing ledger does not name is of an attempt that lost. Rows that
        a ledger names are read to publish days; once the plan is closed (or would be by a run that came now), all its
        days hold its batches, and a generation that would need the rows has a number that is taken.
        """
        if owner.number > self._newest:
            return ""
        if owner.number not in self._needed:
            return "all that its plan landed is published"
        ledgers = self._needed[owner.number]
        batch = f"{owner.job}/{keys.batch_id(owner.number, owner.position)}"
        if batch in ledgers and key not in ledgers[batch]:
            return "of an attempt that lost: the batch's ledger names another"
        return ""


def booked_on(lake: Access) -> Callable[[str], frozenset[str]]:
    """A function from a day to the generations that lake_generations holds of it. Remembers the last ones asked for."""

    @lru_cache(maxsize=64)
    def booked(day: str) -> frozenset[str]:
        book = newest(lake, "lake_generations", day)
        return frozenset(book.batches) if book else frozenset()

    return booked


class _Conflicts:
    """Which landed files of generations' conflicts are still needed."""

    def __init__(self, lake: Access) -> None:
        self._lake = lake
        self._booked = booked_on(lake)

    def over(self, owner: Private, key: str) -> str:
        """Why nothing can need the file, '' while something can.

        As for batches, with the generation's marker for the ledger. lake_generations is published after
        lake_quarantine: a generation that the one holds has its conflicts in the other.
        """
        marker = _marker_of(self._lake, owner)
        if marker is None:
            return ""
        if key not in {piece.key for piece in marker.quarantine}:
            return "of an attempt that lost: the generation's marker names another"
        return "its conflicts are in lake_quarantine" if marker.id in self._booked(marker.at[:10]) else ""


def _quarantined(lake: Access, job: str, notes: Notes, now: datetime) -> Iterator[Finding]:
    """Bytes that no row of lake_quarantine names, though the rows of their batch or generation are published there."""
    rows = lru_cache(maxsize=8)(partial(_Stored, lake))
    for one in lake.store.objects(lake.books, keys.quarantined_of(job)):
        owner = keys.read_private(one.key)
        if owner is None or (now - one.modified > RECENT and one.key not in notes):
            continue
        commit = _commit_of(lake, owner)
        if commit is None:
            continue  # the attempt may still win
        name, pieces = commit
        days = [rows(piece.day) for piece in pieces if piece.table == "lake_quarantine"]
        if all(name in day.batches and f"s3://{lake.books}/{one.key}" not in day.files for day in days):
            why = "of an attempt that lost: no row of lake_quarantine names it"
            if finding := notes.sentence("orphan-bytes", lake.books, one.key, why, one.size):
                yield finding


class _Stored:
    """What a day of lake_quarantine names. batches: that it holds. files: s3://bucket/key of quarantined bytes."""

    def __init__(self, lake: Access, day: str) -> None:
        marker = newest(lake, "lake_quarantine", day)
        self.batches = frozenset(marker.batches if marker else ())
        self.files = frozenset(_stored(lake, marker) if marker else ())


def _stored(lake: Access, marker: Marker) -> Iterable[str]:
    for one in marker.files:
        data = lake.store.get(marker.bucket, f"{marker.folder}{one.name}")
        yield from orc.columns("lake_quarantine", data, ["storedin"])["storedin"].unique().to_pylist()


def _commit_of(lake: Access, owner: Private) -> tuple[str, list[Piece]] | None:
    """What a private file's owner is called in the books, and the pieces that its commit names. None: no commit yet."""
    if not owner.number:
        marker = _marker_of(lake, owner)
        return (marker.id, marker.quarantine) if marker else None
    try:
        data = lake.store.get(lake.books, keys.ledger(owner.job, owner.number, owner.position))
    except Gone:
        return None
    ledger = load_ledger(data)
    return ledger.batch, ledger.pieces


def _marker_of(lake: Access, owner: Private) -> Marker | None:
    try:
        return load_marker(lake.store.get(lake.books, keys.marker(table_of(owner.job), owner.day, owner.generation)))
    except Gone:
        return None
