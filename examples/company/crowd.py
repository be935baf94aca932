"""The crowd: what else happens in the accounts, and fills CloudTrail's files. Fast, because it is nearly everything.

Every event comes from a template: a record's text with four holes. A Region of an account has some hundred of them.
"""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from examples.company.actions import ACTIONS, STRANGE_AGENTS, Action
from examples.company.dice import Dice, iso
from examples.company.people import PEOPLE, address, assumed_role, iam_user
from examples.company.record import EVENT_ID, REQUEST_ID, TIME, TOKEN, Call, Json

AGENTS = (
    "aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/linux#5.10 md/arch#x86_64 lang/python#3.11.8 md/prompt#off",
    "Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux#6.1.79 md/arch#aarch64 lang/python#3.11.6",
    "APN/1.0 HashiCorp/1.0 Terraform/1.7.4 aws-sdk-go-v2/1.25.2 os/linux lang/go#1.21.6",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36",
    "amazon-ssm-agent/3.2.2303.0 aws-sdk-go/1.50.0 (go1.21.5; linux; amd64)",
)
VERSIONS = ("1.05", "1.06", "1.07", "1.08", "1.09", "1.10", "1.11")
VERSION_WEIGHTS = (2, 2, 3, 40, 25, 10, 18)
VARIANTS = 3


class Event(NamedTuple):
    """A record on its way into a file. kept: by the default filters. again: an earlier file had it already."""

    text: str
    eventid: str
    second: int
    kept: bool
    again: bool = False


class _Trail(NamedTuple):
    templates: list[tuple[str, bool]]
    weights: list[float]


class Crowd:
    """Ordinary events of any account and Region."""

    def __init__(self, seed: int) -> None:
        self._seed, self._dice = seed, Dice(f"{seed}/crowd")
        self._trails: dict[tuple[str, str], _Trail] = {}

    def events(self, account: str, region: str, count: int, first: int, last: int) -> list[Event]:
        """`count` events between two seconds, in no order, as in CloudTrail's files."""
        trail = self._trails.get((account, region)) or self._learn(account, region)
        dice = self._dice
        events = []
        for template, kept in dice.choices(trail.templates, cum_weights=trail.weights, k=count):
            second = first + int(dice.random() * (last - first))
            bits = f"{dice.getrandbits(256):064x}"
            eventid = f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:32]}"
            request = f"{bits[32:40]}-{bits[40:44]}-{bits[44:48]}-{bits[48:52]}-{bits[52:]}"
            token = dice.key_body() if kept else bits[40:57]
            events.append(Event(template % (iso(second), token, request, eventid), eventid, second, kept))
        return events

    def kept(self, account: str, region: str, first: int, last: int) -> Event:
        """An event that the default filters keep: a service takes its role."""
        while True:
            for event in self.events(account, region, 50, first, last):
                if event.kept:
                    return event

    def _learn(self, account: str, region: str) -> _Trail:
        dice = Dice(f"{self._seed}/{account}/{region}")
        templates, weights = [], []
        for action in ACTIONS:
            agents = STRANGE_AGENTS if action.strange else dice.sample(AGENTS, VARIANTS)
            for agent in agents:
                call = _call(dice, action, account, region, agent)
                templates.append((_template(call), call.kept))
                weights.append(action.weight / len(agents))
        trail = _Trail(templates, list(accumulate(weights)))
        self._trails[account, region] = trail
        return trail


def _call(dice: Dice, action: Action, account: str, region: str, agent: str) -> Call:
    ip = address(dice)
    if action.who in ("service", "nobody"):
        ip = agent = action.invoker
    return Call(
        source=f"{action.service}.amazonaws.com",
        name=action.name,
        account=account,
        region=region,
        identity=_identity(dice, action, account),
        ip=ip,
        agent=agent,
        request=action.request,
        response=action.response,
        version=dice.pick(VERSIONS, VERSION_WEIGHTS),
        **(action.fields or {}),
    )


def _identity(dice: Dice, action: Action, account: str) -> Json:
    key, since = "ASIA" + dice.key_body(), dice.randrange(1_700_000_000, 1_750_000_000)
    match action.who:
        case "service":
            return {"type": "AWSService", "invokedBy": action.invoker}
        case "nobody":
            return {"accountId": account, "invokedBy": action.invoker}
        case "lambda":
            return assumed_role(account, "service-role/payments-api", "payments-api", key, since)
        case "instance":
            return assumed_role(account, "InstanceProfile", "i-0" + dice.hex(16), key, since)
    person = dice.choice(PEOPLE)
    if person.role:
        return assumed_role(account, person.role, person.name, key, since)
    return iam_user(account, person.name, key)


def _template(call: Call) -> str:
    text = call.text(TIME, REQUEST_ID, EVENT_ID)
    text = text.replace("%", "%%").replace("@ACCOUNT@", call.account).replace("@REGION@", call.region)
    if TOKEN not in text:
        text = text.replace(TIME, TIME + "%.0s")  # takes the token and prints nothing of it
    for hole in (TIME, TOKEN, REQUEST_ID, EVENT_ID):
        text = text.replace(hole, "%s")
    return text
