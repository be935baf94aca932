"""Publishing: the rows of new ledgers join what a day shows, in a new folder beside the old; a marker is the commit.

A day of many rows is cut into slices of time, a task each; slices that nothing new touches are copied inside S3. A
query on the old folder finishes undisturbed. Whoever loses the race for a generation's number does the day again.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs import orc
from jobs.access import Access
from jobs.conflicts import quarantine
from jobs.mapping import Failed, Map
from jobs.merge import merge
from jobs.pieces import conform, read_piece, rows_of
from lake import keys
from lake.books import File, Marker, Piece, dump, load_marker
from lake.store import Gone
from schemas import TABLES
from schemas.arrow import arrow_schema

DAY = 86_400
Day = tuple[str, str]  # table, yyyy-mm-dd


@dataclass(frozen=True, slots=True)
class Input:
    """Rows that a commit brings to one day: of a batch's ledger, or book-keeping rows made from a marker."""

    batch: str
    pieces: list[Piece] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Slice:
    """One task: the day's seconds [start, end), what is shown of them, what is new, and the file to write."""

    table: str
    day: str
    start: int
    end: int
    base: list[tuple[str, File]]  # (key, file) of the current generation
    inputs: list[Input]
    target: str


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a slice. file: None if it has no rows. same: it is the base's. changed: other rows are shown."""

    slice: Slice
    file: File | None
    same: bool
    changed: bool
    duplicates: int
    conflicts: list[dict[str, Any]]


def newest(lake: Access, table: str, day: str) -> Marker | None:
    """The day's current generation, None if it has none."""
    key = lake.store.first(lake.books, keys.markers(table, day))
    return load_marker(lake.store.get(lake.books, key)) if key else None


def publish(
    lake: Access, days: Mapping[Day, Iterable[Input]], mapper: Map, clock: Callable[[], datetime]
) -> tuple[list[Marker], list[Failed]]:
    """Bring every day up to its inputs. Returns the generations made, and what failed (those days stay as they are)."""
    waiting = {day: list(inputs) for day, inputs in days.items()}
    made: list[Marker] = []
    failed: list[Failed] = []
    while waiting:
        drafts = [draft for day in sorted(waiting) if (draft := _draft(lake, day, waiting[day]))]
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


def _draft(lake: Access, day: Day, inputs: list[Input]) -> _Draft | None:
    """The next generation of a day, None if the newest holds all inputs."""
    base = newest(lake, *day)
    have = set(base.batches) if base else set()
    new = [one for one in inputs if one.batch not in have]
    return _Draft(lake, day, base, new) if new else None


class _Draft:
    """A generation in the making: its number, its private folder, its slices."""

    def __init__(self, lake: Access, day: Day, base: Marker | None, new: list[Input]) -> None:
        self.table, self.day = day
        self.base, self.new = base, new
        self.number = base.generation + 1 if base else 1
        self.folder = keys.generation(self.table, self.day, self.number)
        self.bucket = lake.settings.buckets.readready
        files = base.files if base else []
        bounds = slice_bounds(self.table, files, new, lake.settings.bounds.slice_rows)
        self.slices = [one for start, end in bounds if (one := self._slice(start, end, files))]
        touched = {one.name for slice_ in self.slices for _, one in slice_.base}
        self.untouched = [one for one in files if one.name not in touched]

    def _slice(self, start: int, end: int, files: list[File]) -> Slice | None:
        inputs = [
            Input(one.batch, [p for p in one.pieces if p.earliest < end and p.latest >= start], one.rows)
            for one in self.new
        ]
        inputs = [one for one in inputs if one.pieces or one.rows]
        base = [
            (f"{self.base.folder}{one.name}", one) for one in files if one.start < end and one.end > start if self.base
        ]
        if not inputs and all((one.start, one.end) == (start, end) for _, one in base):
            return None  # nothing new, and no part of a file that is cut
        return Slice(self.table, self.day, start, end, base, inputs, f"{self.folder}{start:05}-{end:05}.orc")

    def commit(self, lake: Access, done: list[Published], now: datetime) -> Marker | None:
        """Write the marker; None if another run has this number: the day must be done again."""
        if self.base and not any(one.changed for one in done):
            folder, files = self.base.folder, self.base.files
        else:
            folder, files = self.folder, self._gather(lake, done)
        attempt = keys.unique()
        conflicts = [row for one in done for row in one.conflicts]
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
            rowsnew=sum(sum(piece.rows for piece in one.pieces) + len(one.rows) for one in self.new),
            rowsout=sum(one.rows for one in files),
            duplicates=sum(one.duplicates for one in done),
            conflicts=len(conflicts),
            quarantine=quarantine(lake, self.table, self.day, self.number, now, conflicts),
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
        copied = [*self.untouched, *(one.file for one in done if one.file and one.same)]
        for one in copied:
            assert self.base is not None
            lake.store.copy(self.bucket, f"{self.base.folder}{one.name}", f"{self.folder}{one.name}")
        written = [one.file for one in done if one.file and not one.same]
        return sorted([*copied, *written], key=lambda one: one.start)


def slice_bounds(table: str, files: list[File], new: list[Input], most: int) -> list[tuple[int, int]]:
    """The slices of a day as seconds [start, end): those it has, cut finer where they grow over `most` rows."""
    if TABLES[table].books:
        return [(0, DAY)]
    edges = sorted({0, DAY, *(one.start for one in files), *(one.end for one in files)})
    bounds: list[tuple[int, int]] = []
    for start, end in pairwise(edges):
        have = sum(one.rows for one in files if one.start < end and one.end > start)
        come = sum(_share(piece, start, end) for one in new for piece in one.pieces)
        parts = min(-(-int(have + come) // most), end - start) if come and have + come > most * 1.5 else 1
        step = -(-(end - start) // parts)
        bounds += [(at, min(at + step, end)) for at in range(start, end, step)]
    return bounds


def _share(piece: Piece, start: int, end: int) -> float:
    """How many of a piece's rows fall into [start, end), if they lie evenly in its time."""
    overlap = min(piece.latest + 1, end) - max(piece.earliest, start)
    return piece.rows * max(overlap, 0) / (piece.latest + 1 - piece.earliest)


def publish_slice(task: Slice, lake: Access) -> Published:
    """Merge one slice and write its file, unless nothing changed. Its name is the slice's: a repeat writes the same."""
    readready = lake.settings.buckets.readready
    base = _together(task.table, [_within(_read_file(lake, task, readready, key), task) for key, _ in task.base])
    new = _together(
        task.table,
        [_within(read_piece(lake.store, piece), task) for one in task.inputs for piece in one.pieces]
        + [rows_of(task.table, one.rows) for one in task.inputs if one.rows],
    )
    merged = merge(task.table, base, new)
    whole = [(task.start, task.end)] == [(one.start, one.end) for _, one in task.base]
    same = not merged.changed and whole
    file = None
    if merged.rows.num_rows and not same:
        data = orc.write(task.table, merged.rows)
        lake.store.put(readready, task.target, data)
        name = task.target.rsplit("/", 1)[-1]
        file = File(name, merged.rows.num_rows, len(data), task.start, task.end)
    elif same:
        file = task.base[0][1]
    return Published(
        slice=task,
        file=file,
        same=same,
        changed=merged.changed,
        duplicates=merged.duplicates,
        conflicts=merged.conflicts.to_pylist(),
    )


def _read_file(lake: Access, task: Slice, bucket: str, key: str) -> pa.Table:
    try:
        return orc.read(task.table, lake.store.get(bucket, key))
    except Gone as error:
        raise RuntimeError(f"{task.table} {task.day}: a file of its current generation is missing: {error}") from error


def _together(table: str, tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables) if tables else conform(arrow_schema(TABLES[table]).empty_table(), table)


def _within(rows: pa.Table, task: Slice) -> pa.Table:
    """The rows whose eventtime lies in the slice."""
    if (task.start, task.end) == (0, DAY):
        return rows
    midnight = int(datetime.fromisoformat(f"{task.day}T00:00:00+00:00").timestamp())
    times = rows["eventtime"].cast(pa.int64())
    first, last = (pa.scalar((midnight + at) * 1_000_000, pa.int64()) for at in (task.start, task.end))
    return rows.filter(pc.and_(pc.greater_equal(times, first), pc.less(times, last)))
