"""Publishing: the rows of new ledgers join what a day shows, in a new folder beside the old; a marker is the commit.

A day of many rows is cut into slices of time, a task each; slices that nothing new touches are copied inside S3. A
query on the old folder finishes undisturbed. Whoever loses the race for a generation's number does the day again.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from jobs.access import Access
from jobs.mapping import Failed, Map
from jobs.slices import DAY, Input, Published, Slice, folding, publish_slice, slice_bounds, touches
from lake import keys
from lake.books import File, Marker, dump, load_marker
from schemas import TABLES

Day = tuple[str, str]  # table, yyyy-mm-dd
_MANY = 16  # days that are worth threads
_AT_ONCE = 32


def newest(lake: Access, table: str, day: str) -> Marker | None:
    """The day's current generation, None if it has none."""
    key = lake.store.first(lake.books, keys.markers(table, day))
    return load_marker(lake.store.get(lake.books, key)) if key else None


def newest_of(lake: Access, days: Iterable[Day]) -> dict[Day, Marker | None]:
    """Many days' current generations, in the order of `days`: a backfill touches years, whose latencies overlap."""
    wanted = list(days)
    if len(wanted) < _MANY:
        return {day: newest(lake, *day) for day in wanted}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(wanted, pool.map(lambda day: newest(lake, *day), wanted), strict=True))


def publish(
    lake: Access, days: Mapping[Day, Iterable[Input]], mapper: Map, clock: Callable[[], datetime]
) -> tuple[list[Marker], list[Failed]]:
    """Bring every day up to its inputs. Returns the generations made, and what failed (those days stay as they are)."""
    waiting = {day: list(inputs) for day, inputs in days.items()}
    made: list[Marker] = []
    failed: list[Failed] = []
    while waiting:
        bases = newest_of(lake, sorted(waiting))
        drafts = [draft for day, base in bases.items() if (draft := _draft(lake, day, base, waiting[day], clock()))]
        results = mapper("publish", "slices", publish_slice, [one for draft in drafts for one in draft.slices])
        done = iter(results)
        waiting = {}
        for draft in drafts:
            mine = [next(done) for _ in draft.slices]
            broken = [one for one in mine if isinstance(one, Failed)]
            if broken:
                failed += broken
                continue
            try:
                marker = draft.commit(lake, [one for one in mine if isinstance(one, Published)], clock())
            except Exception:  # noqa: BLE001 - one day that cannot be committed must not stop the others
                failed.append(Failed(f"commit {draft.table}, {draft.day}", traceback.format_exc()))
                continue
            if marker:
                made.append(marker)
            else:
                waiting[(draft.table, draft.day)] = list(days[(draft.table, draft.day)])
    return made, failed


def _draft(lake: Access, day: Day, base: Marker | None, inputs: list[Input], now: datetime) -> _Draft | None:
    """The next generation of a day, None if its newest (base) holds all inputs."""
    have = set(base.batches) if base else set()
    new = [one for one in inputs if one.batch not in have]
    return _Draft(lake, day, base, new, now) if new else None


class _Draft:
    """A generation in the making: its number, its private folder, its slices."""

    def __init__(self, lake: Access, day: Day, base: Marker | None, new: list[Input], now: datetime) -> None:
        self.table, self.day = day
        self.base, self.new = base, new
        self.number = base.generation + 1 if base else 1
        self.on = str(now.date())
        self.folder = keys.generation(self.table, self.day, self.number)
        self.bucket = lake.settings.buckets.readready
        files = base.files if base else []
        books = TABLES[self.table].books
        self.slices = self._appended(files, lake) if books else self._cut(files, lake)
        touched = {one.name for slice_ in self.slices for _, one in slice_.base}
        self.untouched = [one for one in files if one.name not in touched]

    def _cut(self, files: list[File], lake: Access) -> list[Slice]:
        """A slice for every stretch of time that something new touches, or in which a file is cut."""
        found = []
        for start, end in slice_bounds(files, self.new, lake.settings.bounds):
            inputs = [replace(one, pieces=[p for p in one.pieces if touches(p, start, end)]) for one in self.new]
            inputs = [one for one in inputs if one.pieces or one.rows]
            base = [one for one in files if one.start < end and one.end > start]
            if inputs or any((one.start, one.end) != (start, end) for one in base):
                found.append(self._slice(start, end, base, inputs, f"{start:05}-{end:05}.orc"))
        return found

    def _appended(self, files: list[File], lake: Access) -> list[Slice]:
        """The books only grow: a file more for what is new, and one for many that are small."""
        most = lake.settings.bounds.slice_rows
        fold = folding(files, most)
        rows, slices = 0, list[list[Input]]([[]])
        for one in self.new:
            if rows and rows + one.count > most:
                slices.append([])
                rows = 0
            slices[-1].append(one)
            rows += one.count
        return [
            self._slice(0, DAY, [] if n else fold, inputs, f"{self.number:010}-{n}.orc")
            for n, inputs in enumerate(slices)
        ]

    def _slice(self, start: int, end: int, base: list[File], inputs: list[Input], name: str) -> Slice:
        there = [(f"{self.base.folder}{one.name}", one) for one in base if self.base]
        target = f"{self.folder}{name}"
        return Slice(self.table, self.day, self.number, self.on, start, end, there, inputs, target)

    def commit(self, lake: Access, done: list[Published], now: datetime) -> Marker | None:
        """Write the marker; None if another run has this number: the day must be done again."""
        if self.base and not any(one.changed for one in done):
            folder, files = self.base.folder, self.base.files
        else:
            folder, files = self.folder, self._gather(lake, done)
        attempt = keys.unique()
        quarantine = [piece for one in done for piece in one.quarantine]
        marker = Marker(
            table=self.table,
            day=self.day,
            generation=self.number,
            attempt=attempt,
            # Along a day's generations time never goes back, whatever clocks do: jobs.books relies on it.
            at=max(now.isoformat(timespec="seconds"), self.base.at if self.base else ""),
            bucket=self.bucket,
            folder=folder,
            files=files,
            batches=sorted({*(self.base.batches if self.base else []), *(one.batch for one in self.new)}),
            new=sorted(one.batch for one in self.new),
            rowsbefore=self.base.rowsout if self.base else 0,
            # As the ledgers name them, not as the slices found them: a row that no slice took is noticed.
            rowsnew=sum(one.count for one in self.new),
            rowsout=sum(one.rows for one in files),
            duplicates=sum(one.duplicates for one in done),
            conflicts=sum(piece.rows for piece in quarantine),
            removed=sum(one.removed for one in done),
            quarantine=quarantine,
        )
        if marker.rowsbefore + marker.rowsnew != marker.rowsout + marker.duplicates + marker.conflicts + marker.removed:
            raise AssertionError(f"{marker.id}: the books do not balance: {marker}")
        key = keys.marker(self.table, self.day, self.number)
        if lake.store.create(lake.books, key, dump(marker)):
            return marker
        theirs = load_marker(lake.store.get(lake.books, key))
        return theirs if theirs.attempt == attempt else None  # our own write, if its answer was lost

    def _gather(self, lake: Access, done: list[Published]) -> list[File]:
        """The new folder's files: written ones, and copies of those in which nothing changed."""
        copied = [*self.untouched, *(one.file for one in done if one.file and one.copy)]
        for one in copied:
            assert self.base is not None
            lake.store.copy(self.bucket, f"{self.base.folder}{one.name}", f"{self.folder}{one.name}")
        written = [one.file for one in done if one.file and not one.copy]
        return sorted([*copied, *written], key=lambda one: (one.start, one.name))
