"""The one law: publishing is a set union by identity. Rows in = rows out + duplicates + conflicts + removed, always.

Two rows with one identity are copies. Equal ones are duplicates: one stays. Of one record, a higher edition supersedes
a lower one. Copies from two records that differ are a conflict: one is shown, the others go to quarantine. Shown is one
of the highest edition; of these, which one depends on content alone: no order of arrival changes what readers see.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.remake import Leaving, Mask
from schemas import TABLES, Table
from schemas.table import ORIGIN, SOURCE_OBJECT

Codes = npt.NDArray[np.int64]
_ORIGIN = {column.name for column in ORIGIN}


class Merged(NamedTuple):
    """rows: what is shown, sorted. changed: whether they are other rows than the base's.

    conflicts: the rows that are not shown because another of the same identity differs. removed: how many rows left
    because of a removal, or because a rebuild did not make them again.
    """

    rows: pa.Table
    changed: bool
    duplicates: int
    conflicts: pa.Table
    removed: int = 0


NOTHING = Leaving()


def merge(table: str, base: pa.Table, new: pa.Table, leaving: Leaving = NOTHING) -> Merged:
    """The union of what is shown (`base`: no two rows of one identity) and what came (`new`), without what leaves."""
    declared = TABLES[table]
    rows = pa.concat_tables([base, new])
    gone = leaving.of_accounts(table, rows)
    keep = ~gone
    lost: list[int] = []
    suspects = _suspects(declared, rows)
    suspects = suspects[keep[suspects]]
    if len(suspects):
        keep[suspects] = False
        some = _taken(rows, suspects)
        shown, lost = _settle(declared, some, suspects, suspects < base.num_rows, leaving.anew(some))
        keep[shown] = True
    outdated = keep & leaving.outdated(rows)
    keep &= ~outdated
    removed = int(gone.sum()) + int(outdated.sum())
    changed = bool(keep[base.num_rows :].any()) or not keep[: base.num_rows].all()
    return Merged(
        rows=_in_order(declared, rows, np.flatnonzero(keep)) if changed else base,
        changed=changed,
        duplicates=rows.num_rows - int(keep.sum()) - len(lost) - removed,
        conflicts=_taken(rows, np.array(lost, np.int64)),
        removed=removed,
    )


def together(table: str, base: pa.Table, new: pa.Table) -> Merged:
    """The books' way: a batch is taken once and its rows are its own, so there is nothing to compare."""
    rows = pa.concat_tables([base, new])
    rows = _in_order(TABLES[table], rows, np.arange(rows.num_rows))
    return Merged(rows=rows, changed=True, duplicates=0, conflicts=rows.slice(0, 0))


def _suspects(declared: Table, rows: pa.Table) -> Codes:
    """The rows that could have a copy: without full identity, or with a first identity column that occurs twice."""
    codes = _codes(rows[declared.identity[0]])
    twice = np.bincount(codes)[codes] > 1 if len(codes) else np.zeros(0, bool)
    null = np.zeros(rows.num_rows, bool)
    if declared.fallback_identity:
        for name in declared.identity:
            if rows[name].null_count:
                null |= rows[name].is_null().to_numpy()
    return np.flatnonzero(twice | null)


def _settle(declared: Table, rows: pa.Table, at: Codes, base: Mask, anew: Mask) -> tuple[Codes, list[int]]:
    """Of the suspects: which are shown, and which are lost to a conflict.

    at: their positions. base: which are shown so far. anew: which are of an object that a rebuild landed anew.
    """
    groups = _identities(declared, rows)
    edition = rows["edition"].to_numpy().astype(np.int64) if "edition" in rows.column_names else np.zeros(len(at))
    # First of its group: the highest edition, and of those what is shown already (the base comes first).
    order = np.lexsort((np.arange(len(at)), -edition, groups))
    first = np.r_[True, groups[order][1:] != groups[order][:-1]]
    winner = order[first][np.cumsum(first) - 1]  # for each row in `order`, its group's first
    content = _combined(rows, [name for name in declared.names if name not in _ORIGIN])
    record = _combined(rows, [name for name in SOURCE_OBJECT if name in rows.column_names])
    differs = (content[order] != content[winner]) & (record[order] != record[winner])
    highest = edition[order] == edition[winner]
    rival = differs & highest
    # A lower edition that no reading of the same record takes the place of contradicts as well, unless a rebuild says
    # otherwise: what it read anew was read by an older decoder.
    place = groups * (record.max() + 1) + record
    read_anew = np.isin(place[order], place[order][highest]) | anew[order] | (base[order] & anew[winner])
    outdone = differs & ~highest & ~read_anew
    shown = np.zeros(len(at), bool)
    shown[order[first]] = True
    lost: list[int] = []
    edges = np.r_[np.flatnonzero(first), len(order)]
    for group in np.unique(np.cumsum(first)[rival | outdone] - 1):
        its = slice(edges[group], edges[group + 1])
        rivals = order[its][(rival | first)[its]]
        best = min(rivals, key=lambda one: _content_key(declared, rows, int(one)))
        shown[rivals] = False
        shown[best] = True
        # The same record landed twice is one conflict, and a duplicate.
        losing = (*rivals, *order[its][outdone[its]])
        losers = {int(record[one]): int(at[one]) for one in losing if content[one] != content[best]}
        lost += losers.values()
    return at[shown], lost


def _content_key(declared: Table, rows: pa.Table, index: int) -> list[tuple[bool, str]]:
    row = rows.slice(index, 1).to_pylist()[0]
    return [(row[name] is None, str(row[name])) for name in declared.names if name not in _ORIGIN]


def _identities(declared: Table, rows: pa.Table) -> Codes:
    """A number for each row, equal where the identity is."""
    groups = _combined(rows, declared.identity)
    if declared.fallback_identity:
        null = np.zeros(rows.num_rows, bool)
        for name in declared.identity:
            null |= rows[name].is_null().to_numpy()
        fallback = _combined(rows, declared.fallback_identity)
        groups = np.where(null, groups.max() + 1 + fallback, groups)
    return groups


def _combined(rows: pa.Table, names: tuple[str, ...] | list[str]) -> Codes:
    """A number for each row, equal where all these columns are equal (null equals null)."""
    total = np.zeros(rows.num_rows, np.int64)
    for name in names:
        codes = _codes(rows[name])
        total = np.unique(total * (int(codes.max()) + 1) + codes, return_inverse=True)[1].astype(np.int64)
    return total


def _codes(column: pa.ChunkedArray) -> Codes:
    encoded = pc.dictionary_encode(column.combine_chunks(), null_encoding="encode")
    indices: Codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return indices


def _in_order(declared: Table, rows: pa.Table, kept: Codes) -> pa.Table:
    """The kept rows, sorted."""
    keys = _taken(rows.select(list(declared.sort)), kept)
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in declared.sort])
    return _taken(rows, kept[order.to_numpy()])


def _taken(rows: pa.Table, at: Codes) -> pa.Table:
    """The rows at these positions. Column by column: at any time one of them, not all, is in memory once more."""
    if not len(at):
        return rows.slice(0, 0)
    indices = pa.array(at)
    return pa.table([column.combine_chunks().take(indices) for column in rows.columns], schema=rows.schema)
