"""One small company for the views: its rows in both tables, and the whole of `sessions` as it must be, all by hand."""

from __future__ import annotations

from tests.views_lake import ADMIN, Row, at, event, start, typed

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
        "accesskeyid": None,
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
        accesskeyid="ASIAADMIN",
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
        accesskeyid="ASIAOLD",
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
