"""Sessions whose log came straight to S3, in the views: used where CloudWatch has nothing, and each session once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.test_view_evidence import AT_END, BEGIN, DAY, RECORDS, S, document, taken
from tests.views_lake import Row, ViewLake, at, settings, start, typed

VIEWS = (
    "arrivals",
    "sessionstarts",
    "role_chain",
    "sessionrecords",
    "recordedsessions",
    "sessions",
    "transcript",
    "evidence",
)
KEY = f"put/alice-{S}.log"
CLOUDWATCH_ONCE = [typed(f"{DAY} 10:00:00", S, "from CloudWatch", **AT_END)]


def logged(time: str, session: str, *lines: str, part: int = 0, key: str = KEY, **columns: object) -> Row:
    """A row of from_sessionfiles_readready: all of a log file of alice's, or a part of it."""
    text = "".join(f"{line}\n" for line in lines)
    common: Row = {
        "eventtime": at(time),
        "sessionid": session,
        "sessiondata": text,
        "linecount": len(lines),
        "accountid": "111122223333",
        "awsregion": "us-east-1",
        "username": "alice",
        "sessionname": f"alice-{session}",
        "logsha256": f"hash of {text}",
        "sourceobject": f"s3://raw/{key}",
        "sourceetag": f"etag of {text}",
        "sourcerecord": part,
    }
    return {**common, **columns, "calendarday": time[:10]}


def lake(events: list[Row], keystrokes: list[Row], files: list[Row], days: int = 1, **more: Any) -> ViewLake:
    further = {"from_sessionfiles_readready": files}
    return ViewLake(events, keystrokes, settings(keystrokedays=days), further=further, views=VIEWS, **more)


def shown(of: ViewLake, columns: str = "line") -> list[Any]:
    return [tuple(row.values()) if "," in columns else row[columns] for row in of.ask(
        f"SELECT {columns} FROM transcript ORDER BY calendarday, sessionid, linenumber"
    )]  # fmt: skip


def verdict(of: ViewLake) -> tuple[str, str]:
    ((judged, why),) = (tuple(row.values()) for row in of.ask("SELECT verdict, why FROM evidence"))
    return judged, why


def test_a_session_that_cloudwatch_has_nothing_of_is_what_its_log_file_says() -> None:
    of = lake([BEGIN], [], [logged(f"{DAY} 10:00:00", S, "$ id", "uid=0")])
    (row,) = of.ask("SELECT * FROM sessions")
    assert (row["keystrokes"], row["keystrokerecords"], row["keystrokelines"]) == ("recorded at end", 1, 2)
    assert (row["streamed"], row["firstkeystroke"]) == (False, at(f"{DAY} 10:00:00"))
    assert shown(of) == ["$ id", "uid=0"]
    assert verdict(of)[0] == "not streamed"
    assert "straight to S3 once, at its end, without the time of each line" in verdict(of)[1]


@pytest.mark.parametrize("written", ["09:00:30", "09:30:00", "10:00:00", "10:05:00"])
@pytest.mark.parametrize("keystrokes", [RECORDS, CLOUDWATCH_ONCE], ids=["streamed", "uploaded at the end"])
def test_a_session_logged_both_ways_is_cloudwatchs_and_shown_once(keystrokes: list[Row], written: str) -> None:
    alone = lake([BEGIN], keystrokes, [])
    both = lake([BEGIN], keystrokes, [logged(f"{DAY} {written}", S, "from S3")])
    for sql in ("SELECT * FROM sessions", "SELECT * FROM transcript", "SELECT * FROM evidence"):
        assert both.ask(sql) == alone.ask(sql), sql
    assert [row["loggedto"] for row in both.ask("SELECT loggedto FROM recordedsessions")] == ["CloudWatch Logs and S3"]
    assert [row["loggedto"] for row in alone.ask("SELECT loggedto FROM recordedsessions")] == ["CloudWatch Logs"]


@pytest.mark.parametrize("started", [True, False])
@pytest.mark.parametrize(("typedon", "writtenon"), [("02", "03"), ("03", "03"), ("03", "02"), ("02", "02")])
def test_a_session_over_midnight_is_one_whichever_log_comes_first(started: bool, typedon: str, writtenon: str) -> None:
    events = [start("2026-03-02 23:00:00", S, eventid="e")] if started else []
    keystrokes = [typed(f"2026-03-{typedon} 23:30:00", S, "$ id")]
    of = lake(events, keystrokes, [logged(f"2026-03-{writtenon} 23:45:00", S, "from S3")])
    first = "2026-03-02" if started else f"2026-03-{min(typedon, writtenon)}"
    (row,) = of.ask("SELECT calendarday, sessionid, keystrokerecords, keystrokelines FROM sessions")
    assert tuple(row.values()) == (first, S, 1, 1)
    assert shown(of) == ["$ id"]
    # And whichever day is asked for.
    for day in ("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"):
        found = of.ask(f"SELECT line FROM transcript WHERE calendarday = '{day}'")
        assert [one["line"] for one in found] == (["$ id"] if day == first else [])


@pytest.mark.parametrize("days", [1, 2])
def test_a_log_file_is_found_as_many_days_after_its_start_as_keystrokes_are(days: int) -> None:
    begin = at(f"{DAY} 09:00:00")
    for away in range(4):
        written = (begin + timedelta(days=away)).isoformat(" ")
        rows = lake([BEGIN], [], [logged(written, S, "$ id")], days).ask("SELECT outcome, keystrokelines FROM sessions")
        found = sorted(tuple(row.values()) for row in rows)
        near = [("started", 1)]
        far = [("keystrokes only", 1), ("started", 0)]
        assert found == (near if away <= days else far), away


def test_a_log_written_twice_alike_is_shown_once_and_no_sign_of_anything() -> None:
    copies = [logged(f"{DAY} 10:00:0{n}", S, "$ id", sourceetag=f"e{n}") for n in range(3)]
    elsewhere = logged(f"{DAY} 10:00:03", S, "$ id", key=f"b/alice-{S}.log")
    # The same object again, as a LIST tells its time; and where midnight lies between.
    again = logged(f"{DAY} 10:00:00.500", S, "$ id", sourceetag="e0")
    next_day = logged("2026-03-03 10:00:00", S, "$ id", sourceetag="e0")
    of = lake([BEGIN], [], [*copies, elsewhere, again, next_day])
    assert shown(of) == ["$ id"]
    assert [row["keystrokerecords"] for row in of.ask("SELECT keystrokerecords FROM sessions")] == [1]
    assert verdict(of)[0] == "not streamed"


def test_of_logs_that_differ_the_first_is_shown_and_the_verdict_says_so() -> None:
    first = logged(f"{DAY} 10:00:00", S, "as it was", sourceetag="z")
    second = logged(f"{DAY} 10:00:01", S, "as somebody would have it", sourceetag="a")
    for rows in ([first, second], [second, first]):
        of = lake([BEGIN], [], rows)
        assert shown(of) == ["as it was"]
        assert verdict(of)[0] == "gap suspected"
        assert "S3 has several log files of it, and they differ: the first is shown" in verdict(of)[1]
    with_cloudwatch = lake([BEGIN], RECORDS, [first, second])
    assert verdict(with_cloudwatch)[0] == "gap suspected"
    assert "they differ: CloudWatch's records are shown" in verdict(with_cloudwatch)[1]


def test_a_log_file_of_another_account_is_shown_before_no_other_and_the_verdict_says_so() -> None:
    own = logged(f"{DAY} 10:00:00", S, "as it was")
    planted = logged(f"{DAY} 09:00:30", S, "from afar", key=f"444455556666/alice-{S}.log", accountid="444455556666")
    unknown = logged(f"{DAY} 10:00:30", S, "as it was", key=f"alice-{S}.log", accountid=None)
    assert shown(lake([BEGIN], [], [planted, own])) == ["as it was"]
    assert shown(lake([BEGIN], [], [planted, unknown])) == ["as it was"]
    assert "they differ" in verdict(lake([BEGIN], [], [planted, own]))[1]
    alone = lake([BEGIN], [], [planted])
    assert shown(alone) == ["from afar"]
    assert verdict(alone)[0] == "gap suspected"
    assert "its log file lies under account 444455556666, the start is of 111122223333" in verdict(alone)[1]
    assert verdict(lake([BEGIN], [], [unknown]))[0] == "not streamed"


def test_two_logs_of_one_second_are_not_mixed() -> None:
    rows = [logged(f"{DAY} 10:00:00", S, name) for name in ("one", "other")]
    assert len(shown(lake([BEGIN], [], rows))) == 1


def test_a_log_in_parts_is_read_in_their_order_and_repeats_nothing() -> None:
    parts = [
        logged(f"{DAY} 10:00:00", S, "same", "same", part=part, sourceetag="e", logsha256="h") for part in range(12)
    ]
    of = lake([BEGIN], [], parts[::-1])
    numbers = shown(of, "linenumber, sourcerecord, isrepeat")
    assert numbers == [(line + 1, line // 2, False) for line in range(24)]
    assert of.ask("SELECT keystrokerecords, keystrokelines FROM sessions") == [
        {"keystrokerecords": 12, "keystrokelines": 24}
    ]


def test_an_empty_log_file_is_a_record_of_no_line() -> None:
    of = lake([BEGIN], [], [logged(f"{DAY} 10:00:00", S)])
    assert [row["keystrokes"] for row in of.ask("SELECT keystrokes FROM sessions")] == ["recorded at end"]
    assert shown(of) == []
    assert verdict(of)[0] == "not streamed"


def test_a_log_file_without_a_start_is_a_session_of_its_own() -> None:
    of = lake([], [], [logged(f"{DAY} 10:00:00", S, "$ id", accountid=None, awsregion=None)])
    (row,) = of.ask("SELECT calendarday, outcome, username, keystrokelines FROM sessions")
    assert tuple(row.values()) == (DAY, "keystrokes only", "alice", 1)
    assert verdict(of)[0] == "keystrokes but no StartSession"


@pytest.mark.parametrize(
    ("events", "judged"),
    [
        ([{**BEGIN, **document("AWS-StartInteractiveCommand")}], "type not streamed"),
        ([{**BEGIN, "eventname": "ExecuteCommand", "eventsource": "ecs.amazonaws.com"}], "type not streamed"),
        ([BEGIN], "not streamed"),
    ],
)
def test_each_type_has_its_verdict(events: list[Row], judged: str) -> None:
    assert verdict(lake(events, [], [logged(f"{DAY} 10:00:00", S, "$ id")]))[0] == judged


def ledger(key: str, job: str = "sessionfiles", **columns: object) -> Row:
    return taken(key, job=job, source=job, **columns)


UNREAD = {"outcome": "givenup", "recordsin": 0, "kept": 0}


@pytest.mark.parametrize(
    ("keystrokes", "files", "books", "judged"),
    [
        # Of this session's name, and all that there may be of it; a day later, too.
        ([], [], [ledger(KEY, **UNREAD)], "started but no keystrokes"),
        ([], [], [ledger(KEY, **UNREAD, deliveryday="2026-03-03")], "started but no keystrokes"),
        # Whole in CloudWatch: a second copy is not missed.
        (RECORDS, [], [ledger(KEY, **UNREAD)], "complete"),
        # Another session's.
        ([], [], [ledger("put/bob-0b7c1cc185ccf5999.log", **UNREAD)], "started but no keystrokes"),
        # Part of it could not be taken.
        ([], [logged(f"{DAY} 10:00:00", S, "$ id")], [ledger(KEY, quarantined=1)], "gap suspected"),
        # What CloudWatch has lost takes nothing from a file that is there.
        (
            [],
            [logged(f"{DAY} 10:00:00", S, "$ id")],
            [ledger("2026/03/02/09/firehose-1", "cloudwatch", quarantined=1)],
            "not streamed",
        ),
    ],
)
def test_an_unread_log_file_casts_doubt_on_its_own_session_alone(
    keystrokes: list[Row], files: list[Row], books: list[Row], judged: str
) -> None:
    of = lake([BEGIN], keystrokes, files, ledger=books)
    assert verdict(of)[0] == judged
    (row,) = of.ask("SELECT unreadobjects FROM evidence")
    doubted = books[0]["job"] == "sessionfiles" and S in books[0]["objectkey"] and not keystrokes
    assert row["unreadobjects"] == int(doubted)
