"""Firehose's objects: documents of CloudWatch Logs in gzip members joined with nothing between, without a suffix."""

from __future__ import annotations

import gzip
from typing import NamedTuple

from examples.company.dice import Dice, day, moment
from examples.company.keystrokes import LogEvent
from examples.company.people import ACCOUNTS
from examples.company.raw import RawObject
from examples.company.record import compact
from examples.company.truth import Tally, Truth

JOB = "cloudwatch"
MOST_DOCUMENTS = 500  # Firehose closes an object by size, too
_EVENTS = 20  # of a document of the other groups
_LINK = ("", "", "\n", "\r\n")  # between documents of one member


class Document(NamedTuple):
    """One document. events: none for a heartbeat. again: Firehose has delivered it before."""

    text: str
    events: tuple[LogEvent, ...]
    again: bool = False


def documents(dice: Dice, events: list[LogEvent]) -> list[Document]:
    """The sessions' log events: those of a stream share a document, as CloudWatch puts them, or come one by one."""
    streams: dict[tuple[str, str], list[LogEvent]] = {}
    for event in events:
        streams.setdefault((event.owner, event.stream), []).append(event)
    made = []
    for batch in streams.values():
        size = dice.choice((1, 2, len(batch)))
        made += [_document(tuple(batch[at : at + size])) for at in range(0, len(batch), size)]
    return made


def others(dice: Dice, count: int, first: int, last: int) -> list[Document]:
    """So many log events of groups that share the delivery stream, and now and then a heartbeat."""
    made = []
    while count > 0:
        size, count = min(count, dice.randrange(1, _EVENTS)), count - _EVENTS // 2
        owner = dice.choice(ACCOUNTS)
        group, stream = dice.choice(_GROUPS)
        batch = [_other(dice, owner, group, stream, dice.randrange(first * 1000, last * 1000)) for _ in range(size)]
        made.append(_document(tuple(sorted(batch, key=lambda one: one.due))))
    if dice.random() < 0.3:
        made.append(Document(heartbeat(last), ()))
    return made


_GROUPS = (
    ("/aws/lambda/payments-api", "2026/03/02/[$LATEST]0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
    ("/aws/vpc/flowlogs", "eni-0a1b2c3d4e5f60718-all"),
    ("/aws/ssm/sessionlogs-test", "a-test-0123456789abcdef0"),  # not the group of the sessions, though it begins so
)


def _other(dice: Dice, owner: str, group: str, stream: str, ms: int) -> LogEvent:
    if "flowlogs" in group:
        second = ms // 1000
        text = (
            f"2 {owner} eni-0a1b2c3d4e5f60718 10.0.3.17 10.0.{dice.randrange(9)}.4 {dice.randrange(1024, 65536)} 5432 "
            f"6 {dice.randrange(99)} {dice.randrange(99_999)} {second - 60} {second} ACCEPT OK"
        )
    elif "lambda" in group:
        text = (
            f"REPORT RequestId: {dice.uuid()}\tDuration: {dice.randrange(1, 900)}.{dice.randrange(99):02d} ms\t}}{{ \n"
        )
    else:
        text = f"test {dice.hex(8)}: a line that is no session's"
    return LogEvent(ms / 1000, owner, group, stream, dice.log_event_id(ms), ms, text, kept=False)


def _document(events: tuple[LogEvent, ...]) -> Document:
    first = events[0]
    value = {
        "messageType": "DATA_MESSAGE",
        "owner": first.owner,
        "logGroup": first.group,
        "logStream": first.stream,
        "subscriptionFilters": ["everything-to-firehose"],
        "logEvents": [
            {"id": one.id} | ({} if one.ms is None else {"timestamp": one.ms}) | {"message": one.message}
            for one in events
        ],
    }
    return Document(compact(value), events)


def heartbeat(second: int) -> str:
    """What CloudWatch Logs sends to see whether Firehose is there."""
    message = "CWL CONTROL MESSAGE: Checking health of destination Firehose."
    value = {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [{"id": "", "timestamp": second * 1000, "message": message}],
    }
    return compact(value)


def key(dice: Dice, second: float) -> str:
    """The key of an object delivered at that second: UTC down to the hour, no suffix."""
    return f"{moment(second):%Y/%m/%d/%H}/cloudwatch-logs-everything-3-{moment(second):%Y-%m-%d-%H-%M-%S}-{dice.uuid()}"


def content(dice: Dice, batch: list[Document], level: int) -> bytes:
    """The object: members joined, a member of one document or more; now and then plain, or packed a second time."""
    if dice.random() < 0.08:
        return "".join(one.text for one in batch).encode()
    members, at = [], 0
    while at < len(batch):
        size = dice.choice((1, 1, 2, 4))
        text = dice.choice(_LINK).join(one.text for one in batch[at : at + size])
        members.append(gzip.compress(text.encode(), level, mtime=0))
        at += size
    joined = b"".join(members)
    return gzip.compress(joined, level, mtime=0) if dice.random() < 0.1 else joined


def made(dice: Dice, batch: list[Document], second: int) -> RawObject:
    """The object of these documents, delivered at that second."""
    return RawObject(JOB, key(dice, second), content(dice, batch, 6), moment(second))


def count(truth: Truth, name: str, second: float, batch: list[Document]) -> None:
    """Into the truth: an object of these documents."""
    tally = Tally(truth, JOB, name, day(second))
    for one in batch:
        if not one.events:
            tally.filter("heartbeat", 1)
        for event in one.events:
            if event.ms is None:
                tally.quarantine("no-time")
            elif event.kept:
                tally.keep(event.id, event.ms / 1000, one.again)
            else:
                tally.filter("loggroup", 1, int(one.again))
    tally.close()
