"""`loglake doctor`: what it prints and ends with."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from jobs.findings import KINDS
from lake.settings import parse
from tests.integration.test_doctor import DAY, drop, lose
from tests.integration.test_operations import invoke
from tests.integration.test_path import READY, event, key, trail
from tests.lakes import SETTINGS, Lake


@pytest.fixture
def lake(aws: str) -> Lake:
    """Published eight days ago by its clock, and settled: the command's own clock is the machine's."""
    del aws
    made = Lake(parse(SETTINGS.text.replace("raw_partition_days = 90", "raw_partition_days = 36500")))
    made.now = datetime.now(UTC) - timedelta(days=8)
    for number in (1, 2):
        made.put("cloudtrail", key(f"f{number}"), trail(event(number)))
        made.work("cloudtrail")
    return made


def test_a_healthy_lake_ends_with_0_and_says_what_is_due(lake: Lake) -> None:
    result = invoke(lake, "doctor")
    assert (result.exit_code, result.stderr) == (0, "Nothing is wrong.\n")
    assert result.stdout.splitlines()[-1].startswith("old-folder: 3 to be condemned (")


def test_a_difference_is_told_with_what_fix_would_do_and_ends_with_1(lake: Lake) -> None:
    drop(lake, READY, DAY)
    result = invoke(lake, "doctor", "--dry-run", "--format", "json")
    assert result.exit_code == 1
    found = {one["kind"]: one for one in map(json.loads, result.stdout.splitlines()) if one["fault"]}
    assert set(found) == {"partition-missing", "plan-stuck"}
    assert found["partition-missing"]["where"] == f"{READY} {DAY}"
    assert found["partition-missing"]["would"].startswith("announce generation 2 again")
    assert "things are wrong" in result.stderr
    assert "1 partition-missing" in result.stderr
    lake.work_queue()
    assert lake.partitions(READY) == {}


def test_fix_does_it_and_the_next_look_finds_nothing(lake: Lake) -> None:
    before = lake.partitions(READY)
    drop(lake, READY, DAY)
    assert invoke(lake, "doctor", "--fix").exit_code == 1
    lake.work_queue()
    assert lake.partitions(READY) == before
    assert invoke(lake, "doctor", "--format", "csv").exit_code == 0


def test_csv_has_a_row_for_everything_that_is_found(lake: Lake) -> None:
    result = invoke(lake, "doctor", "--format", "csv")
    rows = list(csv.DictReader(StringIO(result.stdout)))
    assert {row["kind"] for row in rows} == {"old-folder", "landed-file"}
    assert {row["fault"] for row in rows} == {"false"}
    assert all(int(row["nbytes"]) > 0 for row in rows)


def test_from_and_to_name_the_days_of_raw_objects(lake: Lake) -> None:
    lake.put("cloudtrail", key("lost"), trail(event(9)))
    lose(lake)
    assert invoke(lake, "doctor", "--from", DAY, "--to", DAY).exit_code == 0  # it may still be on its way
    assert invoke(lake, "doctor", "--from", "2024-06-02", "--to", DAY).exit_code == 2


def test_fix_and_dry_run_contradict_each_other(lake: Lake) -> None:
    assert invoke(lake, "doctor", "--fix", "--dry-run").exit_code == 2


def test_the_help_explains_every_kind(lake: Lake) -> None:
    said = invoke(lake, "doctor", "--help").output
    assert [name for name in KINDS if f"  {name} " not in said] == []
