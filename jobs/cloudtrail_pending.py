"""Rows on their way: records decoded and not yet columns, and the Arrow batches made of those before."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from jobs.cloudtrail_columns import SCHEMA, Origins, batch
from jobs.cloudtrail_records import Record, Shape
from jobs.rows import Source

_ROWS = 1000  # of one Arrow batch: more leave the processor's cache, fewer cost more calls
PINNED = 32 << 20  # bytes of text that pending records may keep in memory


class Pending:
    """Rows of records of one shape at a time."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._records: list[Record] = []
        self._origins = Origins()
        self._pinned = 0
        self._batches: list[pa.RecordBatch] = []
        self._batched = 0

    def __len__(self) -> int:
        return self._batched + len(self._records)

    def add(self, source: Source, numbers: Sequence[int], records: list[Record], pinned: int) -> None:
        """Records of one object, `numbers` their positions there; they keep `pinned` bytes of its text alive."""
        if not records:
            return
        self._records += records
        self._origins.add(source, numbers)
        self._pinned += pinned
        if len(self._records) >= _ROWS or self._pinned >= PINNED:
            self.flush()

    def reshape(self, shape: Shape) -> None:
        """The records added from now on are of this shape."""
        self.flush()
        self._shape = shape

    def flush(self) -> None:
        """Pending records become batches, and let go of their objects' texts."""
        for at in range(0, len(self._records), _ROWS):
            some = slice(at, at + _ROWS)
            self._batches.append(batch(self._shape, self._records[some], self._origins.some(some)))
        self._batched += len(self._records)
        self._records, self._origins, self._pinned = [], Origins(), 0

    def take(self) -> pa.Table:
        """All rows; none are left."""
        self.flush()
        table = pa.Table.from_batches(self._batches, SCHEMA)
        self._batches, self._batched = [], 0
        return table
