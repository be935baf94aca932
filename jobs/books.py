"""The generations' own book-keeping: every marker of a data day becomes a row of lake_generations, and the conflicts it
found rows of lake_quarantine. Those tables are published like any other; their own generations are not booked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from jobs.access import Access
from jobs.publish import Day, newest, newest_of
from jobs.slices import Input
from lake import keys
from lake.books import Marker, load_marker
from schemas import TABLES


def to_be_booked(lake: Access, days: Iterable[Day]) -> list[Marker]:
    """The generations of these days that lake_generations does not hold yet, oldest first."""
    found: list[Marker] = []
    known: dict[str, set[str]] = {}
    data = [day for day in days if not TABLES[day[0]].books]
    for (table, day), marker in newest_of(lake, data).items():
        while marker:
            written = marker.at[:10]
            if written not in known:
                book = newest(lake, "lake_generations", written)
                known[written] = set(book.batches) if book else set()
            if marker.id in known[written]:
                break
            found.append(marker)
            earlier = marker.generation - 1
            marker = load_marker(lake.store.get(lake.books, keys.marker(table, day, earlier))) if earlier else None
    return found[::-1]


def quarantines(markers: Iterable[Marker]) -> dict[Day, list[Input]]:
    """What these generations bring to lake_quarantine."""
    days: dict[Day, list[Input]] = {}
    for marker in markers:
        for piece in marker.quarantine:
            days.setdefault((piece.table, piece.day), []).append(Input(marker.id, [piece]))
    return days


def generations(markers: Iterable[Marker]) -> dict[Day, list[Input]]:
    """What these generations bring to lake_generations."""
    days: dict[Day, list[Input]] = {}
    for marker in markers:
        days.setdefault(("lake_generations", marker.at[:10]), []).append(Input(marker.id, rows=[_row(marker)]))
    return days


def _row(marker: Marker) -> dict[str, object]:
    return {
        "tablename": marker.table,
        "publishedday": marker.day,
        "generation": marker.generation,
        "publishedat": datetime.fromisoformat(marker.at).astimezone(UTC).replace(tzinfo=None),
        "folder": marker.location,
        "files": len(marker.files),
        "filebytes": sum(one.bytes for one in marker.files),
        "rowsbefore": marker.rowsbefore,
        "rowsnew": marker.rowsnew,
        "duplicates": marker.duplicates,
        "conflicts": marker.conflicts,
        "removed": marker.removed,
        "rowsout": marker.rowsout,
        "batches": json.dumps(marker.new),
    }
