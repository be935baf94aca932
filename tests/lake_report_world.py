"""A month of a company's books, for the lake report: each row by hand or by a dice that always falls alike.

March 2026: fourteen accounts in twelve Regions deliver a file a day, so that some of both are `others`. On the 17th two
objects are not read; on the 9th came records that cannot be. Sessions on workdays, of three teams and of none.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from cli.athena import Answer, Column
from cli.athena import Row as Answered
from infra.local.athena_results import texts, type_name
from tests.views_lake import Row, ViewLake, at, duckdb_sql, event, start, typed, verification

DAYS = [date(2026, 3, 1) + timedelta(number) for number in range(31)]
ACCOUNTS = [f"{number:04}" * 3 for number in range(1111, 1125)]
REGIONS = [f"{where}-{number}" for where in ("us-east", "eu-west", "ap-south", "sa-east") for number in (1, 2, 3)]
PEOPLE = ("alice", "bob", "carol", "dan", "erin")
HARM = "<script>top.pwned = window.pwned = 1</script>\x1b[2J\u202e"
CLOUDTRAIL, CLOUDWATCH = "from_cloudtrail_readready", "from_cloudwatch_readready"
VIEWS = (
    "arrivals",
    "completeness",
    "freshness",
    "late_arrivals",
    "quality",
    "quarantined",
    "sessionstarts",
    "sessionrecords",
    "recordedsessions",
    "evidence",
    "role_chain",
    "sessions",
    "verified",
    "weekly_review",
)


def _object(job: str, day: date, number: int, dice: Random, **columns: object) -> Row:
    """A row of lake_ledger: read in the run of the hour after its arrival."""
    arrived = at(f"{day} 00:00:00") + timedelta(hours=number % 24, minutes=dice.randrange(60))
    kept, filtered = dice.randrange(1, 9), 0 if job == "cloudwatch" else dice.randrange(100, 900)
    row = {
        "job": job,
        "batch": f"{job}/{day:%d}{number % 24:02}-0",
        "bucket": "raw",
        "objectkey": f"{job}/{day}/{number}",
    }
    row |= {"etag": "e1", "arrived": arrived, "why": "event", "edition": 0, "outcome": "ok", "late": 0}
    row |= {"source": "cloudtrail" if job == "cloudtrail" else "sessionlogs", "accountid": "unknown"}
    row |= {"awsregion": "unknown", "objectbytes": (kept + filtered) * 90, "kept": kept, "filtered": filtered}
    row |= {"recordsin": kept + filtered, "quarantined": 0, "deliveryday": str(day), "calendarday": str(day)}
    return row | columns


def ledger() -> list[Row]:
    """Every object of the month."""
    dice, rows = Random(7), list[Row]()
    for day in DAYS:
        for number, account in enumerate(ACCOUNTS):
            of = {"accountid": account, "awsregion": REGIONS[number % 12]}
            row = _object("cloudtrail", day, number, dice, **of)
            rows.append(row | {"objectbytes": row["objectbytes"] * (15 - number)})
        rows += [_object("cloudwatch", day, number, dice) for number in (6, 12, 18)]
    unread = {"recordsin": None, "kept": None, "filtered": None, "quarantined": None, "late": None}
    for number, outcome in ((100, "undone"), (101, "givenup"), (102, "dropped")):
        of = {"accountid": ACCOUNTS[number % 2], "awsregion": "us-east-1", "outcome": outcome}
        rows.append(_object("cloudtrail", DAYS[16], number, dice, **of) | unread)
    bad = _object("cloudwatch", DAYS[8], 20, dice, kept=3, recordsin=5, quarantined=2, objectkey="bad")
    # What came on the 12th, of the 2nd.
    late = _object("cloudtrail", DAYS[11], 21, dice, objectkey="late", kept=3, filtered=0, recordsin=3, late=3)
    return [*rows, bad, late | {"accountid": ACCOUNTS[0], "awsregion": "us-east-1"}]


def generations() -> list[Row]:
    """Every hour's run published its own day; the second generation of the 1st is the one that counts."""
    rows = list[Row]()
    for number, day in enumerate(DAYS):
        for table, job in ((CLOUDTRAIL, "cloudtrail"), (CLOUDWATCH, "cloudwatch")):
            for hour in range(24):
                at_ = at(f"{day} 00:00:00") + timedelta(hours=hour + 1, minutes=(number * 7 + hour) % 50)
                row = {"tablename": table, "publishedday": str(day), "generation": hour + 1, "publishedat": at_}
                row |= {"files": 1, "filebytes": 1000 * (hour + 1), "rowsout": 10 * (hour + 1), "calendarday": str(day)}
                rows.append(row | {"batches": f'["{job}/{day:%d}{hour:02}-0"]'})
    return rows


def quarantine() -> list[Row]:
    """The two records of the 9th."""
    row = {"job": "cloudwatch", "batch": f"cloudwatch/{DAYS[8]:%d}20-0", "sourceobject": "s3://raw/bad"}
    row |= {"sourceetag": "e1", "edition": 0, "recordbytes": 400, "calendarday": str(DAYS[8])}
    return [row | {"sourcerecord": 1, "reason": "truncated"}, row | {"sourcerecord": 2, "reason": "no-time"}]


def sessions() -> tuple[list[Row], list[Row]]:
    """CloudTrail's and CloudWatch's rows. Bob's sessions are denied, carol's leave no keystrokes."""
    dice, events, keystrokes = Random(8), list[Row](), list[Row]()
    for day in DAYS:
        for number in range(dice.randrange(3, 9) if day.weekday() < 5 else dice.randrange(2)):
            who, session = dice.choice(PEOPLE), f"{day:%m%d}session{number}"
            began = at(f"{day} {8 + number:02}:{dice.randrange(60):02}:00")
            of = {"username": who, "recipientaccountid": ACCOUNTS[PEOPLE.index(who)], "eventid": f"e-{session}"}
            of |= {"sourceobject": f"s3://raw/cloudtrail/{day}/0", "sourceetag": "e1", "sourcerecord": number}
            if who == "bob":
                events.append(start(str(began), None, **of, errorcode="AccessDenied"))
                continue
            events.append(start(str(began), session, **of))
            if who != "carol":
                more = {"username": who, "accountid": ACCOUNTS[PEOPLE.index(who)], "sourceobject": "s3://raw/typed"}
                keystrokes.append(typed(str(began + timedelta(seconds=5)), session, "ls", **more, sourceetag="e1"))
    late = {"sourceobject": "s3://raw/late", "sourceetag": "e1", "recipientaccountid": ACCOUNTS[0]}
    events += [
        event(f"{DAYS[1]} 10:00:0{n}", "AssumeRole", eventid=f"late-{n}", sourcerecord=n, **late) for n in range(3)
    ]
    evil = {"username": HARM, "recipientaccountid": HARM, "awsregion": HARM, "requestparameters": '{"target":"<b>"}'}
    events.append(start(f"{DAYS[2]} 23:00:00", "evilsession", eventid="e-evil", **evil, sourceobject="s3://raw/x"))
    return events, keystrokes


TEAMS = [
    {"team": "payments", "manager": "grace", "accountid": ACCOUNTS[0], "username": None},
    {"team": "platform", "manager": "heidi", "accountid": ACCOUNTS[3], "username": None},
    {"team": HARM, "manager": HARM, "accountid": None, "username": "erin"},
]


def reviews(events: list[Row]) -> list[Row]:
    """Every third session was confirmed, and one denied."""
    named = [row["sessionid"] for row in events if row.get("sessionid")]
    rows = [{"sessionid": one, "reviewer": "grace", "decision": "confirmed", "reviewedat": at("2026-04-02 10:00:00")}
            for one in named[::3]]  # fmt: skip
    return [rows[0] | {"decision": "denied"}, *rows[1:]]


def verified() -> list[Row]:
    """The first ten days were verified together; the 5th once more, and something had gone; an account on the 20th."""
    together = {"firstday": str(DAYS[0]), "lastday": str(DAYS[9])}
    return [
        *(verification("08:00", "ledger-same", "verified", 170, str(day), **together) for day in DAYS[:10]),
        verification("09:00", "ledger-gone", "failed", 2, str(DAYS[4])),
        verification("09:00", "ledger-same", "verified", 15, str(DAYS[4])),
        verification("10:00", "no-digests", "unverifiable", 1, str(DAYS[19]), accounts=ACCOUNTS[0]),
    ]


class Asker:
    """Athena over the month (or over an empty lake), as `cli.athena.Athena` answers."""

    database = "loglake"

    def __init__(self, *, empty: bool = False) -> None:
        self._known: dict[str, tuple[list[Column], list[Answered]]] = {}
        if empty:
            self.lake = ViewLake([], [], views=VIEWS)
            return
        events, keystrokes = sessions()
        self.lake = ViewLake(
            events,
            keystrokes,
            ledger=ledger(),
            generations=generations(),
            quarantine=quarantine(),
            teams=TEAMS,
            reviews=reviews(events),
            verified=verified(),
            views=VIEWS,
        )

    def ask(self, sql: str) -> Answer:
        """The answer, each value as Athena writes it. What was asked before is not asked again."""
        if sql not in self._known:
            relation = self.lake.duck.sql(duckdb_sql(sql)).to_arrow_table()
            columns = [Column(field.name, type_name(field.type)) for field in relation.schema]
            self._known[sql] = columns, list(texts(relation))
        columns, rows = self._known[sql]
        return Answer(columns, iter(rows))
