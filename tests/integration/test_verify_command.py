"""`loglake verify` on a lake: what it prints and ends with."""

from __future__ import annotations

import base64
import csv
import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from cli.athena import Athena
from cli.main import cli
from cli.reach import Reach
from tests.integration.test_operations import invoke
from tests.integration.test_path import event, trail
from tests.integration.test_path import key as path
from tests.lakes import WORKGROUP, Lake
from tests.signing import BUCKET, REGION, Bucket, Trail, key, public_keys
from verify.reread import Reader

DAY = ("--day", "2024-05-31")


@pytest.fixture(scope="module")
def lake(embedded_aws: str) -> Lake:
    """A day of one log file that the lake has read, with all its digest files. A test leaves it as it was."""
    from moto.moto_api._internal.models import moto_api_backend

    del embedded_aws
    moto_api_backend.reset()
    made, bucket = Lake(), Bucket()
    signed = Trail(bucket, datetime(2024, 5, 31, 0, 40, tzinfo=UTC))
    log = signed.log("one", data=gzip.decompress(trail(event(1))))
    signed.digest(log)
    while signed.end < datetime(2024, 6, 1, 1, tzinfo=UTC):
        signed.digest()
    for name, one in bucket.items():
        made.s3.put_object(Bucket=BUCKET, Key=name, Body=one.data, Metadata=one.metadata)
    made.work("cloudtrail")
    return made


@pytest.fixture
def keys(tmp_path: Path) -> tuple[str, str]:
    path = tmp_path / "keys.json"
    path.write_text(public_keys(key()))
    return "--public-keys", str(path)


def test_a_day_that_verifies_ends_with_0_and_json_has_a_row_for_each_thing(lake: Lake, keys: tuple[str, str]) -> None:
    result = invoke(lake, "verify", *DAY, *keys, "--format", "json")
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    states = Counter((row["check"], row["state"]) for row in rows)
    digests = sum(row["kind"] == "digest-signed" for row in rows)
    assert digests == 25
    buckets = {one.bucket for one in lake.settings.sources}
    assert states == {
        ("digest", "verified"): digests,
        ("chain", "verified"): digests - 1,
        ("log-file", "verified"): 1,
        ("ledger", "verified"): 1,
        ("object-lock", "note"): len(buckets) + 2,  # and books and readready
    }
    assert result.stderr.endswith("All of 51 checks hold.\n")


def test_a_tampered_object_ends_with_1_and_is_named_twice(lake: Lake, keys: tuple[str, str]) -> None:
    (log,) = (one for one in lake.access.store.list(BUCKET, "") if "/CloudTrail/" in one)
    before = lake.s3.get_object(Bucket=BUCKET, Key=log)["Body"].read()
    lake.s3.put_object(Bucket=BUCKET, Key=log, Body=trail())
    result = invoke(lake, "verify", *DAY, *keys)
    assert result.exit_code == 1
    assert result.stdout.count(log) == 2
    assert "failed  log-changed  1:" in result.stdout
    assert "failed  ledger-changed  1:" in result.stdout
    assert "2 things do not verify" in result.stderr
    rows = list(csv.DictReader(StringIO(invoke(lake, "verify", *DAY, *keys, "--format", "csv").stdout)))
    assert {row["where"] for row in rows if row["state"] == "failed"} == {f"s3://{BUCKET}/{log}"}
    lake.s3.put_object(Bucket=BUCKET, Key=log, Body=before)


def test_without_public_keys_nothing_is_a_success(lake: Lake) -> None:
    result = invoke(lake, "verify", *DAY)
    assert result.exit_code == 5
    assert "digest-without-key  25:" in result.stdout
    assert "nothing is wrong, but 26 of the checks could not be made" in result.stderr


def test_a_day_without_anything_is_no_success(lake: Lake) -> None:
    result = invoke(lake, "verify", "--day", "2023-01-01")
    assert result.exit_code == 5
    assert "there was nothing to verify" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--day", "2024-05-31", "--from", "2024-05-30"],
        ["--from", "2024-05-31"],
        ["--from", "2024-05-31", "--to", "2024-05-30"],
        ["--from", "2024-01-01", "--to", "2024-05-30"],
        ["--source", "none"],
    ],
)
def test_what_is_asked_for_wrongly_ends_with_2(lake: Lake, arguments: list[str]) -> None:
    assert invoke(lake, "verify", *arguments).exit_code == 2


def test_a_file_without_keys_is_a_failure_and_says_where_keys_come_from(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_text("{}")
    result = invoke(lake, "verify", *DAY, "--public-keys", str(path))
    assert result.exit_code == 1
    assert "aws cloudtrail list-public-keys" in result.stderr


def test_an_objects_lock_is_told_as_s3_tells_it(lake: Lake) -> None:
    lake.s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 7}}
    lake.s3.put_object_lock_configuration(
        Bucket="locked", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    lake.s3.put_object(
        Bucket="locked", Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until
    )
    reader = Reader(lake.s3)
    now = reader.hashed("locked", "k")
    assert now is not None
    assert now.lock == ("GOVERNANCE", until, False)
    assert reader.bucket_lock("locked") == "on: new objects are locked for 7 years (COMPLIANCE)"
    assert reader.bucket_lock(BUCKET) == ""


class AWS:
    """A session with AWS whose CloudTrail has keys. asked: for which Regions and times."""

    region_name = "us-east-1"

    def __init__(self, lake: Lake) -> None:
        self._lake, self.asked = lake, list[tuple[str, datetime, datetime]]()

    def client(self, name: str, region_name: str, **_: Any) -> Any:
        self._region = region_name
        return self._lake.s3 if name == "s3" else self

    def get_paginator(self, name: str) -> Any:
        assert name == "list_public_keys"
        return self

    def paginate(self, **times: datetime) -> Any:
        self.asked.append((self._region, times["StartTime"], times["EndTime"]))
        listed = key().listed()
        return [{"PublicKeyList": []}, {"PublicKeyList": [listed | {"Value": base64.b64decode(listed["Value"])}]}]


def test_in_aws_the_keys_are_asked_of_cloudtrail_in_the_digest_files_region(lake: Lake) -> None:
    session = AWS(lake)
    reach = Reach(lake.access, lake.sqs, lake.glue, athena_of(lake), local=False, session=session)
    result = CliRunner().invoke(cli, ["verify", *DAY], obj={"reach": lambda _: reach})
    assert result.exit_code == 0, result.output
    ((region, first, last),) = session.asked
    assert region == REGION
    assert first <= datetime(2024, 5, 30, 23, 40, tzinfo=UTC)
    assert last >= datetime(2024, 6, 1, 0, 40, tzinfo=UTC)


@pytest.fixture
def another(aws: str) -> Lake:
    """A lake of one log file that nobody signed."""
    del aws
    made = Lake()
    made.put("cloudtrail", path("a"), trail(event(1)))
    made.work("cloudtrail")
    return made


def athena_of(lake: Lake) -> Athena:
    return Athena(boto3.client("athena"), lake.settings.lake.database, WORKGROUP)


def booked(lake: Lake) -> list[dict[str, Any]]:
    lake.work_queue()
    answer = athena_of(lake).ask("SELECT * FROM verified ORDER BY calendarday, accounts NULLS FIRST")
    return [dict(zip((one.name for one in answer.columns), row, strict=True)) for row in answer.rows]


def test_what_was_found_is_in_the_books_of_every_day_and_the_last_counts(another: Lake) -> None:
    assert booked(another) == []
    assert invoke(another, "verify", "--from", "2024-05-30", "--to", "2024-05-31").exit_code == 5
    first = booked(another)
    assert [one["calendarday"] for one in first] == ["2024-05-30", "2024-05-31"]
    for one in first:
        assert (one["firstday"], one["lastday"], one["accounts"]) == ("2024-05-30", "2024-05-31", None)
        assert (one["verified"], one["failed"], one["unverifiable"]) == ("1", "0", "2")
        assert one["unverifiablekinds"] == "log-uncovered, no-digests"
    another.s3.delete_object(Bucket=BUCKET, Key=path("a"))
    assert invoke(another, "verify", *DAY, "--account", "111122223333").exit_code == 1
    assert invoke(another, "verify", *DAY).exit_code == 1
    found = booked(another)
    assert [(one["calendarday"], one["accounts"], one["failedkinds"]) for one in found] == [
        ("2024-05-30", None, None),
        ("2024-05-31", None, "ledger-gone"),
        ("2024-05-31", "111122223333", "ledger-gone"),
    ]
    assert json.loads(found[1]["examples"]) == [[f"s3://{BUCKET}/{path('a')}"]]
    report = CliRunner().invoke(cli, ["report", *DAY], obj={"connect": lambda _: athena_of(another)}).stdout
    assert "of 2024-05-31: 1 failed (ledger-gone); 0 checks hold" in report
    assert "never verified" not in report


def test_it_is_not_booked_where_nobody_wants_it_and_without_the_right_that_is_said(
    another: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke(another, "verify", *DAY, "--no-book").exit_code == 5
    assert booked(another) == []

    def refused(*_: object) -> None:
        raise PermissionError("AccessDenied: s3:PutObject")

    monkeypatch.setattr("lake.store.Store.create", refused)
    result = invoke(another, "verify", *DAY)
    assert result.exit_code == 5
    assert "could not be left in lake_verified, so reports will not show it: " in result.stderr
    assert "AccessDenied" in result.stderr
    assert booked(another) == []
