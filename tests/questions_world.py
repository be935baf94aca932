"""A company of five days with some things added by hand, in a lake that keeps everything."""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.orc as orc

from examples.company import Company, RawObject, SessionTruth, Truth
from examples.company.groups import Groups, groups
from lake.settings import JOBS, parse
from schemas import TABLES
from schemas.arrow import arrow_schema
from tests.lakes import Lake, keeping
from tests.log_groups import Said, said

FIRST, LAST = "2026-03-02", "2026-03-04"
TAKEN_IN = "2026-03-10"  # the lake's clock: the day of its books
HUB = "111122223333"
Record = dict[str, Any]


def iam(number: int, time: str, name: str, readonly: bool, **request: str) -> Record:
    """An IAM event by an IAM user."""
    return {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{HUB}:user/mallory", "userName": "mallory"},
        "eventTime": time,
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.66",
        "requestParameters": request or None,
        "responseElements": None,
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "readOnly": readonly,
        "recipientAccountId": HUB,
    }


SECRET = SessionTruth(
    sessionid="0b7c1cc185ccf5199",
    day="2026-03-04",
    starttime=None,
    accountid=HUB,
    awsregion="us-east-1",
    target="i-0feed",
    principalarn=f"arn:aws:iam::{HUB}:user/mallory",
    username="mallory",
    sourceidentity=None,
    rolearn=None,
    sourceipaddress=None,
    documentname=None,
    reason=None,
    outcome="keystrokes-only",
    errorcode=None,
    eventid=None,
    expects_keystrokes="yes",
    scene="secrets on the screen",
    streamed=True,
    lines=[
        "$ env | sort",
        "AWS_ACCESS_KEY_ID=AKIAABCDEFGHIEXAMPLE",
        "DB_PASSWORD = hunter2",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "the passwords are elsewhere",
    ],
    records=1,
    firstkeystroke=datetime(2026, 3, 4, 0, 20, tzinfo=UTC),
    lastkeystroke=datetime(2026, 3, 4, 0, 20, tzinfo=UTC),
)


def streamed(one: SessionTruth) -> bytes:
    """The Firehose object of a session of one record."""
    assert one.firstkeystroke is not None
    name = f"{one.username}-{one.sessionid}"
    message = {
        "eventVersion": "1.0",
        "eventTime": f"{one.firstkeystroke:%Y-%m-%dT%H:%M:%SZ}",
        "awsRegion": one.awsregion,
        "target": {"id": one.target},
        "userIdentity": {"arn": one.principalarn},
        "runAsUser": "ssm-user",
        "sessionId": name,
        "sessionData": one.lines,
    }
    event = {"id": "9" * 56, "timestamp": int(one.firstkeystroke.timestamp() * 1000), "message": json.dumps(message)}
    document = {"messageType": "DATA_MESSAGE", "owner": one.accountid, "logGroup": "/aws/ssm/sessionlogs"}
    document |= {"logStream": name, "subscriptionFilters": ["all"], "logEvents": [event]}
    return gzip.compress(json.dumps(document).encode())


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
IAM = [
    iam(1, "2026-03-03T23:40:00Z", "CreateRole", False, roleName="backdoor"),
    iam(2, "2026-03-03T23:41:00Z", "AttachRolePolicy", False, roleName="backdoor", policyArn=ADMIN),
    iam(3, "2026-03-04T00:05:00Z", "PutRolePolicy", False, roleName="backdoor", policyName="all"),
    iam(4, "2026-03-04T00:06:00Z", "ListRoles", True),
    iam(5, "2026-03-04T00:07:00Z", "CreateUser", False, userName="eve"),
    iam(6, "2026-03-05T00:00:00Z", "DeleteRole", False, roleName="backdoor"),
]


TEAM, TEAM_ACCOUNT = "payments", "444455556666"
COPY = "put/2026/03/05/copy.json.gz"
BY_HAND = "2026/03/04/00/sessionlogs-1-2026-03-04-00-21-00-by-hand"


@dataclass(frozen=True)
class World:
    """The lake, the truth, and the raw objects as they were put: (job, key, data).

    reviewed: the one session of the team TEAM that somebody reviewed; the team has the account TEAM_ACCOUNT.
    added: the keys of the objects that are not among `objects`.
    made: what log groups say around sessions; its objects are among `objects`.
    """

    lake: Lake
    truth: Truth
    objects: list[RawObject]
    reviewed: str
    added: list[str]
    made: Groups

    @cached_property
    def events(self) -> list[Record]:
        """Every CloudTrail event of the three days, each once, in order of time and id."""
        found: dict[str, Record] = {}
        for one in self.objects:
            if one.job == "cloudtrail" and "/CloudTrail/" in one.key:
                for record in records(one.data):
                    found.setdefault(record["eventID"], record)
        times = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
        inside = (one for one in found.values() if times.fullmatch(one["eventTime"]))
        return sorted(
            (one for one in inside if FIRST <= one["eventTime"][:10] <= LAST),
            key=lambda one: (one["eventTime"], one["eventID"]),
        )

    @cached_property
    def messages(self) -> list[Said]:
        """Every message of the three days in log groups that hold no sessions, each once, in order."""
        ours = (one for one in dict.fromkeys(said(self.objects)) if one.loggroup != "/aws/ssm/sessionlogs")
        return [one for one in ours if FIRST <= one.day <= LAST]

    @cached_property
    def sessions(self) -> list[SessionTruth]:
        """The sessions of the three days, in order."""
        mine = (one for one in self.truth.sessions if FIRST <= one.day <= LAST)
        return sorted(mine, key=lambda one: (one.day, one.starttime or one.firstkeystroke, one.sessionid or "~"))


def build() -> World:
    """Fills a lake on the embedded AWS at the environment's endpoint, which must be empty."""
    # Kept they are anyhow; named, none of their messages is looked at for a session.
    text = keeping("everything").text.replace("other_loggroups = []", 'other_loggroups = ["*"]')
    lake = Lake(parse(text))
    lake.now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    company = Company(seed=26, days=5, detail=True)  # in whose first three days every scene is played
    objects = list(company.objects())
    made = groups(company.truth().sessions, most=4)
    objects += made.objects
    added = json.dumps({"Records": IAM}).encode()
    name = f"AWSLogs/{HUB}/CloudTrail/us-east-1/2026/03/05/{HUB}_CloudTrail_us-east-1_20260305T0010Z_AAAA.json.gz"
    objects.append(RawObject("cloudtrail", name, gzip.compress(added), datetime(2026, 3, 5, 0, 10, tzinfo=UTC)))
    for one in objects:
        lake.put(one.job, one.key, one.data)
    lake.put("cloudtrail", COPY, twice_put(objects).data)
    lake.put("cloudwatch", BY_HAND, streamed(SECRET))
    for report in lake.work(*JOBS):
        assert report.failed == []
    truth = company.truth()
    truth.sessions.append(SECRET)
    mine = (one.sessionid for one in truth.sessions if one.accountid == TEAM_ACCOUNT and one.outcome == "started")
    reviewed = str(next(mine))
    person(lake, "teams", {"team": TEAM, "manager": "grace", "accountid": TEAM_ACCOUNT, "username": None})
    review = {"sessionid": reviewed, "reviewer": "grace", "decision": "confirmed", "comment": None}
    person(lake, "session_reviews", review | {"reviewedat": datetime(2026, 3, 9, 9, tzinfo=UTC).replace(tzinfo=None)})
    return World(lake, truth, objects, reviewed, [COPY, BY_HAND], made)


def person(lake: Lake, table: str, row: Record) -> None:
    """A row of a table that people's tools write."""
    schema = arrow_schema(TABLES[table])
    file = io.BytesIO()
    orc.write_table(pa.Table.from_pylist([row], schema), file)
    key = f"people/{table}/{table}.orc"
    lake.s3.put_object(Bucket=lake.settings.buckets.readready, Key=key, Body=file.getvalue())


def twice_put(objects: Iterable[RawObject]) -> RawObject:
    """The CloudTrail file that is put a second time, under another key."""
    return next(one for one in objects if one.job == "cloudtrail" and len(list(records(one.data))) > 20)


def records(data: bytes) -> Iterator[Record]:
    """The records of a CloudTrail file, up to where it breaks off."""
    text = (zlib.decompressobj(31).decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8", "ignore")
    decoder, place = json.JSONDecoder(), text.find('{"Records":[')
    if place != 0 and '{"Records": [' in text:  # as json.dumps writes it
        yield from json.loads(text)["Records"]
        return
    place += len('{"Records":[')
    while text[place : place + 1] == "{":
        try:
            record, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError:
            return
        yield record
        place += 1
