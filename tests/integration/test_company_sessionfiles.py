"""Sessions that the sample company logged straight to S3, through the whole path, against the truth about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import boto3
import pytest

from cli.athena import Athena
from examples.company import Company, SessionTruth
from examples.company.sessionfiles import JOB, SessionFiles, session_files
from infra.local.trino.engine import Engine
from report.gather import gather
from schemas import TABLES
from schemas.glue import partition_input
from tests.asking import answered, partitions_read
from tests.lakes import SETTINGS, WORKGROUP, Lake

TABLE = "from_sessionfiles_readready"
AROUND = {-1, 0, 1}
REACH = {
    "evidence": AROUND,
    "late_arrivals": {0},
    "recordedsessions": AROUND,
    "session_context": AROUND,
    "sessions": AROUND,
    "sessionrecords": {0},
    "transcript": AROUND,
    "weekly_review": AROUND,
}


@dataclass(frozen=True)
class Filled:
    """A lake with a company's sessions, and those logged straight to S3 among them."""

    lake: Lake
    sessions: list[SessionTruth]
    files: SessionFiles
    athena: Athena


@pytest.fixture(scope="module")
def filled(embedded_aws: str) -> Filled:
    """Filled once."""
    del embedded_aws
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    lake, company = Lake(), Company(seed=2, files=60)
    objects = list(company.objects())
    files = session_files(company.truth().sessions, long=True)
    for one in [*objects, *files.objects]:
        lake.put(one.job, one.key, one.data)
    for report in lake.work("cloudtrail", "cloudwatch", JOB):
        assert report.failed == []
    athena = Athena(boto3.client("athena"), SETTINGS.lake.database, WORKGROUP)
    return Filled(lake, company.truth().sessions, files, athena)


def test_what_is_no_sessions_log_is_named_and_all_else_is_rows(filled: Filled) -> None:
    ledger = [row for row in filled.lake.rows("lake_ledger").to_pylist() if row["job"] == JOB]
    assert sum(row["kept"] for row in ledger) == filled.files.kept == filled.lake.rows(TABLE).num_rows
    assert [row["objectkey"] for row in ledger if row["quarantined"]] == [filled.files.strange]
    (bad,) = [row for row in filled.lake.rows("lake_quarantine").to_pylist() if row["job"] == JOB]
    assert (bad["reason"], bad["sourceobject"].rpartition("/put/")[2]) == (
        "not-a-log",
        filled.files.strange.removeprefix("put/"),
    )


def test_the_sessions_view_tells_every_session_once_however_it_was_logged(filled: Filled) -> None:
    columns = (
        "sessionid, calendarday, accountid, username, target, outcome, keystrokes, keystrokerecords, keystrokelines"
    )
    ids = [one.sessionid for one in filled.files.sessions]
    found = filled.athena.values(f"SELECT {columns} FROM sessions ORDER BY sessionid")
    assert [row[0] for row in found] == sorted(
        (one.sessionid for one in [*filled.sessions, *filled.files.sessions]), key=lambda one: (one is None, one)
    )
    assert [row for row in found if row[0] in ids] == [
        [
            one.sessionid,
            one.day,
            one.accountid,
            one.username,
            one.target,
            "started",
            "recorded at end",
            str(one.records),
            str(len(one.lines)),
        ]
        for one in sorted(filled.files.sessions, key=lambda one: str(one.sessionid))
    ]
    (both,) = [one for one in filled.sessions if one.sessionid == filled.files.both]
    (row,) = [row for row in found if row[0] == both.sessionid]
    assert row[6:] == ["recorded", str(both.records), str(len(both.lines))]


def test_a_transcript_is_that_of_the_way_that_is_shown_and_of_no_other(filled: Filled) -> None:
    shown: dict[str | None, list[str]] = {}
    for session, line in filled.athena.values("SELECT sessionid, line FROM transcript ORDER BY sessionid, linenumber"):
        shown.setdefault(session, []).append(line or "")
    assert shown == {one.sessionid: one.lines for one in [*filled.sessions, *filled.files.sessions] if one.lines}
    assert filled.athena.values("SELECT count(*) FROM transcript WHERE isrepeat AND logeventid IS NULL") == [["0"]]


def test_where_a_session_was_logged_to_is_said(filled: Filled) -> None:
    found = filled.athena.values("SELECT loggedto, sessionid FROM recordedsessions WHERE loggedto <> 'CloudWatch Logs'")
    expected = [["S3", one.sessionid] for one in filled.files.sessions]
    assert sorted(found, key=str) == sorted([*expected, ["CloudWatch Logs and S3", filled.files.both]], key=str)


def test_the_verdict_says_that_no_line_has_a_time(filled: Filled) -> None:
    ids = "', '".join(str(one.sessionid) for one in filled.files.sessions)
    found = filled.athena.values(f"SELECT sessionid, verdict, why FROM evidence WHERE sessionid IN ('{ids}')")
    never = ("a command logged straight to S3", "an ECS Exec logged straight to S3")
    assert {row[0]: row[1] for row in found} == {
        one.sessionid: "type not streamed" if one.scene in never else "not streamed" for one in filled.files.sessions
    }
    assert all("straight to S3 once, at its end, without the time of each line" in (row[2] or "") for row in found)


def test_a_report_has_the_lines_and_names_the_log_file(filled: Filled) -> None:
    one = next(one for one in filled.files.sessions if one.records > 1)
    report = gather(filled.athena, str(one.sessionid), one.day)
    assert report is not None
    assert [text for record in report.records for _, text in record.lines] == one.lines
    assert len(report.records) == one.records
    assert all(source.sha256 for source in report.sources)


@pytest.fixture
def day(filled: Filled, on_trino: Engine) -> Iterator[date]:
    """The log files' day; there is something to read on every day from three before it to three after it."""
    del on_trino
    ((value, location),) = filled.lake.partitions(TABLE).items()
    middle, glue = date.fromisoformat(value[0]), boto3.client("glue")
    others = [str(middle + timedelta(away)) for away in (-3, -2, -1, 1, 2, 3)]
    name = {"DatabaseName": SETTINGS.lake.database, "TableName": TABLE}
    for one in others:
        glue.create_partition(**name, PartitionInput=partition_input(TABLES[TABLE], (one,), location))
    yield middle
    for one in others:
        glue.delete_partition(**name, PartitionValues=[one])


@pytest.mark.parametrize("view", REACH)
def test_a_view_asked_for_a_day_reads_log_files_of_the_days_that_its_cost_names(
    trino: Engine, day: date, view: str
) -> None:
    sql = f"SELECT * FROM {view} WHERE calendarday = '{day}'"
    answered(sql)
    read = {one for table, one in partitions_read(trino, sql) if table == TABLE}
    assert read == {str(day + timedelta(away)) for away in REACH[view]}
