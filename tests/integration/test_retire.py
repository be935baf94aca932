"""Raw partitions leave the catalog when their days are long over, by AddAPart's hand alone; nothing else leaves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from addapart import handler
from addapart.catalog import DELETED_AT_ONCE
from addapart.handler import AddAPart
from infra import resources
from jobs.doctor import Doctor
from jobs.findings import Finding
from lake import announce
from lake.announce import Announced
from tests.integration.test_path import READY, event, ids, key, trail
from tests.lakes import Lake

RAW = "from_cloudtrail_raw"
ACCOUNT = "111122223333"


@pytest.fixture
def lake(aws: str) -> Lake:
    del aws
    return Lake()


def fix(lake: Lake, first: str = "2024-05-31", last: str = "2024-05-31") -> list[Finding]:
    days = (date.fromisoformat(one) for one in (first, last))
    doctor = Doctor(lake.access, lake.glue, lake.sqs, resources.table_inputs(lake.settings), lambda: lake.now, *days)
    found = list(doctor.fix(doctor.look()))
    lake.work_queue()
    return found


def raw_days(lake: Lake) -> list[str]:
    return sorted(values[-1] for values in lake.partitions(RAW))


def refused(lake: Lake, name: str) -> bool:
    message = next(iter(announce.messages([Announced("", name, "", 0, "", "", why="retire")])))[0]
    answer = lake.addapart.handle({"Records": [{"messageId": "m", "body": message}]}, lake.now)
    return bool(answer["batchItemFailures"])


def test_a_raw_partition_leaves_90_days_after_its_day_and_its_objects_stay(lake: Lake) -> None:
    for day in ("2024/05/30", "2024/05/31"):
        lake.put("cloudtrail", key("a", day), trail(event(int(day[-2:]))))
    lake.work("cloudtrail")
    shown, published = ids(lake), lake.partitions(READY)
    objects = list(lake.access.store.list("loglake-raw-cloudtrail", ""))
    lake.now = datetime(2024, 8, 29, 12, tzinfo=UTC)  # 90 days after 2024-05-31
    due = [one for one in fix(lake) if one.kind == "old-partition"]
    assert [(one.where, one.fault) for one in due] == [(f"{RAW}/cloudtrail/{ACCOUNT}/eu-west-1/2024-05-30", False)]
    assert raw_days(lake) == ["2024-05-31"]
    assert (ids(lake), lake.partitions(READY)) == (shown, published)
    assert list(lake.access.store.list("loglake-raw-cloudtrail", "")) == objects


def test_a_partition_that_was_retired_is_missed_by_no_later_look(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work("cloudtrail")
    lake.now = datetime.now(UTC) + timedelta(hours=2)  # S3's own clock says that the object is two hours old
    assert "old-partition" in {one.kind for one in fix(lake)}
    assert raw_days(lake) == []
    assert not {one.kind for one in fix(lake)} & {"old-partition", "partition-missing", "never-announced"}
    assert raw_days(lake) == []


def test_a_source_with_a_prefix_in_its_name_is_retired_too(lake: Lake) -> None:
    lake.put("cloudtrail", "team/" + key("a").replace("AWSLogs/", "AWSLogs/o-abcd1234/"), trail(event(1)))
    lake.work("cloudtrail")
    assert [values[0] for values in lake.partitions(RAW)] == ["cloudtrail/team/o-abcd1234"]
    lake.later(days=100)
    fix(lake)
    assert raw_days(lake) == []


def test_a_backfill_of_years_registers_no_partition_that_would_be_retired(lake: Lake) -> None:
    lake.s3.put_object(Bucket="loglake-raw-cloudtrail", Key=key("a", "2021/05/31"), Body=trail(event(1)))
    lake.sqs.purge_queue(QueueUrl=lake.queue)
    old = Announced("loglake-raw-cloudtrail", key("a", "2021/05/31"), "", 0, "", "", why="backfill")
    new = Announced("loglake-raw-cloudtrail", key("b", "2024/05/31"), "", 0, "", "", why="backfill")
    announce.announce(lake.sqs, lake.settings.lake.queue, [old, new])
    lake.work_queue()
    assert raw_days(lake) == ["2024-05-31"]


@pytest.mark.parametrize(
    "name",
    [
        f"{READY}/2020-01-01",
        "lake_ledger/2020-01-01",
        "session_reviews/2020-01-01",
        "no_such_table/2020-01-01",
        f"{RAW}/cloudtrail/{ACCOUNT}/eu-west-1/2024-05-31",
        f"{RAW}/2020-01-01",
        RAW,
        "",
    ],
)
def test_who_may_only_send_to_the_queue_can_hide_nothing_that_people_ask(lake: Lake, name: str) -> None:
    assert refused(lake, name)


def test_a_partition_that_is_gone_already_is_retired_and_one_that_glue_keeps_comes_again(lake: Lake) -> None:
    name = f"{RAW}/cloudtrail/{ACCOUNT}/eu-west-1/2020-01-01"
    assert not refused(lake, name)

    class Broken:
        """A Glue that deletes nothing."""

        def batch_delete_partition(self, PartitionsToDelete: list[dict[str, list[str]]], **_: str) -> dict[str, object]:
            detail = {"ErrorCode": "InternalServiceException", "ErrorMessage": "not today"}
            return {"Errors": [{"PartitionValues": one["Values"], "ErrorDetail": detail} for one in PartitionsToDelete]}

    lake.addapart = AddAPart(lake.s3, Broken(), lake.settings)
    assert refused(lake, name)


def test_retiring_takes_no_more_of_an_invocation_than_its_share_and_the_rest_comes_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "RETIRING", -1)
    assert refused(lake, f"{RAW}/cloudtrail/{ACCOUNT}/eu-west-1/2020-01-01")
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work_queue()  # what arrived is taken all the same
    assert raw_days(lake) == ["2024-05-31"]


def test_a_message_retires_as_many_partitions_as_one_call_deletes() -> None:
    day = date(2020, 1, 1)
    many = [
        Announced("", f"{RAW}/cloudtrail/{ACCOUNT}/eu-west-1/{day + timedelta(n)}", "", 0, "", "", why="retire")
        for n in range(250)
    ]
    assert [count for _, count in announce.messages(many)] == [DELETED_AT_ONCE] * 10
