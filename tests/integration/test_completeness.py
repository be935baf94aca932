"""Completeness, from raw objects to what an auditor is told: the real path, and the views asked through Athena."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import boto3
import pytest

from cli import completeness, summary
from cli.athena import Athena
from cli.errors import Failure
from examples.company import Company
from examples.company.truth import Truth
from jobs.land import Batch
from jobs.mapping import Failed
from lake.announce import Announced, announce
from lake.settings import JOBS, parse
from lake.store import Store
from tests.lakes import WORKGROUP, Lake

READY = "from_cloudtrail_readready"
ACCOUNT, REGION, DAY = "111122223333", "eu-west-1", "2024-05-31"


def event(number: int, time: str = f"{DAY}T10:00:00Z", **more: Any) -> dict[str, Any]:
    """A StartSession that succeeded."""
    return {
        "eventVersion": "1.08",
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventTime": time,
        "eventSource": "ssm.amazonaws.com",
        "eventName": "StartSession",
        "awsRegion": REGION,
        "recipientAccountId": ACCOUNT,
        "responseElements": {"sessionId": f"alice-{number:017x}"},
        **more,
    }


def trail(*events: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps({"Records": list(events)}).encode(), mtime=0)


def key(name: str, day: str = DAY, account: str = ACCOUNT) -> str:
    folder = day.replace("-", "/")
    return f"AWSLogs/{account}/CloudTrail/{REGION}/{folder}/{account}_CloudTrail_{REGION}_{name}.json.gz"


class Asked(NamedTuple):
    """A lake, and its Athena."""

    lake: Lake
    athena: Athena

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """The answer's rows; numbers as numbers."""
        answer = self.athena.ask(sql)
        return [
            {
                column.name: value if value is None or column.type == "varchar" else json.loads(value)
                for column, value in zip(answer.columns, row, strict=True)
            }
            for row in answer.rows
        ]

    def objects(self, columns: str) -> dict[str, Any]:
        """Columns of the view `objects` by the end of the object's name."""
        found = self.athena.ask(f"SELECT objectkey, {columns} FROM objects")
        return {(row[0] or "").rsplit("_", 1)[-1].split(".")[0]: tuple(row[1:]) for row in found.rows}

    def complete(self) -> dict[str, Any]:
        """The one row of the view `completeness`."""
        (row,) = self.ask("SELECT * FROM completeness")
        return row


def asked(lake: Lake) -> Asked:
    return Asked(lake, Athena(boto3.client("athena"), lake.settings.lake.database, WORKGROUP))


@pytest.fixture
def here(aws: str) -> Asked:
    del aws
    return asked(Lake())


# -- an object's fate ------------------------------------------------------------------------------------------------


def test_an_object_announced_ten_times_in_ten_plans_is_counted_once(here: Asked) -> None:
    lake = here.lake
    for day in range(10):
        lake.put("cloudtrail", key("a"), trail(event(1), event(2)))
        lake.work("cloudtrail")
        lake.later(days=day)
    assert lake.rows("lake_ledger").num_rows == 10
    assert here.objects("timestaken, kept, rowsshown, rowselsewhere") == {"a": ("10", "2", "2", "0")}
    row = here.complete()
    assert (row["objects"], row["processedpercent"], row["records"], row["kept"]) == (1, 100.0, 2, 2)
    assert summary.ask(here.athena).jobs["cloudtrail"].objects == {("ok", ""): 1}


def test_an_overwritten_object_is_gone_a_dropped_one_stands_apart_and_the_successor_is_read(here: Asked) -> None:
    lake = here.lake
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.put("cloudtrail", key("a"), trail(event(2)))
    lake.under(parse(lake.settings.text.replace("keys_deny = []", 'keys_deny = ["loglake-raw-cloudtrail/AWSLogs/4"]')))
    lake.put("cloudtrail", key("b", account="444455556666"), trail(event(3)))
    lake.work("cloudtrail")
    outcomes = Counter(row["outcome"] for row in here.ask("SELECT outcome FROM objects"))
    assert outcomes == {"ok": 1, "gone": 1, "dropped": 1}
    found = here.ask("SELECT accountid, objects, processedpercent, gone, dropped FROM completeness ORDER BY accountid")
    assert [tuple(row.values()) for row in found] == [(ACCOUNT, 2, 50.0, 1, 0), ("444455556666", 0, None, 0, 1)]


def test_an_object_that_is_refused_is_undone_then_given_up_then_read_once_it_is_allowed(
    here: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = here.lake
    original = Store.get

    def refuse(self: Store, bucket: str, wanted: str, *rest: Any) -> bytes:
        if wanted == key("a"):
            raise PermissionError("AccessDenied")
        return original(self, bucket, wanted, *rest)

    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.put("cloudtrail", key("b"), trail(event(2)))
    seen = []
    with monkeypatch.context() as patch:
        patch.setattr(Store, "get", refuse)
        for _ in range(lake.settings.bounds.attempts):
            lake.work("cloudtrail")
            row = here.complete()
            seen.append((row["processedpercent"], row["undone"], row["givenup"]))
            lake.later(hours=2)
    assert seen == [*[(50.0, 1, 0)] * 4, (50.0, 0, 1)]
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work("cloudtrail")
    row = here.complete()
    assert (row["objects"], row["processedpercent"], row["undone"], row["givenup"]) == (2, 100.0, 0, 0)


# -- waiting ---------------------------------------------------------------------------------------------------------


def unlanded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No batch can be landed."""

    def die(batch: Batch, _: Any) -> None:
        raise OSError(f"{batch.id}: no disk")

    monkeypatch.setattr("jobs.run.land", die)


def test_objects_of_a_batch_that_fails_are_seen_waiting_until_it_is_landed(
    here: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = here.lake
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.put("cloudtrail", key("b"), trail(event(2)))
    lake.put("cloudtrail", "nothing/of/ours", b"x")
    with monkeypatch.context() as patch:
        unlanded(patch)
        (report,) = lake.work("cloudtrail")
        assert [type(one) for one in report.failed] == [Failed]
        assert (report.taken, report.arrived, report.completeness) == ([1], 2, 0.0)
        assert here.objects("outcome, timestaken, rowsshown") == {
            "a": ("waiting", "0", "0"),
            "b": ("waiting", "0", "0"),
        }
        row = here.complete()
        assert (row["objects"], row["waiting"], row["processedpercent"]) == (2, 2, 0.0)
        # However often it fails, it is booked once.
        before = lake.rows("lake_ledger")
        lake.work("cloudtrail")
        assert lake.rows("lake_ledger") == before
    (report,) = lake.work("cloudtrail")
    assert (report.failed, report.completeness) == ([], 100.0)
    found = here.ask("SELECT outcome, timestaken, kept, rowsshown FROM objects ORDER BY objectkey")
    assert [tuple(row.values()) for row in found] == [("ok", 1, 1, 1), ("ok", 1, 1, 1), ("dropped", 1, 0, 0)]
    assert summary.ask(here.athena).unequal() == []
    assert summary.ask(here.athena).jobs["cloudtrail"].objects == {("ok", ""): 2, ("dropped", "layout"): 1}


def test_a_plan_whose_batch_failed_once_is_closed_all_the_same(here: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = here.lake
    lake.put("cloudtrail", key("a"), trail(event(1)))
    with monkeypatch.context() as patch:
        unlanded(patch)
        lake.work("cloudtrail")
    lake.work("cloudtrail")
    lake.later(hours=2)
    (report,) = lake.work("cloudtrail")
    assert report.plans == []


# -- late ------------------------------------------------------------------------------------------------------------


def test_late_is_a_record_of_a_day_that_was_over_for_a_whole_day_when_it_was_delivered(here: Asked) -> None:
    delivered = datetime(2024, 6, 30, 0, 0, 30, tzinfo=UTC)
    times = [delivered - late for late in (timedelta(minutes=1), timedelta(days=1), timedelta(days=2))]
    times += [delivered - timedelta(days=29), delivered - timedelta(days=366)]
    events = [event(n, f"{time:%Y-%m-%dT%H:%M:%SZ}") for n, time in enumerate(times)]
    here.lake.put("cloudtrail", key("a", "2024-06-30"), trail(*events, event(9, eventName="GetDocument")))
    here.lake.put("cloudtrail", key("b", "2024-06-30"), trail(events[3], event(5, "2024-06-30T00:00:00Z")))
    here.lake.work("cloudtrail")
    assert here.objects("kept, late, rowsshown") == {"a": ("5", "3", "5"), "b": ("2", "1", "1")}
    row = here.complete()
    assert (row["calendarday"], row["kept"], row["late"], row["latepercent"]) == ("2024-06-30", 7, 4, 57.15)


def test_an_object_whose_key_names_no_day_is_late_by_the_day_of_its_arrival(here: Asked) -> None:
    """As a file put there by hand: its key has the day on which it was put."""
    here.lake.put(
        "cloudtrail", "put/2024/06/03/x.json", trail(event(1, "2024-06-01T23:59:59Z"), event(2, "2024-06-02T00:00:00Z"))
    )
    here.lake.work("cloudtrail")
    row = here.complete()
    assert (row["accountid"], row["calendarday"], row["late"]) == ("unknown", "2024-06-03", 1)


# -- what of it is shown ---------------------------------------------------------------------------------------------


def test_records_in_two_objects_are_shown_of_one_and_a_conflict_of_neither_twice(here: Asked) -> None:
    lake = here.lake
    lake.put("cloudtrail", key("a"), trail(event(1), event(2), event(3, errorCode="AccessDenied")))
    lake.work("cloudtrail")
    lake.put("cloudtrail", key("b"), trail(event(2), event(3, errorCode="TargetNotConnected"), event(4)))
    lake.work("cloudtrail")
    found = here.objects("kept, rowsshown, rowselsewhere")
    assert {name: counts[0] for name, counts in found.items()} == {"a": "3", "b": "3"}
    assert sum(int(counts[1]) for counts in found.values()) == lake.rows(READY).num_rows == 4
    assert sum(int(counts[2]) for counts in found.values()) == 2  # a duplicate, a conflict
    assert [row["reason"] for row in here.ask("SELECT reason FROM quarantined")] == ["conflict"]


def test_a_rebuilt_object_is_shown_by_its_new_edition_and_what_it_repaired_has_left_quarantine(here: Asked) -> None:
    lake = here.lake
    data = trail(event(1), event(2, eventTime="yesterday"), event(3, eventTime="tomorrow"))
    lake.put("cloudtrail", key("a"), data)
    lake.work("cloudtrail")
    assert len(here.ask("SELECT * FROM quarantined")) == 2
    bucket = lake.settings.sources[0].bucket
    head = lake.s3.head_object(Bucket=bucket, Key=key("a"))
    again = Announced(bucket, key("a"), head["ETag"].strip('"'), len(data), "", "2024-06-01T12:00:00Z", "rebuild", 1)
    announce(lake.sqs, lake.settings.lake.queue, [again])
    lake.work("cloudtrail")
    assert lake.rows("lake_quarantine").num_rows == 4
    assert here.objects("edition, why, timestaken, quarantined, rowsshown") == {"a": ("1", "rebuild", "2", "2", "1")}
    found = here.ask("SELECT edition, sourcerecord FROM quarantined ORDER BY sourcerecord")
    assert [tuple(row.values()) for row in found] == [(1, 1), (1, 2)]


# -- a run's last words ----------------------------------------------------------------------------------------------


def test_a_run_speaks_of_the_days_that_it_touched_the_worst_first(here: Asked) -> None:
    lake = here.lake
    lake.put("cloudtrail", key("old", "2024-05-30"), trail(event(1)))
    lake.work("cloudtrail")
    lake.put("cloudtrail", key("a"), trail(event(2)))
    lake.put("cloudtrail", key("b", "2024-06-01"), trail(event(3)))
    lake.put("cloudtrail", key("b", "2024-06-01"), trail(event(4)))  # the first one is gone
    (report,) = lake.work("cloudtrail")
    assert (report.plans, report.taken) == ([1, 2], [2])
    groups = completeness.of_plans(here.athena, {"cloudtrail": report.taken, "cloudwatch": []})
    assert [(one.calendarday, one.objects, one.processed) for one in groups] == [("2024-06-01", 2, 1), (DAY, 1, 1)]
    assert completeness.line(groups).startswith("66.66 % of 3 objects that arrived are processed, 100 % of 2 records")
    completeness.check(groups, 66, "lake.toml")
    with pytest.raises(Failure, match=r"only 66.66 % of 3 objects .* lake.toml asks for 67 %"):
        completeness.check(groups, 67, "lake.toml")
    assert completeness.of_plans(here.athena, {"cloudtrail": [], "cloudwatch": []}) == []


# -- the sample company ----------------------------------------------------------------------------------------------


class Filled(NamedTuple):
    """A lake that has taken in a company, the company's truth, and the CloudTrail events of each object, by its key."""

    here: Asked
    truth: Truth
    events: dict[str, list[str]]


@pytest.fixture(scope="module")
def filled(embedded_aws: str) -> Filled:
    """In three rounds, all announced once more by a backfill. Filled once: it takes seconds."""
    del embedded_aws
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    lake = Lake()
    company = Company(seed=5, detail=True)
    objects = list(company.objects())
    size = -(-len(objects) // 3)
    for start in range(0, len(objects), size):
        for one in objects[start : start + size]:
            lake.put(one.job, one.key, one.data)
        lake.work(*JOBS)
        lake.later(minutes=15)
    for one in objects:
        lake.put(one.job, one.key, one.data)
    lake.later(days=1)
    lake.work(*JOBS)
    events = {one.key: event_ids(one.data) for one in objects if one.job == "cloudtrail"}
    return Filled(asked(lake), company.truth(), events)


def event_ids(data: bytes) -> list[str]:
    """The ids in a CloudTrail object; of a damaged one none."""
    try:
        return [str(one.get("eventID")) for one in json.loads(gzip.decompress(data))["Records"]]
    except (ValueError, KeyError, EOFError, OSError):
        return []


def test_every_object_of_the_company_has_the_figures_that_the_truth_gives_it(filled: Filled) -> None:
    assert filled.truth.objects
    expected = {
        (one.job, one.key): (one.records, one.kept, sum(one.filtered.values()), sum(one.quarantined.values()))
        for one in filled.truth.objects
    }
    found = filled.here.ask(
        "SELECT job, objectkey, recordsin, kept, filtered, quarantined FROM objects WHERE outcome = 'ok'"
    )
    assert {(row["job"], row["objectkey"]): tuple(row.values())[2:] for row in found} == expected
    assert len(found) == len(expected)
    dropped = filled.here.ask("SELECT objectkey FROM objects WHERE outcome <> 'ok'")
    assert sorted(row["objectkey"] for row in dropped) == sorted(filled.truth.ignored)


def test_what_the_company_logged_is_shown_or_a_duplicate(filled: Filled) -> None:
    found = filled.here.ask("SELECT job, sum(rowsshown) AS shown, sum(rowselsewhere) AS away FROM objects GROUP BY job")
    counts = {row["job"]: (row["shown"], row["away"]) for row in found}
    for job in ("cloudtrail", "cloudwatch"):
        truth = getattr(filled.truth, job)
        assert counts[job] == (truth.rows, truth.duplicates)


def test_the_companys_bad_records_are_each_in_quarantine_once(filled: Filled) -> None:
    found = Counter((row["job"], row["reason"]) for row in filled.here.ask("SELECT job, reason FROM quarantined"))
    jobs = ("cloudtrail", "cloudwatch")
    expected = {(job, reason): n for job in jobs for reason, n in getattr(filled.truth, job).quarantined.items()}
    assert found == expected


def test_the_company_is_complete_day_by_day_and_its_late_records_are_counted(filled: Filled) -> None:
    late: Counter[tuple[str, str]] = Counter()
    for name, ids in filled.events.items():
        part = name.split("/CloudTrail/")
        if len(part) < 2:
            continue
        day = "-".join(part[1].split("/")[1:4])
        due = str(date.fromisoformat(day) - timedelta(days=1))
        late[part[0][-12:], day] += sum(filled.truth.events.get(one, due) < due for one in ids)
    assert sum(late.values()) > 0
    found = filled.here.ask("SELECT * FROM completeness WHERE source = 'cloudtrail'")
    told: Counter[tuple[str, str]] = Counter()
    for row in found:
        assert (row["processedpercent"], row["accountedpercent"]) in ((100.0, 100.0), (100.0, None))
        told[row["accountid"], row["calendarday"]] += row["late"]
    assert +told == +late
    every = filled.here.ask("SELECT sum(objects) AS n, sum(records) AS r, sum(kept) AS k FROM completeness")
    jobs = [filled.truth.cloudtrail, filled.truth.cloudwatch]
    assert every == [
        {"n": sum(j.objects for j in jobs), "r": sum(j.records for j in jobs), "k": sum(j.kept for j in jobs)}
    ]
