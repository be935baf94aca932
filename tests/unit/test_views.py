"""The views `sessions` and `recordedsessions`: rows written by hand in, rows written by hand out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from infra.views import view_inputs
from lake.settings import parse
from tests.views_lake import ADMIN, SETTINGS, VIEWS, Row, ViewLake, at, event, settings, start, typed, view

ALICE = "arn:aws:sts::111122223333:assumed-role/admin/alice"
BOB = "arn:aws:iam::444455556666:user/bob"
JUMP = "arn:aws:iam::444455556666:role/jump"
SHELL, QUICK, LATE, SSH, PORT, COMMAND, OWN, EXEC, LOST = (f"0b7c1cc185ccf510{n}" for n in range(1, 10))
ORPHAN, NIGHT, STREAM = "oyl5tbh5i2o5kmwmfyehfwmvxm", "wzleysigzmbd6fmkefjqvt5w4u", "christophe2y7qfk3vxb4d6mmz"
KEYS = {"eventsource": "sts.amazonaws.com", "sessionid": None, "requestparameters": None}

EVENTS = [
    # A SAML user's role, then a role of another account, then the role of the session: the middle one is logged in both
    # accounts, and the other account's copy does not say who called.
    event("2026-03-01 23:00:00", "AssumeRoleWithSAML", **KEYS, username="alice@example.com", useridentityarn=None)
    | {"sessionissuerarn": None, "issuedaccesskeyid": "ASIAJUMP", "recipientaccountid": "444455556666"},
    event("2026-03-02 23:40:00", "AssumeRole", **KEYS, useridentityaccesskeyid="ASIAJUMP", sessionissuerarn=JUMP)
    | {"issuedaccesskeyid": "ASIAADMIN", "recipientaccountid": "444455556666"},
    event("2026-03-02 23:40:00", "AssumeRole", **KEYS, username=None, useridentityarn=None, sessionissuerarn=None)
    | {"issuedaccesskeyid": "ASIAADMIN"},
    # Two days before: not looked for.
    event("2026-02-28 12:00:00", "AssumeRole", **KEYS, issuedaccesskeyid="ASIAOLD"),
    start(
        "2026-03-02 23:50:00",
        SHELL,
        useridentityaccesskeyid="ASIAADMIN",
        sourceidentity="alice@example.com",
        requestparameters='{"target":"i-0aaa","reason":"INC-4711 \\"disk\\" full"}',
        eventid="e-shell",
    ),
    start(
        "2026-03-03 09:00:00",
        QUICK,
        requestparameters='{"target":"i-0aaa","documentName":"SSM-SessionManagerRunShell"}',
        useridentityaccesskeyid="ASIAOLD",
        eventid="e-quick",
    ),
    start("2026-03-03 10:00:00", LATE, eventid="e-late"),
    start("2026-03-03 11:00:00", None, errorcode="AccessDenied", errormessage="no", eventid="e-denied-1"),
    start("2026-03-03 11:00:01", None, errorcode="Client.UnauthorizedOperation", eventid="e-denied-2"),
    start("2026-03-03 11:01:00", None, errorcode="TargetNotConnected", errormessage="i-0aaa", eventid="e-failed"),
    start("2026-03-03 12:00:00", SSH, requestparameters='{"target":"i-0aaa","documentName":"AWS-StartSSHSession"}')
    | {"eventid": "e-ssh"},
    start(
        "2026-03-03 12:01:00",
        PORT,
        requestparameters='{"target":"i-0aaa","documentName":"AWS-StartPortForwardingSessionToRemoteHost"}',
        eventid="e-port",
    ),
    start(
        "2026-03-03 12:02:00",
        COMMAND,
        requestparameters='{"target":"i-0aaa","documentName":"AWS-StartInteractiveCommand"}',
        eventid="e-command",
    ),
    start(
        "2026-03-03 12:03:00", OWN, requestparameters='{"target":"mi-01","documentName":"Acme-Sudo"}', eventid="e-own"
    ),
    event(
        "2026-03-03 13:00:00",
        "ExecuteCommand",
        eventsource="ecs.amazonaws.com",
        sessionid=EXEC,
        username="bob",
        useridentityarn=BOB,
        sessionissuerarn=None,
        recipientaccountid="444455556666",
        requestparameters='{"cluster":"arn:aws:ecs:us-east-1:444455556666:cluster/shop","container":"web",'
        '"command":"/bin/sh","interactive":true,"task":"arn:aws:ecs:us-east-1:444455556666:task/shop/0f9d"}',
        eventid="e-exec",
    ),
    start("2026-03-03 14:00:00", LOST, eventid="e-lost"),
    # Neither starts a session.
    event("2026-03-03 14:30:00", "TerminateSession", sessionid=LOST),
    event("2026-03-03 14:31:00", "StartSession", eventsource="athena.amazonaws.com", sessionid=None),
]
AT_END = {"streamed": False, "awsregion": None, "target": None, "useridentityarn": None}
KEYSTROKES = [
    typed("2026-03-02 23:59:59.999", SHELL, "$ sudo -i", number=1),
    typed("2026-03-03 00:00:00.001", SHELL, "# df -h", "/dev/xvda1 100%", number=2),
    typed("2026-03-03 09:10:00", QUICK, "$ id", number=3),
    typed("2026-03-03 09:10:00", "unrelated", "another log group's", number=4, sessionid=None),
    typed("2026-03-04 00:10:00", LATE, "a", "b", "c", number=5, **AT_END),
    typed("2026-03-03 13:05:00", EXEC, "/ # ls", number=6, username="ecs-execute-command", accountid="444455556666"),
    # No start of theirs is in the lake.
    typed("2026-03-03 15:00:00", ORPHAN, "who", number=7, username="carol", **AT_END),
    typed("2026-03-02 23:58:00", NIGHT, "one", number=8),
    typed("2026-03-03 00:02:00", NIGHT, "two", number=9),
    typed("2026-03-03 16:00:00", STREAM, "ps", number=10, username="ecs-execute-command"),
]


def session(day: str, outcome: str, keystrokes: str, **columns: object) -> Row:
    """A whole row of `sessions`. What is not said is as alice's shells have it."""
    common = {
        "calendarday": day,
        "starttime": None,
        "sessionid": None,
        "accountid": "111122223333",
        "awsregion": "us-east-1",
        "target": "i-0aaa",
        "principalarn": ALICE,
        "username": "alice",
        "sourceidentity": None,
        "rolearn": ADMIN,
        "rolechain": None,
        "sourceipaddress": "192.0.2.7",
        "documentname": None,
        "sessiontype": "shell",
        "reason": None,
        "outcome": outcome,
        "errorcode": None,
        "errormessage": None,
        "keystrokerecords": 0,
        "keystrokelines": 0,
        "firstkeystroke": None,
        "lastkeystroke": None,
        "eventid": None,
        "streamed": None,
        "keystrokes": keystrokes,
    }
    assert set(columns) <= set(common)
    return common | columns


def typing(first: str, last: str, records: int, lines: int, streamed: bool = True) -> Row:
    """The columns that come from keystrokes."""
    return {
        "firstkeystroke": at(first),
        "lastkeystroke": at(last),
        "keystrokerecords": records,
        "keystrokelines": lines,
        "streamed": streamed,
    }


NO_START = {"rolearn": None, "sourceipaddress": None}
SESSIONS = [
    session(
        "2026-03-02",
        "started",
        "recorded",
        starttime=at("2026-03-02 23:50:00"),
        sessionid=SHELL,
        sourceidentity="alice@example.com",
        rolechain=f"alice@example.com > {JUMP} > {ADMIN}",
        reason='INC-4711 "disk" full',
        eventid="e-shell",
        **typing("2026-03-02 23:59:59.999", "2026-03-03 00:00:00.001", 2, 3),
    ),
    session(
        "2026-03-03",
        "started",
        "recorded",
        starttime=at("2026-03-03 09:00:00"),
        sessionid=QUICK,
        documentname="SSM-SessionManagerRunShell",
        eventid="e-quick",
        **typing("2026-03-03 09:10:00", "2026-03-03 09:10:00", 1, 1),
    ),
    session(
        "2026-03-03",
        "started",
        "recorded at end",
        starttime=at("2026-03-03 10:00:00"),
        sessionid=LATE,
        eventid="e-late",
        **typing("2026-03-04 00:10:00", "2026-03-04 00:10:00", 1, 3, streamed=False),
    ),
    session("2026-03-03", "denied", "denied", starttime=at("2026-03-03 11:00:00"), errorcode="AccessDenied")
    | {"errormessage": "no", "eventid": "e-denied-1"},
    session("2026-03-03", "denied", "denied", starttime=at("2026-03-03 11:00:01"), eventid="e-denied-2")
    | {"errorcode": "Client.UnauthorizedOperation"},
    session("2026-03-03", "failed", "failed", starttime=at("2026-03-03 11:01:00"), errorcode="TargetNotConnected")
    | {"errormessage": "i-0aaa", "eventid": "e-failed"},
    session(
        "2026-03-03",
        "started",
        "cannot be logged (SSH)",
        starttime=at("2026-03-03 12:00:00"),
        sessionid=SSH,
        documentname="AWS-StartSSHSession",
        sessiontype="SSH",
        eventid="e-ssh",
    ),
    session(
        "2026-03-03",
        "started",
        "cannot be logged (port forwarding)",
        starttime=at("2026-03-03 12:01:00"),
        sessionid=PORT,
        documentname="AWS-StartPortForwardingSessionToRemoteHost",
        sessiontype="port forwarding",
        eventid="e-port",
    ),
    session(
        "2026-03-03",
        "started",
        "missing",
        starttime=at("2026-03-03 12:02:00"),
        sessionid=COMMAND,
        documentname="AWS-StartInteractiveCommand",
        sessiontype="command",
        eventid="e-command",
    ),
    session(
        "2026-03-03",
        "started",
        "missing",
        starttime=at("2026-03-03 12:03:00"),
        sessionid=OWN,
        target="mi-01",
        documentname="Acme-Sudo",
        sessiontype="custom",
        eventid="e-own",
    ),
    session(
        "2026-03-03",
        "started",
        "recorded",
        starttime=at("2026-03-03 13:00:00"),
        sessionid=EXEC,
        accountid="444455556666",
        target="shop/0f9d/web",
        principalarn=BOB,
        username="bob",
        rolearn=None,
        sessiontype="ECS Exec",
        eventid="e-exec",
        **typing("2026-03-03 13:05:00", "2026-03-03 13:05:00", 1, 1),
    ),
    session("2026-03-03", "started", "missing", starttime=at("2026-03-03 14:00:00"), sessionid=LOST, eventid="e-lost"),
    session(
        "2026-03-03",
        "keystrokes only",
        "recorded at end",
        sessionid=ORPHAN,
        username="carol",
        awsregion=None,
        target=None,
        principalarn=None,
        sessiontype=None,
        **NO_START,
        **typing("2026-03-03 15:00:00", "2026-03-03 15:00:00", 1, 1, streamed=False),
    ),
    session(
        "2026-03-02",
        "keystrokes only",
        "recorded",
        sessionid=NIGHT,
        **NO_START,
        **typing("2026-03-02 23:58:00", "2026-03-03 00:02:00", 2, 2),
    ),
    session(
        "2026-03-03",
        "keystrokes only",
        "recorded",
        sessionid=STREAM,
        username=None,
        sessiontype="ECS Exec",
        **NO_START,
        **typing("2026-03-03 16:00:00", "2026-03-03 16:00:00", 1, 1),
    ),
]


def order(row: Row) -> tuple[str, str]:
    return row["sessionid"] or "", row["eventid"] or ""


@pytest.fixture(scope="module")
def lake() -> ViewLake:
    return ViewLake(EVENTS, KEYSTROKES)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_the_columns_that_it_declares(lake: ViewLake, name: str) -> None:
    assert lake.types(name) == [(one.name, one.type.upper()) for one in view(name).columns]


def test_nothing_in_the_catalog_overrides_the_words_that_say_it_is_a_view() -> None:
    for name, one in zip(VIEWS, view_inputs(SETTINGS), strict=True):
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
