"""Objects whose keys name no day, on the lake's whole way: they are of the day of their arrival, everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner

from addapart.controls import registered_since
from cli.main import cli
from infra import resources
from jobs.deliveries import Delivered, delivered
from jobs.doctor import Doctor
from jobs.findings import Finding
from jobs.listing import Wanted
from lake import announce
from lake.settings import SettingsError, parse
from tests.lakes import SETTINGS, Lake

JOB, RAW, READY = "sessionfiles", "from_sessionfiles_raw", "from_sessionfiles_readready"
NAME = "alice-0b7c1cc185ccf51a9.log"
KEY = f"111122223333/eu-west-1/{NAME}"
VALUES = ("sessionfiles", "111122223333", "eu-west-1", "unknown")


@pytest.fixture
def lake(aws: str) -> Lake:
    """Its clock is S3's own, which says when an object was written."""
    del aws
    made = Lake()
    made.now = datetime.now(UTC)
    return made


def fix(lake: Lake) -> list[Finding]:
    """The daily look, with --fix, an hour after what is there now was written."""
    lake.later(hours=2)
    today, declared = lake.now.date(), resources.table_inputs(lake.settings)
    doctor = Doctor(lake.access, lake.glue, lake.sqs, declared, lambda: lake.now, today - timedelta(days=2), today)
    found = [one for one in doctor.fix(doctor.look()) if one.fault]
    lake.work_queue()
    return found


def lose(lake: Lake) -> None:
    """What S3 said never arrives."""
    while messages := lake.receive():
        for one in messages:
            lake.sqs.delete_message(QueueUrl=lake.queue, ReceiptHandle=one["ReceiptHandle"])


def taken(lake: Lake, first: date, last: date, accounts: tuple[str, ...] = ()) -> Iterator[Delivered]:
    sources = [one for one in SETTINGS.sources if one.job == JOB]
    return delivered(lake.access, sources, Wanted(str(first), str(last), accounts))


def test_a_row_is_of_the_time_at_which_s3_had_the_object(lake: Lake) -> None:
    before = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    lake.put(JOB, KEY, b"$ id\nuid=0\n")
    after = datetime.now(UTC).replace(tzinfo=None)
    lake.work(JOB)
    (row,) = lake.rows(READY).to_pylist()
    assert before <= row["eventtime"] <= after + timedelta(seconds=1)
    assert row["calendarday"] == str(row["eventtime"].date())
    assert (row["accountid"], row["awsregion"], row["sessionid"]) == ("111122223333", "eu-west-1", "0b7c1cc185ccf51a9")
    (booked,) = lake.rows("lake_ledger").to_pylist()
    assert (str(booked["deliveryday"]), booked["late"], booked["outcome"]) == (row["calendarday"], 0, "ok")


def test_its_raw_partition_is_one_for_all_days_and_stays(lake: Lake) -> None:
    lake.put(JOB, KEY, b"$ id\n")
    lake.put(JOB, KEY.replace("alice", "bob"), b"$ id\n")
    lake.work(JOB)
    assert lake.partitions(RAW) == {VALUES: "s3://loglake-raw-sessionfiles/111122223333/eu-west-1/"}
    lake.later(days=36_000)
    assert registered_since(lake.settings, lake.now.date()) > "2100"
    fix(lake)
    assert set(lake.partitions(RAW)) == {VALUES}


def test_what_was_never_announced_is_found_by_when_it_was_written_and_read_once(lake: Lake) -> None:
    lake.put(JOB, KEY, b"$ id\n")
    lake.work(JOB)
    lake.put(JOB, KEY.replace("alice", "bob"), b"$ whoami\n")
    lake.put(JOB, f"elsewhere/{NAME}", b"$ pwd\n")
    lose(lake)
    found = fix(lake)
    assert [one.kind for one in found] == ["never-announced", "never-announced"]
    lake.work(JOB)
    assert sorted(lake.rows(READY)["sessiondata"].to_pylist()) == ["$ id\n", "$ pwd\n", "$ whoami\n"]
    assert [one for one in fix(lake) if one.kind in ("never-announced", "partition-missing")] == []


def test_a_partition_that_somebody_dropped_comes_back(lake: Lake) -> None:
    lake.put(JOB, KEY, b"$ id\n")
    lake.work(JOB)
    lake.glue.delete_partition(DatabaseName=lake.settings.lake.database, TableName=RAW, PartitionValues=list(VALUES))
    assert "partition-missing" in [one.kind for one in fix(lake)]
    assert set(lake.partitions(RAW)) == {VALUES}


def test_a_backfill_or_rebuild_takes_those_that_were_written_on_its_days(lake: Lake) -> None:
    lake.put(JOB, KEY, b"$ id\n")
    lake.put(JOB, f"elsewhere/{NAME}", b"$ pwd\n")
    lake.put(JOB, f"put/2019/02/28/{NAME}", b"$ ls\n")
    today = datetime.now(UTC).date()
    keys = {one.listed.key for one in taken(lake, today - timedelta(days=1), today)}
    assert keys == {KEY, f"elsewhere/{NAME}"}
    assert {one.listed.key for one in taken(lake, date(2019, 2, 1), date(2019, 3, 1))} == {f"put/2019/02/28/{NAME}"}
    assert list(taken(lake, today - timedelta(days=9), today - timedelta(days=2))) == []
    assert {one.listed.key for one in taken(lake, today - timedelta(days=1), today, ("111122223333",))} == {KEY}


def test_an_object_that_is_announced_again_is_the_same_rows(lake: Lake) -> None:
    lake.put(JOB, KEY, b"$ id\n")
    lake.work(JOB)
    before = lake.rows(READY)
    (again,) = taken(lake, lake.now.date() - timedelta(days=1), lake.now.date() + timedelta(days=1))
    for edition in (0, 1):
        announce.announce(lake.sqs, lake.settings.lake.queue, [again.announced("replay", edition)])
        lake.work(JOB)
        assert lake.rows(READY).drop_columns(["edition", "eventtime"]) == before.drop_columns(["edition", "eventtime"])


def test_an_overwritten_log_is_two_rows_that_name_their_content(lake: Lake) -> None:
    for text in (b"as it was\n", b"as somebody would have it\n"):
        lake.put(JOB, KEY, text)
        lake.work(JOB)
    rows = lake.rows(READY).to_pylist()
    assert len({(row["sourceetag"], row["logsha256"]) for row in rows}) == len(rows) == 2


@pytest.mark.parametrize("job", ["cloudtrail", "cloudwatch", "bedrock"])
def test_only_logs_that_say_so_may_lie_under_keys_without_a_day(job: str) -> None:
    text = SETTINGS.text.replace('job = "sessionfiles"', f'job = "{job}"')
    with pytest.raises(SettingsError, match=r"layout of sessionfiles: it lacks \{dd\}, \{mm\}, \{yyyy\}"):
        parse(text)


@pytest.mark.parametrize(
    ("layout", "more", "code", "says"),
    [
        ("[{prefix}/]{accountid}/{region}/{file}", ["--undated"], 0, "takes these keys"),
        ("[{prefix}/]{accountid}/{region}/{file}", [], 2, "it lacks {dd}, {mm}, {yyyy}"),
        ("logs/{accountid}/{file}", ["--undated"], 1, "stands no 'logs/'"),
        ("{accountid}-{file}", ["--undated"], 2, "{file} must be a whole name"),
        ("{accountid}/{region}/{file}", ["--undated", "--partitions"], 2, "it lacks {dd}, {mm}, {yyyy}"),
    ],
)
def test_a_layout_is_tried_before_it_is_live(layout: str, more: list[str], code: int, says: str) -> None:
    answer = CliRunner().invoke(cli, ["source", "check", layout, "-", *more], input=f"{KEY}\n")
    assert answer.exit_code == code, answer.output + answer.stderr
    assert says in answer.output + answer.stderr
