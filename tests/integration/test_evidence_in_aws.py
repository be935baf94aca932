"""The evidence's commands with --aws, from the options on: the embedded AWS stands where AWS would be.

Nothing is handed in: the session, the settings in the books bucket, Athena and S3 are found as they would be there.
"""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result

from cli.athena import Athena
from cli.main import cli
from jobs.quality_run import run
from lake import keys
from tests.integration.test_path import READY, event, key, trail
from tests.integration.test_quality_run import Gates
from tests.lakes import WORKGROUP, Lake

DAY = "2024-05-31"
SESSION = f"{1:017x}"


@pytest.fixture
def lake(aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lake:
    """A day of one session, read, published and checked. No lake runs on this machine."""
    del aws
    monkeypatch.setenv("LOGLAKE_HOME", str(tmp_path))
    made = Lake()
    made.put("cloudtrail", key("a"), trail(event(1)))
    made.work("cloudtrail")
    athena = Athena(boto3.client("athena"), made.settings.lake.database, WORKGROUP)
    run(made.access, athena.values, Gates(), lambda: made.now, None, lambda **_: None)
    made.work_queue()
    return made


def loglake(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--aws", "--region", "us-east-1"])


def test_verify_compares_and_books_and_both_reports_say_so(lake: Lake) -> None:
    verified = loglake("verify", "--day", DAY, "--format", "json")
    assert verified.exit_code == 5, verified.output
    kinds = {json.loads(line)["kind"] for line in verified.stdout.splitlines()}
    assert {"ledger-same", "no-digests", "log-uncovered"} <= kinds
    lake.work_queue()
    of_lake = json.loads(loglake("report", "--day", DAY, "--format", "json").stdout)
    assert of_lake["totals"]["unverified"] == []
    (one,) = of_lake["verified"]
    assert (one["verified"], one["failed"], one["unverifiable"]) == (1, 0, 2)
    assert [gate["passed"] for gate in of_lake["gates"]] == [1]
    report = loglake("report", SESSION, "--day", DAY)
    assert report.exit_code == 0, report.output
    assert "STARTED BUT NO KEYSTROKES" in report.stdout
    assert f"Raw of {DAY} was verified" in report.stdout


def test_quality_shows_what_the_job_found_and_starts_none(lake: Lake) -> None:
    found = loglake("quality", "--day", DAY, "--format", "json")
    assert found.exit_code == 0, found.output
    assert [(one["tablename"], one["passed"]) for one in map(json.loads, found.stdout.splitlines())] == [(READY, True)]
    lake.put("cloudtrail", key("b"), trail(event(2)))
    lake.work("cloudtrail")
    again = loglake("quality")
    assert again.exit_code == 1
    assert "of 1 days of tables 1 are not checked yet" in again.stderr


def test_without_a_deployed_lake_it_says_what_is_missing(lake: Lake) -> None:
    lake.s3.delete_object(Bucket=lake.settings.buckets.books, Key=keys.SETTINGS)
    result = loglake("verify", "--day", DAY)
    assert result.exit_code == 1
    assert f"there is no s3://{lake.settings.buckets.books}/{keys.SETTINGS}" in result.stderr
