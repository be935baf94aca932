"""A row that contradicts the one shown goes to quarantine: its columns as JSON in the restricted prefix, its row in
lake_quarantine. Publishing finds it, so the generation's marker names it as a ledger names what landing found."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from jobs.access import Access
from jobs.pieces import PieceWriter, rows_of
from lake import keys
from lake.books import Piece


def quarantine(
    lake: Access, table: str, day: str, generation: int, now: datetime, conflicts: list[dict[str, Any]]
) -> list[Piece]:
    """Store the conflicting rows. Returns the pieces of lake_quarantine; none if there are none."""
    if not conflicts:
        return []
    name = f"{table}/{day}/{generation}"
    job = table.removeprefix("from_").removesuffix("_readready")
    stored_in = keys.quarantined(job, f"{day}-{generation}")
    stored, rows = bytearray(), list[dict[str, object]]()
    for row in conflicts:
        data = json.dumps(row, default=str).encode()
        rows.append(
            {
                "job": job,
                "batch": name,
                "sourceobject": row["sourceobject"],
                "sourceetag": row["sourceetag"],
                "sourcerecord": row["sourcerecord"],
                "edition": row["edition"],
                "reason": "conflict",
                "detail": f"another record has its identity and other contents; that one is shown in {table} on {day}",
                "sha256": hashlib.sha256(data).hexdigest(),
                "recordbytes": len(data),
                "storedin": f"s3://{lake.books}/{stored_in}",
                "storedat": len(stored),
                "storedbytes": len(data),
            }
        )
        stored += data
    lake.store.put(lake.books, stored_in, bytes(stored))
    writer = PieceWriter(lake.settings.buckets.readready, keys.landed(job, f"conflicts-{day}-{generation}"))
    try:
        writer.add("lake_quarantine", now.strftime("%Y-%m-%d"), rows_of("lake_quarantine", rows))
        writer.store(lake.store)
    finally:
        writer.close()
    return writer.pieces
