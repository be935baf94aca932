"""What else the sample company's log groups say around its sessions: VPC flow logs, Lambda, an application; the truth.

Made for the sessions of a company, and added to its objects, not mixed into them: the company stays as it is. Forms:
"Flow log records" (VPC user guide), "Using Lambda advanced logging controls" (Lambda developer guide).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from examples.company import firehose
from examples.company.dice import Dice, day, iso
from examples.company.keystrokes import LogEvent
from examples.company.raw import RawObject
from examples.company.record import compact
from examples.company.truth import SessionTruth

FLOWS = "/aws/vpc/flowlogs"
PLAIN = "/aws/lambda/invoice-mailer"  # its log format is text
JSON = "/aws/lambda/orders-sync"  # its log format is JSON
APPLICATION = "/company/payments_api"
GROUPS = (FLOWS, PLAIN, JSON, APPLICATION)
STRANGER = "198.51.100.200"  # knocks at every machine, and is rejected
_HOUR = 3600
_TRACE = (
    "java.lang.IllegalStateException: no connection in <pool> }{\n"
    "\tat com.example.payments.Pool.take(Pool.java:{line})\n"
    "\tat com.example.payments.Api.pay(Api.java:42)\n"
    "Caused by: java.net.SocketTimeoutException: connect timed out\n"
    "\t... 17 more\n"
)


@dataclass(frozen=True, slots=True)
class Message:
    """A log event as it must be found, once. day: of the event, UTC. ms: since 1970."""

    day: str
    ms: int
    accountid: str
    loggroup: str
    logstream: str
    logeventid: str
    text: str


@dataclass(slots=True)
class Groups:
    """objects: all, in the order of their arrival. messages: each once; the objects hold `records`."""

    objects: list[RawObject] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    records: int = 0


def groups(sessions: Iterable[SessionTruth], seed: int = 7, most: int = 6) -> Groups:
    """What the accounts' log groups say from an hour before to an hour after the first of these sessions."""
    dice, made = Dice(f"{seed}/groups"), Groups()
    hours: defaultdict[int, list[LogEvent]] = defaultdict(list)
    for session in [one for one in sessions if one.starttime and one.outcome == "started" and one.target][:most]:
        for event in _around(dice, session):
            assert event.ms is not None
            where = (event.owner, event.group, event.stream)
            made.messages.append(Message(day(event.due), event.ms, *where, event.id, event.message))
            hours[int(event.due) // _HOUR].append(event)
    for number, (hour, events) in enumerate(sorted(hours.items())):
        arrival = hour * _HOUR + _HOUR + dice.randrange(20, 200)
        _put(dice, made, events, arrival)
        if number == 1:  # Firehose may deliver a batch twice; the second time, here, when the day is over
            _put(dice, made, events, arrival + 86_400)
    made.objects.sort(key=lambda one: (one.arrival, one.key))
    return made


def interface(target: str) -> str:
    """The network interface of an instance."""
    return f"eni-0{target.rpartition('-')[2][-16:]}"


def address(target: str) -> str:
    """The private address of an instance."""
    return "10.0.{}.{}".format(*hashlib.sha256(target.encode()).digest()[:2])


def _put(dice: Dice, made: Groups, events: Sequence[LogEvent], arrival: int) -> None:
    batch = []
    by_group = defaultdict(list)
    for event in sorted(events, key=lambda one: one.due):
        by_group[event.group].append(event)
    for some in by_group.values():
        batch += firehose.documents(dice, some)
    dice.shuffle(batch)
    made.records += len(events)
    made.objects.append(firehose.made(dice, batch, arrival))


def _around(dice: Dice, session: SessionTruth) -> Iterator[LogEvent]:
    assert session.starttime is not None
    start, target, account = int(session.starttime.timestamp()), str(session.target), session.accountid
    texts = [
        *_flows(dice, account, target, start),
        *_plain(dice, start + dice.randrange(-900, 900)),
        *_json(dice, start + dice.randrange(-900, 900)),
        *_application(dice, target, start),
    ]
    streams = {
        FLOWS: f"{interface(target)}-all",
        PLAIN: f"2026/03/01/[$LATEST]{dice.hex(32)}",
        JSON: f"2026/03/01/orders-sync[$LATEST]{dice.hex(32)}",
        APPLICATION: f"payments/{target}",
    }
    for group, second, text in texts:
        ms = second * 1000 + (0 if group in (FLOWS, APPLICATION) else dice.randrange(1000))
        yield LogEvent(ms / 1000, account, group, streams[group], dice.log_event_id(ms), ms, text, kept=False)


_Said = Iterator[tuple[str, int, str]]  # the log group, when, and the message


def _flows(dice: Dice, account: str, target: str, start: int) -> _Said:
    """Ten minutes a record: a stranger rejected, calls of the agent, one outbound attempt; NODATA and SKIPDATA."""
    mine, head = address(target), f"2 {account} {interface(target)}"
    for number, second in enumerate(range(start - 1800, start + 1801, 600)):
        window = f"{second} {second + 60}"
        port, size = dice.randrange(1024, 65536), dice.randrange(40, 90_000)
        yield FLOWS, second, f"{head} 10.0.0.2 {mine} 443 {port} 6 12 {size} {window} ACCEPT OK"
        knocks = dice.randrange(1, 9)
        if number % 2:
            yield FLOWS, second, f"{head} {STRANGER} {mine} 40022 22 6 {knocks} {knocks * 40} {window} REJECT OK"
        if number == 4:
            yield FLOWS, second, f"{head} {mine} 203.0.113.9 50123 4444 6 3 180 {window} REJECT OK"
    yield FLOWS, start - 2400, f"{head} - - - - - - - {start - 2400} {start - 2340} - NODATA"
    yield FLOWS, start + 2400, f"{head} - - - - - - - {start + 2400} {start + 2460} - SKIPDATA"


def _plain(dice: Dice, second: int) -> _Said:
    """An invocation that works, one that raises, one that runs out of time."""
    for number, how in enumerate(("", "error", "timeout")):
        at, request = second + number * 20, dice.uuid()
        yield PLAIN, at, f"START RequestId: {request} Version: $LATEST\n"
        took = f"{dice.randrange(20, 900)}.{dice.randrange(100):02d}"
        end = "\t\n"
        if how == "error":
            trace = 'Traceback (most recent call last):\n  File "/var/task/app.py", line 9, in handler\n'
            yield PLAIN, at + 1, f"[ERROR] KeyError: 'größe'\n{trace}"
            end = "\tStatus: error\tError Type: Runtime.ExitError\n"
        if how == "timeout":
            took, end = "3000.00", "\tStatus: timeout\n"
            yield PLAIN, at + 3, f"{iso(at + 3)[:-1]}.010Z {request} Task timed out after 3.00 seconds\n\n"
        if not how:
            yield PLAIN, at + 2, f"[INFO]\t{iso(at + 2)[:-1]}.010Z\t{request}\tsent 1 of 1: a 100% success_\n"
        yield PLAIN, at + 4, f"END RequestId: {request}\n"
        first = f"\tInit Duration: {dice.randrange(90, 400)}.17 ms" if not number else ""
        billed = -(-int(took.replace(".", "")) // 100)
        report = f"REPORT RequestId: {request}\tDuration: {took} ms\tBilled Duration: {billed} ms"
        yield PLAIN, at + 4, f"{report}\tMemory Size: 128 MB\tMax Memory Used: {dice.randrange(40, 128)} MB{first}{end}"


def _json(dice: Dice, second: int) -> _Said:
    """The same, as JSON."""
    for number, status in enumerate(("success", "error", "timeout")):
        at, request = second + number * 20, dice.uuid()
        record: dict[str, object] = {"requestId": request, "version": "$LATEST"}
        yield JSON, at, compact({"time": f"{iso(at)[:-1]}.001Z", "type": "platform.start", "record": record})
        level = "ERROR" if status == "error" else "INFO"
        said = {"timestamp": iso(at + 1), "level": level, "message": 'order "4711" }{', "requestId": request}
        yield JSON, at + 1, compact(said | {"order": {"id": 4711 + number, "paid": number == 0}})
        took = 6000.0 if status == "timeout" else round(dice.randrange(1000, 90_000) / 100, 2)
        metrics = {"durationMs": took, "billedDurationMs": int(-(-took // 1)), "memorySizeMB": 256}
        metrics |= {"maxMemoryUsedMB": dice.randrange(60, 200)}
        record = {"requestId": request, "metrics": metrics, "status": status}
        if status == "error":
            record["errorType"] = "Error"
        yield JSON, at + 6, compact({"time": f"{iso(at + 6)[:-1]}.001Z", "type": "platform.report", "record": record})


def _application(dice: Dice, target: str, start: int) -> _Said:
    """Lines of JSON and, as the agent sends several lines that belong together, a stack trace in one message."""
    for number, second in enumerate(range(start - 600, start + 601, 200)):
        status = 500 if number == 4 else 200
        line = {"time": iso(second), "level": "ERROR" if status == 500 else "INFO", "host": target, "status": status}
        line |= {"msg": "Zahlung fehlgeschlagen \U0001f4b8" if status == 500 else "paid", "trace": dice.hex(32)}
        yield APPLICATION, second, compact(line)
        if status == 500:
            yield APPLICATION, second + 1, _TRACE.replace("{line}", str(dice.randrange(100, 999)))
