"""Publishing is a set union by identity: whatever the order, whatever is landed twice, readers see the same.

The truth is made without the code under test: by plain Python, from all copies at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.merge import merge
from jobs.remake import Leaving, objects
from jobs.rows import Source
from schemas import TABLES
from schemas.arrow import arrow_schema

TABLE = "from_cloudtrail_readready"
SCHEMA = arrow_schema(TABLES[TABLE])
NOON = datetime(2024, 3, 3, 12)  # noqa: DTZ001 - naive UTC, as in the tables


class Copy(NamedTuple):
    """A record in a file: event, second, contents; where it lies."""

    eventid: str | None
    second: int
    content: str | None
    object: int
    record: int

    def row(self) -> dict[str, object]:
        return {
            "eventid": self.eventid,
            "eventtime": NOON + timedelta(seconds=self.second),
            "errorcode": self.content,
            "sourceobject": f"s3://raw/{self.object}",
            "sourceetag": "e",
            "sourcerecord": self.record,
            "edition": 0,
        }


def table(copies: list[Copy]) -> pa.Table:
    return pa.Table.from_pylist([one.row() for one in copies], schema=SCHEMA)


@st.composite
def records(draw: st.DrawFn) -> list[Copy]:
    """Every record of some files once: (object, record) is unique."""
    size = draw(st.integers(0, 12))
    return [
        Copy(
            draw(st.sampled_from([None, "a", "b", "c"])),
            draw(st.integers(0, 1)),
            draw(st.sampled_from([None, "x", "y"])),
            number // 3,
            number % 3,
        )
        for number in range(size)
    ]


def truth(copies: list[Copy]) -> list[tuple[str | None, int]]:
    """What readers see: one row an identity; a record without eventid is its own."""
    ids = {(one.eventid, one.second) for one in copies if one.eventid}
    nameless = [(None, one.second) for one in copies if not one.eventid]
    return sorted([*ids, *nameless], key=str)


def shown(rows: pa.Table) -> list[tuple[str | None, int]]:
    return sorted(
        ((row["eventid"], int((row["eventtime"] - NOON).total_seconds())) for row in rows.to_pylist()), key=str
    )


def contents(rows: pa.Table) -> list[tuple[object, ...]]:
    return sorted(((r["eventid"], r["eventtime"], r["errorcode"]) for r in rows.to_pylist()), key=str)


@given(copies=records(), data=st.data())
def test_in_any_order_and_with_repeats_the_same_is_shown_and_the_books_balance(
    copies: list[Copy], data: st.DataObject
) -> None:
    base, quarantined = table([]), 0
    repeats = data.draw(st.lists(st.sampled_from(copies), max_size=4)) if copies else []
    waiting = data.draw(st.permutations([*copies, *repeats]))
    while waiting:
        size = data.draw(st.integers(1, len(waiting)))
        some, waiting = waiting[:size], waiting[size:]
        merged = merge(TABLE, base, table(list(some)))
        assert base.num_rows + len(some) == merged.rows.num_rows + merged.duplicates + merged.conflicts.num_rows
        assert merged.changed == (contents(merged.rows) != contents(base) or merged.rows.num_rows != base.num_rows)
        quarantined += merged.conflicts.num_rows
        base = merged.rows
    assert shown(base) == truth(copies)
    together = merge(TABLE, table([]), table(sorted(copies, key=str)))
    assert contents(base) == contents(together.rows)
    # A contradiction never vanishes: every identity with two contents has sent something to quarantine.
    named = sorted((one for one in copies if one.eventid), key=str)
    contradictions = [
        key
        for key, same in groupby(named, key=lambda one: (one.eventid, one.second))
        if len({s.content for s in same}) > 1
    ]
    assert bool(quarantined) == bool(contradictions)


def test_rows_are_shown_in_order_of_time() -> None:
    rows = merge(
        TABLE, table([Copy("a", 9, None, 0, 0)]), table([Copy("b", 3, None, 1, 0), Copy("c", 5, None, 1, 1)])
    ).rows
    assert rows["eventid"].to_pylist() == ["b", "c", "a"]


def test_a_higher_edition_takes_the_place_of_a_lower_one_without_a_conflict() -> None:
    old = table([Copy("a", 0, "wrong", 0, 0)])
    fixed = Copy("a", 0, "right", 0, 0).row() | {"edition": 1}
    merged = merge(TABLE, old, pa.Table.from_pylist([fixed], schema=SCHEMA))
    assert merged.rows["errorcode"].to_pylist() == ["right"]
    assert (merged.duplicates, merged.conflicts.num_rows) == (1, 0)


def of_editions(*copies: tuple[Copy, int]) -> pa.Table:
    return pa.Table.from_pylist([one.row() | {"edition": edition} for one, edition in copies], schema=SCHEMA)


@pytest.mark.parametrize(("there", "comes"), [(0, 9), (9, 0)])
def test_a_record_of_a_lower_edition_that_contradicts_another_goes_to_quarantine(there: int, comes: int) -> None:
    here, other = Copy("a", 0, "x", 0, 0), Copy("a", 0, "y", 1, 0)
    merged = merge(TABLE, of_editions((here, there)), of_editions((other, comes)))
    assert merged.rows["edition"].to_pylist() == [9]
    assert (merged.duplicates, merged.conflicts["edition"].to_pylist()) == (0, [0])


def test_copies_that_are_equal_are_duplicates_whatever_their_editions() -> None:
    merged = merge(TABLE, of_editions((Copy("a", 0, "x", 0, 0), 0)), of_editions((Copy("a", 0, "x", 1, 0), 9)))
    assert (merged.rows["edition"].to_pylist(), merged.duplicates, merged.conflicts.num_rows) == ([9], 1, 0)


def test_what_is_read_anew_contradicts_no_older_reading_of_it() -> None:
    """One event in two objects, which a fixed decoder reads otherwise."""
    old = [Copy("a", 0, "wrong", of, 0) for of in (0, 1)]
    new = [Copy("a", 0, "right", of, 0) for of in (0, 1)]
    both = merge(TABLE, of_editions((old[0], 0)), of_editions((new[0], 9), (new[1], 9), (old[1], 0)))
    assert (both.rows["errorcode"].to_pylist(), both.duplicates, both.conflicts.num_rows) == (["right"], 3, 0)
    # A rebuild whose plan holds only the object of which nothing is shown.
    remade = Leaving(remade=objects([Source("s3://raw/1", "e", 9)]))
    half = merge(TABLE, of_editions((old[0], 0)), of_editions((new[1], 9)), remade)
    assert (half.rows["errorcode"].to_pylist(), half.duplicates, half.conflicts.num_rows) == (["right"], 1, 0)


def test_nothing_new_means_nothing_changed() -> None:
    base = merge(TABLE, table([]), table([Copy("a", 0, "x", 0, 0)])).rows
    merged = merge(TABLE, base, table([Copy("a", 0, "x", 5, 7)]))
    assert not merged.changed
    assert merged.rows is base
    assert merged.duplicates == 1
