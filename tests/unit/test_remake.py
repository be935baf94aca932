"""What leaves a day: rows of removed accounts, and what a rebuild did not make again. All of it is counted."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
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


class Row(NamedTuple):
    """One record of one object, as some edition reads it."""

    event: str
    object: int
    record: int
    edition: int
    account: str

    def columns(self) -> dict[str, object]:
        return {
            "eventid": self.event,
            "eventtime": NOON,
            "recipientaccountid": self.account,
            "sourceobject": f"s3://raw/{self.object}",
            "sourceetag": "e",
            "sourcerecord": self.record,
            "edition": self.edition,
        }


def table(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist([one.columns() for one in rows], schema=SCHEMA)


def shown(rows: pa.Table) -> Counter[tuple[str, int, int]]:
    return Counter(
        (row["eventid"], int(row["sourceobject"].rsplit("/", 1)[1]), row["edition"]) for row in rows.to_pylist()
    )


events = st.sampled_from("abcdef")
accounts = {event: "111111111111" if event in "abc" else "222222222222" for event in "abcdef"}


@given(
    old=st.dictionaries(events, st.integers(0, 2)),
    again=st.dictionaries(events, st.integers(0, 2)),
    remade=st.sets(st.integers(0, 2)),
    removed=st.sets(st.sampled_from(["111111111111", "222222222222"])),
)
def test_what_is_shown_is_what_a_rebuild_made_and_what_it_did_not_touch(
    old: dict[str, int], again: dict[str, int], remade: set[int], removed: set[str]
) -> None:
    base = [Row(event, of, n, 0, accounts[event]) for n, (event, of) in enumerate(sorted(old.items()))]
    new = [Row(event, of, n, 7, accounts[event]) for n, (event, of) in enumerate(sorted(again.items())) if of in remade]
    leaving = Leaving(tuple(removed), objects([Source(f"s3://raw/{of}", "e", 7) for of in remade]))
    merged = merge(TABLE, table(base), table(new), leaving)

    made = {one.event for one in new}
    truth = [(one.event, one.object, 7) for one in new] + [
        (one.event, one.object, 0) for one in base if one.event not in made and one.object not in remade
    ]
    assert shown(merged.rows) == Counter(one for one in truth if accounts[one[0]] not in removed)
    assert len(base) + len(new) == merged.rows.num_rows + merged.duplicates + merged.conflicts.num_rows + merged.removed
    assert merged.conflicts.num_rows == 0


def test_an_object_landed_anew_twice_counts_by_its_highest_edition() -> None:
    base = [Row("a", 1, 0, 7, "111111111111")]
    leaving = Leaving(remade=objects([Source("s3://raw/1", "e", 7), Source("s3://raw/1", "e", 9)]))
    assert merge(TABLE, table(base), table([]), leaving).removed == 1


def test_an_object_under_another_etag_is_another_object() -> None:
    base = [Row("a", 1, 0, 0, "111111111111")]
    leaving = Leaving(remade=objects([Source("s3://raw/1", "other", 7)]))
    assert not merge(TABLE, table(base), table([]), leaving).changed


def test_a_row_that_names_no_recipient_is_its_callers() -> None:
    row = Row("a", 1, 0, 0, "").columns() | {"recipientaccountid": None, "useridentityaccountid": "111111111111"}
    base = pa.Table.from_pylist([row], schema=SCHEMA)
    assert merge(TABLE, base, table([]), Leaving(("111111111111",))).removed == 1


def test_a_row_without_account_is_nobodys_and_stays() -> None:
    row = Row("a", 1, 0, 0, "111111111111").columns() | {"recipientaccountid": None}
    base = pa.Table.from_pylist([row], schema=SCHEMA)
    assert not merge(TABLE, base, table([]), Leaving(("111111111111",))).changed
