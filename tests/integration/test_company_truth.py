"""The sample company's logs through the whole path, against the truth that was written down while they were made."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest

from cli.athena import Athena
from examples.company import Company
from examples.company.truth import Counts, Truth
from lake.settings import JOBS
from report.gather import gather
from report.lakefacts import Period
from report.lakegather import gather as lake_report
from tests.lakes import WORKGROUP, Lake, keeping
from tests.questions_answers import verdict

ROUNDS = 3  # scheduled runs: what is late arrives when its day has long been published
SEEDS = (1, 2, 3)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Filled:
    """A lake that has taken in a whole company, and the company's truth."""

    lake: Lake
    truth: Truth
    athena: Athena


def fill(seed: int, keep: str) -> Filled:
    lake = Lake(keeping(keep))
    company = Company(seed=seed)
    objects = list(company.objects())
    size = -(-len(objects) // ROUNDS)
    for start in range(0, len(objects), size):
        for one in objects[start : start + size]:
            lake.put(one.job, one.key, one.data)
        for report in lake.work(*JOBS):
            assert report.failed == []
        lake.later(minutes=15)
    return Filled(lake, company.truth(), Athena(boto3.client("athena"), lake.settings.lake.database, WORKGROUP))


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def filled(request: pytest.FixtureRequest, embedded_aws: str) -> Filled:
    """Filled once a seed: making and reading a company takes seconds."""
    del embedded_aws
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    return fill(request.param, "filtered")


def test_every_record_has_the_fate_that_the_truth_gives_it(filled: Filled) -> None:
    ledger = filled.lake.rows("lake_ledger").to_pylist()
    quarantine = filled.lake.rows("lake_quarantine").to_pylist()
    expected: dict[str, Counts] = {"cloudtrail": filled.truth.cloudtrail, "cloudwatch": filled.truth.cloudwatch}
    for job, counts in expected.items():
        mine = [row for row in ledger if row["job"] == job and row["outcome"] != "dropped"]
        filtered: Counter[str] = Counter()
        for row in mine:
            filtered.update(json.loads(row["filteredby"] or "{}"))
        assert {row["outcome"] for row in mine} == {"ok"}
        assert len(mine) == counts.objects
        assert sum(row["recordsin"] for row in mine) == counts.records
        assert sum(row["kept"] for row in mine) == counts.kept
        assert filtered == counts.filtered
        assert Counter(row["reason"] for row in quarantine if row["job"] == job) == counts.quarantined
    assert sorted(row["objectkey"] for row in ledger if row["outcome"] == "dropped") == sorted(filled.truth.ignored)


def test_every_event_is_shown_once_on_its_own_day(filled: Filled) -> None:
    rows = filled.lake.rows("from_cloudtrail_readready")
    days = dict(zip(rows["eventid"].to_pylist(), rows["calendarday"].to_pylist(), strict=True))
    assert days == filled.truth.events
    assert rows.num_rows == filled.truth.cloudtrail.rows
    keystrokes = filled.lake.rows("from_cloudwatch_readready")
    assert keystrokes.num_rows == filled.truth.cloudwatch.rows
    shown = set(zip(keystrokes["logeventid"].to_pylist(), keystrokes["calendarday"].to_pylist(), strict=True))
    assert {(late.id, late.day) for late in filled.truth.cloudwatch.late} <= shown
    assert all(days[late.id] == late.day for late in filled.truth.cloudtrail.late)
    assert filled.truth.cloudtrail.late


def test_duplicates_are_counted_and_every_generation_balances(filled: Filled) -> None:
    duplicates: Counter[str] = Counter()
    for row in filled.lake.rows("lake_generations").to_pylist():
        assert row["rowsbefore"] + row["rowsnew"] == (
            row["rowsout"] + row["duplicates"] + row["conflicts"] + row["removed"]
        )
        duplicates[row["tablename"]] += row["duplicates"]
    assert duplicates["from_cloudtrail_readready"] == filled.truth.cloudtrail.duplicates
    assert duplicates["from_cloudwatch_readready"] == filled.truth.cloudwatch.duplicates


def test_the_sessions_view_tells_every_session_as_it_was(filled: Filled) -> None:
    columns = (
        "sessionid, calendarday, accountid, awsregion, target, principalarn, username, sourceidentity, rolearn, "
        "documentname, reason, outcome, errorcode, eventid, keystrokerecords, keystrokelines"
    )
    found = filled.athena.values(f"SELECT {columns} FROM sessions")
    expected = [
        [
            one.sessionid,
            one.day,
            one.accountid,
            one.awsregion,
            one.target,
            one.principalarn,
            one.username,
            one.sourceidentity,
            one.rolearn,
            one.documentname,
            one.reason,
            one.outcome.replace("-", " "),
            one.errorcode,
            one.eventid,
            str(one.records),
            str(len(one.lines)),
        ]
        for one in filled.truth.sessions
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_the_verdict_on_every_session_is_the_one_that_its_scene_deserves(filled: Filled) -> None:
    found = filled.athena.values("SELECT sessionid, calendarday, eventid, verdict FROM evidence")
    near = about_the_unreadable(filled)
    expected = [
        [one.sessionid, one.day, one.eventid, verdict(one, one.sessionid in near)] for one in filled.truth.sessions
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)
    # The company's sessions are of a day that is long over: tests/unit/test_view_evidence.py has those that are open.
    assert {row[3] for row in found} == {
        "complete",
        "gap suspected",
        "not streamed",
        "type not streamed",
        "started but no keystrokes",
        "keystrokes but no StartSession",
        "cannot be logged",
        "denied",
        "failed to start",
    }


@pytest.mark.parametrize("filled", SEEDS[:1], indirect=True, ids=["seed 1"])  # a report asks ten questions
def test_a_report_tells_a_session_as_it_was(filled: Filled) -> None:
    near = about_the_unreadable(filled)
    each = {verdict(one, one.sessionid in near): one for one in filled.truth.sessions}
    for judged in ("gap suspected", "keystrokes but no StartSession", "denied"):
        one = each[judged]
        report = gather(filled.athena, one.sessionid or str(one.eventid), one.day)
        assert report is not None
        assert report.verdict.verdict == judged
        assert [text for record in report.records for _, text in record.lines] == one.lines
        assert report.verdict.username == one.username
        assert report.principal == one.principalarn
        if one.starttime:
            assert report.start is not None
            assert (report.start.reason, report.start.sourceipaddress) == (one.reason, one.sourceipaddress)
        assert (report.chain.origin if report.chain else None) == (one.username if one.rolearn else None)
        assert all(source.sha256 for source in report.sources)


@pytest.mark.parametrize("filled", SEEDS[:1], indirect=True, ids=["seed 1"])  # as above
def test_a_lake_report_counts_what_the_truth_counts(filled: Filled) -> None:
    report = lake_report(filled.athena, Period("2024-01-01", "2026-12-31"), 90)  # some of it is of 2025
    truth, near = filled.truth, about_the_unreadable(filled)
    both = (truth.cloudtrail, truth.cloudwatch)
    assert report.arrived.objects == report.arrived.processed == sum(one.objects for one in both)
    assert report.arrived.records == sum(one.records for one in both)
    assert report.arrived.kept == sum(one.kept for one in both)
    assert {(one.job, one.reason): one.records for one in report.bad} == {
        (job, reason): number
        for job, counts in (("cloudtrail", truth.cloudtrail), ("cloudwatch", truth.cloudwatch))
        for reason, number in counts.quarantined.items()
    }
    assert report.verdicts == Counter(verdict(one, one.sessionid in near) for one in truth.sessions)
    assert report.sessions == sum(one.sessions for one in report.teams) == len(truth.sessions)
    assert (report.events, report.keystrokes) == tuple(one.rows for one in both)
    late = Counter(
        one.day
        for counts in both
        for one in counts.late
        if date.fromisoformat(one.delivered) - date.fromisoformat(one.day) > DAY
    )
    assert sum((Counter({one.calendarday: one.events}) for one in report.late), Counter()) == late
    assert [one.rows for one in report.sizes] == [report.events, report.keystrokes]


def about_the_unreadable(filled: Filled) -> set[str | None]:
    """The sessions that ran when a record was logged that cannot be read: within 15 minutes of the other records of its
    object, or, where these are shown from another one, from two hours before the hour of its delivery on."""
    rows = filled.lake.rows("from_cloudwatch_readready").to_pylist()
    near = set[str | None]()
    for bad in filled.lake.rows("lake_quarantine").to_pylist():
        if bad["job"] == "cloudwatch":
            times = [row["eventtime"].replace(tzinfo=UTC) for row in rows if row["sourceobject"] == bad["sourceobject"]]
            hour = datetime(*map(int, bad["sourceobject"].split("/")[3:7]), tzinfo=UTC)  # type: ignore[misc, arg-type]
            since = min(times) - timedelta(minutes=15) if times else hour - timedelta(hours=2)
            until = max(times) + timedelta(minutes=15) if times else hour + timedelta(hours=1)
            near |= {
                one.sessionid
                for one in filled.truth.sessions
                if one.starttime and one.lastkeystroke and one.starttime <= until and one.lastkeystroke >= since
            }
    return near


def test_the_transcript_has_every_line_in_order(filled: Filled) -> None:
    found: dict[str, list[str]] = {}
    for session, line in filled.athena.values("SELECT sessionid, line FROM transcript ORDER BY sessionid, linenumber"):
        assert session is not None
        found.setdefault(session, []).append(line or "")
    expected = {one.sessionid: one.lines for one in filled.truth.sessions if one.lines}
    assert found == expected


def test_repeated_uploads_are_marked(filled: Filled) -> None:
    found = dict(
        filled.athena.values("SELECT sessionid, CAST(count_if(isrepeat) AS varchar) FROM transcript GROUP BY sessionid")
    )
    expected = {one.sessionid: str(one.repeatedlines) for one in filled.truth.sessions if one.lines}
    assert found == expected


def test_late_arrivals_are_those_whose_day_was_over_for_a_whole_day(filled: Filled) -> None:
    late = [*filled.truth.cloudtrail.late, *filled.truth.cloudwatch.late]
    expected = [
        [one.id, one.day, one.delivered]
        for one in late
        if (date.fromisoformat(one.delivered) - date.fromisoformat(one.day)).days > 1
    ]
    found = filled.athena.values("SELECT eventid, calendarday, deliveryday FROM late_arrivals")
    assert sorted(found, key=str) == sorted(expected)


def test_every_role_chain_leads_back_to_the_person(filled: Filled) -> None:
    columns = "s.eventid, c.hops, c.origin, c.foundby"
    join = "sessions s JOIN role_chain c ON s.calendarday = c.calendarday AND s.accesskeyid = c.accesskeyid"
    found = filled.athena.values(f"SELECT {columns} FROM {join} WHERE s.rolearn IS NOT NULL")
    expected = [
        [one.eventid, "3" if one.sourceidentity else "1", one.username, "access key"]
        for one in filled.truth.sessions
        if one.rolearn
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_no_secret_reaches_a_table(filled: Filled) -> None:
    for table in ("from_cloudtrail_readready", "from_cloudwatch_readready", "lake_quarantine", "lake_ledger"):
        rows = filled.lake.rows(table)
        for name in rows.column_names:
            for value in rows[name].to_pylist():
                assert "SECRETTOKEN" not in str(value), f"{table}.{name}"


def test_with_the_filters_off_everything_is_kept(aws: str) -> None:
    del aws
    filled = fill(1, "everything")
    rows = filled.lake.rows("from_cloudtrail_readready")
    assert rows.num_rows == filled.truth.cloudtrail.rows_everything
    assert len(set(rows["eventid"].to_pylist())) == rows.num_rows
    assert filled.lake.rows("from_cloudwatch_readready").num_rows == filled.truth.cloudwatch.rows_everything
