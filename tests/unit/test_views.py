"""The views `sessions` and `recordedsessions`: rows written by hand in, rows written by hand out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from infra.views import view_inputs
from lake.settings import parse
from tests.views_lake import ADMIN, SETTINGS, VIEWS, Row, ViewLake, event, settings, start, typed
from tests.views_world import EVENTS, KEYS, KEYSTROKES, OWN, SESSIONS


def order(row: Row) -> tuple[str, str]:
    return row["sessionid"] or "", row["eventid"] or ""


@pytest.fixture(scope="module")
def lake() -> ViewLake:
    return ViewLake(EVENTS, KEYSTROKES)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_the_columns_that_it_declares(lake: ViewLake, name: str) -> None:
    assert lake.types(name) == lake.declared(name)


def test_nothing_in_the_catalog_overrides_the_words_that_say_it_is_a_view() -> None:
    for name, one in zip(sorted(VIEWS), view_inputs(SETTINGS), strict=True):
        assert one["Name"] == name
        assert one["Parameters"]["comment"] == "Presto View"
        assert "Description" not in one


def test_every_session_is_one_row_that_says_who_what_and_whether_there_are_keystrokes(lake: ViewLake) -> None:
    assert sorted(lake.ask("SELECT * FROM sessions"), key=order) == sorted(SESSIONS, key=order)


@pytest.mark.parametrize("day", ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"])
def test_a_day_alone_has_the_rows_that_it_has_among_all_days(lake: ViewLake, day: str) -> None:
    found = lake.ask(f"SELECT * FROM sessions WHERE calendarday = '{day}'")
    assert sorted(found, key=order) == sorted((one for one in SESSIONS if one["calendarday"] == day), key=order)


def issuing(key: str, account: str = "111122223333", **caller: object) -> Row:
    """An AssumeRole that handed out the key; nothing is known of its caller but what is said."""
    unknown = {"username": None, "useridentityarn": None, "sessionissuerarn": None}
    return event("2026-03-02 09:00:00", "AssumeRole", **{**KEYS, **unknown, **caller}) | {
        "issuedaccesskeyid": key,
        "recipientaccountid": account,
    }


def test_a_role_chain_ends_where_the_caller_is_not_known_and_goes_back_three_hops() -> None:
    hops = [issuing(f"K{n}", useridentityaccesskeyid=f"K{n - 1}", useridentityarn=f"caller{n}") for n in range(1, 6)]
    starts = [start("2026-03-02 10:00:00", "three", useridentityaccesskeyid="K5")]
    starts += [start("2026-03-02 10:00:00", "one", useridentityaccesskeyid="K1")]
    starts += [start("2026-03-02 10:00:00", "stranger", useridentityaccesskeyid="KX")]
    lake = ViewLake([*hops, issuing("KX"), *starts], [])
    assert {one["sessionid"]: one["rolechain"] for one in lake.ask("SELECT sessionid, rolechain FROM sessions")} == {
        "three": f"caller3 > caller4 > caller5 > {ADMIN}",
        "one": f"caller1 > {ADMIN}",
        "stranger": None,
    }


def test_two_sessions_with_the_same_credentials_are_two_rows() -> None:
    starts = [start(f"2026-03-02 10:00:0{n}", f"s{n}", useridentityaccesskeyid="K1") for n in range(2)]
    lake = ViewLake([issuing("K1", useridentityarn="bob"), *starts], [])
    found = lake.ask("SELECT sessionid, rolechain FROM sessions ORDER BY sessionid")
    assert [tuple(one.values()) for one in found] == [("s0", f"bob > {ADMIN}"), ("s1", f"bob > {ADMIN}")]


def test_keystrokes_that_may_still_come_are_awaited_not_missing() -> None:
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    young, old = ((now - timedelta(minutes=minutes)).isoformat(" ") for minutes in (60, 180))
    lake = ViewLake([start(young, "young"), start(old, "old")], [])
    found = lake.ask("SELECT sessionid, keystrokes FROM sessions ORDER BY starttime DESC")
    assert [tuple(one.values()) for one in found] == [("young", "awaited"), ("old", "missing")]


def test_a_document_of_ones_own_is_of_the_type_that_the_settings_give_it() -> None:
    text = SETTINGS.text.replace("[documents]\n", '[documents]\n"Acme-Sudo" = "root\'s shell"\n')
    own = start("2026-03-03 12:00:00", OWN, requestparameters='{"documentName":"Acme-Sudo"}')
    lake = ViewLake([own], [], parse(text))
    assert lake.ask("SELECT sessiontype FROM sessions") == [{"sessiontype": "root's shell"}]


# -- which session a day's keystrokes belong to ----------------------------------------------------------------------

DAYS = [f"2026-03-0{number}" for number in range(1, 6)]


def owner(starts: tuple[bool, ...], keys: tuple[bool, ...], day: int, days: int) -> int:
    """The day of the row that a day's keystrokes are in: the earliest start's of it and `days` before, or else the
    earliest keystrokes' there."""
    back = range(max(0, day - days), day + 1)
    return next((one for one in back if starts[one]), next(one for one in back if keys[one]))


@pytest.mark.parametrize("days", [0, 1, 2])
def test_each_days_keystrokes_belong_to_exactly_one_session_whatever_is_missing(days: int) -> None:
    everything = list(product(product((False, True), repeat=5), repeat=2))  # starts and keystrokes on any of five days
    events, keystrokes = list[Row](), list[Row]()
    expected: dict[tuple[str, str], int] = {}
    for number, (starts, keys) in enumerate(everything):
        name = f"s{number}"
        events += [start(f"{DAYS[day]} 00:00:00", name) for day in range(5) if starts[day]]
        keystrokes += [typed(f"{DAYS[day]} 12:00:00", name, *["x"] * 10**day) for day in range(5) if keys[day]]
        for day in (day for day in range(5) if keys[day]):
            # Lines add up as decimal digits: the sum says which days' keystrokes a row has.
            row = (name, DAYS[owner(starts, keys, day, days)])
            expected[row] = expected.get(row, 0) + 10**day
    lake = ViewLake(events, keystrokes, settings(keystrokedays=days))
    found = lake.ask("SELECT sessionid, calendarday, keystrokelines FROM sessions WHERE keystrokerecords > 0")
    assert {(one["sessionid"], one["calendarday"]): one["keystrokelines"] for one in found} == expected
    assert len(found) == len(expected)
