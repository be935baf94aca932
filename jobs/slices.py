"""The tasks of publishing: how a day is cut into slices of time, and what is done to one.

A slice is bounded in rows and in bytes, so that a task's memory is, whatever the day's size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, pairwise

import pyarrow as pa
import pyarrow.compute as pc

from jobs import orc
from jobs.access import Access
from jobs.conflicts import quarantine
from jobs.merge import merge, together
from jobs.pieces import conform, read_piece, read_remade, rows_of
from jobs.remake import Leaving, leaving
from lake.books import File, Piece
from lake.settings import Bounds
from lake.store import Gone
from schemas import TABLES
from schemas.arrow import arrow_schema

DAY = 86_400
_ROW = 2_000  # bytes of a row of the books as Python's objects
FOLD = 16  # small files of a books day that are worth being made one


@dataclass(frozen=True, slots=True)
class Input:
    """Rows that a commit brings to one day: of a batch's ledger, or book-keeping rows made from a marker."""

    batch: str
    pieces: list[Piece] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows."""
        return sum(piece.rows for piece in self.pieces) + len(self.rows)


@dataclass(frozen=True, slots=True)
class Slice:
    """One task: the day's seconds [start, end), what is shown of them, what is new, and the file to write.

    on: the day of publishing, for the books.
    """

    table: str
    day: str
    generation: int
    on: str
    start: int
    end: int
    base: list[tuple[str, File]]  # (key, file) of the current generation
    inputs: list[Input]
    target: str

    @property
    def nbytes(self) -> int:
        """What its rows take in memory, about: a piece that other slices read as well counts as a whole."""
        pieces = (piece.nbytes for one in self.inputs for piece in one.pieces)
        return sum(one.nbytes for _, one in self.base) + sum(pieces) + _ROW * sum(len(one.rows) for one in self.inputs)


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a slice. file: what holds its rows now, None if it has none. copy: it is the base's own.

    changed: other rows are shown. quarantine: pieces of lake_quarantine with the conflicts found.
    """

    file: File | None
    copy: bool
    changed: bool
    duplicates: int
    removed: int
    quarantine: list[Piece]


def touches(piece: Piece, start: int, end: int) -> bool:
    """Whether a piece can have to do with the day's seconds [start, end)."""
    return piece.remade or (piece.earliest < end and piece.latest >= start)


def slice_bounds(files: list[File], new: list[Input], bounds: Bounds) -> list[tuple[int, int]]:
    """The slices of a day as seconds [start, end): those it has, cut finer where they outgrow what a task may hold."""

    def tasks(rows: float, nbytes: float) -> float:
        return max(rows / bounds.slice_rows, nbytes / bounds.task_bytes)

    edges = sorted({0, DAY, *(one.start for one in files), *(one.end for one in files)})
    found: list[tuple[int, int]] = []
    for start, end in pairwise(edges):
        mine = [one for one in files if one.start < end and one.end > start]
        shares = [(piece, _share(piece, start, end)) for one in new for piece in one.pieces if not piece.remade]
        rows = sum(one.rows for one in mine) + sum(piece.rows * share for piece, share in shares)
        nbytes = sum(one.nbytes for one in mine) + sum(piece.nbytes * share for piece, share in shares)
        need = tasks(rows, nbytes)
        come = any(share for _, share in shares)
        parts = min(math.ceil(need), end - start) if come and need > 1.5 else 1
        step = -(-(end - start) // parts)
        found += [(at, min(at + step, end)) for at in range(start, end, step)]
    return found


def _share(piece: Piece, start: int, end: int) -> float:
    """How much of a piece falls into [start, end), if its rows lie evenly in its time."""
    overlap = min(piece.latest + 1, end) - max(piece.earliest, start)
    return max(overlap, 0) / (piece.latest + 1 - piece.earliest)


def folding(files: list[File], most: int) -> list[File]:
    """Of a books day's files, those that become one: the small ones, once they are many, up to `most` rows."""
    small = sorted((one for one in files if one.rows < most // 2), key=lambda one: one.rows)
    if len(small) < FOLD:
        return []
    rows = list(accumulate(one.rows for one in small))
    return [one for one, total in zip(small, rows, strict=True) if total <= most]


def publish_slice(task: Slice, lake: Access) -> Published:
    """Merge one slice and write its file, unless nothing changed. Its name is the slice's: a repeat writes the same."""
    books = TABLES[task.table].books
    readready = lake.settings.buckets.readready
    pieces = [piece for one in task.inputs for piece in one.pieces]
    base = _concat(task.table, [_within(_read_file(lake, task, readready, key), task) for key, _ in task.base])
    new = _concat(
        task.table,
        [_within(read_piece(lake.store, piece), task) for piece in pieces if not piece.remade]
        + [rows_of(task.table, one.rows) for one in task.inputs if one.rows],
    )
    merged = together(task.table, base, new) if books else merge(task.table, base, new, _leaving(lake, pieces))
    copy = not merged.changed and [(task.start, task.end)] == [(one.start, one.end) for _, one in task.base]
    file = None
    if copy:
        file = task.base[0][1]
    elif merged.rows.num_rows:
        data = orc.write(task.table, merged.rows)
        lake.store.put(readready, task.target, data)
        name = task.target.rsplit("/", 1)[-1]
        file = File(name, merged.rows.num_rows, len(data), task.start, task.end, merged.rows.nbytes)
    return Published(
        file=file,
        copy=copy,
        changed=merged.changed,
        duplicates=merged.duplicates,
        removed=merged.removed,
        quarantine=quarantine(lake, task.table, task.day, task.generation, task.on, merged.conflicts),
    )


def _leaving(lake: Access, pieces: list[Piece]) -> Leaving:
    """What a data day must not show."""
    named = {(piece.bucket, piece.key, piece.offset): piece for piece in pieces if piece.remade}
    removals = [one.account for one in lake.settings.removals]
    return leaving(removals, [read_remade(lake.store, piece) for piece in named.values()])


def _read_file(lake: Access, task: Slice, bucket: str, key: str) -> pa.Table:
    try:
        return orc.read(task.table, lake.store.get(bucket, key))
    except Gone as error:
        raise RuntimeError(f"{task.table} {task.day}: a file of its current generation is missing: {error}") from error


def _concat(table: str, tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables) if tables else conform(arrow_schema(TABLES[table]).empty_table(), table)


def _within(rows: pa.Table, task: Slice) -> pa.Table:
    """The rows whose eventtime lies in the slice."""
    if (task.start, task.end) == (0, DAY):
        return rows
    midnight = int(datetime.fromisoformat(f"{task.day}T00:00:00+00:00").timestamp())
    times = rows["eventtime"].cast(pa.int64())
    first, last = (pa.scalar((midnight + at) * 1_000_000, pa.int64()) for at in (task.start, task.end))
    return rows.filter(pc.and_(pc.greater_equal(times, first), pc.less(times, last)))
