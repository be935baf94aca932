"""The path from a raw object to what readers see, and its books: the real code on the embedded AWS, without Spark."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.mapping import Failed
from lake import keys
from lake.settings import parse
from lake.store import Store
from tests.lakes import SETTINGS, Lake, keeping

READY = "from_cloudtrail_readready"


def event(number: int, time: str = "2024-05-31T10:00:00Z", **more: Any) -> dict[str, Any]:
    """A StartSession that succeeded."""
    return {
        "eventVersion": "1.08",
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventTime": time,
        "eventSource": "ssm.amazonaws.com",
        "eventName": "StartSession",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "requestParameters": {"target": "i-0123456789abcdef0"},
        "responseElements": {"sessionId": f"alice-{number:017x}"},
        **more,
    }


def trail(*events: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps({"Records": list(events)}).encode())


def key(name: str, day: str = "2024/05/31", account: str = "111122223333") -> str:
    return f"AWSLogs/{account}/CloudTrail/eu-west-1/{day}/{account}_CloudTrail_eu-west-1_{name}.json.gz"


def everything(lake: Lake) -> dict[str, str]:
    """Every object of the lake's own buckets, with its ETag."""
    found = {}
    for bucket in (lake.settings.buckets.books, lake.settings.buckets.readready):
        for page in lake.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            found |= {f"{bucket}/{one['Key']}": one["ETag"] for one in page.get("Contents", [])}
    return found


def ids(lake: Lake) -> list[tuple[str, str]]:
    rows = lake.rows(READY)
    return sorted(zip((one[-3:] for one in rows["eventid"].to_pylist()), rows["calendarday"].to_pylist(), strict=True))


@pytest.fixture
def lake(aws: str) -> Lake:
    del aws
    return Lake()


def test_an_event_lands_on_its_own_day_however_late_it_was_delivered(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1), event(2, "2024-05-31T23:59:59Z")))
    lake.work("cloudtrail")
    lake.put(
        "cloudtrail", key("b", "2024/06/29"), trail(event(3, "2024-05-31T00:00:00Z"), event(4, "2023-05-31T05:00:00Z"))
    )
    lake.work("cloudtrail")
    assert ids(lake) == [("001", "2024-05-31"), ("002", "2024-05-31"), ("003", "2024-05-31"), ("004", "2023-05-31")]


def test_the_same_event_in_two_files_is_shown_once_and_counted(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1), event(2)))
    lake.work("cloudtrail")
    lake.put("cloudtrail", key("b"), trail(event(2), event(3)))
    lake.work("cloudtrail")
    assert [one for one, _ in ids(lake)] == ["001", "002", "003"]
    generations = lake.rows("lake_generations").to_pylist()
    assert [(g["rowsbefore"], g["rowsnew"], g["duplicates"], g["rowsout"]) for g in generations] == [
        (0, 2, 0, 2),
        (2, 2, 1, 3),
    ]


def test_every_object_and_record_is_in_the_ledger(lake: Lake) -> None:
    other = event(9, eventSource="athena.amazonaws.com")
    lake.put("cloudtrail", key("a"), trail(event(1), other, event(2, eventTime="yesterday")))
    lake.put("cloudtrail", "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2024/05/31/d.json.gz", b"{}")
    lake.work("cloudtrail")
    books = {row["objectkey"].split("/")[2]: row for row in lake.rows("lake_ledger").to_pylist()}
    read, dropped = books["CloudTrail"], books["CloudTrail-Digest"]
    assert (read["outcome"], read["recordsin"], read["kept"], read["filtered"], read["quarantined"]) == (
        "ok",
        3,
        1,
        1,
        1,
    )
    assert json.loads(read["filteredby"]) == {"event": 1}
    assert (dropped["outcome"], dropped["rule"], dropped["recordsin"]) == ("dropped", "layout", 0)
    (bad,) = lake.rows("lake_quarantine").to_pylist()
    assert (bad["reason"], bad["sourcerecord"]) == ("no-time", 2)
    bucket, _, stored = bad["storedin"].removeprefix("s3://").partition("/")
    data = lake.access.store.get(bucket, stored)[bad["storedat"] :][: bad["storedbytes"]]
    assert json.loads(data)["eventTime"] == "yesterday"


def test_a_reader_sees_only_the_partitions_that_addapart_registered(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work_queue()
    lake.run("cloudtrail")
    assert ids(lake) == []  # published, and its marker not yet heard of
    lake.work_queue()
    assert ids(lake) == [("001", "2024-05-31")]
    raw = lake.partitions("from_cloudtrail_raw")
    assert raw == {
        ("cloudtrail", "111122223333", "eu-west-1", "2024-05-31"): "s3://loglake-raw-cloudtrail/"
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/05/31/"
    }


def test_with_nothing_new_a_run_writes_nothing(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work("cloudtrail")
    lake.run("cloudtrail")  # takes away the inbox files that the plan consumed
    before = everything(lake)
    for hours in (0, 2, 48):
        lake.later(hours=hours)
        lake.work("cloudtrail")
        assert everything(lake) == before


def test_an_object_announced_again_months_later_changes_nothing_that_is_shown(lake: Lake) -> None:
    data = trail(event(1), event(2))
    lake.put("cloudtrail", key("a"), data)
    lake.work("cloudtrail")
    location = lake.partitions(READY)
    lake.later(days=90)
    lake.put("cloudtrail", key("a"), data)  # the same bytes, the same ETag: announced anew
    lake.work("cloudtrail")
    assert [one for one, _ in ids(lake)] == ["001", "002"]
    assert lake.partitions(READY) == location  # all duplicates: the same folder, nothing rewritten


def test_an_object_overwritten_before_it_was_read_is_gone_and_its_successor_is_read(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.put("cloudtrail", key("a"), trail(event(2)))
    lake.work("cloudtrail")
    assert [one for one, _ in ids(lake)] == ["002"]
    assert Counter(lake.rows("lake_ledger")["outcome"].to_pylist()) == {"gone": 1, "ok": 1}


def test_one_event_id_with_two_contents_shows_one_and_quarantines_the_other(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1, errorCode="AccessDenied")))
    lake.put("cloudtrail", key("b"), trail(event(1, errorCode="TargetNotConnected")))
    lake.work("cloudtrail")
    (shown,) = lake.rows(READY).to_pylist()
    (hidden,) = lake.rows("lake_quarantine").to_pylist()
    assert hidden["reason"] == "conflict"
    assert hidden["sourceobject"] != shown["sourceobject"]
    assert [row["conflicts"] for row in lake.rows("lake_generations").to_pylist()] == [1]


def test_the_lever_stops_one_account_at_once_and_books_what_it_drops(lake: Lake) -> None:
    stopped = "444455556666"
    lake.under(parse(lake.settings.text.replace("accounts_deny = []", f'accounts_deny = ["{stopped}"]')))
    lake.put("cloudtrail", key("a", account=stopped), trail(event(1)))
    lake.put("cloudtrail", key("b"), trail(event(2)))
    lake.work("cloudtrail")
    assert [one for one, _ in ids(lake)] == ["002"]
    books = {row["objectkey"].split("/")[1]: row["rule"] for row in lake.rows("lake_ledger").to_pylist()}
    assert books == {stopped: "accounts_deny", "111122223333": None}


def test_an_object_announced_again_when_the_lever_is_lifted_is_taken(lake: Lake) -> None:
    lake.under(parse(lake.settings.text.replace("accounts_deny = []", 'accounts_deny = ["111122223333"]')))
    data = trail(event(1))
    lake.put("cloudtrail", key("a"), data)
    lake.work_queue()
    lake.under(SETTINGS)
    lake.put("cloudtrail", key("a"), data)
    lake.work("cloudtrail")
    assert ids(lake) == [("001", "2024-05-31")]


def test_a_run_that_dies_between_its_steps_is_finished_by_the_next(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work_queue()

    class Died(Exception):
        pass

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("jobs.run.publish", die)  # landed, never published
        with pytest.raises(Died):
            lake.run("cloudtrail")
    lake.work("cloudtrail")
    assert ids(lake) == [("001", "2024-05-31")]
    assert lake.rows("lake_ledger").num_rows == 1


def test_a_task_that_fails_leaves_its_work_to_the_next_run_and_the_others_stand(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1), event(2, "2024-05-30T10:00:00Z")))
    lake.work_queue()
    original = Store.put

    def refuse(self: Store, bucket: str, name: str, data: Any) -> None:
        if "calendarday=2024-05-30" in name:
            raise OSError("S3 says no")
        original(self, bucket, name, data)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put", refuse)
        report = lake.run("cloudtrail")
    assert [type(one) for one in report.failed] == [Failed]
    lake.work_queue()
    assert ids(lake) == [("001", "2024-05-31")]
    lake.work("cloudtrail")
    assert ids(lake) == [("001", "2024-05-31"), ("002", "2024-05-30")]


def refusing(monkeypatch: pytest.MonkeyPatch, name: str) -> set[str]:
    """S3 refuses the object for as long as its key is in the set."""
    original, refused = Store.get, {name}

    def get(self: Store, bucket: str, wanted: str, *rest: str) -> bytes:
        if wanted in refused:
            raise PermissionError("AccessDenied")
        return original(self, bucket, wanted, *rest)

    monkeypatch.setattr(Store, "get", get)
    return refused


def test_an_object_that_is_refused_is_carried_tried_again_and_given_up_in_the_end(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, key("a"))
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.put("cloudtrail", key("b"), trail(event(2)))
    for _ in range(7):
        lake.work("cloudtrail")
        lake.later(hours=2)  # a plan is closed, and what it could not fetch carried on, when it has settled
    assert outcomes(lake, "a") == ["givenup", *["undone"] * 4]
    assert [one for one, _ in ids(lake)] == ["002"]


def outcomes(lake: Lake, name: str) -> list[str]:
    """What the books say of an object, one for each plan that it was in."""
    return sorted(row["outcome"] for row in lake.rows("lake_ledger").to_pylist() if row["objectkey"] == key(name))


def test_what_failed_once_is_taken_by_the_next_run_and_by_no_other(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = refusing(monkeypatch, key("a"))
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.put("cloudtrail", key("b"), trail(event(2)))
    lake.work("cloudtrail")
    refused.clear()
    for number, more in enumerate("cdef"):  # plans that begin while the first one is open, and after it
        lake.put("cloudtrail", key(more), trail(event(3 + number)))
        lake.later(minutes=15)
        lake.work("cloudtrail")
        assert outcomes(lake, "a") == ["ok", "undone"]
    lake.later(hours=2)
    lake.work("cloudtrail")
    assert outcomes(lake, "a") == ["ok", "undone"]
    assert len(ids(lake)) == 6


def test_what_failed_again_waits_until_its_plan_is_over(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = refusing(monkeypatch, key("a"))
    lake.put("cloudtrail", key("a"), trail(event(1)))
    for tries in (1, 2, 2, 2):
        lake.work("cloudtrail")
        assert outcomes(lake, "a") == ["undone"] * tries
        lake.later(minutes=15)
    refused.clear()
    lake.later(hours=2)
    lake.work("cloudtrail")
    assert ids(lake) == [("001", "2024-05-31")]
    assert outcomes(lake, "a") == ["ok", "undone", "undone"]


def test_a_big_day_is_cut_into_slices_and_a_late_event_rewrites_only_its_own(aws: str) -> None:
    del aws
    lake = Lake(parse(SETTINGS.text.replace("slice_rows = 200_000", "slice_rows = 20")))
    events = [event(n, f"2024-05-31T{n // 5:02}:{n % 5:02}:00Z") for n in range(120)]
    lake.put("cloudtrail", key("a"), trail(*events))
    lake.work("cloudtrail")
    before = files(lake)
    assert len(before) == 6
    lake.put("cloudtrail", key("b"), trail(event(500, "2024-05-31T13:30:00Z")))
    lake.work("cloudtrail")
    after = files(lake)
    assert lake.rows(READY).num_rows == 121
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"43200-57600.orc"}  # 12:00 to 16:00
    assert set(after) == set(before)


def test_a_slice_that_grows_is_cut_finer_and_loses_no_row(aws: str) -> None:
    del aws
    lake = Lake(parse(SETTINGS.text.replace("slice_rows = 200_000", "slice_rows = 20")))
    lake.put("cloudtrail", key("a"), trail(*[event(n, f"2024-05-31T{n:02}:00:00Z") for n in range(24)]))
    lake.work("cloudtrail")
    assert len(files(lake)) == 1
    late = [event(100 + n, f"2024-05-31T23:{n:02}:00Z") for n in range(60)]  # all in the day's last hour
    lake.put("cloudtrail", key("b"), trail(*late))
    lake.work("cloudtrail")
    assert len(files(lake)) > 1
    assert lake.rows(READY).num_rows == 24 + 60


def files(lake: Lake) -> dict[str, str]:
    """The day's files as readers see them: name and ETag."""
    (location,) = lake.partitions(READY).values()
    bucket, _, folder = location.removeprefix("s3://").partition("/")
    found = lake.s3.list_objects_v2(Bucket=bucket, Prefix=folder)["Contents"]
    return {one["Key"].removeprefix(folder): one["ETag"] for one in found}


def test_a_lost_marker_event_is_announced_again_by_the_next_run(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work_queue()
    lake.run("cloudtrail")
    lake.sqs.purge_queue(QueueUrl=lake.queue)  # S3's word about the markers never arrives
    assert ids(lake) == []
    lake.later(minutes=15)
    lake.run("cloudtrail")
    lake.work_queue()
    assert ids(lake) == [("001", "2024-05-31")]


def test_markers_heard_of_in_any_order_leave_the_newest_shown(lake: Lake) -> None:
    for number in (1, 2, 3):
        lake.put("cloudtrail", key(f"f{number}"), trail(event(number)))
        lake.work("cloudtrail")
    newest = lake.partitions(READY)
    for generation in (3, 1, 2):
        body = {
            "Records": [
                {
                    "eventName": "ObjectCreated:Put",
                    "eventTime": "2024-06-01T00:00:00Z",
                    "s3": {
                        "bucket": {"name": lake.settings.buckets.books},
                        "object": {"key": keys.marker(READY, "2024-05-31", generation)},
                    },
                }
            ]
        }
        lake.sqs.send_message(QueueUrl=lake.queue, MessageBody=json.dumps(body))
        lake.work_queue()
        assert lake.partitions(READY) == newest


def test_each_source_works_while_the_other_is_down(lake: Lake) -> None:
    lake.s3.delete_bucket(Bucket="loglake-raw-cloudwatch")
    lake.put("cloudtrail", key("a"), trail(event(1)))
    (report,) = lake.work("cloudtrail")
    assert report.failed == []
    assert ids(lake) == [("001", "2024-05-31")]


def test_a_row_leads_back_to_its_object_and_record(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1), event(2)))
    lake.work("cloudtrail")
    row = next(one for one in lake.rows(READY).to_pylist() if one["eventid"].endswith("002"))
    bucket, _, name = row["sourceobject"].removeprefix("s3://").partition("/")
    raw = json.loads(gzip.decompress(lake.access.store.get(bucket, name, row["sourceetag"])))
    assert raw["Records"][row["sourcerecord"]]["eventID"] == row["eventid"]


def test_a_key_with_an_empty_part_and_odd_characters_is_read(lake: Lake) -> None:
    lake.put("cloudtrail", "put/2024/05/31//a b+c=é&.json", trail(event(1)))
    lake.work("cloudtrail")
    assert ids(lake) == [("001", "2024-05-31")]


def test_the_filters_off_keeps_every_event(aws: str) -> None:
    del aws
    lake = Lake(keeping("everything"))
    lake.put("cloudtrail", key("a"), trail(event(1), event(2, eventName="GetDocument")))
    lake.work("cloudtrail")
    assert lake.rows(READY)["eventname"].to_pylist() == ["StartSession", "GetDocument"]


def test_books_times_are_utc(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work("cloudtrail")
    (row,) = lake.rows("lake_generations").to_pylist()
    assert row["publishedat"] == datetime(2024, 6, 1, 12, tzinfo=UTC).replace(tzinfo=None)


def test_a_run_says_how_long_its_objects_took_to_become_readable(lake: Lake) -> None:
    lake.now = datetime.now(UTC) + timedelta(hours=2)  # S3's own clock says when an object arrived
    lake.put("cloudtrail", key("a"), trail(event(1)))
    (report,) = lake.work("cloudtrail")
    assert report.freshness is not None
    assert report.freshness.objects == 1
    assert 7100 < report.freshness.p50 == report.freshness.p99 == report.freshness.max < 7300
    (report,) = lake.work("cloudtrail")
    assert report.freshness is None
