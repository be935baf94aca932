"""What the sample company's people ask of models in Amazon Bedrock: its logs, CloudTrail's events of them, the truth.

Made for the sessions of a company: who had one asks a model before, during and after it. Added to its objects,
not mixed into them: the company stays as it is.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from examples.company.dice import Dice, iso, moment
from examples.company.people import ORGANIZATION, assumed_role
from examples.company.raw import RawObject
from examples.company.record import Call, Json, compact
from examples.company.truth import SessionTruth

JOB, BUCKET = "bedrock", "loglake-raw-bedrock"
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
TITAN = "amazon.titan-text-express-v1"
STRANGE = "acme.oracle-v9"  # a model whose bodies nobody knows
LONG = 110_000  # bytes; Bedrock puts bodies of more than 100 KB aside
QUESTIONS = (
    "How do I see which process holds port 5432?",
    "Write a query that counts invoices by month.",
    "Is this <script>alert(1)</script> harmless? }{",
    "Wie lösche ich alte Logs? \U0001f9f9",
)


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a model as it must be found. day, time: of its log; of its event where there is no log.

    seen: "log and event", "log only", "event only". prompt, answer: None where a body says none, or is an object of its
    own; bodies: these objects' keys. deliveries: how many logs of it there are.
    """

    requestid: str
    time: datetime
    accountid: str
    awsregion: str
    username: str
    principalarn: str
    operation: str
    modelid: str
    model: str | None
    inputtokens: int | None
    outputtokens: int | None
    prompt: str | None
    answer: str | None
    stopreason: str | None
    guardrail: str | None
    errorcode: str | None
    seen: str
    eventid: str | None
    bodies: tuple[str, ...] = ()
    deliveries: int = 1

    @property
    def day(self) -> str:
        """Its day."""
        return f"{self.time:%Y-%m-%d}"


@dataclass(slots=True)
class Models:
    """objects: all, in the order of their arrival; the rest is the truth about them."""

    objects: list[RawObject] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)
    records: int = 0
    kept: int = 0
    filtered: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    rows: int = 0


def models(sessions: Iterable[SessionTruth], seed: int = 7, most: int = 8) -> Models:
    """Around the first of these sessions: what their people asked."""
    dice, made = Dice(f"{seed}/models"), _Making()
    wanted = [one for one in sessions if one.starttime and one.outcome == "started"][:most]
    for number, session in enumerate(wanted):
        assert session.starttime is not None
        start = int(session.starttime.timestamp())
        for twist, offset in zip(_TWISTS[number % len(_TWISTS)], (-1800, -240, 60, 300, 90_000), strict=True):
            _call(dice, made, session, start + offset + dice.randrange(30), twist)
    return made.done(dice)


_TWISTS = (
    ("plain", "twice", "titan", "plain", "plain"),
    ("log only", "plain", "denied", "guardrail", "plain"),
    ("long", "strange", "plain", "stream", "late"),
    ("firehose", "firehose", "elsewhere", "plain", "no-time"),
)


class _Making:
    """Logs and events by the object that they will lie in."""

    def __init__(self) -> None:
        self.models = Models()
        self.logs: defaultdict[tuple[str, str, int], list[str]] = defaultdict(list)
        self.events: defaultdict[tuple[str, str, int], list[str]] = defaultdict(list)
        self.streamed: defaultdict[tuple[str, int], list[tuple[int, str]]] = defaultdict(list)
        self.late: list[tuple[str, str, int, str]] = []

    def done(self, dice: Dice) -> Models:
        """Everything in objects."""
        made = self.models
        for (account, region, hour), lines in self.logs.items():
            self.put(_log_key(dice, account, region, hour), _lines(lines), hour + 3700)
        for account, region, second, line in self.late:
            self.put(_log_key(dice, account, region, second + 40 * 86_400), _lines([line]), second + 40 * 86_400)
        for (account, hour), events in self.streamed.items():
            name = f"{moment(hour):%Y/%m/%d/%H}/bedrock-1-{dice.uuid()}"
            self.put(name, _document(dice, account, events), hour + 3800)
            made.filtered["heartbeat"] += 1
            made.records += 1
        for (account, region, hour), texts in self.events.items():
            at = moment(hour + 900)
            name = (
                f"AWSLogs/{ORGANIZATION}/{account}/CloudTrail/{region}/{at:%Y/%m/%d}/"
                f"{account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{dice.mixed(16)}.json.gz"
            )
            data = gzip.compress(('{"Records":[' + ",".join(texts) + "]}").encode(), mtime=0)
            made.objects.append(RawObject("cloudtrail", name, data, at))
        made.rows = sum(one.seen != "event only" for one in made.invocations)
        made.objects.sort(key=lambda one: (one.arrival, one.key))
        return made

    def put(self, name: str, data: bytes, second: int) -> None:
        self.models.objects.append(RawObject(JOB, name, data, moment(second)))

    def log(self, second: int, one: Invocation, line: str, way: str) -> None:
        """A record on its way."""
        hour = second - second % 3600
        self.models.records += 1
        self.models.kept += 1
        if way == "late":
            self.late.append((one.accountid, one.awsregion, second, line))
        elif way == "firehose":
            self.streamed[one.accountid, hour].append((second * 1000, line))
        else:
            self.logs[one.accountid, one.awsregion, hour].append(line)


def _call(dice: Dice, made: _Making, session: SessionTruth, second: int, twist: str) -> None:
    """One invocation: what is logged, what CloudTrail has, what is true."""
    account, region, requestid = session.accountid, session.awsregion, dice.uuid()
    arn, question = session.principalarn, dice.choice(QUESTIONS)
    if twist == "elsewhere":  # the same person in another role
        arn = f"arn:aws:sts::{account}:assumed-role/DataScience/{session.username}"
    form = _FORMS.get(twist, _converse)
    operation, modelid, sent, got, said = form(dice, question)
    bodies: tuple[str, ...] = ()
    record: Json = {
        "timestamp": iso(second) if twist != "no-time" else "soon",
        "accountId": account,
        "identity": {"arn": arn},
        "region": region,
        "requestId": requestid,
        "operation": operation,
        "modelId": modelid,
        "input": sent,
        "output": got,
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
    }
    if twist == "long":
        bodies = (_put_aside(made, record, account, region, second),)
        said = said | {"prompt": None}
    if twist == "no-time":
        made.models.records += 1
        made.models.quarantined["no-time"] += 1
        hour = second - second % 3600
        made.logs[account, region, hour].append(compact(record))
        return
    eventid = None if twist == "log only" else dice.uuid()
    error = "AccessDenied" if twist == "denied" else None
    one = Invocation(
        requestid=requestid,
        time=moment(second),
        accountid=account,
        awsregion=region,
        username=session.username,
        principalarn=arn,
        operation=operation,
        modelid=modelid,
        errorcode=error,
        seen="event only" if error else "log and event" if eventid else "log only",
        eventid=eventid,
        bodies=bodies,
        deliveries=2 if twist == "twice" else 0 if error else 1,
        **(said if not error else dict.fromkeys(said)),
    )
    made.models.invocations.append(one)
    ways = {"firehose": ["firehose"], "late": ["late"], "twice": ["s3", "firehose"], "denied": []}.get(twist, ["s3"])
    for way in ways:
        made.log(second, one, compact(record), way)
    if eventid:
        call = _event(dice, one, arn, second)
        text = call.text(iso(second), requestid, eventid)
        made.events[account, region, second - second % 3600].append(text)


def _put_aside(made: _Making, record: Json, account: str, region: str, second: int) -> str:
    """The question's body as an object of its own; the record names it."""
    body = record["input"].pop("inputBodyJson")
    body["messages"][0]["content"][0]["text"] += "x" * LONG
    name = f"{_folder(account, region, second)}/data/{record['requestId']}_input.json.gz"
    made.put(name, gzip.compress(compact(body).encode(), mtime=0), second + 60)
    record["input"]["inputBodyS3Path"] = f"s3://{BUCKET}/{name}"
    made.models.records += 1
    made.models.filtered["body"] += 1
    return name


def _event(dice: Dice, one: Invocation, arn: str, second: int) -> Call:
    *_, role, session = arn.split("/") if ":assumed-role/" in arn else ("", "", arn.rpartition("/")[2])
    if role:
        identity = assumed_role(one.accountid, role, session, "ASIA" + dice.key_body(), second - 600)
    else:
        identity = {"type": "IAMUser", "arn": arn, "accountId": one.accountid, "userName": session}
    return Call(
        source="bedrock.amazonaws.com",
        name=one.operation,
        account=one.accountid,
        region=one.awsregion,
        identity=identity,
        ip="192.0.2.77",
        agent="Boto3/1.34.131",
        request={"modelId": one.modelid},
        error=(one.errorcode, "not authorized to perform: bedrock:InvokeModel") if one.errorcode else None,
        readonly=True,
    )


# -- forms of calls: operation, model, input, output, and what is true of them ---------------------------------------

_Form = tuple[str, str, Json, Json, dict[str, object]]


def _said(modelid: str | None, tokens: tuple[int, int], prompt: str | None, answer: str | None, stop: str | None,
          guardrail: str | None = None) -> dict[str, object]:  # fmt: skip
    return {
        "model": modelid,
        "inputtokens": tokens[0],
        "outputtokens": tokens[1],
        "prompt": prompt,
        "answer": answer,
        "stopreason": stop,
        "guardrail": guardrail,
    }


def _both(sent: object, got: object, tokens: tuple[int, int]) -> tuple[Json, Json]:
    kind = "application/json"
    return (
        {"inputContentType": kind, "inputBodyJson": sent, "inputTokenCount": tokens[0]},
        {"outputContentType": kind, "outputBodyJson": got, "outputTokenCount": tokens[1]},
    )


def _converse(dice: Dice, question: str, stop: str = "end_turn") -> _Form:
    tokens, answer = (dice.randrange(5, 400), dice.randrange(1, 900)), f"An answer, {dice.hex(6)}."
    messages = [{"role": "user", "content": [{"text": question}]}]
    reply = {"message": {"role": "assistant", "content": [{"text": answer}]}}
    got = {"output": reply, "stopReason": stop, "metrics": {"latencyMs": dice.randrange(99, 9999)}}
    said = _said(HAIKU, tokens, question, answer, stop, "INTERVENED" if stop.startswith("guardrail") else None)
    return ("Converse", f"eu.{HAIKU}", *_both({"messages": messages}, got, tokens), said)


def _guarded(dice: Dice, question: str) -> _Form:
    return _converse(dice, question, "guardrail_intervened")


def _titan(dice: Dice, question: str) -> _Form:
    tokens, answer = (dice.randrange(5, 400), dice.randrange(1, 900)), f"Titan says {dice.hex(6)}."
    got = {"inputTextTokenCount": tokens[0], "results": [{"outputText": answer, "completionReason": "FINISH"}]}
    return (
        "InvokeModel", TITAN, *_both({"inputText": question}, got, tokens),
        _said(TITAN, tokens, question, answer, "FINISH"),
    )  # fmt: skip


def _strange(dice: Dice, question: str) -> _Form:
    tokens = (dice.randrange(5, 400), dice.randrange(1, 900))
    sent, got = {"riddle": {"of": question}, "n": 1.50}, [[0.25, dice.random()]]
    return ("InvokeModel", STRANGE, *_both(sent, got, tokens), _said(STRANGE, tokens, None, None, None))


def _stream(dice: Dice, question: str) -> _Form:
    tokens, words = (dice.randrange(5, 400), dice.randrange(1, 900)), ["One ", "by ", "one."]
    got = [{"type": "content_block_delta", "delta": {"type": "text_delta", "text": word}} for word in words]
    got.append({"type": "message_delta", "delta": {"stop_reason": "max_tokens"}})
    sent = {"anthropic_version": "bedrock-2023-05-31", "messages": [{"role": "user", "content": question}]}
    return (
        "InvokeModelWithResponseStream", HAIKU, *_both(sent, got, tokens),
        _said(HAIKU, tokens, question, "".join(words), "max_tokens"),
    )  # fmt: skip


_FORMS: dict[str, Callable[[Dice, str], _Form]] = {
    "titan": _titan,
    "strange": _strange,
    "stream": _stream,
    "guardrail": _guarded,
}


# -- objects -----------------------------------------------------------------------------------------------------------


def _folder(account: str, region: str, second: int) -> str:
    return f"AWSLogs/{account}/BedrockModelInvocationLogs/{region}/{moment(second):%Y/%m/%d/%H}"


def _log_key(dice: Dice, account: str, region: str, second: int) -> str:
    return f"{_folder(account, region, second)}/{moment(second):%Y%m%dT%H%M%S}123Z_{dice.hex(16)}.json.gz"


def _lines(texts: Sequence[str]) -> bytes:
    return gzip.compress("".join(f"{text}\n" for text in texts).encode(), mtime=0)


def _document(dice: Dice, account: str, events: Sequence[tuple[int, str]]) -> bytes:
    """Firehose's object: a heartbeat and a document of CloudWatch Logs."""
    value: Json = {
        "messageType": "DATA_MESSAGE",
        "owner": account,
        "logGroup": "/aws/bedrock/invocations",
        "logStream": "aws/bedrock/modelinvocations",
        "subscriptionFilters": ["everything"],
        "logEvents": [{"id": dice.log_event_id(ms), "timestamp": ms, "message": text} for ms, text in events],
    }
    beat: Json = {"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": ""}
    beat |= {"subscriptionFilters": [], "logEvents": [{"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE"}]}
    return b"".join(gzip.compress(json.dumps(one).encode(), mtime=0) for one in (beat, value))
