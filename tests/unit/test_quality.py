"""The quality gates: days made wrong on purpose, by pyarrow alone, each caught by the rule for it and by no other."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import orc

from jobs.quality_days import Facts
from jobs.quality_results import RULES, Check, failed, rows_of, together
from jobs.quality_run import as_written
from jobs.volume import Volume
from lake.books import File
from schemas import TABLES
from schemas.arrow import arrow_schema

TRAIL, LOGS = "from_cloudtrail_readready", "from_cloudwatch_readready"
DAY, NOW = "2026-03-02", datetime(2026, 3, 3, tzinfo=UTC)
SECRET = "AQoDYXdzEJr1K2RzQ+realtoken"
CONNECTIONS: list[str] = []


@pytest.fixture(scope="module")
def gates() -> Any:
    """Great Expectations takes seconds to import: once, and watched."""

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            CONNECTIONS.append(f"{event} {arguments[1:]}")

    sys.addaudithook(watch)
    return importlib.import_module("jobs.quality").Gates()


def at(time: str, day: str = DAY) -> datetime:
    return datetime.fromisoformat(f"{day} {time}")


def row(number: int, **columns: object) -> dict[str, object]:
    """A good row of either table."""
    return {
        "eventtime": at(f"10:00:{number:02}"),
        "sessionid": f"{number:017x}",
        "sourceobject": "s3://raw/key",
        "sourceetag": "etag",
        "sourcerecord": number,
        "edition": 0,
        **columns,
    }


def event(number: int, **columns: object) -> dict[str, object]:
    mine = {"eventid": f"id-{number}", "requestparameters": '{"target": "i-1", "tokenValue": "***"}'}
    return row(number, **(mine | columns))


def written(table: str, rows: list[dict[str, object]], change: Any = lambda rows: rows) -> pa.Table:
    """The rows as a file of the table's holds them, whatever `change` makes of the columns."""
    sink = BytesIO()
    orc.write_table(change(pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[table]))), sink)
    return as_written(table, sink.getvalue())


def check(gates: Any, rows: pa.Table, table: str = TRAIL, start: int = 0, end: int = 86_400) -> Check:
    found: Check = gates.file(table, DAY, File("1.orc", rows.num_rows, 1, start, end), rows)
    return found


def broken(found: Check) -> dict[str, tuple[str, ...]]:
    return {one.name: one.examples for one in failed(found.outcomes)}


def test_a_good_day_keeps_every_rule_and_nothing_leaves_the_machine(gates: Any) -> None:
    logs = [row(n, logeventid=None if n else "l", accountid="111122223333", loggroup="g") for n in range(3)]
    for table, rows in ((TRAIL, [event(1), event(2, eventid=None, sessionid=None)]), (LOGS, logs)):
        found = check(gates, written(table, rows), table)
        assert broken(found) == {}
        assert all(one.success for one in found.outcomes)
        kinds = [one.expected for one in found.outcomes if one.rule == "type"]
        assert kinds == [one.type for one in TABLES[table].columns]
    assert CONNECTIONS == []


SPELT = f'{{"a": [{{"t\\u006fkenValue": "{SECRET}"}}]}}'  # tokenValue
WRONG = {
    "identity": (event(1, eventid="one", eventtime=at("10:00:01")), event(2, eventid="one", eventtime=at("10:00:01"))),
    "record": (event(3), event(4, sourcerecord=3)),
    "day of eventtime": (event(5, eventtime=at("00:00:00", "2026-03-03")),),
    "session id of sessionid": (event(6, sessionid="Alice-0123456789abcdef"), event(7, sessionid="0" * 17 + "\n")),
    "secrets of requestparameters": (event(8) | {"requestparameters": SPELT},),
    "secrets of otherfields": (event(9, otherfields=f'{{"x": {{"SessionToken": "{SECRET}"}}}}'),),
    "not null of sourceetag": (event(10, sourceetag=None),),
}


def test_wrong_rows_are_caught_each_by_its_rule_and_named_by_where_they_were_read(gates: Any) -> None:
    found = check(gates, written(TRAIL, [one for rows in WRONG.values() for one in rows]))
    expected = {
        name: tuple(f"{one['sourceobject']}#{one['sourcerecord']}" for one in rows) for name, rows in WRONG.items()
    }
    assert broken(found) == expected


def put(rows: pa.Table, name: str, values: Any) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), name, values)


def bent(rows: pa.Table) -> pa.Table:
    """One column nested, one wider, one missing, one more."""
    rows = put(rows, "resources", pa.array([{"arn": "x"}] * len(rows), pa.struct([("arn", pa.string())])))
    rows = put(rows, "edition", rows["sourcerecord"])
    return rows.drop_columns(["useragent"]).append_column("more", rows["eventid"])


def swapped(rows: pa.Table) -> pa.Table:
    names = rows.column_names
    return rows.select([names[1], names[0], *names[2:]])


def test_files_with_other_columns_are_caught_nested_ones_even_without_a_row(gates: Any) -> None:
    types = {"type of resources", "type of edition", "type of useragent"}
    assert set(broken(check(gates, written(TRAIL, [event(1)], bent)))) == {"columns", *types}
    assert set(broken(check(gates, written(TRAIL, [], bent)))) == {"columns", *types}
    assert set(broken(check(gates, written(TRAIL, [event(1)], swapped)))) == {"columns"}


def test_a_file_of_before_the_last_column_was_declared_has_it_as_readers_do() -> None:
    old = written(TRAIL, [event(1)], lambda rows: rows.drop_columns(["username"]))
    assert old.schema.names == list(TABLES[TRAIL].names)
    assert old["username"].to_pylist() == [None]


def test_a_row_outside_its_files_stretch_of_the_day_is_caught_so_that_no_copy_hides_in_another_file(gates: Any) -> None:
    assert set(broken(check(gates, written(TRAIL, [event(1)]), start=0, end=36_000))) == {"day of eventtime"}


def test_files_of_a_day_are_one_answer_and_one_bad_file_is_enough(gates: Any) -> None:
    good = check(gates, written(TRAIL, [event(1)]))
    bad = check(gates, written(TRAIL, [event(2, sessionid="?"), event(3)]))
    for both in (good + bad, bad + good):
        one = next(one for one in both.outcomes if one.rule == "session id")
        assert (one.success, one.rows, one.unexpected, one.examples) == (False, 3, 1, ("s3://raw/key#2",))
        assert len(both.outcomes) == len(good.outcomes)


FACTS = Facts(200, 190, Volume(20, 50, 150), over=True)


@pytest.mark.parametrize(
    ("rows", "booked", "facts", "names"),
    [
        (100, 100, FACTS, set()),
        (100, 101, FACTS, {"rows"}),
        (49, 49, FACTS, {"volume"}),
        (151, 151, FACTS, {"volume"}),
        (0, 0, FACTS, {"volume"}),
        (3, 3, replace(FACTS, over=False), set()),
        (151, 151, replace(FACTS, over=False), {"volume"}),
        (100, 100, replace(FACTS, processed=179), {"completeness"}),
        (100, 100, replace(FACTS, processed=180), set()),
    ],
)
def test_how_much_there_is_of_a_day_is_judged(
    gates: Any, rows: int, booked: int, facts: Facts, names: set[str]
) -> None:
    found = gates.day(rows, booked, facts, least=90)
    assert {one.name for one in failed(found.outcomes)} == names
    assert {one.rule for one in found.outcomes} == {"rows", "completeness", "volume"}


def test_what_cannot_be_judged_is_said_and_is_no_failure(gates: Any) -> None:
    found = gates.day(7, 7, Facts(0, 0, Volume(2), over=True), least=90)
    assert {one.rule: one.success for one in found.outcomes} == {"rows": True, "completeness": None, "volume": None}
    observed = next(one.observed for one in found.outcomes if one.rule == "volume")
    assert observed == "7 rows; not enough history: 2 of the days like it in the 28 before have rows"


def test_neither_the_page_nor_the_book_shows_a_value_and_the_page_needs_no_network(gates: Any) -> None:
    hostile = "s3://raw/<script>alert(1)</script>"
    found = check(
        gates, written(TRAIL, [event(1, sourceobject=hostile, responseelements=f'{{"password": "{SECRET}"}}')])
    )
    found += gates.day(1, 1, FACTS, least=90)
    page = gates.page("from_cloudtrail_readready 2026-03-02", found, NOW)
    assert SECRET not in page
    assert SECRET not in str(rows_of(found.outcomes, TRAIL, 1, True, NOW))
    for fetched in ("<script", "<link", "<img", "alert(1)</"):
        assert fetched not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "responseelements" in page
    assert "1 of 1 rows break it" in page
    assert {one.rule for one in found.outcomes} == set(RULES)
    assert len(together([found.outcomes])) == len(found.outcomes)


def test_every_rule_is_told_in_the_docs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "quality.md").read_text()
    for rule in RULES:
        assert f"**{rule}**" in text
