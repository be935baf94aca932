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

from examples.company.groups import APPLICATION, FLOWS, JSON, PLAIN, STRANGER, interface
from tests.log_groups import Said, said
from tests.questions_answers import DAYS, Answer, Row, arn, count, time, who
from tests.questions_world import ADMIN, FIRST, IAM, LAST, Record, World

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
    """Neither % nor _ stands for anything but itself."""
    wanted = [one for one in world.messages if "100% SUCCESS_" in one.message.upper() and one.loggroup == PLAIN]
    since, until = wanted[1].moment[:19], wanted[-1].moment[:19]
    values = {"since": since, "until": until, "group": "/aws/lambda/inv*e-mailer", "text": "100% SUCCESS_"}
    inside = [one for one in wanted if since <= one.moment < until]
    assert 1 < len(inside) < len(wanted)
    return DAYS | values, [row(one) for one in inside]


@answers
def messages_with_field(world: World) -> tuple[dict[str, str], list[Row]]:
    """The group's name has a _, which stands for itself."""
    return DAYS | {"group": APPLICATION, "field": "status", "value": "500"}, [
        row(one) for one in world.messages if one.loggroup == APPLICATION and fields(one.message).get("status") == 500
    ]


@answers
def messages_around_sessions(world: World) -> tuple[dict[str, str], list[Row]]:
    """Of the sessions on an instance, what its VPC and its application say within a quarter of an hour."""
    targets = {one.logstream.rpartition("/")[2] for one in world.messages if one.loggroup == APPLICATION}
    session = next(one for one in world.sessions if one.target in targets and one.outcome == "started" and one.lines)
    rows: list[Row] = []
    for had in world.sessions:
        if had.target != session.target or not (had.starttime or had.firstkeystroke):
            continue
        start = had.starttime or had.firstkeystroke
        last = had.lastkeystroke or had.starttime
        assert start
        assert last
        first_ms, last_ms = (round(when.timestamp() * 1000) for when in (start, last))
        for one in world.messages:
            if one.accountid != had.accountid or max(first_ms - one.ms, one.ms - last_ms) > 900_000:
                continue
            phase = "before" if one.ms < first_ms else "during" if one.ms <= last_ms else "after"
            seconds = one.ms // 1000 - first_ms // 1000
            rows.append([had.sessionid, count(seconds), phase, one.moment, *row(one)[2:]])
    assert {str(one[2]) for one in rows} >= {"before", "after"}
    assert len({one[4] for one in rows}) > 2
    return DAYS | {"who": str(session.target), "seconds": "900", "group": "*"}, rows


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


@answers
def rejected_connections(world: World) -> tuple[dict[str, str], list[Row]]:
    """Of one interface, whichever way."""
    eni = interface(next(one.logstream for one in world.messages if one.loggroup == APPLICATION))
    flows: defaultdict[tuple[str, ...], list[tuple[Said, list[str]]]] = defaultdict(list)
    for one in world.messages:
        parts = one.message.split(" ")
        if one.loggroup == FLOWS and parts[12] == "REJECT" and parts[2] == eni:
            flows[tuple(parts[at] for at in (1, 2, 3, 4, 6, 7))].append((one, parts))
    assert {STRANGER} < {key[2] for key in flows}  # and what went out
    rows = [
        [*key, len(some), sum(int(parts[8]) for _, parts in some), sum(int(parts[9]) for _, parts in some),
         some[0][0].moment, some[-1][0].moment]
        for key, some in flows.items()
    ]  # fmt: skip
    rows.sort(key=lambda found: (-int(found[6]), *map(str, found[:6])))
    return DAYS | {"who": eni}, [[str(value) for value in found] for found in rows]


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
    mine = [one for one in world.events if one["eventName"] == "AttachRolePolicy"]
    assert mine == [IAM[1]]
    found = IAM[1]
    text = json.dumps({"roleName": "backdoor", "policyArn": ADMIN})
    row: Row = [time(found), "mallory", arn(found), found["recipientAccountId"], "us-east-1", "iam.amazonaws.com"]
    row += ["AttachRolePolicy", text, None, "198.51.100.66", found["eventID"]]
    return DAYS | {"event": "*Role*", "who": "m*y", "field": "policyArn", "value": "*:policy/Admin*"}, [row]


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
