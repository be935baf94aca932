"""Rows of a table on their way: columns that grow, and the Arrow batches made of those before."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import repeat
from typing import Any

import pyarrow as pa

_ROWS = 10_000  # of one Arrow batch: as columns, rows take a fraction of what they do as objects


class Rows:
    """Rows in this schema, which has a column `edition`."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._batches: list[pa.RecordBatch] = []
        self._batched = 0
        self._clear()

    def __len__(self) -> int:
        return self._batched + len(self._columns["edition"])

    def add(self, rows: int, values: Mapping[str, object]) -> None:
        """So many rows more. A list or tuple has a value for each of them, anything else is all of theirs."""
        for name, column in self._columns.items():
            value = values.get(name)
            column.extend(value if isinstance(value, list | tuple) else repeat(value, rows))
        if len(self._columns["edition"]) >= _ROWS:
            self.pack()

    def take(self) -> pa.Table:
        """The rows since the last take."""
        self.pack()
        batches, self._batches, self._batched = self._batches, [], 0
        return pa.Table.from_batches(batches, self._schema)

    def pack(self) -> None:
        """Make an Arrow batch of what is there: asked for where few rows are large already."""
        arrays = [pa.array(self._columns[field.name], field.type) for field in self._schema]
        self._batches.append(pa.record_batch(arrays, schema=self._schema))
        self._batched += len(self._columns["edition"])
        self._clear()

    def _clear(self) -> None:
        self._columns: dict[str, list[Any]] = {name: [] for name in self._schema.names}
