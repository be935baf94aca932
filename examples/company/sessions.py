"""One session, played: the CloudTrail events that it leaves, its log events, and the truth about both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from examples.company.crowd import Event
from examples.company.dice import Dice, day, iso, moment
from examples.company.keystrokes import LogEvent, log_events
from examples.company.people import ACCOUNTS, HUB, PEOPLE, REGIONS, Person, address, sign_in
from examples.company.record import Call, Json
from examples.company.scenes import Scene
from examples.company.truth import SessionTruth

AGENTS = (
    "aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/macos#23.3.0 md/arch#arm64 lang/python#3.11.8 cmd#ssm.start-session",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.3 Safari/605",
)
REASONS = (
    "INC-4711 disk full",
    "INC-4712 payments <down> & \x1b[31mred\x1b[0m",
    "CHG-0815 restart, approved by grace@example.com",
    "Prüfung 検査 🔍",
)


class Sent(NamedTuple):
    """An event and the trail (account, Region) in whose file it comes. twice: in two files. late: two days late."""

    account: str
    region: str
    event: Event
    twice: bool = False
    late: bool = False


@dataclass(slots=True)
class Session:
    """All of one session."""

    truth: SessionTruth
    sent: list[Sent] = field(default_factory=list)
    logs: list[LogEvent] = field(default_factory=list)


class _Caller(NamedTuple):
    """What all of a session's calls have in common, as fields of Call."""

    account: str
    region: str
    ip: str
    identity: Json
    agent: str


def play(dice: Dice, scene: Scene, start: int) -> Session:
    """A session of that kind at that second. Its events lie at most 3 minutes before."""
    person = dice.choice([one for one in PEOPLE if scene.way in ("", one.way)])
    account, region, ip = dice.choice(ACCOUNTS[1:]), dice.choice(REGIONS), address(dice)
    signed = sign_in(dice, person, account, region, ip, start)
    caller = _Caller(account, region, ip, signed.identity, dice.choice(AGENTS))
    sessionid = dice.session_id()
    name = f"ecs-execute-command-{sessionid}" if scene.ecs else f"{person.name}-{sessionid}"
    call = _execute(dice, caller, name) if scene.ecs else _start(dice, scene, caller, name)
    session = Session(_truth(scene, person, call, None if scene.error else sessionid, start))
    session.sent = [_sent(dice, one, second) for second, one in signed.calls]
    if scene.start:
        started = _sent(dice, call, start)
        session.truth.eventid = started.event.eventid
        file = HUB if scene.twist == "hub file" else account
        session.sent.append(started._replace(account=file, twice=scene.twist == "twice", late=scene.twist == "late"))
    if scene.keystrokes in ("streamed", "at end"):
        session.logs = log_events(dice, scene, name, start, session.truth)
    if scene.terminated:
        session.sent.append(_sent(dice, _terminate(caller, name), start + 600))
    if not scene.start:
        _known_by_keystrokes_alone(session.truth)
    return session


def _sent(dice: Dice, call: Call, second: int) -> Sent:
    eventid = dice.uuid()
    event = Event(call.text(iso(second), dice.uuid(), eventid), eventid, second, call.kept)
    return Sent(call.account, call.region, event)


def _start(dice: Dice, scene: Scene, caller: _Caller, name: str) -> Call:
    request: Json = {"target": "i-0" + dice.hex(16)}
    if scene.document:
        request["documentName"] = scene.document
    if dice.random() < 0.6:
        request["reason"] = dice.choice(REASONS)
    if scene.document == "AWS-StartInteractiveCommand":
        request["parameters"] = {"command": ["sudo less /var/log/messages"]}
    if scene.document == "AWS-StartPortForwardingSession":
        request["parameters"] = {"portNumber": ["5432"], "localPortNumber": ["15432"]}
    channel = f"wss://ssmmessages.{caller.region}.amazonaws.com/v1/data-channel/{name}?role=publish_subscribe"
    response = {"sessionId": name, "tokenValue": "Value hidden due to security reasons.", "streamUrl": channel}
    return Call(
        source="ssm.amazonaws.com",
        name="StartSession",
        request=None if scene.bare else request,
        response=None if scene.error else response,
        error=scene.error,
        version=dice.choice(("1.08", "1.09", "1.11")),
        **caller._asdict(),
    )


def _terminate(caller: _Caller, name: str) -> Call:
    return Call(
        source="ssm.amazonaws.com",
        name="TerminateSession",
        request={"sessionId": name},
        response={"sessionId": name},
        **caller._asdict(),
    )


def _execute(dice: Dice, caller: _Caller, name: str) -> Call:
    cluster, task = "payments", dice.hex(32)
    arn = f"arn:aws:ecs:{caller.region}:{caller.account}"
    return Call(
        source="ecs.amazonaws.com",
        name="ExecuteCommand",
        request={"cluster": cluster, "container": "app", "command": "/bin/sh", "interactive": True, "task": task},
        response={
            "clusterArn": f"{arn}:cluster/{cluster}",
            "containerArn": f"{arn}:container/{cluster}/{task}/{dice.uuid()}",
            "containerName": "app",
            "interactive": True,
            "session": {
                "sessionId": name,
                "streamUrl": f"wss://ssmmessages.{caller.region}.amazonaws.com/v1/data-channel/{name}",
                "tokenValue": "HIDDEN_DUE_TO_SECURITY_REASONS",
            },
            "taskArn": f"{arn}:task/{cluster}/{task}",
        },
        **caller._asdict(),
    )


def _truth(scene: Scene, person: Person, call: Call, sessionid: str | None, start: int) -> SessionTruth:
    identity, request = call.identity or {}, call.request or {}
    context = identity.get("sessionContext", {})
    task = "/".join((request["cluster"], request["task"], request["container"])) if scene.ecs else None
    return SessionTruth(
        sessionid=sessionid,
        day=day(start),
        starttime=moment(start),
        accountid=call.account,
        awsregion=call.region,
        target=task or request.get("target"),
        principalarn=identity["arn"],
        username=person.name,
        sourceidentity=context.get("sourceIdentity"),
        rolearn=context.get("sessionIssuer", {}).get("arn"),
        sourceipaddress=call.ip,
        documentname=request.get("documentName"),
        reason=request.get("reason"),
        outcome=scene.outcome,
        errorcode=scene.error[0] if scene.error else None,
        eventid=None,
        expects_keystrokes=scene.expects,
        scene=scene.name,
    )


def _known_by_keystrokes_alone(truth: SessionTruth) -> None:
    """Nothing is known that only the StartSession would say."""
    assert truth.firstkeystroke
    truth.day = truth.firstkeystroke.strftime("%Y-%m-%d")
    truth.starttime = truth.sourceidentity = truth.rolearn = None
    truth.sourceipaddress = truth.documentname = truth.reason = None
