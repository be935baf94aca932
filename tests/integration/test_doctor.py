"""The doctor finds each difference by its name, repairs it, and finds it no more; a healthy lake it leaves alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra import resources
from jobs import check_raw
from jobs.check_raw import MOST
from jobs.doctor import Doctor
from jobs.findings import KINDS, Finding
from jobs.publish import newest
from lake import keys
from lake.books import load_marker
from lake.settings import parse
from lake.store import Store
from tests.integration.test_path import READY, event, ids, key, trail
from tests.lakes import SETTINGS, Lake

DAY = "2024-05-31"
RAW = "from_cloudtrail_raw"
LEDGER = "lake_ledger"


def doctor(lake: Lake, first: str = DAY, last: str = DAY) -> Doctor:
    """A doctor who compares the raw objects delivered on these days."""
    days = (date.fromisoformat(one) for one in (first, last))
    declared = resources.table_inputs(lake.settings)
    return Doctor(lake.access, lake.glue, lake.sqs, declared, lambda: lake.now, *days)


def look(lake: Lake, **days: str) -> list[Finding]:
    """What is wrong: what is due to be collected is not."""
    return [one for one in doctor(lake, **days).look() if one.fault]


def fix(lake: Lake, **days: str) -> list[Finding]:
    """A look with --fix; AddAPart then takes what was announced. Returns all that was found."""
    here = doctor(lake, **days)
    found = list(here.fix(here.look()))
    assert "not-checked" not in kinds(found)
    lake.work_queue()
    return found


def kinds(findings: Iterable[Finding]) -> Counter[str]:
    return Counter(one.kind for one in findings)


@pytest.fixture
def lake(aws: str) -> Lake:
    """Its clock begins with S3's own, which says when an object was written."""
    del aws
    # Its days are of 2024, and their raw partitions are to stay.
    made = Lake(parse(SETTINGS.text.replace("raw_partition_days = 90", "raw_partition_days = 36500")))
    made.now = datetime.now(UTC)
    return made


@pytest.fixture
def busy(lake: Lake) -> Lake:
    """Two days of events in several generations, with everything settled. Its clock is then S3's again."""
    lake.now -= timedelta(hours=2)
    for number in range(3):
        events = [event(10 * number + n, f"2024-05-{30 + n % 2}T10:00:00Z") for n in range(4)]
        lake.put("cloudtrail", key(f"f{number}"), trail(*events))
        lake.work("cloudtrail")
    lake.later(hours=2)
    return lake


def point(lake: Lake, table: str, day: str, **changes: Any) -> None:
    """Somebody changes a partition by hand."""
    where = {"DatabaseName": lake.settings.lake.database, "TableName": table}
    made = lake.glue.get_partition(**where, PartitionValues=[day])["Partition"]
    descriptor = made["StorageDescriptor"] | changes
    lake.glue.update_partition(
        **where, PartitionValueList=[day], PartitionInput={"Values": [day], "StorageDescriptor": descriptor}
    )


def lose(lake: Lake) -> None:
    """What S3 said never arrives."""
    while messages := lake.receive():
        for one in messages:
            lake.sqs.delete_message(QueueUrl=lake.queue, ReceiptHandle=one["ReceiptHandle"])


def drop(lake: Lake, table: str, *values: str) -> None:
    lake.glue.delete_partition(DatabaseName=lake.settings.lake.database, TableName=table, PartitionValues=list(values))


def marker_of(lake: Lake, table: str = READY, day: str = DAY) -> Any:
    found = newest(lake.access, table, day)
    assert found
    return found


def test_a_healthy_busy_lake_has_nothing_wrong(busy: Lake) -> None:
    assert look(busy, first="2024-05-01") == []
    busy.put("cloudtrail", key("young"), trail(event(500)))  # on its way
    assert look(busy) == []
    busy.work_queue()
    busy.run("cloudtrail")  # published, AddAPart has not heard yet
    assert look(busy) == []


def test_a_look_without_fix_changes_nothing(busy: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lose(busy)
    drop(busy, READY, DAY)
    busy.put("cloudtrail", key("lost"), trail(event(500)))
    lose(busy)
    busy.later(hours=2)

    def refuse(*_: object) -> None:
        raise AssertionError("a look writes")

    for name in ("put", "create", "copy", "delete"):
        monkeypatch.setattr(Store, name, refuse)
    assert kinds(look(busy)) == {"never-announced": 1, "partition-missing": 1}
    assert busy.receive() == []


def test_an_object_whose_event_was_lost_is_found_announced_and_read(busy: Lake) -> None:
    busy.put("cloudtrail", key("lost"), trail(event(500)))
    lose(busy)
    busy.later(minutes=61)
    (found,) = look(busy)
    assert (found.kind, found.where) == ("never-announced", f"s3://loglake-raw-cloudtrail/{key('lost')}")
    fix(busy)
    assert look(busy) == []  # in the inbox
    busy.run("cloudtrail")
    busy.work_queue()
    assert look(busy) == []  # in an open plan, and in lake_ledger
    assert "500" in [one for one, _ in ids(busy)]
    assert [row["why"] for row in busy.rows(LEDGER).to_pylist() if row["objectkey"] == key("lost")] == ["doctor"]


def test_an_object_overwritten_without_an_event_is_found(busy: Lake) -> None:
    busy.put("cloudtrail", key("f1"), trail(event(501)))
    lose(busy)
    busy.later(hours=2)
    assert kinds(look(busy)) == {"never-announced": 1}


def test_an_object_that_was_gone_and_is_there_again_is_found(lake: Lake) -> None:
    data = trail(event(1))
    lake.put("cloudtrail", key("a"), data)
    lake.work_queue()
    lake.s3.delete_object(Bucket="loglake-raw-cloudtrail", Key=key("a"))
    lake.work("cloudtrail")
    lake.put("cloudtrail", key("a"), data)
    lose(lake)  # restoring a version announces nothing
    lake.later(hours=2)
    assert kinds(look(lake)) == {"never-announced": 1}
    fix(lake)
    lake.work("cloudtrail")
    assert [one for one, _ in ids(lake)] == ["001"]


def test_what_a_control_drops_is_known(lake: Lake) -> None:
    lake.under(parse(lake.settings.text.replace("accounts_deny = []", 'accounts_deny = ["111122223333"]')))
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work("cloudtrail")
    lake.later(hours=2)
    assert look(lake) == []
    lake.under(SETTINGS)  # the lever is lifted: that object has no partition, and needs none
    assert look(lake) == []


def test_only_the_days_asked_for_are_compared(busy: Lake) -> None:
    for day in ("2024/05/29", "2024/05/30"):
        busy.put("cloudtrail", key("lost", day), trail(event(500)))
    lose(busy)
    busy.later(hours=2)
    assert look(busy) == []
    assert kinds(look(busy, first="2024-05-30")) == {"never-announced": 1}
    assert kinds(look(busy, first="2024-05-29")) == {"never-announced": 2}


def test_more_objects_than_are_compared_at_a_time_are_all_compared(busy: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST > 1
    monkeypatch.setattr(check_raw, "MOST", 2)
    for number in range(5):
        busy.put("cloudtrail", key(f"lost{number}"), trail(event(500 + number)))
    lose(busy)
    busy.later(hours=2)
    assert kinds(look(busy)) == {"never-announced": 5}


def test_the_books_are_read_though_the_catalog_is_gone(busy: Lake) -> None:
    for table in busy.glue.get_tables(DatabaseName=busy.settings.lake.database)["TableList"]:
        busy.glue.delete_table(DatabaseName=busy.settings.lake.database, Name=table["Name"])
    found = kinds(look(busy))
    assert found["table-missing"] == len(resources.table_inputs(busy.settings))
    assert "never-announced" not in found
    assert "not-checked" not in found


def test_a_raw_partition_that_was_dropped_comes_back_though_the_lambda_is_warm(busy: Lake) -> None:
    before = busy.partitions(RAW)
    busy.later(hours=2)
    drop(busy, RAW, "cloudtrail", "111122223333", "eu-west-1", DAY)
    (found,) = look(busy)
    assert found.kind == "partition-missing"
    shown = ids(busy)
    fix(busy)
    assert busy.partitions(RAW) == before
    busy.work("cloudtrail")
    assert ids(busy) == shown  # its object was announced again, and counted once
    assert look(busy) == []


def test_a_raw_partition_at_another_place_is_told(busy: Lake) -> None:
    busy.later(hours=2)
    where = {"DatabaseName": busy.settings.lake.database, "TableName": RAW}
    values = ["cloudtrail", "111122223333", "eu-west-1", DAY]
    made = busy.glue.get_partition(**where, PartitionValues=values)["Partition"]["StorageDescriptor"]
    elsewhere = {"Values": values, "StorageDescriptor": made | {"Location": "s3://loglake-raw-cloudtrail/"}}
    busy.glue.update_partition(**where, PartitionValueList=values, PartitionInput=elsewhere)
    assert kinds(look(busy)) == {"partition-wrong": 1}


def test_a_published_day_without_partition_gets_it_back(busy: Lake) -> None:
    before = busy.partitions(READY)
    drop(busy, READY, DAY)
    (found,) = look(busy)
    assert (found.kind, found.where) == ("partition-missing", f"{READY} {DAY}")
    fix(busy)
    assert busy.partitions(READY) == before
    assert look(busy) == []


def test_a_partition_on_an_old_generation_is_moved_to_the_newest(busy: Lake) -> None:
    before = busy.partitions(READY)
    old = load_marker(busy.access.store.get(busy.access.books, keys.marker(READY, DAY, 1)))
    point(busy, READY, DAY, Location=old.location)
    (found,) = look(busy)
    assert found.kind == "partition-stale"
    fix(busy)
    assert busy.partitions(READY) == before
    assert look(busy) == []


def by_position(made: dict[str, Any]) -> dict[str, Any]:
    parameters = {name: value for name, value in made["SerdeInfo"]["Parameters"].items() if "index.access" not in name}
    return {"SerdeInfo": made["SerdeInfo"] | {"Parameters": parameters}}


def retyped(made: dict[str, Any]) -> dict[str, Any]:
    return {"Columns": [made["Columns"][0] | {"Type": "bigint"}, *made["Columns"][1:]]}


WRONG: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "read by position": by_position,
    "a column of another type": retyped,
    "a column less": lambda made: {"Columns": made["Columns"][:-1]},
    "a column more": lambda made: {"Columns": [*made["Columns"], {"Name": "more", "Type": "string"}]},
    "columns in another order": lambda made: {"Columns": made["Columns"][::-1]},
    "no '/' at the end": lambda made: {"Location": made["Location"].rstrip("/")},
    "the folder of all generations": lambda made: {"Location": made["Location"].rstrip("/").rsplit("/", 1)[0] + "/"},
    "somewhere else": lambda made: {"Location": "s3://loglake-readready/"} | {"Columns": made["Columns"]},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_partition_that_is_wrong_is_written_anew(busy: Lake, wrong: str) -> None:
    where = {"DatabaseName": busy.settings.lake.database, "TableName": READY, "PartitionValues": [DAY]}
    before = busy.glue.get_partition(**where)["Partition"]["StorageDescriptor"]
    point(busy, READY, DAY, **WRONG[wrong](before))
    (found,) = look(busy)
    assert (found.kind, found.where) == ("partition-wrong", f"{READY} {DAY}")
    fix(busy)
    assert busy.glue.get_partition(**where)["Partition"]["StorageDescriptor"] == before
    assert look(busy) == []


def test_a_partition_of_a_day_that_was_never_published_is_told(busy: Lake) -> None:
    made = busy.glue.get_partition(DatabaseName=busy.settings.lake.database, TableName=READY, PartitionValues=[DAY])[
        "Partition"
    ]["StorageDescriptor"]
    busy.glue.create_partition(
        DatabaseName=busy.settings.lake.database,
        TableName=READY,
        PartitionInput={"Values": ["2023-01-01"], "StorageDescriptor": made},
    )
    (found,) = look(busy)
    assert (found.kind, found.where, found.repair) == ("partition-wrong", f"{READY} 2023-01-01", None)


def table_changed(lake: Lake, name: str, **changes: Any) -> None:
    made = next(one for one in resources.table_inputs(lake.settings) if one["Name"] == name)
    lake.glue.update_table(DatabaseName=lake.settings.lake.database, TableInput=made | changes)


def test_a_table_that_is_missing_or_not_as_declared_is_told(busy: Lake) -> None:
    busy.glue.delete_table(DatabaseName=busy.settings.lake.database, Name="sessions")
    made = next(one for one in resources.table_inputs(busy.settings) if one["Name"] == LEDGER)["StorageDescriptor"]
    table_changed(busy, LEDGER, StorageDescriptor=made | by_position(made))
    found = {one.kind: one for one in look(busy)}
    assert found["table-missing"].where == "loglake.sessions"
    assert found["table-drift"].where == "loglake.lake_ledger"
    assert "orc.column.index.access" in found["table-drift"].what
    assert {one.repair for one in found.values()} == {None}


def test_files_that_are_gone_cut_short_or_strange_are_told(busy: Lake) -> None:
    marker = marker_of(busy)
    file = f"{marker.folder}{marker.files[0].name}"
    data = busy.access.store.get(marker.bucket, file)
    for spoil in (
        lambda: busy.s3.delete_object(Bucket=marker.bucket, Key=file),
        lambda: busy.s3.put_object(Bucket=marker.bucket, Key=file, Body=data[:-1]),
        lambda: busy.s3.put_object(Bucket=marker.bucket, Key=f"{marker.folder}more.orc", Body=data),
    ):
        spoil()
        (found,) = look(busy)
        assert (found.kind, found.repair) == ("generation-broken", None)
        busy.s3.put_object(Bucket=marker.bucket, Key=file, Body=data)
    busy.s3.delete_object(Bucket=marker.bucket, Key=f"{marker.folder}more.orc")
    assert look(busy) == []


def test_a_generation_that_no_run_booked_is_told_after_a_day(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work_queue()
    with monkeypatch.context() as patch:
        patch.setattr("jobs.run._keep_books", lambda *_: None)
        lake.run("cloudtrail")
    lake.work_queue()
    assert look(lake) == []
    lake.later(hours=25)
    assert kinds(look(lake))["unbooked-generation"] == 1
    assert [one.where for one in look(lake) if one.kind == "plan-stuck"] == ["cloudtrail plan 1"]
    lake.work("cloudtrail")
    lake.later(hours=2)
    assert look(lake) == []


def test_a_plan_that_stays_open_is_told_with_the_reason(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work_queue()

    def die(*_: object) -> None:
        raise OSError("S3 says no")

    with monkeypatch.context() as patch:
        patch.setattr("jobs.land._attempt", die)
        lake.work("cloudtrail")
    lake.later(hours=25)
    (found,) = look(lake)
    assert found.kind == "plan-stuck"
    assert "1 of its 1 batches are not landed" in found.what
    with monkeypatch.context() as patch:
        patch.setattr("jobs.slices.orc.write", die)
        lake.run("cloudtrail")
    (found,) = look(lake)
    assert f"not published: {READY} {DAY}" in found.what


def test_arrivals_that_nobody_takes_are_told_after_a_day(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work_queue()
    lake.later(hours=23)
    assert look(lake) == []
    lake.later(hours=2)
    (found,) = look(lake)
    assert (found.kind, found.where) == ("waiting", "s3://loglake-books/inbox/cloudtrail/")
    lake.work("cloudtrail")
    lake.later(hours=2)
    assert look(lake) == []  # what the newest plan took waits for nothing


def test_an_account_that_fell_silent_is_told(lake: Lake) -> None:
    loyal, silent, seldom = "111122223333", "444455556666", "777788889999"
    today = lake.now.date()
    for back in range(16):
        day = f"{today - timedelta(days=back):%Y/%m/%d}"
        for account in (loyal, silent, seldom):
            if account == loyal or (account == silent and back > 1) or (account == seldom and back % 3 == 2):
                lake.put("cloudtrail", key("a", day, account), trail(event(back)))
    lake.work("cloudtrail")
    assert [(one.kind, one.where) for one in look(lake)] == [
        ("account-missing", f"source cloudtrail, account {silent}")
    ]
    lake.put("cloudtrail", key("late", f"{today - timedelta(days=1):%Y/%m/%d}", silent), trail(event(900)))
    lake.work_queue()
    assert look(lake) == []  # in the inbox already


def test_what_cannot_be_read_does_not_hide_the_rest(busy: Lake) -> None:
    drop(busy, READY, DAY)
    busy.s3.delete_bucket(Bucket="loglake-raw-cloudwatch")
    found = {one.kind: one for one in look(busy)}
    assert found["not-checked"].where == "s3://loglake-raw-cloudwatch"
    assert found["partition-missing"].where == f"{READY} {DAY}"


def test_a_bucket_that_nobody_made_hides_no_other(lake: Lake) -> None:
    """lake.toml as it comes names buckets for logs that not every company has."""
    late = "put/2024/05/31/x.json"
    lake.s3.put_object(Bucket="loglake-raw-bedrock", Key=late, Body=b"{}")
    lake.s3.delete_bucket(Bucket="loglake-raw-cloudtrail")
    lake.later(hours=2)
    found = {one.kind: one for one in look(lake)}
    assert found["never-announced"].where == f"s3://loglake-raw-bedrock/{late}"
    assert found["not-checked"].where == "s3://loglake-raw-cloudtrail"
    assert "cloudtrail-put, cloudtrail" in found["not-checked"].what
    assert "lake.toml" in found["not-checked"].would


def test_every_kind_is_explained_in_the_documentation_and_no_other() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text().splitlines()
    assert [line.split("`")[1] for line in lines if line.startswith("| `")] == list(KINDS)


def test_a_condemnation_says_what_and_when(busy: Lake) -> None:
    fix(busy)
    (note,) = busy.access.store.list(busy.access.books, keys.CONDEMNED)
    said = json.loads(busy.access.store.get(busy.access.books, note))
    assert datetime.fromisoformat(said["at"]) == busy.now
    assert all(keys.read_generation(one) or keys.read_private(one) for one in said["items"])
