"""The view `transcript`: records written by hand in, lines in the order in which an auditor must read them out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.views_lake import Row, ViewLake, at, start, typed

ONE, TWO = "0b7c1cc185ccf5101", "wzleysigzmbd6fmkefjqvt5w4u"


def lines(lake: ViewLake, columns: str = "line", session: str = ONE, where: str = "") -> list[Any]:
    """The session's lines by number: a value each, or a tuple where several columns are asked for."""
    found = lake.ask(f"SELECT {columns} FROM transcript WHERE sessionid = '{session}' {where} ORDER BY linenumber")
    return [tuple(row.values()) if len(row) > 1 else next(iter(row.values())) for row in found]


def test_a_line_says_where_it_stands_when_it_was_logged_and_which_record_it_was_read_from() -> None:
    lake = ViewLake(
        [start("2026-03-02 09:00:00", ONE)],
        [typed("2026-03-02 09:00:01.250", ONE, "$ id", "uid=0", number=7, sourceetag="e1")],
    )
    common: Row = {
        "calendarday": "2026-03-02",
        "sessionid": ONE,
        "eventtime": at("2026-03-02 09:00:01.250"),
        "isrepeat": False,
        "logeventid": f"{7:056}",
        "sourceobject": "s3://raw/firehose-1",
        "sourcerecord": 7,
        "sourceetag": "e1",
    }
    assert lake.ask("SELECT * FROM transcript ORDER BY linenumber") == [
        common | {"linenumber": 1, "line": "$ id"},
        common | {"linenumber": 2, "line": "uid=0"},
    ]


def test_lines_are_in_the_order_of_time_then_id_then_record_then_place_and_ids_are_numbers() -> None:
    same = "2026-03-02 09:00:01.000"
    lake = ViewLake(
        [],
        [
            typed("2026-03-02 09:00:01.001", ONE, "9", logeventid="1"),
            typed(same, ONE, "8", logeventid=None, sourceobject="s3://raw/b", number=0, degraded=True),
            typed(same, ONE, "7", logeventid=None, sourceobject="s3://raw/a", number=10, degraded=True),
            typed(same, ONE, "5", "6", logeventid=None, sourceobject="s3://raw/a", number=9, degraded=True),
            typed(same, ONE, "3", "4", logeventid="1000"),
            typed(same, ONE, "2", logeventid="999"),
            typed("2026-03-02 09:00:00.999", ONE, "1", logeventid="5000"),
        ],
    )
    assert lines(lake, "linenumber, line") == [(number, str(number)) for number in range(1, 10)]


def test_sessions_at_the_same_time_are_numbered_each_on_its_own() -> None:
    lake = ViewLake(
        [],
        [
            typed("2026-03-02 09:00:01", ONE, "a", number=1),
            typed("2026-03-02 09:00:02", TWO, "x", number=2),
            typed("2026-03-02 09:00:03", ONE, "b", number=3),
            typed("2026-03-02 09:00:04", TWO, "y", number=4),
        ],
    )
    assert lines(lake, "linenumber, line") == [(1, "a"), (2, "b")]
    assert lines(lake, "linenumber, line", TWO) == [(1, "x"), (2, "y")]


@pytest.mark.parametrize("where", ["", "AND calendarday = '2026-03-02'"])
def test_a_session_over_midnight_is_read_whole_on_its_own_day(where: str) -> None:
    lake = ViewLake(
        [start("2026-03-02 23:59:00", ONE)],
        [typed("2026-03-02 23:59:59", ONE, "a", number=1), typed("2026-03-03 00:00:01", ONE, "b", number=2)],
    )
    assert lines(lake, "calendarday, linenumber, line", where=where) == [("2026-03-02", 1, "a"), ("2026-03-02", 2, "b")]


def test_a_transcripts_day_is_the_sessions_day_though_the_first_line_came_after_midnight() -> None:
    lake = ViewLake([start("2026-03-02 23:59:59", ONE)], [typed("2026-03-03 00:00:01", ONE, "a")])
    joined = lake.ask("SELECT outcome, line FROM sessions JOIN transcript USING (calendarday, sessionid)")
    assert joined == [{"outcome": "started", "line": "a"}]


def test_keystrokes_without_a_start_are_read_all_the_same() -> None:
    lake = ViewLake(
        [], [typed("2026-03-02 23:59:59", ONE, "a", number=1), typed("2026-03-03 00:01:00", ONE, "b", number=2)]
    )
    assert lines(lake, "calendarday, line") == [("2026-03-02", "a"), ("2026-03-02", "b")]


def test_a_text_uploaded_at_the_end_is_split_into_lines_that_keep_every_byte_but_the_newline() -> None:
    text = "$ cat x\r\n\r\n\x1b[31mred\x1b[0m\x00}{\r\nGrüße 🦊\t<b>\n"
    lake = ViewLake([], [typed("2026-03-02 09:00:00", ONE, streamed=False, sessiondata=text, linecount=4)])
    assert lines(lake) == ["$ cat x\r", "\r", "\x1b[31mred\x1b[0m\x00}{\r", "Grüße 🦊\t<b>"]


def test_an_empty_line_that_the_agent_streamed_is_a_line_and_an_empty_record_is_none() -> None:
    lake = ViewLake(
        [],
        [
            typed("2026-03-02 09:00:00", ONE, "a", "", number=1),
            typed("2026-03-02 09:00:01", ONE, number=2),
            typed("2026-03-02 09:00:02", ONE, "", number=3),
            typed("2026-03-02 09:00:03", ONE, "b", number=4),
        ],
    )
    assert lines(lake) == ["a", "", "", "b"]


def test_lines_inside_what_the_agent_took_for_one_line_are_lines() -> None:
    first = typed("2026-03-02 09:00:00", ONE, "a\n\nb", number=1)
    lake = ViewLake([], [first, typed("2026-03-02 09:00:01", ONE, "c", number=2)])
    assert lines(lake, "linenumber, line") == [(1, "a"), (2, ""), (3, "b"), (4, "c")]


def test_every_line_of_a_record_that_was_sent_again_within_300_seconds_is_a_repeat() -> None:
    lake = ViewLake(
        [],
        [
            typed("2026-03-02 23:58:00", ONE, "a", "b", number=1),
            typed("2026-03-03 00:03:00", ONE, "a", "b", number=2),  # 300 s later, over midnight
            typed("2026-03-03 00:04:00", ONE, "a", "b", number=3),
            typed("2026-03-03 00:09:00.001", ONE, "a", "b", number=4),  # more than 300 s later: typed again
            typed("2026-03-03 00:09:00.002", ONE, "a", number=5),  # another text
        ],
    )
    assert lines(lake, "line, isrepeat") == [
        *(("a", False), ("b", False)),
        *(("a", True), ("b", True)),
        *(("a", True), ("b", True)),
        *(("a", False), ("b", False)),
        ("a", False),
    ]


def test_the_same_text_in_another_session_is_no_repeat() -> None:
    lake = ViewLake(
        [], [typed("2026-03-02 09:00:00", ONE, "ls", number=1), typed("2026-03-02 09:00:01", TWO, "ls", number=2)]
    )
    assert lines(lake, "line, isrepeat", TWO) == [("ls", False)]


def test_a_log_group_that_is_no_session_has_no_lines() -> None:
    other = typed("2026-03-02 09:00:00", ONE, "x", sessionid=None, sessiondata=None, linecount=None, message="START")
    assert ViewLake([], [other]).ask("SELECT * FROM transcript") == []


def test_a_session_longer_than_the_setting_loses_no_line() -> None:
    days = ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"]
    keystrokes = [typed(f"{day} 12:00:00", ONE, day, number=number) for number, day in enumerate(days)]
    lake = ViewLake([start("2026-03-02 09:00:00", ONE)], keystrokes)
    assert sorted(lines(lake)) == days
    assert lines(lake, where="AND calendarday = '2026-03-02'") == days[:2]
