"""What is deleted, and when: nothing that a reader or a run can still need, and in the end everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from jobs import check_days, collect
from jobs.check_catalog import Partition
from jobs.check_days import Days
from jobs.collect import Notes, delete
from jobs.findings import Condemn, Delete, Finding
from jobs.publish import newest
from lake import keys
from lake.books import load_marker
from lake.store import Listed
from schemas import TABLES
from tests.fire import in_memory
from tests.integration.test_doctor import doctor, drop, fix, kinds, look, lose, point
from tests.integration.test_path import READY, event, ids, key, trail
from tests.lakes import Lake
from tests.memory_aws import MemoryStore

DAY = "2024-05-31"
RETENTION = {"days": 7, "minutes": 1}


@pytest.fixture
def lake() -> Lake:
    """In memory: what S3 says of when an object was written then goes by the lake's clock."""
    return in_memory()


def publish(lake: Lake, number: int) -> str:
    """One event more of the day. Returns the folder that readers are sent to."""
    lake.put("cloudtrail", key(f"f{number}"), trail(event(number)))
    lake.work("cloudtrail")
    return folder(lake)


def folder(lake: Lake) -> str:
    return lake.partitions(READY)[(DAY,)].removeprefix("s3://loglake-readready/")


def there(lake: Lake, prefix: str, bucket: str = "loglake-readready") -> list[str]:
    return list(lake.access.store.list(bucket, prefix))


def current(lake: Lake) -> set[str]:
    """The files that the newest markers name."""
    found = set[str]()
    for table in (one.name for one in TABLES.values() if one.layout == "orc"):
        for one in lake.access.store.folders(lake.access.books, keys.markers_of(table)):
            marker = newest(lake.access, table, one.rstrip("/").rsplit("/", 1)[-1])
            assert marker
            found |= {f"{marker.folder}{file.name}" for file in marker.files}
    return found


def settle(lake: Lake) -> None:
    """Time passes, everything runs, as often as it takes."""
    for _ in range(4):
        lake.later(**RETENTION)
        lake.work("cloudtrail", "cloudwatch")
        fix(lake)


def test_an_old_folder_is_condemned_once_settled_and_deleted_a_retention_later(lake: Lake) -> None:
    old, new = publish(lake, 1), publish(lake, 2)
    assert kinds(fix(lake))["old-folder"] == 0  # a request can still be on its way
    lake.later(minutes=61)
    assert look(lake) == []
    assert kinds(fix(lake))["old-folder"] == 3  # a data day's and two of the books
    lake.later(days=7)
    fix(lake)
    assert there(lake, old)
    lake.later(minutes=1)
    assert kinds(fix(lake))["old-folder"] == 3
    assert there(lake, old) == []
    assert there(lake, new)
    assert [one for one, _ in ids(lake)] == ["001", "002"]


def test_a_second_look_condemns_nothing_again(lake: Lake) -> None:
    publish(lake, 1)
    publish(lake, 2)
    lake.later(minutes=61)
    assert fix(lake)
    lake.later(hours=1)
    assert fix(lake) == []
    assert len(there(lake, keys.CONDEMNED, lake.access.books)) == 1


def test_in_the_end_the_bucket_holds_what_the_newest_markers_name_and_nothing_else(lake: Lake) -> None:
    for number in range(4):
        lake.put("cloudtrail", key(f"f{number}"), trail(*[event(number + n, errorCode=str(number)) for n in range(3)]))
        lake.work("cloudtrail")  # conflicts among them
    shown = ids(lake)
    stored = there(lake, "quarantine/", lake.access.books)
    assert stored
    settle(lake)
    assert set(there(lake, "")) == current(lake)
    assert there(lake, keys.CONDEMNED, lake.access.books) == []
    assert there(lake, "quarantine/", lake.access.books) == stored
    assert ids(lake) == shown
    assert look(lake) == []


def test_where_the_catalog_lags_or_has_nothing_no_old_folder_is_touched(lake: Lake) -> None:
    old, _ = publish(lake, 1), publish(lake, 2)
    lake.later(**RETENTION)
    point(lake, READY, DAY, Location=f"s3://loglake-readready/{old}")
    assert day(lake) == {"partition-stale": 1}
    drop(lake, READY, DAY)
    assert day(lake) == {"partition-missing": 1}
    fix(lake)
    assert day(lake) == {"old-folder": 1}


def day(lake: Lake) -> dict[str, int]:
    """What is found on the day alone."""
    parts = {values: Partition(location, ()) for values, location in lake.partitions(READY).items()}
    return kinds(Days(lake.access, READY, parts, lake.now, Notes(lake.access, lake.now)).look(DAY))


def a_week_behind(lake: Lake) -> str:
    """The catalog shows the first generation for longer than a retention after the second was published."""
    old = publish(lake, 1)
    lake.put("cloudtrail", key("f2"), trail(event(2)))
    lake.work_queue()
    lake.run("cloudtrail")
    lose(lake)
    lake.later(**RETENTION)
    return old


def query_across_a_look(lake: Lake) -> None:
    """A query begins on what the catalog shows; AddAPart catches up and the doctor looks before the query's end."""
    began = folder(lake)
    files = there(lake, began)
    fix(lake)  # announces the newest marker; AddAPart points there
    assert folder(lake) != began
    fix(lake)
    for name in files:
        assert lake.access.store.get("loglake-readready", name), "the query reads a file"


def test_a_query_on_an_old_folder_finishes_though_the_catalog_moved_on_only_now(lake: Lake) -> None:
    a_week_behind(lake)
    query_across_a_look(lake)


def test_a_query_finishes_though_its_folder_was_looked_at_while_it_was_shown(lake: Lake) -> None:
    a_week_behind(lake)
    here = doctor(lake)
    began = folder(lake)
    files = there(lake, began)
    for one in here.look():
        if isinstance(one.repair, (Condemn, Delete)):
            list(here.fix([one]))
    assert there(lake, began) == files


def late_request(lake: Lake) -> None:
    """An UpdatePartition to the old folder, sent before the new one was there, arrives after a look; eight days later
    it is repaired, and looked at again, while a query that began before the repair goes on."""
    old, _ = publish(lake, 1), publish(lake, 2)
    lake.later(minutes=5)
    fix(lake)
    lake.later(minutes=30)
    point(lake, READY, DAY, Location=f"s3://loglake-readready/{old}")
    lake.later(days=8)
    query_across_a_look(lake)


def test_a_request_that_was_long_on_its_way_costs_no_reader_his_folder(lake: Lake) -> None:
    late_request(lake)


Weakening = Callable[[pytest.MonkeyPatch], None]


def by_age(patch: pytest.MonkeyPatch) -> None:
    """gc=age: a folder goes when its own generation is old."""

    def old(self: Days, marker: object, folders: dict[str, list[Listed]]) -> Iterator[Finding]:
        for one in folders:
            parts = keys.read_generation(one)
            assert parts
            its = load_marker(self._lake.store.get(self._lake.books, keys.marker(*parts)))
            if self._seen - datetime.fromisoformat(its.at) > timedelta(days=7) and one != marker.folder:  # type: ignore[attr-defined]
                yield Finding("old-folder", one, "", "", Delete(self._bucket, one))

    def day(self: Days, day: str) -> list[Finding]:
        found = original(self, day)
        marker = newest(self._lake, self._table, day)
        folders = {f"{one.rsplit('/', 1)[0]}/": [] for one in there_in(self, day)}
        return [*found, *old(self, marker, folders)]

    def there_in(self: Days, day: str) -> Iterator[str]:
        return self._lake.store.list(self._bucket, keys.day_folder(self._table, day))

    original = Days.look
    patch.setattr(Days, "look", day)


def by_successor(patch: pytest.MonkeyPatch) -> None:
    """gc=successor: a folder goes when its successor is old and the catalog is elsewhere now."""

    def sentence(self: Notes, kind: str, bucket: str, item: str, what: str, nbytes: int) -> Finding | None:
        if kind != "old-folder":
            return original(self, kind, bucket, item, what, nbytes)
        parts = keys.read_generation(item)
        assert parts
        current = newest(self._lake, parts.table, parts.day)
        assert current
        if self._now - collect.over_since(self._lake, item, current) <= self._retention:
            return None
        return Finding(kind, item, what, "", Delete(bucket, item), nbytes)

    original = Notes.sentence
    patch.setattr(Notes, "sentence", sentence)


def condemned_at_once(patch: pytest.MonkeyPatch) -> None:
    """Condemned while a request that was sent before can still arrive."""
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    patch.setattr(check_days, "over_since", lambda *_: long_ago)


WEAK: dict[str, tuple[Weakening, Callable[[Lake], object]]] = {
    "gc=age": (by_age, lambda lake: (a_week_behind(lake), query_across_a_look(lake))),
    "gc=successor": (by_successor, lambda lake: (a_week_behind(lake), query_across_a_look(lake))),
    "condemned at once": (condemned_at_once, late_request),
}


@pytest.mark.parametrize("weak", WEAK)
def test_each_weaker_collector_takes_a_folder_from_under_a_query(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, weak: str
) -> None:
    weaken, story = WEAK[weak]
    weaken(monkeypatch)
    with pytest.raises(collect.Gone):
        story(lake)


def test_a_dead_attempts_folder_goes_once_its_number_is_taken_and_not_before(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = publish(lake, 1)
    lake.put("cloudtrail", key("a"), trail(event(2)))
    lake.work_queue()

    class Died(BaseException):
        pass

    def die(self: MemoryStore, bucket: str, name: str, data: bytes) -> bool:
        if name.startswith(keys.MARKERS):
            raise Died
        return original(self, bucket, name, data)

    original = MemoryStore.create
    with monkeypatch.context() as patch:
        patch.setattr(MemoryStore, "create", die)
        with pytest.raises(Died):
            lake.run("cloudtrail")
    folders = {f"{one.rsplit('/', 1)[0]}/" for one in there(lake, keys.day_folder(READY, DAY))}
    (dead,) = folders - {shown}
    for _ in range(3):  # nothing committed: it might be a run that still works
        lake.later(**RETENTION)
        fix(lake)
        assert there(lake, dead)
    lake.work("cloudtrail")
    for _ in range(2):
        lake.later(**RETENTION)
        fix(lake)
    assert there(lake, dead) == []
    assert [one for one, _ in ids(lake)] == ["001", "002"]


def test_rows_of_a_batch_stay_until_its_days_are_published(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work_queue()
    with monkeypatch.context() as patch:
        patch.setattr("jobs.run.publish", lambda *_: ([], []))
        lake.run("cloudtrail")
    for _ in range(3):
        lake.later(**RETENTION)
        fix(lake)
    lake.work("cloudtrail")
    assert [one for one, _ in ids(lake)] == ["001"]


def test_what_dead_attempts_landed_and_quarantined_goes_and_what_rows_name_stays(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1), event(2, eventTime="yesterday")))
    lake.work_queue()

    class Died(BaseException):
        pass

    def die(self: MemoryStore, bucket: str, name: str, data: bytes) -> bool:
        if name.startswith("ledger/"):
            raise Died
        return original(self, bucket, name, data)

    original = MemoryStore.create
    with monkeypatch.context() as patch:
        patch.setattr(MemoryStore, "create", die)
        with pytest.raises(Died):
            lake.run("cloudtrail")
    dead = [*there(lake, "landed/"), *there(lake, "quarantine/", lake.access.books)]
    assert len(dead) == 2
    lake.later(**RETENTION)
    assert [one for one in fix(lake) if isinstance(one.repair, Condemn | Delete)] == []  # the attempt may still win
    settle(lake)
    left = [*there(lake, "landed/"), *there(lake, "quarantine/", lake.access.books)]
    (bad,) = lake.rows("lake_quarantine").to_pylist()
    assert [f"s3://{lake.access.books}/{one}" for one in left] == [bad["storedin"]]
    assert left[0] not in dead


def test_files_of_commits_that_are_still_to_come_are_left_alone(lake: Lake) -> None:
    publish(lake, 1)
    some = 32 * "a"
    for bucket, name in (
        ("loglake-readready", f"landed/cloudtrail/99-0-{some}.arrows"),
        ("loglake-readready", f"landed/cloudtrail/conflicts-{DAY}-99-{some}.arrows"),
        (lake.access.books, f"quarantine/cloudtrail/99-0-{some}.bin"),
        (lake.access.books, f"quarantine/cloudtrail/conflicts-{DAY}-99-{some}.bin"),
    ):
        lake.s3.put_object(Bucket=bucket, Key=name, Body=b"x")
    lake.later(hours=2)
    assert [one.where for one in doctor(lake).look() if some in one.where] == []


def test_quarantined_bytes_stay_until_their_rows_are_published_and_after(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1), event(2, eventTime="yesterday")))
    lake.work_queue()
    with monkeypatch.context() as patch:
        patch.setattr("jobs.run._keep_books", lambda *_: None)
        lake.run("cloudtrail")
    stored = there(lake, "quarantine/", lake.access.books)
    for _ in range(2):
        lake.later(**RETENTION)
        fix(lake)
    settle(lake)
    assert len(stored) == 1
    assert there(lake, "quarantine/", lake.access.books) == stored


def test_a_generation_that_kept_the_folder_keeps_it(lake: Lake) -> None:
    kept = publish(lake, 1)
    lake.put("cloudtrail", key("again"), trail(event(1)))  # all duplicates: generation 2 names the same folder
    lake.work("cloudtrail")
    assert folder(lake) == kept
    settle(lake)
    assert there(lake, kept)
    newer = publish(lake, 3)
    settle(lake)
    assert there(lake, kept) == []
    assert there(lake, newer)


def test_two_doctors_at_once_do_no_harm(lake: Lake) -> None:
    publish(lake, 1)
    publish(lake, 2)
    for _ in range(4):
        lake.later(**RETENTION)
        one, other = doctor(lake), doctor(lake)
        seen, seen_too = list(one.look()), list(other.look())
        list(one.fix(seen))
        list(other.fix(seen_too))
        lake.work("cloudtrail")
    assert set(there(lake, "")) == current(lake)
    assert there(lake, keys.CONDEMNED, lake.access.books) == []


@pytest.mark.parametrize(
    ("bucket", "item"),
    [
        ("loglake-books", "plans/cloudtrail/9999999998-1.json"),
        ("loglake-books", "markers/from_cloudtrail_readready/2024-05-31/9999999998-1.json"),
        ("loglake-books", "settings/lake.toml"),
        ("loglake-books", ""),
        ("loglake-readready", "readready/from_cloudtrail_readready/calendarday=2024-05-31/"),
        ("loglake-readready", "readready/from_cloudtrail_readready/"),
        ("loglake-raw-cloudtrail", f"landed/cloudtrail/1-0-{32 * 'a'}.arrows"),
        ("loglake-raw-cloudtrail", f"readready/t/calendarday=2024-05-31/0000000001-{32 * 'a'}/"),
    ],
)
def test_nothing_else_can_be_deleted_by_mistake(lake: Lake, bucket: str, item: str) -> None:
    with pytest.raises(ValueError, match="nothing that may be deleted"):
        delete(lake.access, Delete(bucket, item))
