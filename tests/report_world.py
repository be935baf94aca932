"""Sessions for the session report, by hand, in a lake of views: one that means well, one whose every text means harm.

The harmful texts name a server: who shows them wrongly is heard of there, or sets `pwned` in the page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from cli.athena import Answer, Column
from infra.local.athena_results import texts, type_name
from report.facts import Report
from report.gather import gather
from tests.views_lake import Row, ViewLake, at, duckdb_sql, event, start, typed, verification

DAY = "2026-03-02"
GOOD, EVIL, ALONE = "0b7c1cc185ccf5101", "0b7c1cc185ccf5666", "0b7c1cc185ccf5777"
DENIED = "11111111-2222-4333-8444-555555555555"
HUB, ADMIN = "arn:aws:iam::111122223333:role/hub", "arn:aws:iam::444455556666:role/admin"
ALICE = "arn:aws:sts::444455556666:assumed-role/admin/alice"
TRAIL = (
    "AWSLogs/444455556666/CloudTrail/us-east-1/2026/03/02/"
    "444455556666_CloudTrail_us-east-1_20260302T0915Z_Xk2hYQn0mTzVb7Rp.json.gz"
)
FIREHOSE = "2026/03/02/09/sessionlogs-3-2026-03-02-09-05-10-55239a3d-622e-40c0-9615-ad4f5d4381fa"
HARMFUL = 's3://raw/"><script>top.pwned=1</script>'
TARGET, HUBKEY, ADMINKEY = "i-0a1b2c3d4e5f60718", "ASIAHUB1EXAMPLE00001", "ASIAADMIN1EXAMPLE002"
LONG = "0123456789abcdef" * 4_000  # 64,000 characters without a place to break
DISK = (
    "sh-5.2$ df -h /",
    "Filesystem      Size  Used Avail Use% Mounted on",
    "/dev/nvme0n1p1   20G   19G  1.1G  95% /",
)
REMOVED = "sh-5.2$ sudo rm /var/log/app/payments.log.1"
STATUS = ("sh-5.2$ systemctl is-active payments", "\x1b[0;1;31mfailed\x1b[0m", "sh-5.2$ exit", "exit")
VIEWS = (
    "arrivals",
    "completeness",
    "quarantined",
    "sessionstarts",
    "sessionrecords",
    "recordedsessions",
    "evidence",
    "role_chain",
    "session_context",
    "transcript",
    "verified",
)


def harm(server: str) -> list[str]:
    """Lines that mean harm to whoever shows them."""
    return [
        f"<script>top.pwned = parent.pwned = window.pwned = 'script'; fetch('{server}/fetch')</script>",
        f"<img src={server}/pixel onerror=\"window.pwned='onerror'\">",
        f"</td></tr></table></main></style><style>body{{background:url({server}/style);visibility:hidden}}</style>",
        f'<svg onload="window.pwned=\'onload\'"><image href="{server}/svg"/></svg>',
        f'<meta http-equiv="refresh" content="0;url={server}/refresh"><base href="{server}/base">',
        f'<link rel="stylesheet" href="{server}/link"><iframe src="{server}/frame"></iframe>',
        f"\"'><script src={server}/src></script><a href=\"javascript:window.pwned='href'\">click</a>",
        "{{ 7 * 7 }} {% for x in (1).__class__.__mro__ %}{% endfor %} ${7*7} &lt;b&gt; &#x1b;",
        "\x1b]0;title\x07\x1b[2J\x1b[8mhidden\x1b[0m \x9b31m \x08\x08 \x7f \x00 nul",
        "access \u202e\u2066// only admins\u2069\u2066 \u202c zero\u200b\u200d\ufeffwidth \u2028 line\u2029",
        "\u05d0\u05d1\u05d2 1 2 3 \u0627\u0644\u0639 rm -rf",
        "a\u0300\u0301\u0302" + "\u0303" * 200 + " tall",
        "\ttab  two spaces   ",
        LONG,
    ]


def hop(time: str, name: str, issued: str, used: str | None, number: int, **caller: object) -> Row:
    """An AssumeRole* that handed out a key."""
    unknown = {"username": None, "useridentityarn": None, "sessionissuerarn": None}
    row = event(f"{DAY} {time}", name, **{**unknown, "eventsource": "sts.amazonaws.com", **caller})
    return row | {
        "requestparameters": f'{{"roleArn":"{HUB if number == 1 else ADMIN}"}}',
        "issuedaccesskeyid": issued,
        "useridentityaccesskeyid": used,
        "eventid": f"hop-{number}",
        "sourceipaddress": "192.0.2.7",
        "sourcerecord": number,
    }


def trail(rows: Sequence[Row]) -> list[Row]:
    """As rows of one CloudTrail file."""
    return [
        {"sourceobject": f"s3://raw/{TRAIL}", "sourceetag": "t1", "sourcerecord": 10 + number, "readonly": False, **row}
        for number, row in enumerate(rows)
    ]


def began(session: str, time: str, key: str, **columns: object) -> Row:
    """A StartSession in the role admin."""
    mine = {"useridentityarn": ALICE, "sessionissuerarn": ADMIN, "recipientaccountid": "444455556666"}
    mine |= {"useridentitytype": "AssumedRole", "mfaauthenticated": True, "useragent": "aws-cli/2.15.30"}
    return start(f"{DAY} {time}", session, **{**mine, "useridentityaccesskeyid": key, **columns})


def screen(session: str, time: str, number: int, *lines: str, **columns: object) -> Row:
    """A record of keystrokes of one Firehose object."""
    mine = {"useridentityarn": ALICE, "accountid": "444455556666", "sourceobject": f"s3://raw/{FIREHOSE}"}
    mine |= {"sourceetag": "f1", "runasuser": "ssm-user", "uploadtime": at(f"{DAY} {time[:8]}")}
    return typed(f"{DAY} {time}", session, *lines, number=number, **{**mine, **columns})


def read(job: str, key: str, etag: str, **columns: object) -> Row:
    """A row of lake_ledger: the object was read."""
    common = {"job": job, "batch": f"{job}/1-0", "source": job, "bucket": "raw", "objectkey": key, "etag": etag}
    common |= {"outcome": "ok", "edition": 0, "recordsin": 40, "kept": 40, "filtered": 0, "quarantined": 0, "late": 0}
    common |= {"sha256": etag * 32, "arrived": at(f"{DAY} 10:00:00"), "why": "event", "deliveryday": DAY}
    return {**common, **columns, "calendarday": DAY}


def events(server: str) -> list[Row]:
    """CloudTrail's rows."""
    s3 = {"eventsource": "s3.amazonaws.com", "useridentityaccesskeyid": ADMINKEY, "recipientaccountid": "444455556666"}
    of_logs, evil = {"requestparameters": '{"bucketName":"payments-logs","key":"app.1"}'}, harm(server)
    return trail(
        [
            hop("08:50:00", "AssumeRoleWithSAML", HUBKEY, None, 1, username="alice", useridentitytype="SAMLUser"),
            hop(
                "08:55:00",
                "AssumeRole",
                ADMINKEY,
                HUBKEY,
                2,
                sessionissuerarn=HUB,
                useridentitytype="AssumedRole",
            ),
            began(
                GOOD,
                "09:00:00",
                ADMINKEY,
                eventid="7d1f5b0e-2c1a-4f6e-9b60-0f2f5f1f6a11",
                requestparameters=f'{{"target":"{TARGET}","reason":"INC-4711 disk full"}}',
            ),
            event(f"{DAY} 08:58:00", "ListBuckets", **s3, eventid="e1", readonly=True, requestparameters=None),
            event(
                f"{DAY} 09:02:30",
                "DeleteObject",
                **s3,
                eventid="e2",
                errorcode="AccessDenied",
                **of_logs,
            ),
            event(f"{DAY} 10:30:00", "PutObject", **s3, eventid="e3", **of_logs),
            start(f"{DAY} 09:10:00", None, eventid=DENIED, errorcode="AccessDenied", errormessage="not authorized"),
            began(
                EVIL,
                "09:20:00",
                evil[0],
                eventid="evil",
                username=evil[0],
                useridentityarn=evil[9],
                sourceipaddress=evil[1],
                useragent=evil[2],
                sourceidentity=evil[6],
                requestparameters='{"target":"</h1><script>window.pwned=1</script>","reason":"'
                + "".join(f"\\u{ord(one):04x}" for one in (evil[3] + evil[9]))
                + '"}',
            ),
            event(f"{DAY} 09:21:00", evil[0], eventid="e9", useridentityaccesskeyid=evil[0], eventsource=evil[5])
            | {"requestparameters": evil[4], "errorcode": evil[6], "sourceipaddress": evil[1]},
        ]
    )


def keystrokes(server: str) -> list[Row]:
    """CloudWatch's rows."""
    return [
        screen(GOOD, "09:00:05.123", 1, *DISK),
        screen(GOOD, "09:01:00.000", 2, REMOVED),
        screen(GOOD, "09:01:02.000", 3, REMOVED),
        screen(GOOD, "09:03:00.000", 4, *STATUS),
        screen(EVIL, "09:20:05.000", 5, *harm(server), useridentityarn=harm(server)[9]),
        screen(ALONE, "09:40:00.000", 6, "who am i", sourceobject=HARMFUL),
    ]


def verified(server: str) -> list[Row]:
    """What was found of raw: of all of it one change, whose object means harm; nothing wrong of two accounts alone."""
    evil = json.dumps([f"s3://raw/{harm(server)[0]}", HARMFUL])
    return [
        verification("10:00", "ledger-same", "verified", 7, DAY),
        verification("11:00", "ledger-changed", "failed", 1, DAY, examples=evil),
        verification("11:00", "ledger-same", "verified", 6, DAY),
        verification("11:00", "no-digests", "unverifiable", 2, DAY),
        verification("12:00", "ledger-same", "verified", 3, DAY, accounts="111122223333,444455556666"),
        verification("12:30", "ledger-same", "verified", 1, DAY, accounts="777788889999"),
    ]


class Asker:
    """Athena over a lake of views, as `cli.athena.Athena` answers."""

    database = "loglake"

    def __init__(self, server: str = "http://127.0.0.1:9") -> None:
        ledger = [read("cloudtrail", TRAIL, "t1"), read("cloudwatch", FIREHOSE, "f1")]
        ledger.append(read("cloudwatch", HARMFUL.removeprefix("s3://raw/"), "f1"))
        self.lake = ViewLake(events(server), keystrokes(server), ledger=ledger, verified=verified(server), views=VIEWS)

    def ask(self, sql: str) -> Answer:
        """The answer, each value as Athena writes it."""
        relation = self.lake.duck.sql(duckdb_sql(sql)).to_arrow_table()
        columns = [Column(field.name, type_name(field.type)) for field in relation.schema]
        return Answer(columns, texts(relation))

    @cache  # noqa: B019 - a test's few reports, for as long as its lake
    def report(self, asked: str, day: str | None = None) -> Report:
        """The report on a session that is there."""
        found = gather(self, asked, day, version="0", database=self.database)
        assert found is not None
        return found
