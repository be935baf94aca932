"""Landed rows: Arrow IPC streams, one a table and day, one after the other in a private file.

One PUT a batch and one ranged GET a day, whatever the number of days. Internal and read once: zstd, no statistics.
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from lake.books import Piece
from lake.store import Store
from schemas import TABLES
from schemas.arrow import arrow_schema

_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd")
_DAY = 86_400
_HOUR = 3600
_FEW = 10_000  # rows of a day that are one piece, whatever their hours
_SPOOL = 64 << 20  # bytes in memory before a landed file goes to the worker's disk


class PieceWriter:
    """Collects tables of rows into one private file at bucket/key."""

    def __init__(self, bucket: str, key: str) -> None:
        self.pieces: list[Piece] = []
        self._bucket, self._key = bucket, key
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_SPOOL)  # noqa: SIM115 - closed by close()

    def add(self, table: str, day: str, rows: pa.Table, earliest: int = 0, latest: int = _DAY - 1) -> None:
        """One piece: rows of one table and day."""
        start, length = self._write(rows)
        self.pieces.append(
            Piece(table, day, self._bucket, self._key, start, length, rows.num_rows, earliest, latest, rows.nbytes)
        )

    def add_remade(self, table: str, days: list[str], objects: pa.Table) -> None:
        """The objects that were landed anew (see jobs.remake), for each of these days."""
        if days:
            start, length = self._write(objects)
            self.pieces += [Piece(table, day, self._bucket, self._key, start, length, 0, remade=True) for day in days]

    def _write(self, rows: pa.Table) -> tuple[int, int]:
        start = self._file.tell()
        sink = pa.PythonFile(self._file, mode="w")
        with pa.ipc.new_stream(sink, rows.schema, options=_OPTIONS) as stream:
            stream.write_table(rows)
        return start, self._file.tell() - start

    def add_by_day(self, table: str, rows: pa.Table) -> None:
        """Rows of any days, cut by the day of their eventtime; many rows of one day, by the hour.

        So a slice of a big day reads little more than its own rows.
        """
        if not rows.num_rows:
            return
        seconds = rows["eventtime"].cast(pa.int64()).to_numpy() // 1_000_000
        hours = seconds // _HOUR
        _, which, many = np.unique(hours // 24, return_inverse=True, return_counts=True)
        parts = np.where(many[which] > _FEW, hours, hours // 24 * 24)
        order = np.argsort(parts, kind="stable")
        parts, seconds = parts[order], seconds[order]
        rows = rows.take(pa.array(order)) if len(rows) > 1 and (np.diff(order) != 1).any() else rows
        edges = np.r_[0, np.flatnonzero(np.diff(parts)) + 1, len(parts)]
        for start, end in pairwise(edges.tolist()):
            day = int(parts[start]) // 24
            inside = seconds[start:end] - day * _DAY
            some = rows.slice(start, end - start)
            self.add(table, str(np.datetime64(day, "D")), some, int(inside.min()), int(inside.max()))

    def store(self, store: Store) -> None:
        """Write the file, if it holds anything."""
        if self.pieces:
            self._file.seek(0)
            store.put(self._bucket, self._key, self._file)

    def close(self) -> None:
        """Give the file back. The pieces stay known."""
        self._file.close()


def read_piece(store: Store, piece: Piece) -> pa.Table:
    """A piece's rows, in the table's declared schema."""
    return conform(_read(store, piece), piece.table)


def read_remade(store: Store, piece: Piece) -> pa.Table:
    """The objects that a piece of the other kind names, as in jobs.remake.SCHEMA."""
    return _read(store, piece)


def _read(store: Store, piece: Piece) -> pa.Table:
    return pa.ipc.open_stream(store.get_range(piece.bucket, piece.key, piece.offset, piece.length)).read_all()


def conform(rows: pa.Table, table: str) -> pa.Table:
    """Rows as the table is declared today: columns it gained since are null, by name."""
    schema = arrow_schema(TABLES[table])
    if rows.schema.equals(schema):
        return rows
    columns = [
        rows[field.name].cast(field.type) if field.name in rows.column_names else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def rows_of(table: str, rows: list[dict[str, object]]) -> pa.Table:
    """A table of book-keeping rows, from dictionaries by column name."""
    return pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[table]))
