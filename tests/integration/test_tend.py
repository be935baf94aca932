"""The scheduled look at the lake: what S3 never announced is taken; of buckets that announce nothing, at once."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest

from jobs.tend import main
from lake import keys
from tests.lakes import Lake

SETTINGS = f"s3://loglake-books/{keys.SETTINGS}"
RAW = "loglake-raw-cloudtrail"


@pytest.fixture
def unheard(aws: str) -> Lake:  # noqa: ARG001 - it is there
    """A lake in which an object landed today of which nobody told."""
    lake = Lake()
    lake.s3.put_bucket_notification_configuration(Bucket=RAW, NotificationConfiguration={})
    lake.put("cloudtrail", f"put/{datetime.now(UTC):%Y/%m/%d}/x.json", gzip.compress(b'{"Records": []}'))
    return lake


def _known(lake: Lake) -> list[str]:
    lake.work_queue()
    return [
        json.loads(line)["key"]
        for key in lake.access.store.list("loglake-books", "inbox/cloudtrail/")
        for line in lake.access.store.get("loglake-books", key).splitlines()
    ]


def test_a_bucket_that_announces_nothing_is_listed_and_its_objects_are_taken(
    unheard: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    glues = ["--JOB_NAME", "loglake-tend", "--JOB_RUN_ID", "jr_1"]
    assert main([*glues, "--settings", SETTINGS, "--look", "raw", "--buckets", RAW]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["found"] == {"never-announced": 1}
    known = _known(unheard)
    assert known == [f"put/{datetime.now(UTC):%Y/%m/%d}/x.json"]
    assert main(["--settings", SETTINGS, "--look", "raw", "--buckets", RAW]) == 0
    assert _known(unheard) == known


def test_any_other_buckets_objects_may_still_be_on_their_way(unheard: Lake) -> None:
    assert main(["--settings", SETTINGS, "--look", "raw"]) == 0
    assert _known(unheard) == []


def test_what_only_a_person_can_mend_fails_the_job(unheard: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    unheard.s3.delete_bucket(Bucket="loglake-raw-cloudwatch")
    assert main(["--settings", SETTINGS, "--look", "all"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["kind"] for one in lines if one["step"] == "found"} == {"not-checked"}
    assert lines[-1]["step"] == "error"
    assert lines[-1]["left"] > 0
