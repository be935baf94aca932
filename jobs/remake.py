"""Taking rows out: what a rebuild did not make again, and what a removal names.

Both touch days to which they may bring no row. So their batches name, for each such day, a piece of another kind: the
objects that the batch landed anew, and the accounts that it removes. Publishing merges the day, and what it shows of
these objects below their edition leaves, as do these accounts' rows. (The piece says it, not the settings alone: a run
that began before they were changed may be the one that publishes.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.access import Access
from jobs.decoders import table_of
from jobs.plan import read_ledgers, read_plan
from jobs.rows import Source
from lake import keys
from lake.books import load_plan
from schemas import TABLES

SCHEMA = pa.schema(
    [("sourceobject", pa.string()), ("sourceetag", pa.string()), ("edition", pa.int32()), ("accountid", pa.string())]
)
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Leaving:
    """What must not be shown. accounts: removed for good. remade: objects landed anew, rows as in SCHEMA."""

    accounts: tuple[str, ...] = ()
    remade: pa.Table | None = None

    def of_accounts(self, table: str, rows: pa.Table) -> Mask:
        """Which rows are of a removed account."""
        columns = TABLES[table].account
        if not self.accounts or not columns:
            return np.zeros(rows.num_rows, bool)
        account = pc.coalesce(*(rows[name] for name in columns))
        return _array(pc.is_in(account, pa.array(self.accounts)))

    def anew(self, rows: pa.Table) -> Mask:
        """Which rows are of an object that was landed anew, under whatever edition."""
        if self.remade is None or not self.remade.num_rows:
            return np.zeros(rows.num_rows, bool)
        return _array(pc.is_in(_name(rows), _name(self.remade).combine_chunks()))

    def outdated(self, rows: pa.Table) -> Mask:
        """Which rows are of an object that was landed anew, under a higher edition than theirs."""
        if self.remade is None or not self.remade.num_rows:
            return np.zeros(rows.num_rows, bool)
        # An object can be there twice, under two editions: the highest is found first.
        newest = self.remade.sort_by([("edition", "descending")])
        at = pc.index_in(_name(rows), _name(newest).combine_chunks())
        edition = newest["edition"].combine_chunks().take(at)
        return _array(pc.fill_null(pc.greater(edition, rows["edition"].combine_chunks()), False))


def _name(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(rows["sourceobject"], rows["sourceetag"], "\n")


def _array(mask: pa.ChunkedArray | pa.Array) -> Mask:
    found: Mask = mask.to_numpy() if isinstance(mask, pa.ChunkedArray) else mask.to_numpy(zero_copy_only=False)
    return found.astype(bool)


def leaving(accounts: Iterable[str], pieces: Iterable[pa.Table]) -> Leaving:
    """What the settings' removals and a day's pieces of the other kind say together."""
    named = pa.concat_tables([SCHEMA.empty_table(), *pieces])
    removed = {*accounts, *named["accountid"].drop_null().to_pylist()}
    return Leaving(tuple(sorted(removed)), named.filter(pc.is_valid(named["sourceobject"])))


def objects(sources: Iterable[Source], accounts: Iterable[str] = ()) -> pa.Table:
    """Landed objects and removed accounts, as in SCHEMA."""
    rows = [{"sourceobject": one.object, "sourceetag": one.etag, "edition": one.edition} for one in sources]
    return pa.Table.from_pylist([*rows, *({"accountid": one} for one in accounts)], schema=SCHEMA)


def days(lake: Access, table: str, interval: str) -> Iterator[str]:
    """The published days of a table in "first/last" (both included); all of them for ''."""
    for folder in lake.store.folders(lake.books, keys.markers_of(table)):
        day = folder.removeprefix(keys.markers_of(table)).rstrip("/")
        if _inside(day, interval):
            yield day


def touched(lake: Access, job: str, interval: str) -> list[str]:
    """The days that a rebuild of this interval makes anew; for '', a removal, all that are published."""
    table = table_of(job)
    found = set(days(lake, table, interval))
    if interval:  # days that nothing was published of yet, but is landed of: they are published together with this
        found |= {day for day in _waiting(lake, job, table) if _inside(day, interval)}
    return sorted(found)


def _waiting(lake: Access, job: str, table: str) -> set[str]:
    """The days of what earlier plans have landed, and may not have published."""
    newest = lake.store.first(lake.books, keys.plans(job))
    numbers = load_plan(lake.store.get(lake.books, newest)).open if newest else []
    ledgers = [ledger for number in numbers for ledger in read_ledgers(lake, read_plan(lake, job, number))]
    return {piece.day for ledger in ledgers for piece in ledger.pieces if piece.table == table}


def _inside(day: str, interval: str) -> bool:
    first, _, last = interval.partition("/")
    return not interval or first <= day <= last
