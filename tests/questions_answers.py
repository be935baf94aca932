"""What each question of `sql/questions` must answer about the first three days of `tests.questions_world`.

From the company's own truth, and of single events from the raw files, read with nothing of the project: never from its
decoders or views. Values are texts, as Athena gives them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime

from examples.company import SessionTruth
from tests.questions_world import (
    ADMIN,
    FIRST,
    HUB,
    IAM,
    LAST,
    TAKEN_IN,
    TEAM,
    TEAM_ACCOUNT,
    Record,
    World,
    records,
    twice_put,
)

Row = list[str | None]
DAYS = {"from": FIRST, "to": LAST}
BOOKS = {"from": TAKEN_IN, "to": TAKEN_IN}
KINDS = {
    None: "shell",
    "SSM-SessionManagerRunShell": "shell",
    "AWS-StartSSHSession": "SSH",
    "AWS-StartPortForwardingSession": "port forwarding",
    "AWS-StartInteractiveCommand": "command",
    "Company-NoSuchDocument": "custom",
}


def moment(value: datetime | None) -> str | None:
    """A timestamp."""
    return value and f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03}"


def time(record: Record) -> str:
    """An event's time."""
    return f"{record['eventTime'][:10]} {record['eventTime'][11:19]}.000"


def who(record: Record) -> str | None:
    """The plain name: the role session's, else the user's, else the service's."""
    identity = record.get("userIdentity") or {}
    if identity.get("type") == "AssumedRole":
        return str(identity["arn"].rsplit("/", 1)[-1])
    return identity.get("userName") or identity.get("invokedBy")


def arn(record: Record) -> str | None:
    return (record.get("userIdentity") or {}).get("arn")


def context(record: Record) -> Record:
    """What an event says of the session of its credentials."""
    return dict((record.get("userIdentity") or {}).get("sessionContext") or {})


def identity_set(record: Record) -> str | None:
    """The source identity that its credentials have, or that it asks for."""
    asked = (record.get("requestParameters") or {}).get("sourceIdentity")
    return context(record).get("sourceIdentity") or asked


def issued(record: Record) -> str | None:
    """The access key that an AssumeRole* handed out."""
    return ((record.get("responseElements") or {}).get("credentials") or {}).get("accessKeyId")


def outcome(one: SessionTruth) -> str:
    return one.outcome.replace("-", " ")


def keystrokes(one: SessionTruth) -> str:
    """The view's word for whether there are keystrokes."""
    if one.lines:
        return "recorded" if one.streamed else "recorded at end"
    return {"SSH": "cannot be logged (SSH)", "port forwarding": "cannot be logged (port forwarding)"}.get(
        one.expects_keystrokes, "missing" if one.expects_keystrokes == "lost" else one.expects_keystrokes
    )


def verdict(one: SessionTruth, near: bool = False) -> str:
    """On what there is to show of it. near: it ran about when a record was logged that cannot be read."""
    if one.outcome != "started":
        return {
            "denied": "denied",
            "failed": "failed to start",
            "keystrokes-only": "keystrokes but no StartSession",
        }[one.outcome]
    if one.scene == "a record without a time among the keystrokes" or (near and one.lines):
        return "gap suspected"
    if one.streamed:
        return "complete"
    if one.lines:
        return "type not streamed" if kind(one) in ("command", "ECS Exec") else "not streamed"
    return "cannot be logged" if kind(one) in ("SSH", "port forwarding") else "started but no keystrokes"


def kind(one: SessionTruth) -> str:
    return "ECS Exec" if one.scene == "an ECS Exec" else KINDS[one.documentname]


def chain(one: SessionTruth) -> str | None:
    """How the session's credentials were come by."""
    if not one.rolearn:
        return None
    hops = [f"arn:aws:iam::{HUB}:role/{role}" for role in ("Hub", "Bastion")] if one.sourceidentity else []
    return " > ".join([one.username, *hops, one.rolearn])


def refused(one: SessionTruth) -> bool:
    return one.outcome in ("denied", "failed")


def count(number: int) -> str:
    return str(number)


def spans(found: list[Record]) -> list[str]:
    """The first and the last event's time."""
    return [time(found[0]), time(found[-1])]


# -- the answers ----------------------------------------------------------------------------------------------------


Answer = Callable[[World], tuple[dict[str, str], list[Row]]]
ANSWERS: dict[str, Answer] = {}


def answers(function: Answer) -> Answer:
    """The question of this name is answered by the function: what is asked, and the rows in their order."""
    ANSWERS[function.__name__] = function
    return function


@answers
def sessions_of_days(world: World) -> tuple[dict[str, str], list[Row]]:
    return DAYS, [
        [one.day, moment(one.starttime), one.sessionid, one.username, one.accountid, one.target, kind(one), one.reason,
         outcome(one), one.errorcode, keystrokes(one), count(len(one.lines))]
        for one in world.sessions
    ]  # fmt: skip


@answers
def sessions_of_person(world: World) -> tuple[dict[str, str], list[Row]]:
    person = Counter(one.username for one in world.sessions if one.sourceidentity).most_common(1)[0][0]
    mine = [one for one in world.sessions if person in (one.username, one.sourceidentity)]
    return DAYS | {"who": person}, [
        [one.day, moment(one.starttime), one.sessionid, one.accountid, one.target, one.rolearn, chain(one), one.reason,
         outcome(one), keystrokes(one), count(len(one.lines))]
        for one in mine
    ]  # fmt: skip


@answers
def sessions_on_target(world: World) -> tuple[dict[str, str], list[Row]]:
    one = next(one for one in world.sessions if one.target and one.starttime)
    return DAYS | {"target": str(one.target)}, [
        [one.day, moment(one.starttime), one.sessionid, one.username, one.principalarn, one.accountid, one.awsregion,
         one.reason, outcome(one), keystrokes(one)]
    ]  # fmt: skip


@answers
def sessions_from_address(world: World) -> tuple[dict[str, str], list[Row]]:
    starts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in world.sessions:
        if one.starttime:
            starts[one.username, str(one.sourceipaddress)].append(str(moment(one.starttime)))
    return DAYS, [[*pair, count(len(times)), min(times), max(times)] for pair, times in sorted(starts.items())]


@answers
def refused_sessions(world: World) -> tuple[dict[str, str], list[Row]]:
    messages = {one["eventID"]: one.get("errorMessage") for one in world.events}
    return DAYS, [
        [one.day, moment(one.starttime), one.username, one.accountid, one.target, one.outcome, one.errorcode,
         messages[str(one.eventid)], one.sourceipaddress, one.eventid]
        for one in world.sessions if refused(one)
    ]  # fmt: skip


@answers
def missing_keystrokes(world: World) -> tuple[dict[str, str], list[Row]]:
    return DAYS, [
        [one.day, moment(one.starttime), one.sessionid, one.username, one.accountid, one.awsregion, one.target,
         one.documentname, one.eventid]
        for one in world.sessions if one.expects_keystrokes == "lost"
    ]  # fmt: skip


@answers
def incomplete_sessions(world: World) -> tuple[dict[str, str], list[Row]]:
    """Compared by all but why: see test_questions. In this company nobody is near the record without a time."""
    return DAYS, [
        [one.day, moment(one.starttime), one.sessionid, one.username, one.accountid, one.target, verdict(one)]
        for one in world.sessions if verdict(one) != "complete"
    ]  # fmt: skip


@answers
def unrecordable_sessions(world: World) -> tuple[dict[str, str], list[Row]]:
    return DAYS, [
        [one.day, moment(one.starttime), one.sessionid, one.username, one.accountid, one.target, kind(one),
         one.documentname, one.reason]
        for one in world.sessions if one.outcome == "started" and kind(one) in ("SSH", "port forwarding")
    ]  # fmt: skip


@answers
def keystrokes_without_start(world: World) -> tuple[dict[str, str], list[Row]]:
    return DAYS, [
        [one.day, moment(one.firstkeystroke), moment(one.lastkeystroke), one.sessionid, one.username, one.principalarn,
         one.accountid, one.target, count(len(one.lines))]
        for one in world.sessions if one.outcome == "keystrokes-only"
    ]  # fmt: skip


@answers
def sessions_without_reason(world: World) -> tuple[dict[str, str], list[Row]]:
    starts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in world.sessions:
        if one.outcome == "started" and not one.reason:
            starts[one.username, one.accountid].append(str(moment(one.starttime)))
    ordered = sorted(starts.items(), key=lambda item: (-len(item[1]), item[0]))
    return DAYS, [[*pair, count(len(times)), min(times), max(times)] for pair, times in ordered]


@answers
def sessions_by_role(world: World) -> tuple[dict[str, str], list[Row]]:
    role = next(str(one.rolearn) for one in world.sessions if one.sourceidentity).rsplit("/", 1)[-1]
    return DAYS | {"role": role}, [
        [one.day, moment(one.starttime), one.sessionid, one.username, one.sourceidentity, one.accountid, one.target,
         one.rolearn, chain(one), one.reason, outcome(one)]
        for one in world.sessions if (one.rolearn or "").endswith(f"/{role}")
    ]  # fmt: skip


@answers
def sessions_without_mfa(world: World) -> tuple[dict[str, str], list[Row]]:
    rows: list[Row] = []
    for one in world.events:
        response = one.get("responseElements") or {}
        called = (one["eventSource"], one["eventName"])
        name = response.get("sessionId") or response.get("session", {}).get("sessionId")
        if called in (("ssm.amazonaws.com", "StartSession"), ("ecs.amazonaws.com", "ExecuteCommand")) and name:
            identity = one["userIdentity"]
            attributes = identity.get("sessionContext", {}).get("attributes", {})
            row = [time(one), name.rsplit("-", 1)[-1], who(one), identity["type"], one["recipientAccountId"]]
            rows.append([*row, one["sourceIPAddress"], attributes.get("mfaAuthenticated"), one["eventID"]])
    return DAYS, rows


@answers
def sessions_out_of_hours(world: World) -> tuple[dict[str, str], list[Row]]:
    late = [
        one
        for one in world.sessions
        if one.outcome == "started" and one.starttime and not 10 <= one.starttime.hour < 16
    ]  # 2026-03-02 to -04 are a Monday to a Wednesday
    return DAYS | {"opens": "10", "closes": "16"}, [
        [one.day, moment(one.starttime), one.sessionid, one.username, one.accountid, one.target, one.reason,
         count(len(one.lines))]
        for one in late
    ]  # fmt: skip


@answers
def sessions_by_person(world: World) -> tuple[dict[str, str], list[Row]]:
    people: dict[str, list[SessionTruth]] = defaultdict(list)
    for one in world.sessions:
        people[one.username].append(one)
    figures = [
        (sum(one.outcome == "started" for one in mine), name, sum(map(refused, mine)),
         len({one.accountid for one in mine}), sum(len(one.lines) for one in mine))
        for name, mine in people.items()
    ]  # fmt: skip
    figures.sort(key=lambda row: (-row[0], row[1]))
    return DAYS, [[name, *map(count, (started, no, accounts, lines))] for started, name, no, accounts, lines in figures]


@answers
def sessions_by_account(world: World) -> tuple[dict[str, str], list[Row]]:
    cells: dict[tuple[str, str], list[SessionTruth]] = defaultdict(list)
    for one in world.sessions:
        cells[one.day, one.accountid].append(one)
    return DAYS, [
        [*cell, count(sum(one.outcome == "started" for one in mine)), count(sum(map(refused, mine))),
         count(len({one.username for one in mine}))]
        for cell, mine in sorted(cells.items())
    ]  # fmt: skip


@answers
def longest_sessions(world: World) -> tuple[dict[str, str], list[Row]]:
    timed = [
        (int(one.lastkeystroke.timestamp() * 1000 - one.starttime.timestamp() * 1000) // 1000, one)
        for one in world.sessions
        if one.starttime and one.lastkeystroke
    ]
    timed.sort(key=lambda pair: (-pair[0], str(pair[1].sessionid)))
    return DAYS, [
        [one.day, moment(one.starttime), one.sessionid, one.username, one.accountid, one.target, count(seconds),
         count(len(one.lines))]
        for seconds, one in timed[:10]
    ]  # fmt: skip


@answers
def role_changes(_: World) -> tuple[dict[str, str], list[Row]]:
    mallory = ["mallory", f"arn:aws:iam::{HUB}:user/mallory", HUB]
    common = ["198.51.100.66", None]
    return DAYS, [
        ["2026-03-03 23:40:00.000", *mallory, "CreateRole", "backdoor", None, *common, IAM[0]["eventID"]],
        ["2026-03-03 23:41:00.000", *mallory, "AttachRolePolicy", "backdoor", ADMIN, *common, IAM[1]["eventID"]],
        ["2026-03-04 00:05:00.000", *mallory, "PutRolePolicy", "backdoor", "all", *common, IAM[2]["eventID"]],
    ]


@answers
def roles_assumed(world: World) -> tuple[dict[str, str], list[Row]]:
    calls: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for one in world.events:
        people = one.get("userIdentity", {}).get("type") not in ("AWSService", "AWSAccount", None)
        if one["eventSource"] == "sts.amazonaws.com" and one["eventName"].startswith("AssumeRole") and people:
            calls[str(who(one)), one["requestParameters"]["roleArn"], one["eventName"]].append(one)
    return DAYS, [
        [
            *call,
            count(len(found)),
            count(len({one["sourceIPAddress"] for one in found})),
            time(found[0]),
            time(found[-1]),
        ]
        for call, found in sorted(calls.items())
    ]


@answers
def refused_calls(world: World) -> tuple[dict[str, str], list[Row]]:
    calls: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for one in world.events:
        if re.search("(?i)access.?denied|unauthorized", one.get("errorCode", "")):
            calls[str(who(one)), one["eventSource"], one["eventName"], one["errorCode"]].append(one)
    ordered = sorted(calls.items(), key=lambda item: (-len(item[1]), item[0]))
    return DAYS, [[*call, count(len(found)), *spans(found)] for call, found in ordered]


@answers
def events_of_access_key(world: World) -> tuple[dict[str, str], list[Row]]:
    def used(one: Record) -> str | None:
        return (one.get("userIdentity") or {}).get("accessKeyId")

    uses = {used(one) for one in world.events}
    key = next(key for one in world.events if (key := issued(one)) and key in uses)
    return DAYS | {"key": key}, [
        [time(one), used(one), issued(one), one["eventSource"], one["eventName"], who(one), arn(one),
         one["recipientAccountId"], one["sourceIPAddress"], one.get("errorCode"), one["eventID"]]
        for one in world.events if key in (issued(one), used(one))
    ]  # fmt: skip


@answers
def rows_with_name_or_address(world: World) -> tuple[dict[str, str], list[Row]]:
    """By address."""
    address = next(str(one.sourceipaddress) for one in world.sessions if one.starttime)
    places = places_of_events(world)
    rows: list[Row] = []
    for one in world.events:
        if one["sourceIPAddress"] == address:
            request, response = one.get("requestParameters") or {}, one.get("responseElements") or {}
            context = one["userIdentity"].get("sessionContext", {})
            name = str(session_of(one) or response.get("session", {}).get("sessionId") or "-")
            row = ["cloudtrail", one["eventTime"][:10], time(one), one["recipientAccountId"], who(one), arn(one)]
            row += [context.get("sourceIdentity") or request.get("sourceIdentity"), address, one["eventName"]]
            rows.append([*row, name.rsplit("-", 1)[-1] or None, *places[one["eventID"]]])
    return DAYS | {"who": address}, sorted(rows, key=lambda row: (row[2], row[0], row[10], int(str(row[11]))))


def session_of(record: Record) -> str | None:
    """The session that a call of Session Manager began, or names."""
    if record["eventSource"] != "ssm.amazonaws.com":
        return None
    both = {**(record.get("requestParameters") or {}), **(record.get("responseElements") or {})}
    return both.get("sessionId")


def places_of_events(world: World) -> dict[str, tuple[str, str]]:
    """Where the row of each event may say that it was read: of copies, the table shows one; here the first put."""
    shown = {}
    for row in (
        world.lake.rows("from_cloudtrail_readready").select(["eventid", "sourceobject", "sourcerecord"]).to_pylist()
    ):
        shown[row["eventid"]] = (row["sourceobject"], str(row["sourcerecord"]))
    return shown


@answers
def lines_of_session(world: World) -> tuple[dict[str, str], list[Row]]:
    """Compared by line numbers and lines alone: see test_questions."""
    one = next(one for one in world.sessions if len(one.lines) > 5)
    return {"from": one.day, "to": one.day, "session": str(one.sessionid)}, [
        [count(number), line] for number, line in enumerate(one.lines, 1)
    ]


@answers
def lines_with_text(world: World) -> tuple[dict[str, str], list[Row]]:
    """Compared by day, session, number and line: see test_questions."""
    return DAYS | {"text": "SUDO cat"}, [
        [one.day, one.sessionid, count(number), line]
        for one in sorted(world.sessions, key=lambda one: (one.day, str(one.sessionid)))
        for number, line in enumerate(one.lines, 1)
        if "sudo cat" in line.lower() and not one.repeatedlines
    ]


@answers
def secrets_on_screen(world: World) -> tuple[dict[str, str], list[Row]]:
    """Compared by day, session, number and line: see test_questions."""
    secret = re.compile(r"A(KIA|SIA)[A-Z0-9]{16}|BEGIN .*PRIVATE KEY|(password|passwd|secret)\s*[=:]", re.I)
    return DAYS, [
        [one.day, one.sessionid, count(number), line]
        for one in sorted(world.sessions, key=lambda one: (one.day, str(one.sessionid)))
        for number, line in enumerate(one.lines, 1)
        if secret.search(line) and not one.repeatedlines
    ]


@answers
def session_logged_twice(world: World) -> tuple[dict[str, str], list[Row]]:
    """Compared by all but the number of objects: see test_questions."""
    return DAYS, [
        [one.day, one.sessionid, count(len(one.lines)), count(one.repeatedlines)]
        for one in sorted(world.sessions, key=lambda one: (one.day, str(one.sessionid)))
        if one.repeatedlines
    ]


@answers
def same_file_twice(world: World) -> tuple[dict[str, str], list[Row]]:
    """Compared by all but the hash: see test_questions."""
    one = twice_put(world.objects)
    bucket = "s3://loglake-raw-cloudtrail/"
    return BOOKS, [
        [
            "cloudtrail",
            "2",
            count(len(list(records(one.data)))),
            f"{bucket}{one.key} {bucket}put/2026/03/05/copy.json.gz",
        ]
    ]


@answers
def what_became_of_objects(world: World) -> tuple[dict[str, str], list[Row]]:
    """The company's objects and those added by hand; with everything kept, only heartbeats are filtered."""
    copied = len(list(records(twice_put(world.objects).data)))
    rows: list[Row] = [["cloudtrail", "dropped", "layout", count(len(world.truth.ignored)), *"0000"]]
    for job, counts in (("cloudtrail", world.truth.cloudtrail), ("cloudwatch", world.truth.cloudwatch)):
        made = world.made
        more, extra = (2, len(IAM) + copied) if job == "cloudtrail" else (1 + len(made.objects), 1 + made.records)
        total, bad = counts.records + extra, sum(counts.quarantined.values())
        beats = counts.filtered.get("heartbeat", 0)
        rows.append(
            [job, "ok", None, count(counts.objects + more), *map(count, (total, total - bad - beats, beats, bad))]
        )
    return BOOKS, rows


@answers
def unreadable_records(world: World) -> tuple[dict[str, str], list[Row]]:
    """Compared by job, reason and object: see test_questions."""
    buckets = {"cloudtrail": "loglake-raw-cloudtrail", "cloudwatch": "loglake-raw-cloudwatch"}
    bad = [
        [one.job, reason, f"s3://{buckets[one.job]}/{one.key}"]
        for one in world.truth.objects or ()
        for reason, number in one.quarantined.items()
        for _ in range(number)
    ]
    return BOOKS, sorted(bad, key=lambda row: (row[0], row[2]))  # type: ignore[return-value]


@answers
def days_that_changed(world: World) -> tuple[dict[str, str], list[Row]]:
    """The days that CloudTrail's events have, and how many. Compared otherwise: see test_questions."""
    events: Counter[str] = Counter()
    seen: set[str] = set()
    for one in world.objects:
        if one.job == "cloudtrail" and "/CloudTrail/" in one.key:
            for record in records(one.data):
                if record["eventID"] not in seen and re.match(r"\d{4}-", record["eventTime"]):
                    seen.add(record["eventID"])
                    events[record["eventTime"][:10]] += 1
    return BOOKS, [["from_cloudtrail_readready", day, count(number)] for day, number in sorted(events.items())]


def chained(world: World) -> tuple[SessionTruth, Record]:
    """A session at the end of a chain of roles, and its StartSession."""
    one = next(one for one in world.sessions if one.scene == "a shell at the end of a role chain")
    return one, next(event for event in world.events if event["eventID"] == one.eventid)


@answers
def calls_around_session(world: World) -> tuple[dict[str, str], list[Row]]:
    session, start = chained(world)
    assert session.starttime
    assert session.lastkeystroke
    rows: list[tuple[int, Row]] = []
    for one in world.events:
        happened = datetime.fromisoformat(one["eventTime"])
        seconds = int((happened - session.starttime).total_seconds())
        by_key = (one.get("userIdentity") or {}).get("accessKeyId") == start["userIdentity"]["accessKeyId"]
        by_name = identity_set(one) == session.sourceidentity
        if one is start or abs(seconds) > 100 or not (by_key or by_name):
            continue
        phase = "before" if seconds < 0 else "during" if happened <= session.lastkeystroke else "after"
        found = " and ".join(name for name, by in (("access key", by_key), ("source identity", by_name)) if by)
        row = [count(seconds), phase, found, time(one), one["eventSource"], one["eventName"], one["recipientAccountId"]]
        row += [context(one).get("sessionIssuer", {}).get("arn"), one["sourceIPAddress"], one.get("errorCode")]
        rows.append((seconds, [*row, one["eventID"], "everything"]))
    rows.sort(key=lambda row: (row[0], str(row[1][10])))
    values = {"from": session.day, "to": session.day, "session": str(session.sessionid), "seconds": "100"}
    return values, [row for _, row in rows]


@answers
def role_chain_of_session(world: World) -> tuple[dict[str, str], list[Row]]:
    """From the key of the StartSession back to the sign-in, from key to key."""
    session, start = chained(world)
    handed = {issued(one): one for one in world.events if issued(one) and who(one)}  # not that of the other account
    key, hops = start["userIdentity"]["accessKeyId"], 0
    while key in handed:
        first, hops = handed[key], hops + 1
        key = first["userIdentity"].get("accessKeyId")
    row = [moment(session.starttime), session.username, session.sourceidentity, count(hops), "access key"]
    row += [session.username, "SAMLUser", first["eventName"], time(first), first["sourceIPAddress"], chain(session)]
    return {"from": session.day, "to": session.day, "session": str(session.sessionid)}, [row]


@answers
def refused_to_principal(world: World) -> tuple[dict[str, str], list[Row]]:
    """Compared by all but what is read out of the error's text: see test_questions."""
    refusals = [one for one in world.events if re.search("(?i)access.?denied|unauthorized", one.get("errorCode", ""))]
    person = Counter(who(one) for one in refusals).most_common(1)[0][0]
    return DAYS | {"who": str(person)}, [
        [time(one), who(one), context(one).get("sessionIssuer", {}).get("arn"), one["recipientAccountId"],
         one["eventSource"], one["eventName"], one["errorCode"], one["sourceIPAddress"], one["eventID"]]
        for one in refusals if person in (who(one), identity_set(one))
    ]  # fmt: skip


@answers
def late_events(world: World) -> tuple[dict[str, str], list[Row]]:
    """By the days in keys: the company's late files, what was added by hand, the copy where the table shows it."""
    places = places_of_events(world)
    rows: list[Row] = []
    for one in world.events:
        place = places[one["eventID"]][0]
        delivered = "-".join(re.findall(r"/(\d{4})/(\d\d)/(\d\d)/", place)[0])
        happened = one["eventTime"][:10]
        late = (datetime.fromisoformat(delivered) - datetime.fromisoformat(happened)).days
        if late > 1:
            row = [happened, "from_cloudtrail_readready", time(one), one["recipientAccountId"], who(one)]
            rows.append([*row, one["eventName"], delivered, count(late), one["eventID"], place])
    known = {one.id for one in world.truth.cloudtrail.late if FIRST <= one.day <= LAST and one.delivered > TAKEN_IN[:8]}
    assert known & {row[8] for row in rows}
    return DAYS, sorted(rows, key=lambda row: (row[0], row[2], row[8]))  # type: ignore[return-value]


@answers
def incomplete_days(world: World) -> tuple[dict[str, str], list[Row]]:
    """Below 101 per cent is all that arrived; compared by all that a key tells: see test_questions."""
    keys = [one.key for one in world.objects if one.key not in world.truth.ignored] + world.added
    layouts = {
        "cloudtrail": r".*AWSLogs/(?:o-\w+/)?(?P<account>\d{12})/CloudTrail/(?P<region>[^/]+)/"
        r"(?P<day>\d{4}/\d\d/\d\d)/.*",
        "cloudtrail-put": r"put/(?P<day>\d{4}/\d\d/\d\d)/.*json\.gz",
        "sessionlogs": r"(?:.*/)?(?P<day>\d{4}/\d\d/\d\d)/\d\d/.*",
    }
    found: Counter[tuple[str, ...]] = Counter()
    for key in keys:
        source, said = next(
            (name, match.groupdict()) for name, it in layouts.items() if (match := re.fullmatch(it, key))
        )
        day = said["day"].replace("/", "-")
        if FIRST <= day <= LAST:
            found[day, source, said.get("account", "unknown"), said.get("region", "unknown")] += 1
    return DAYS | {"percent": "101"}, [
        [*cell, count(number), count(number), "100.0"] for cell, number in sorted(found.items())
    ]


@answers
def unreviewed_sessions(world: World) -> tuple[dict[str, str], list[Row]]:
    """Compared by all but whether it is overdue, which the time of asking decides: see test_questions."""
    mine = [
        one for one in world.sessions if one.accountid == TEAM_ACCOUNT and one.sessionid not in (None, world.reviewed)
    ]
    rows: list[tuple[int, SessionTruth]] = []
    for one in mine:
        start = one.starttime or one.firstkeystroke
        known = start and one.lastkeystroke
        rows.append((int((one.lastkeystroke - start).total_seconds()) if known else -1, one))  # type: ignore[operator]
    rows.sort(key=lambda row: (-row[0], row[1].day, str(row[1].starttime or "~"), str(row[1].sessionid or "~")))
    return DAYS | {"team": TEAM}, [
        [one.day, moment(one.starttime), one.sessionid, one.username, one.accountid, one.target, kind(one), one.reason,
         outcome(one), keystrokes(one), None if seconds < 0 else count(seconds), out_of_hours(one), one.eventid]
        for seconds, one in rows
    ]  # fmt: skip


def out_of_hours(one: SessionTruth) -> str:
    """Monday to Wednesday, 7 to 19, UTC."""
    times = [when for when in (one.starttime or one.firstkeystroke, one.lastkeystroke) if when]
    return "false" if all(7 <= when.hour < 19 for when in times) else "true"


@answers
def activity_as_cloudtrail_lake(world: World) -> tuple[dict[str, str], list[Row]]:
    session, _ = chained(world)
    return DAYS | {"who": session.username.upper(), "account": session.accountid}, [
        [time(one), one["eventSource"], one["eventName"], context(one).get("sessionIssuer", {}).get("arn"),
         one["sourceIPAddress"], one.get("errorCode"), one["eventID"]]
        for one in world.events
        if one["recipientAccountId"] == session.accountid
        and (one["userIdentity"].get("principalId") or "").partition(":")[2] == session.username
    ]  # fmt: skip
