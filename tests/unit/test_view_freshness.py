"""The view `freshness`: rows of the books by hand in, seconds out. As `jobs.freshness` counts them, for every run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.views_lake import Row, ViewLake, at

DAY = "2026-03-02"
TABLE = "from_cloudtrail_readready"


def read(key: str, batch: str, arrived: str = "10:00:00", **columns: Any) -> Row:
    """A row of lake_ledger: the batch read the object, which brought a row."""
    common = {"job": "cloudtrail", "batch": batch, "source": "cloudtrail", "bucket": "raw", "objectkey": key}
    common |= {"etag": "e1", "arrived": at(f"{DAY} {arrived}"), "why": "event", "outcome": "ok", "kept": 1}
    common |= {"accountid": "111122223333", "awsregion": "eu-west-1", "deliveryday": DAY}
    return {**common, **columns, "calendarday": DAY}


def published(time: str, batches: str, day: str = DAY, table: str = TABLE) -> Row:
    """A row of lake_generations."""
    row = {"tablename": table, "publishedday": day, "generation": 1, "publishedat": at(f"{DAY} {time}")}
    return {**row, "batches": batches, "calendarday": DAY}


def seconds(ledger: list[Row], generations: list[Row]) -> list[tuple[str, int | None]]:
    lake = ViewLake([], [], ledger=ledger, generations=generations, views=("freshness",))
    rows = lake.ask("SELECT sourceobject, seconds FROM freshness ORDER BY sourceobject")
    return [(row["sourceobject"].removeprefix("s3://raw/"), row["seconds"]) for row in rows]


def test_it_is_the_time_from_arrival_to_publishing_in_whole_seconds() -> None:
    assert seconds([read("a", "c/1-0", "10:00:00.700")], [published("10:10:00.600", '["c/1-0"]')]) == [("a", 599)]


def test_an_object_is_readable_once_the_last_of_its_batchs_days_is_published() -> None:
    made = [published("10:20:00", '["c/1-0"]'), published("10:05:00", '["c/0-0", "c/1-0"]', day="2026-03-01")]
    assert seconds([read("a", "c/1-0")], made) == [("a", 1200)]


def test_of_an_object_that_was_announced_twice_the_first_publishing_counts() -> None:
    ledger = [read("a", "c/1-0"), read("a", "c/2-0", "10:15:00", why="doctor")]
    made = [published("10:10:00", '["c/1-0"]'), published("10:30:00", '["c/2-0"]')]
    assert seconds(ledger, made) == [("a", 600)]


def test_what_is_read_and_not_published_has_no_seconds_yet() -> None:
    books = published("10:10:00", '["c/1-0"]', table="lake_ledger")  # the books are no rows that people wait for
    assert seconds([read("a", "c/1-0"), read("b", "c/1-0", kept=0)], [books]) == [("a", None)]


def test_an_object_whose_rows_were_all_filtered_counts_with_its_batch() -> None:
    assert seconds([read("a", "c/1-0", kept=0)], [published("10:10:00", '["c/1-0"]')]) == [("a", 600)]


@pytest.mark.parametrize("why", ["backfill", "rebuild", "replay"])
def test_what_somebody_asked_for_is_not_there(why: str) -> None:
    ledger = [read("a", "c/1-0"), read("b", "c/1-0", why=why)]
    assert seconds(ledger, [published("10:10:00", '["c/1-0"]')]) == [("a", 600)]


def test_a_clock_that_is_ahead_makes_nothing_fresher_than_at_once() -> None:
    assert seconds([read("a", "c/1-0")], [published("09:59:58", '["c/1-0"]')]) == [("a", 0)]


def test_objects_that_were_not_read_are_not_there() -> None:
    ledger = [read("a", "c/1-0", outcome=outcome) for outcome in ("undone", "gone", "givenup", "dropped", "waiting")]
    assert seconds(ledger, [published("10:10:00", '["c/1-0"]')]) == []
