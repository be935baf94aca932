"""What was typed, as CloudWatch Logs has it: the log events of a session, and the transcript that they amount to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from examples.company import transcripts
from examples.company.dice import Dice, iso, moment
from examples.company.record import compact
from examples.company.scenes import Scene
from examples.company.truth import SessionTruth

GROUP = "/aws/ssm/sessionlogs"


class LogEvent(NamedTuple):
    """One log event. kept: its group is the one that the default filters keep. ms is None for the one without a time.

    due: the second from which on CloudWatch hands it to Firehose. resent: Firehose delivers it twice.
    """

    due: float
    owner: str
    group: str
    stream: str
    id: str
    ms: int | None
    message: str
    kept: bool
    resent: bool = False


@dataclass(slots=True)
class _Upload:
    """A record of the agent: when, and the lines in it."""

    ms: int
    lines: list[str]
    id: str
    repeats: bool = False
    text: str = field(default="")


def log_events(dice: Dice, scene: Scene, name: str, start: int, truth: SessionTruth) -> list[LogEvent]:
    """The session's log events; `truth` is told what they say. `name`: the whole session id, with its user part."""
    if scene.keystrokes == "at end":
        uploads = [_at_end(dice, start)]
    else:
        uploads = _streamed(dice, scene, start)
        for one in uploads:
            one.text = _message(name, one, truth)
    _tell(truth, scene, sorted(uploads, key=lambda one: (one.ms, one.id)))
    events = [
        LogEvent(one.ms / 1000, truth.accountid, GROUP, name, one.id, one.ms, one.text, True, scene.twist == "resent")
        for one in uploads
    ]
    if scene.twist == "no time":  # nobody can say when it happened: to quarantine, under any filter
        text = _message(name, _Upload(uploads[0].ms, ["a line of a record without a time"], ""), truth)
        broken = events[0]._replace(id=dice.log_event_id(uploads[0].ms), ms=None, message=text)
        events.insert(1, broken)
    return events


def _streamed(dice: Dice, scene: Scene, start: int) -> list[_Upload]:
    match scene.typed:
        case "long":
            records = transcripts.long_output(dice)
        case "hostile":
            records = transcripts.hostile(dice)
        case _:
            records = transcripts.shell(dice, dice.randrange(2, 7))
    uploads, ms = [], start * 1000 + dice.randrange(4_000, 9_000)
    for number, lines in enumerate(records):
        uploads.append(_Upload(ms, lines, dice.log_event_id(ms)))
        if number == 0 and scene.twist == "midnight":
            ms += 70_000  # from the minute before midnight into the day after
        ms += dice.randrange(3_000, 45_000)
    if scene.twist == "repeated":  # the upload had failed half-way: the same text again, as a new log event
        again = uploads[len(uploads) // 2]
        ms = again.ms + dice.randrange(1_000, 2_900)
        uploads.append(_Upload(ms, again.lines, dice.log_event_id(ms), repeats=True))
    if scene.twist == "same time":
        first, second = uploads[1:3]
        second.ms, second.id = first.ms, dice.log_event_id(first.ms)
    return uploads


def _at_end(dice: Dice, start: int) -> _Upload:
    lines = [line for record in transcripts.shell(dice, dice.randrange(2, 6)) for line in record]
    ms = start * 1000 + dice.randrange(60_000, 400_000)
    return _Upload(ms, lines, dice.log_event_id(ms), text="\n".join(lines) + "\n")


def _message(name: str, upload: _Upload, truth: SessionTruth) -> str:
    """The agent's record. It is written in Go, which escapes what HTML would take for markup."""
    record = {
        "eventVersion": "1.0",
        "eventTime": iso(upload.ms // 1000 + 2),
        "awsRegion": truth.awsregion,
        "target": {"id": truth.target},
        "userIdentity": {"arn": truth.principalarn},
        "runAsUser": "ssm-user",
        "sessionId": name,
        "sessionData": upload.lines,
    }
    return compact(record).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _tell(truth: SessionTruth, scene: Scene, uploads: list[_Upload]) -> None:
    truth.streamed = scene.keystrokes == "streamed"
    truth.lines = [line for one in uploads for line in one.lines]
    truth.records = len(uploads)
    truth.repeatedlines = sum(len(one.lines) for one in uploads if one.repeats)
    truth.firstkeystroke, truth.lastkeystroke = moment(uploads[0].ms / 1000), moment(uploads[-1].ms / 1000)
