"""What the questions on log groups that hold no sessions, and on any CloudTrail event, must answer.

As in questions_answers: from the raw objects, read by the tests' own readers. Messages are taken apart here by Python's
json and re.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from examples.company.groups import APPLICATION, FLOWS, JSON, PLAIN, STRANGER, address
from tests.log_groups import Said, said
from tests.questions_answers import DAYS, Answer, Row, arn, count, time, who
from tests.questions_world import FIRST, LAST, Record, World

ANSWERS: dict[str, Answer] = {}
REQUEST = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LAMBDAS = "/aws/lambda/"


def answers(function: Answer) -> Answer:
    ANSWERS[function.__name__] = function
    return function


def fields(message: str) -> Record:
    """A message's JSON object, or none."""
    try:
        found = json.loads(message)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def row(one: Said) -> Row:
    return [one.moment, one.accountid, one.loggroup, one.logstream, one.message]


@answers
def messages_with_text(world: World) -> tuple[dict[str, str], list[Row]]:
    """The group's _ stands for itself: there is a payments-api, too. What is said at the time's end is not in it."""
    wanted = [one for one in world.messages if one.loggroup == APPLICATION and "tion" in one.message.lower()]
    assert any(one.loggroup.endswith("/payments-api") and "tion" in one.message for one in world.messages)
    since, until = wanted[1].moment, wanted[-1].moment
    assert since[19:] == until[19:] == ".000"
    values = {"since": since[:19], "until": until[:19], "group": "*/payments_api", "text": "TION"}
    return DAYS | values, [row(one) for one in wanted if since <= one.moment < until]


@answers
def messages_with_field(world: World) -> tuple[dict[str, str], list[Row]]:
    """The group's name has a _, which stands for itself."""
    return DAYS | {"group": APPLICATION, "field": "status", "value": "500"}, [
        row(one) for one in world.messages if one.loggroup == APPLICATION and fields(one.message).get("status") == 500
    ]


@answers
def messages_around_sessions(world: World) -> tuple[dict[str, str], list[Row]]:
    """From the day before a session to the day after it, where the last message is just so far from its end."""
    had = next(one for one in world.sessions if one.day == "2026-03-03" and one.starttime and len(one.lines) > 5)
    assert had.starttime
    assert had.lastkeystroke
    first, last = (round(when.timestamp() * 1000) for when in (had.starttime, had.lastkeystroke))
    theirs = [one for one in world.messages if one.accountid == had.accountid]
    seconds = max(-(-(one.ms - last) // 1000) for one in theirs if one.ms < last + 86_400_000)
    assert last - first > 1000  # or counting from the start would give the same
    rows: list[Row] = []
    for one in theirs:
        if first - seconds * 1000 <= one.ms <= last + seconds * 1000:
            phase = "before" if one.ms < first else "during" if one.ms <= last else "after"
            rows.append([had.sessionid, count(one.ms // 1000 - first // 1000), phase, one.moment, *row(one)[2:]])
    assert {str(one[3])[:10] for one in rows} == {"2026-03-02", "2026-03-03", "2026-03-04"}
    return DAYS | {"who": str(had.sessionid), "seconds": count(seconds), "group": "*"}, rows


@answers
def log_groups_of_days(world: World) -> tuple[dict[str, str], list[Row]]:
    """Sessions' log groups among them: the company's and the one session that was added by hand."""
    found: defaultdict[tuple[str, str], list[Said]] = defaultdict(list)
    for one in dict.fromkeys(said(world.objects)):
        if FIRST <= one.day <= LAST:
            found[one.day, one.loggroup].append(one)
    rows: list[Row] = []
    for (day, group), some in sorted(found.items()):
        sessions = group == "/aws/ssm/sessionlogs"
        number, accounts = len(some), {one.accountid for one in some}
        streams, times = {one.logstream for one in some}, [one.moment for one in some]
        if sessions and day == "2026-03-04":
            number += 1
            accounts.add("111122223333")
            streams.add("mallory-0b7c1cc185ccf5199")
            times.append("2026-03-04 00:20:00.000")
        both = (number, 0) if sessions else (0, number)
        rows.append([day, group, *map(count, both), count(len(accounts)), count(len(streams)), min(times), max(times)])
    return DAYS, rows


def machine(world: World) -> str:
    """An instance that has VPC flow logs."""
    return next(one.logstream.rpartition("/")[2] for one in world.messages if one.loggroup == APPLICATION)


@answers
def rejected_connections(world: World) -> tuple[dict[str, str], list[Row]]:
    """From and to one machine. By its interface it is the same: see test_questions."""
    who = address(machine(world))
    flows: defaultdict[tuple[str, ...], list[tuple[Said, list[str]]]] = defaultdict(list)
    for one in world.messages:
        parts = one.message.split(" ")
        if one.loggroup == FLOWS and parts[12] == "REJECT" and who in parts[3:5]:
            flows[tuple(parts[at] for at in (1, 2, 3, 4, 6, 7))].append((one, parts))
    assert {STRANGER} < {key[2] for key in flows}  # and what went out
    rows = [
        [*key, len(some), sum(int(parts[8]) for _, parts in some), sum(int(parts[9]) for _, parts in some),
         some[0][0].moment, some[-1][0].moment]
        for key, some in flows.items()
    ]  # fmt: skip
    rows.sort(key=lambda found: (-int(found[6]), *map(str, found[:6])))
    return DAYS | {"who": who}, [[str(value) for value in found] for found in rows]


@answers
def lambda_failures(world: World) -> tuple[dict[str, str], list[Row]]:
    rows: list[Row] = []
    for one in world.messages:
        if not one.loggroup.startswith(LAMBDAS):
            continue
        found, failure = fields(one.message), None
        if one.message.startswith("REPORT "):
            failure = next((word[8:].strip() for word in one.message.split("\t") if word.startswith("Status: ")), None)
        elif found.get("type") == "platform.report":
            failure = None if found["record"]["status"] == "success" else found["record"]["status"]
        elif "Task timed out" in one.message:
            failure = "timeout"
        elif found.get("level") == "ERROR" or one.message.startswith("[ERROR]"):
            failure = "logged"
        if failure:
            request = REQUEST.search(one.message)
            rows.append([*row(one)[:3], request and request[0], failure, one.message])
    assert Counter((str(one[2]), str(one[4])) for one in rows).keys() == {
        (group, how) for group in (PLAIN, JSON) for how in ("error", "timeout", "logged")
    }
    return DAYS | {"group": f"{LAMBDAS}*"}, rows


@answers
def slowest_invocations(world: World) -> tuple[dict[str, str], list[Row]]:
    rows: list[tuple[Decimal, str, str, Row]] = []
    for one in world.messages:
        if not one.loggroup.startswith(LAMBDAS):
            continue
        found, words = (
            fields(one.message),
            dict(word.split(": ", 1) for word in one.message.split("\t") if ": " in word),
        )
        values: list[Any]
        if "REPORT RequestId" in words:
            request = words["REPORT RequestId"]
            names = ("Duration", "Init Duration", "Memory Size", "Max Memory Used")
            values = [words[name].split(" ")[0] if name in words else None for name in names]
        elif found.get("type") == "platform.report":
            metrics, request = found["record"]["metrics"], found["record"]["requestId"]
            names = ("durationMs", "initDurationMs", "memorySizeMB", "maxMemoryUsedMB")
            values = [metrics.get(name) for name in names]
        else:
            continue
        took, first = (None if value is None else f"{Decimal(str(value)):.2f}" for value in values[:2])
        memory: Row = [None if value is None else str(value) for value in values[2:]]
        rows.append((-Decimal(str(took)), one.moment, request, [*row(one)[:3], request, took, first, *memory]))
    rows.sort(key=lambda one: one[:3])
    return DAYS | {"group": f"{LAMBDAS}*", "most": "40"}, [one[3] for one in rows[:40]]


@answers
def calls_with_request(world: World) -> tuple[dict[str, str], list[Row]]:
    """Of roles that several people take, and people who take several."""
    taken = [(who(one), one["requestParameters"]["roleArn"]) for one in world.events if asks_for_role(one)]
    people, roles = (Counter(pair[at] for pair in set(taken)) for at in (0, 1))
    person, role = next((one, other) for one, other in taken if one and people[one] > 1 < roles[other])
    rows: list[Row] = [
        [time(one), person, arn(one), one["recipientAccountId"], one["awsRegion"], one["eventSource"], one["eventName"],
         json.dumps(one["requestParameters"], ensure_ascii=False, separators=(",", ":")), one.get("errorCode"),
         one["sourceIPAddress"], one["eventID"]]
        for one in world.events
        if asks_for_role(one) and who(one) == person and one["requestParameters"]["roleArn"] == role
    ]  # fmt: skip
    return DAYS | {"event": "*Role*", "who": f"{person[:-1]}*", "field": "roleArn", "value": f"*{role[12:]}"}, rows


def asks_for_role(record: Record) -> bool:
    return "Role" in record["eventName"] and "roleArn" in (record.get("requestParameters") or {})


@answers
def events_of_days(world: World) -> tuple[dict[str, str], list[Row]]:
    found: defaultdict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for one in world.events:
        found[one["eventTime"][:10], one["eventSource"], one["eventName"]].append(one)
    ordered = sorted(found.items(), key=lambda item: (item[0][0], -len(item[1]), item[0][1:]))
    return DAYS, [
        [*key, count(len(some)), count(sum("errorCode" in one for one in some)),
         count(len({who(one) for one in some} - {None})), count(len({one["recipientAccountId"] for one in some}))]
        for key, some in ordered
    ]  # fmt: skip
