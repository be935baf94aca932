"""A row that contradicts the one shown goes to quarantine: its columns as JSON in the restricted prefix, its row in
lake_quarantine. Publishing finds it, so the generation's marker names it as a ledger names what landing found."""

from __future__ import annotations

import json

import pyarrow as pa

from jobs.access import Access
from jobs.pieces import PieceWriter, rows_of
from jobs.quarantine import Quarantine
from jobs.rows import Source
from lake import keys
from lake.books import Piece

_AT_ONCE = 1000  # rows as Python objects


def quarantine(lake: Access, table: str, day: str, generation: int, on: str, conflicts: pa.Table) -> list[Piece]:
    """Store the conflicting rows. on: the books' day. Returns the pieces of lake_quarantine; none if there are none."""
    if not conflicts.num_rows:
        return []
    job = table.removeprefix("from_").removesuffix("_readready")
    name = keys.conflicts_id(day, generation)
    writer = PieceWriter(lake.settings.buckets.readready, keys.landed(job, name))
    stored = Quarantine(lake, job, f"{table}/{day}/{generation}", name)
    detail = f"another record has its identity and other contents; that one is shown in {table} on {day}"
    try:
        for some in conflicts.to_batches(max_chunksize=_AT_ONCE):
            for row in some.to_pylist():
                source = Source(row["sourceobject"], row["sourceetag"], row["edition"])
                stored.add(source, row["sourcerecord"], "conflict", detail, json.dumps(row, default=str).encode())
            writer.add("lake_quarantine", on, rows_of("lake_quarantine", stored.take()))
        stored.store()
        writer.store(lake.store)
    finally:
        writer.close()
        stored.close()
    return writer.pieces
