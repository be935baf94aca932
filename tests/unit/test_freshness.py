"""Freshness is counted from what S3 said, for what has just become readable, and for nothing that was asked for."""

from dataclasses import replace

import pytest

from jobs.freshness import Freshness, freshness
from lake.books import Arrival, Ledger, Marker, Plan

READY = "from_cloudtrail_readready"


def arrival(name: str, arrived: str = "2026-03-02T10:00:00.000Z", **more: object) -> Arrival:
    return replace(Arrival("cloudtrail", "raw", name, "etag", 1, arrived=arrived), **more)


def plan(number: int, *batches: list[Arrival]) -> Plan:
    return Plan("cloudtrail", number, "attempt", "2026-03-02T10:30:00+00:00", [], [], list(batches))


def ledger(batch: str, *undone: Arrival) -> Ledger:
    return Ledger("cloudtrail", batch, "attempt", "", [], list(undone), {})


def marker(at: str, *new: str, day: str = "2026-03-02") -> Marker:
    return Marker(READY, day, 1, "attempt", at, "ready", "folder/", [], list(new), list(new), 0, 0, 0)


def test_half_of_the_objects_are_as_fresh_as_p50_and_all_as_max() -> None:
    arrived = [arrival(f"o{n}", f"2026-03-02T10:{n:02}:00Z") for n in range(50)]
    found = freshness(
        [plan(1, arrived)], [ledger("cloudtrail/1-0")], [marker("2026-03-02T11:00:00+00:00", "cloudtrail/1-0")]
    )
    # Ages are 11, 12, ... 60 minutes: the 25th of 50 is 35, the 50th (0.99 of 50, rounded up) is 60.
    assert found == Freshness(objects=50, p50=35 * 60, p99=60 * 60, max=60 * 60)


def test_an_object_is_readable_once_the_last_of_its_days_is_published() -> None:
    made = [
        marker(f"2026-03-02T{at}+00:00", "cloudtrail/1-0", day=day)
        for at, day in (("10:20:00", "2026-03-02"), ("10:05:00", "2026-03-01"))
    ]
    found = freshness([plan(1, [arrival("a")])], [ledger("cloudtrail/1-0")], made)
    assert found == Freshness(1, 1200, 1200, 1200)


def test_what_a_dead_run_landed_is_as_old_as_its_arrival_when_the_next_run_publishes_it() -> None:
    plans = [plan(1, [arrival("old", "2026-03-02T04:00:00Z")]), plan(2, [arrival("new")])]
    made = [marker("2026-03-02T10:10:00+00:00", "cloudtrail/1-0", "cloudtrail/2-0")]
    found = freshness(plans, [ledger("cloudtrail/1-0"), ledger("cloudtrail/2-0")], made)
    assert found == Freshness(2, 600, 22200, 22200)


@pytest.mark.parametrize("why", ["backfill", "rebuild", "replay", "removal"])
def test_what_somebody_asked_for_says_nothing_of_freshness(why: str) -> None:
    asked = arrival("a", "2020-01-01T00:00:00Z", why=why)
    made = [marker("2026-03-02T10:10:00+00:00", "cloudtrail/1-0")]
    assert freshness([plan(1, [asked])], [ledger("cloudtrail/1-0")], made) is None
    assert freshness([plan(1, [asked, arrival("b")])], [ledger("cloudtrail/1-0")], made) == Freshness(1, 600, 600, 600)


def test_what_was_dropped_or_not_fetched_has_become_readable_for_nobody() -> None:
    later, dropped = arrival("undone"), arrival("dropped", rule="accounts_deny")
    made = [marker("2026-03-02T10:10:00+00:00", "cloudtrail/1-0")]
    assert freshness([plan(1, [later, dropped])], [ledger("cloudtrail/1-0", later)], made) is None


def test_what_is_not_published_yet_has_no_freshness() -> None:
    assert freshness([plan(1, [arrival("a")])], [ledger("cloudtrail/1-0")], []) is None


@pytest.mark.parametrize(
    ("arrived", "seconds"),
    [
        ("2026-03-02T10:00:00", 600),
        ("2026-03-02T12:00:00+02:00", 600),
        ("2026-03-02T10:10:05.123Z", 0),
        ("yesterday", None),
    ],
)
def test_a_time_in_any_words_stops_no_run_and_none_is_below_nought(arrived: str, seconds: int | None) -> None:
    found = freshness(
        [plan(1, [arrival("a", arrived)])],
        [ledger("cloudtrail/1-0")],
        [marker("2026-03-02T10:10:00+00:00", "cloudtrail/1-0")],
    )
    assert (found.max if found else None) == seconds
