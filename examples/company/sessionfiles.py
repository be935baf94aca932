"""Sessions of the sample company whose logs Session Manager wrote straight to S3, as somebody put them into the lake.

Beside what `Company` delivers: starts and log files of sessions that CloudWatch Logs has nothing of, the log file of
one that was logged both ways, and a file that is no session's. All lie under their session's day and account.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from examples.company import trail, transcripts
from examples.company.crowd import Event
from examples.company.dice import Dice, moment
from examples.company.raw import RawObject
from examples.company.scenes import Scene
from examples.company.sessions import play
from examples.company.truth import SessionTruth

JOB = "sessionfiles"
BOTH = "a federated user's shell"  # the scene of Company's that has a log file, too
_DOCUMENT = "AWS-StartInteractiveCommand"
SCENES = (
    Scene("a shell logged straight to S3", way="saml", keystrokes="none"),
    Scene("a command logged straight to S3", way="saml", document=_DOCUMENT, expects="command", keystrokes="none"),
    Scene("an ECS Exec logged straight to S3", way="sso", ecs=True, keystrokes="none"),
    Scene("an empty log straight in S3", way="iam", keystrokes="none"),
)
LONG = Scene("a log of many parts straight in S3", way="chain", keystrokes="none", typed="long")
PART = 256 * 1024  # bytes of a record of the table: a log of more has several


@dataclass(slots=True)
class SessionFiles:
    """objects: to be delivered. sessions: the truth about those that CloudWatch Logs has nothing of. both: the id of
    the one that was logged both ways. kept: records that become rows. strange: the key of what is no session's log."""

    objects: list[RawObject] = field(default_factory=list)
    sessions: list[SessionTruth] = field(default_factory=list)
    both: str = ""
    kept: int = 0
    strange: str = ""


def session_files(sessions: Iterable[SessionTruth], seed: int = 7, long: bool = False) -> SessionFiles:
    """Those of the company with these sessions, on the day of the one that was logged both ways. long: LONG as well."""
    dice, made = Dice(f"{seed}/sessionfiles"), SessionFiles()
    both = next(one for one in sessions if one.scene == BOTH and one.starttime)
    assert both.starttime
    made.both = str(both.sessionid)
    midnight = int(datetime.combine(both.starttime.date(), time(), UTC).timestamp())
    _log(made, both, "\r\n".join(both.lines) + "\r\n")
    started: dict[tuple[str, str], list[Event]] = {}
    for scene in (*SCENES, *[LONG] * long):
        session = play(dice, scene, midnight + dice.randrange(8 * 3600, 17 * 3600))
        one = session.truth
        for sent in session.sent:
            started.setdefault((sent.account, sent.region), []).append(sent.event)
        text = "" if scene.name.startswith("an empty") else _screen(dice, scene)
        _tell(one, text, midnight)
        _log(made, one, text)
        made.sessions.append(one)
    for place, events in started.items():
        arrival = max(event.second for event in events) + 600
        data = trail.packed(trail.document([event.text for event in events]), 6)
        made.objects.append(RawObject(trail.JOB, trail.key(dice, *place, arrival), data, moment(arrival)))
    made.strange = f"put/{both.day.replace('-', '/')}/read me first.txt"
    made.objects.append(RawObject(JOB, made.strange, b"The logs of the years before CloudWatch.\n", moment(midnight)))
    return made


def _screen(dice: Dice, scene: Scene) -> str:
    """What script(1) wrote down, its own lines included."""
    records = transcripts.shell(dice, 4)
    if scene.typed == "long":
        records += [[f"{number:06} {dice.hex(40)}" for number in range(8_000)]]
    lines = [line for record in records for line in record]
    return "\r\n".join(["Script started on Mon Mar  2 09:14:02 2026", *lines, "", "Script done"]) + "\n"


def _tell(one: SessionTruth, text: str, midnight: int) -> None:
    """Its log has no time but that of its day in the key, whose last second counts."""
    one.streamed = False
    one.lines = text.removesuffix("\n").split("\n") if text else []
    one.records = parts(text)
    one.firstkeystroke = one.lastkeystroke = moment(midnight + 86_399)


def parts(text: str) -> int:
    """How many records a log is: line after line, as many whole ones as a part holds."""
    count, room = 1, PART
    for line in text.encode().removesuffix(b"\n").split(b"\n"):
        if len(line) + 1 > room:
            count, room = count + 1, PART
        room -= len(line) + 1
    return count


def _log(made: SessionFiles, one: SessionTruth, text: str) -> None:
    name = f"ecs-execute-command-{one.sessionid}" if "/" in (one.target or "") else f"{one.username}-{one.sessionid}"
    key = f"put/{one.day.replace('-', '/')}/{one.accountid}/{one.awsregion}/{name}.log"
    assert one.starttime
    made.objects.append(RawObject(JOB, key, text.encode(), one.starttime))
    made.kept += parts(text)
