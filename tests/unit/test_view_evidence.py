"""The view `evidence`: every verdict, and every sign of a gap, from rows written by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from lake.settings import Settings, parse
from tests import views_lake
from tests.views_lake import SETTINGS, Row, at, event, start, typed
from tests.views_world import EVENTS, KEYSTROKES

ViewLake = partial(
    views_lake.ViewLake, views=("arrivals", "sessionstarts", "sessionrecords", "recordedsessions", "evidence")
)
DAY = "2026-03-02"
S = "0b7c1cc185ccf5101"
ALICE = {"useridentityarn": "arn:aws:sts::111122223333:assumed-role/admin/alice"}
BEGIN = start(f"{DAY} 09:00:00", S, eventid="start")
FIREHOSE = "2026/03/02/09/firehose-1"
# A session without a fault: what each test changes.
RECORDS = [typed(f"{DAY} 09:{minute:02}:00", S, "$ id", number=minute) for minute in (1, 2, 50)]
AT_END = {"streamed": False, "awsregion": None, "target": None, "useridentityarn": None}


def document(name: str) -> Row:
    return {"requestparameters": f'{{"target":"i-0aaa","documentName":"{name}"}}'}


def taken(key: str, outcome: str = "ok", **columns: object) -> Row:
    """A row of lake_ledger: what became of an object of Firehose's."""
    common = {
        "job": "cloudwatch",
        "batch": "cloudwatch/1-0",
        "source": "sessionlogs",
        "bucket": "raw",
        "objectkey": key,
        "etag": "e1",
        "arrived": at("2026-03-09 10:00:00"),
        "why": "event",
        "edition": 0,
        "outcome": outcome,
        "recordsin": 2,
        "kept": 2,
        "filtered": 0,
        "quarantined": 0,
        "deliveryday": DAY,
    }
    return {**common, **columns, "calendarday": "2026-03-09"}


def bad(key: str) -> Row:
    """One of its two records cannot be read."""
    return taken(key, kept=1, quarantined=1)


def verdicts(lake: views_lake.ViewLake) -> list[str]:
    return [row["verdict"] for row in lake.ask("SELECT verdict FROM evidence ORDER BY starttime, sessionid")]


def judged(
    events: list[Row], keystrokes: list[Row], ledger: list[Row] | None = None, quarantine: list[Row] | None = None
) -> tuple[str, str]:
    """The verdict on the only session, and why."""
    lake = ViewLake(events, keystrokes, ledger=ledger or [], quarantine=quarantine or [])
    ((verdict, why),) = (tuple(row.values()) for row in lake.ask("SELECT verdict, why FROM evidence"))
    return verdict, why


def minutes_ago(minutes: int) -> str:
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    return (now - timedelta(minutes=minutes)).isoformat(" ")


# -- the verdicts ------------------------------------------------------------------------------------------------------


def test_a_session_with_its_start_and_its_streamed_keystrokes_is_complete() -> None:
    verdict, why = judged([BEGIN], RECORDS, [taken(FIREHOSE)])
    assert verdict == "complete"
    assert "3 records from 2026-03-02 09:01:00 to 2026-03-02 09:50:00" in why


@pytest.mark.parametrize(
    ("events", "keystrokes", "verdict"),
    [
        ([BEGIN], [], "started but no keystrokes"),
        ([], RECORDS, "keystrokes but no StartSession"),
        ([start(f"{DAY} 09:00:00", None, errorcode="AccessDeniedException")], [], "denied"),
        ([start(f"{DAY} 09:00:00", None, errorcode="TargetNotConnected")], [], "failed to start"),
        ([{**BEGIN, **document("AWS-StartSSHSession")}], [], "cannot be logged"),
        ([{**BEGIN, **document("AWS-StartPortForwardingSession")}], [], "cannot be logged"),
        ([BEGIN], [typed(f"{DAY} 10:00:00", S, "$ id", **AT_END)], "not streamed"),
        (
            [{**BEGIN, **document("AWS-StartInteractiveCommand")}],
            [typed(f"{DAY} 10:00:00", S, "top", **AT_END)],
            "type not streamed",
        ),
        (
            [{**BEGIN, "eventname": "ExecuteCommand", "eventsource": "ecs.amazonaws.com"}],
            [typed(f"{DAY} 10:00:00", S, "ls", **AT_END)],
            "type not streamed",
        ),
        ([{**BEGIN, **document("AWS-StartNonInteractiveCommand")}], [], "started but no keystrokes"),
    ],
)
def test_each_verdict_is_reached(events: list[Row], keystrokes: list[Row], verdict: str) -> None:
    assert judged(events, keystrokes)[0] == verdict


@pytest.mark.parametrize(("minutes", "verdict"), [(60, "still open"), (180, "started but no keystrokes")])
def test_what_may_still_come_is_waited_for(minutes: int, verdict: str) -> None:
    assert judged([start(minutes_ago(minutes), S)], [])[0] == verdict


def test_a_session_is_open_as_long_as_it_shows_something_and_while_its_start_may_still_come() -> None:
    began, now = start(minutes_ago(400), S), typed(minutes_ago(10), S, "$ make", number=2)
    known = [typed(minutes_ago(350), S, "$ vi", number=1), now]
    days = 2  # the session may have begun yesterday
    assert set(verdicts(ViewLake([began], known, of(keystrokedays=days)))) == {"still open"}
    assert verdicts(ViewLake([], [now])) == ["still open"]


def test_a_refusal_and_a_session_that_cannot_be_logged_are_over_at_once() -> None:
    refused = start(minutes_ago(1), None, errorcode="AccessDenied", eventid="a")
    ssh = start(minutes_ago(1), S, **document("AWS-StartSSHSession"))
    assert sorted(verdicts(ViewLake([refused, ssh], []))) == ["cannot be logged", "denied"]


def of(**lake: object) -> Settings:
    """lake.toml with other values."""
    text = SETTINGS.text
    for name, value in lake.items():
        line = next(one for one in text.splitlines() if one.startswith(f"{name} = "))
        text = text.replace(line, f"{name} = {value}")
    return parse(text)


def test_a_document_of_ones_own_can_be_declared_one_that_cannot_be_logged() -> None:
    text = SETTINGS.text.replace("[documents]\n", '[documents]\n"Acme-Tunnel" = "port forwarding"\n')
    lake = ViewLake([{**BEGIN, **document("Acme-Tunnel")}], [], parse(text))
    assert verdicts(lake) == ["cannot be logged"]


def test_every_session_of_the_view_sessions_has_one_verdict_and_no_other_has_any() -> None:
    lake = views_lake.ViewLake(EVENTS, KEYSTROKES)
    key = "SELECT calendarday, sessionid, eventid, starttime, username, accountid, target FROM"
    assert sorted(map(repr, lake.ask(f"{key} evidence"))) == sorted(map(repr, lake.ask(f"{key} sessions")))


def test_a_terminate_session_alone_is_no_session() -> None:
    assert verdicts(ViewLake([event(f"{DAY} 09:00:00", "TerminateSession", sessionid=S)], [])) == []


@pytest.mark.parametrize("day", ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"])
def test_a_day_alone_says_what_it_says_among_all_days(day: str) -> None:
    lake = ViewLake(EVENTS, KEYSTROKES)
    alone = lake.ask(f"SELECT * FROM evidence WHERE calendarday = '{day}'")
    among = [row for row in lake.ask("SELECT * FROM evidence") if row["calendarday"] == day]
    assert sorted(map(repr, alone)) == sorted(map(repr, among))


# -- signs of a gap ----------------------------------------------------------------------------------------------------


def gap(
    events: list[Row], keystrokes: list[Row], ledger: list[Row] | None = None, quarantine: list[Row] | None = None
) -> str:
    """Why a gap is suspected; '' if none is."""
    verdict, why = judged(events, keystrokes, ledger, quarantine)
    assert verdict in ("complete", "gap suspected")
    return why if verdict == "gap suspected" else ""


def test_a_silence_longer_than_a_session_may_be_idle_is_a_gap() -> None:
    later = [typed(f"{DAY} {time}", S, "$", number=9) for time in ("10:50:00", "11:50:01", "14:00:00")]
    assert gap([BEGIN], [*RECORDS, later[0]]) == ""
    why = gap([BEGIN], [*RECORDS, *later])
    assert "nothing is recorded from 2026-03-02 10:50:00 to 2026-03-02 11:50:01" in why
    assert "1 times more" in why


def test_how_long_a_session_may_be_idle_is_a_setting() -> None:
    assert verdicts(ViewLake([BEGIN], RECORDS, of(idle_minutes=48))) == ["complete"]
    assert verdicts(ViewLake([BEGIN], RECORDS, of(idle_minutes=47))) == ["gap suspected"]


def test_a_silence_at_the_beginning_and_at_the_end_is_one_too() -> None:
    late = [typed(f"{DAY} 10:00:01", S, "$")]
    assert "from its start to 2026-03-02 10:00:01" in gap([BEGIN], late)
    ended = event(f"{DAY} 10:50:01", "TerminateSession", sessionid=S)
    assert "from 2026-03-02 09:50:00 to its end at 2026-03-02 10:50:01" in gap([BEGIN, ended], RECORDS)
    refused = {**ended, "errorcode": "AccessDenied"}
    assert gap([BEGIN, refused], RECORDS) == ""


def test_what_is_uploaded_once_is_not_silent() -> None:
    upload = [
        typed(f"{DAY} {time}", S, "$ id", number=number, **AT_END)
        for number, time in enumerate(("12:00:00", "15:00:00"))
    ]
    assert judged([BEGIN], upload)[0] == "not streamed"


def test_records_without_cloudwatchs_ids_are_a_gap_that_cannot_be_excluded() -> None:
    degraded = [*RECORDS[:2], {**RECORDS[2], "degraded": True, "logeventid": None}]
    assert gap([BEGIN], degraded).startswith("1 of 3 records came without")


def test_keystrokes_from_before_the_start_contradict_it() -> None:
    assert gap([BEGIN], [typed(f"{DAY} 08:55:00", S, "$"), *RECORDS]) == ""  # clocks differ
    assert "at 2026-03-02 08:54:59, before its start" in gap([BEGIN], [typed(f"{DAY} 08:54:59", S, "$"), *RECORDS])


def test_records_that_name_somebody_else_contradict_the_start() -> None:
    mallory = "arn:aws:sts::111122223333:assumed-role/admin/mallory"
    assert mallory in gap([BEGIN], [*RECORDS[:2], {**RECORDS[2], "useridentityarn": mallory}])
    ecs = {**BEGIN, "eventname": "ExecuteCommand", "eventsource": "ecs.amazonaws.com", "useridentityarn": mallory}
    assert gap([ecs], RECORDS) == ""


# -- objects that were not read ----------------------------------------------------------------------------------------


def test_a_bad_record_beside_the_sessions_own_is_a_gap() -> None:
    key = "put/2026/11/21/somewhere"
    records = [{**one, "sourceobject": f"s3://raw/{key}"} for one in RECORDS]
    assert f"s3://raw/{key}" in gap([BEGIN], records, [{**bad(key), "deliveryday": "2026-11-21"}])
    assert gap([BEGIN], records, [taken(key)]) == ""


@pytest.mark.parametrize(
    ("time", "suspected"), [("08:44:00", False), ("08:46:00", True), ("10:04:00", True), ("10:06:00", False)]
)
def test_a_bad_record_of_another_object_matters_if_that_object_is_of_the_same_time(time: str, suspected: bool) -> None:
    other = typed(f"{DAY} {time}", "another", "$", sourceobject=f"s3://raw/{FIREHOSE}")
    lake = ViewLake([BEGIN], [*RECORDS, other], ledger=[bad(FIREHOSE)])
    (row,) = lake.ask(f"SELECT verdict FROM evidence WHERE sessionid = '{S}'")
    assert (row["verdict"] == "gap suspected") is suspected


@pytest.mark.parametrize(
    ("outcome", "key", "suspected"),
    [
        ("gone", "2026/03/02/07/x", False),
        ("gone", "2026/03/02/09/x", True),
        ("givenup", "2026/03/02/11/x", True),  # what is delivered then may be two hours old
        ("gone", "2026/03/02/12/x", False),
        ("undone", "by-day/x", True),
        ("waiting", "2026/03/02/09/x", True),
        ("dropped", "2026/03/02/09/x", True),
    ],
)
def test_an_object_that_was_never_read_matters_if_it_was_delivered_around_that_time(
    outcome: str, key: str, suspected: bool
) -> None:
    assert bool(gap([BEGIN], RECORDS, [taken(key, outcome)])) is suspected


def test_an_object_that_was_read_in_the_end_is_none() -> None:
    ledger = [taken(FIREHOSE, "undone"), taken(FIREHOSE, batch="cloudwatch/2-0")]
    assert gap([BEGIN], RECORDS, ledger) == ""


def test_another_accounts_object_is_none_and_one_that_names_no_account_may_be_anybodys() -> None:
    assert gap([BEGIN], RECORDS, [taken(FIREHOSE, "gone", accountid="444455556666")]) == ""
    assert gap([BEGIN], RECORDS, [taken(FIREHOSE, "gone", accountid="111122223333")])
    assert gap([BEGIN], RECORDS, [taken(FIREHOSE, "gone", accountid=None)])


def test_a_key_that_no_source_has_is_no_log() -> None:
    assert gap([BEGIN], RECORDS, [taken(FIREHOSE, "dropped", source="", rule="no source has such keys")]) == ""


def test_a_record_that_contradicts_one_that_is_shown_is_a_gap() -> None:
    conflict: Row = {"job": "cloudwatch", "batch": "x", "sourceobject": f"s3://raw/{FIREHOSE}", "sourceetag": "e1"}
    conflict |= {"sourcerecord": 1, "edition": 0, "reason": "conflict", "calendarday": DAY}
    assert FIREHOSE in gap([BEGIN], RECORDS, [taken(FIREHOSE)], [conflict])
    assert gap([BEGIN], RECORDS, [taken(FIREHOSE, edition=1)], [conflict]) == ""  # a rebuild settled it


def test_an_unread_cloudtrail_object_may_hold_the_start_and_does_not_touch_a_session_that_has_one() -> None:
    trail = taken("AWSLogs/x", "gone", job="cloudtrail", source="cloudtrail", accountid="111122223333")
    trail |= {"awsregion": "us-east-1"}
    assert gap([BEGIN], RECORDS, [trail]) == ""
    assert "s3://raw/AWSLogs/x" in judged([], RECORDS, [trail])[1]
    assert "s3://" not in judged([], RECORDS, [{**trail, "awsregion": "eu-west-1"}])[1]


def test_an_unread_object_of_another_kind_of_logs_holds_nothing_of_a_session() -> None:
    call = taken("AWSLogs/x", "gone", job="bedrock", source="bedrock", accountid="111122223333", awsregion="us-east-1")
    assert gap([BEGIN], RECORDS, [call]) == ""
    assert "s3://" not in judged([], RECORDS, [call])[1]


def test_two_unread_objects_are_counted() -> None:
    lake = ViewLake([BEGIN], RECORDS, ledger=[taken(f"2026/03/02/09/{name}", "gone") for name in "ab"])
    assert lake.ask("SELECT unreadobjects, unreadobject, why FROM evidence") == [
        {
            "unreadobjects": 2,
            "unreadobject": "s3://raw/2026/03/02/09/a",
            "why": "2 objects of that time that may hold records of it could not be read, or not whole; "
            "one is s3://raw/2026/03/02/09/a; streamed while it ran",
        }
    ]


def test_a_session_over_midnight_counts_what_was_delivered_the_day_after() -> None:
    late = [typed("2026-03-02 23:59:00", S, "a", number=1), typed("2026-03-03 00:30:00", S, "b", number=2)]
    begin = start("2026-03-02 23:58:00", S)
    assert gap([begin], late, [taken("2026/03/03/01/x", "gone", deliveryday="2026-03-03")])
    assert gap([begin], late, [taken("2026/03/03/04/x", "gone", deliveryday="2026-03-03")]) == ""
