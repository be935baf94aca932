"""The view `session_context`: what else the same principal did around a session."""

from __future__ import annotations

from typing import Any

import pytest

from lake.settings import Settings, parse
from tests.views_lake import SETTINGS, Row, ViewLake, event, start, typed

S = "0b7c1cc185ccf5101"
KEY, OTHER = "ASIAONE", "ASIATWO"
BEGIN = start("2026-03-02 09:00:00", S, useridentityaccesskeyid=KEY, sourceidentity="alice", eventid="start")
MINE = {"eventsource": "s3.amazonaws.com", "useridentityaccesskeyid": KEY, "requestparameters": None}


def did(time: str, name: str, **columns: object) -> Row:
    return event(time, name, **{**MINE, "eventid": name, **columns})


def around(events: list[Row], keystrokes: list[Row] | None = None, of: Settings = SETTINGS) -> list[tuple[Any, ...]]:
    lake = ViewLake([BEGIN, *events], keystrokes or [], of)
    found = lake.ask(
        "SELECT secondsfromstart, phase, foundby, eventname FROM session_context WHERE calendarday = '2026-03-02' "
        "ORDER BY 1, 4"
    )
    return [tuple(row.values()) for row in found]


def test_before_during_and_after_by_key_and_by_source_identity_over_midnight_and_not_the_start_itself() -> None:
    found = around(
        [
            did("2026-03-01 22:00:00", "DayBefore"),
            did("2026-03-02 08:59:30", "Before", sourceidentity="alice"),
            did("2026-03-02 09:01:00", "During"),
            did("2026-03-02 09:02:00", "OtherKey", useridentityaccesskeyid=OTHER, sourceidentity="alice"),
            did("2026-03-02 09:03:00", "Stranger", useridentityaccesskeyid=OTHER, sourceidentity="bob"),
            did("2026-03-02 09:06:00", "After"),
        ],
        [typed("2026-03-02 09:05:00", S, "$ id")],
    )
    assert found == [
        (-39_600, "before", "access key", "DayBefore"),
        (-30, "before", "access key and source identity", "Before"),
        (60, "during", "access key", "During"),
        (120, "during", "source identity", "OtherKey"),
        (360, "after", "access key", "After"),
    ]


def test_the_window_is_a_setting() -> None:
    text = SETTINGS.text.replace("context_hours = 12 ", "context_hours = 25 ")
    events = [did("2026-03-01 08:00:00", "A"), did("2026-03-01 07:59:59", "TooEarly"), did("2026-03-03 10:00:00", "Z")]
    assert [name for *_, name in around(events, of=parse(text))] == ["A", "Z"]
    assert around(events) == [(None, None, None, None)]


def test_a_session_ends_with_its_terminate_session_or_after_the_set_time_where_nothing_tells() -> None:
    late = did("2026-03-02 10:30:00", "Late")
    assert around([late]) == [(5400, "during", "access key", "Late")]
    end = did("2026-03-02 09:30:00", "TerminateSession", sessionid=S)
    assert [phase for _, phase, *_ in around([late, end])] == ["during", "after"]


def test_a_session_without_context_is_there_and_says_what_the_filters_keep() -> None:
    lake = ViewLake([BEGIN], [])
    (row,) = lake.ask("SELECT sessionid, eventname, kept FROM session_context")
    assert (row["sessionid"], row["eventname"]) == (S, None)
    assert row["kept"] == f"only events {', '.join(SETTINGS.jobs['cloudtrail'].events)}"


@pytest.mark.parametrize(
    ("good", "now", "kept"),
    [
        ("everything_accounts = []", 'everything_accounts = ["111122223333"]', "everything"),
        ('keep = "filtered"', 'keep = "everything"', "everything"),
    ],
)
def test_it_says_so_where_everything_is_kept(good: str, now: str, kept: str) -> None:
    text = SETTINGS.text.replace(good, now, 1)
    assert ViewLake([BEGIN], [], parse(text)).ask("SELECT kept FROM session_context") == [{"kept": kept}]


def test_a_question_narrows_it_to_seconds() -> None:
    events = [did("2026-03-02 09:00:10", "Near"), did("2026-03-02 09:10:00", "Far")]
    lake = ViewLake([BEGIN, *events], [])
    found = lake.ask(
        f"SELECT eventname FROM session_context WHERE calendarday = '2026-03-02' AND sessionid = '{S}' "
        "AND secondsfromstart BETWEEN -60 AND 60"
    )
    assert found == [{"eventname": "Near"}]
