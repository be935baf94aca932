"""A run of the quality gates on a lake: what is due is checked once, whatever happens to the runs.

The gates are a stub: how they judge is in tests/unit/test_quality.py.
"""

from __future__ import annotations

from typing import Any

import boto3
import pyarrow as pa
import pytest

from cli.athena import Athena
from jobs.quality_days import Facts
from jobs.quality_results import Check, Outcome
from jobs.quality_run import Report, run
from lake import keys
from lake.books import File
from tests.integration.test_path import READY, event, key, trail
from tests.lakes import WORKGROUP, Lake

DAYS = ("2024-05-29", "2024-05-30", "2024-05-31")


class Gates:
    """Keeps every rule but on the days of `bad`; raises on that of `dies`. looked: (day, rows), in order."""

    def __init__(self, bad: str = "", dies: str = "", error: type[BaseException] = KeyboardInterrupt) -> None:
        self.bad, self.dies, self.error = bad, dies, error
        self.looked: list[tuple[str, int]] = []
        self._day = ""

    def file(self, table: str, day: str, one: File, rows: pa.Table) -> Check:
        del table, one
        self._day = day
        if day == self.dies:
            raise self.error
        self.looked.append((day, rows.num_rows))
        return Check([Outcome("day", "eventtime", "", "", day != self.bad, "")])

    def day(self, rows: int, booked: int, facts: Facts, least: int) -> Check:
        del facts, least
        return Check([Outcome("rows", "", "", "", rows == booked, "")])

    def page(self, title: str, check: Check, now: object) -> str:
        del check, now
        return title


@pytest.fixture
def lake(aws: str) -> Lake:
    """Three published days, of one, two and three events."""
    del aws
    made = Lake()
    for many, day in enumerate(DAYS, 1):
        rows = (event(10 * many + number, f"{day}T10:00:00Z") for number in range(many))
        made.put("cloudtrail", key(day, day.replace("-", "/")), trail(*rows))
    made.work("cloudtrail")
    return made


def checked(lake: Lake, gates: Gates) -> tuple[Report, list[dict[str, Any]]]:
    """A run, what it reports, and AddAPart after it."""
    athena = Athena(boto3.client("athena"), lake.settings.lake.database, WORKGROUP)
    said: list[dict[str, Any]] = []
    lake.later(seconds=1)
    try:
        report = run(lake.access, athena.values, gates, lambda: lake.now, None, lambda **line: said.append(line))
    finally:
        lake.work_queue()
    return report, said


def days(lake: Lake) -> list[tuple[str, str | None]]:
    athena = Athena(boto3.client("athena"), lake.settings.lake.database, WORKGROUP)
    sql = f"SELECT calendarday, passed FROM quality WHERE tablename = '{READY}' ORDER BY calendarday"
    return [(str(day), passed) for day, passed in athena.values(sql)]


def test_a_run_that_dies_leaves_what_it_checked_and_the_next_goes_on_with_the_rest(lake: Lake) -> None:
    first = Gates(dies=DAYS[1])
    with pytest.raises(KeyboardInterrupt):
        checked(lake, first)
    assert first.looked == [(DAYS[0], 1)]
    assert days(lake) == [(DAYS[0], "true"), (DAYS[1], None), (DAYS[2], None)]
    second = Gates(bad=DAYS[2])
    report, said = checked(lake, second)
    assert second.looked == [(DAYS[1], 2), (DAYS[2], 3)]
    assert (report.days, report.failed, report.errors) == (2, 1, 0)
    assert [line["failed"] for line in said if line["step"] == "quality"] == [[], ["day of eventtime"]]
    assert days(lake) == [(DAYS[0], "true"), (DAYS[1], "true"), (DAYS[2], "false")]
    third = Gates()
    assert checked(lake, third)[0] == Report()
    assert third.looked == []


def test_a_run_that_dies_before_the_commit_has_booked_nothing_of_that_day(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("jobs.quality_run.publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            checked(lake, Gates())
    assert days(lake) == [(day, None) for day in DAYS]
    checked(lake, Gates())
    assert days(lake) == [(day, "true") for day in DAYS]


def test_a_day_that_cannot_be_read_does_not_stop_the_others_and_is_tried_again(lake: Lake) -> None:
    report, said = checked(lake, Gates(dies=DAYS[1], error=OSError))
    assert (report.days, report.failed, report.errors) == (2, 0, 1)
    assert [line["day"] for line in said if line["step"] == "quality" and line["passed"] is None] == [DAYS[1]]
    again = Gates()
    assert checked(lake, again)[0] == Report(days=1)
    assert again.looked == [(DAYS[1], 2)]


def test_two_runs_at_once_book_a_day_once(lake: Lake) -> None:
    inner = Gates()

    class Outer(Gates):
        def page(self, title: str, check: Check, now: object) -> str:
            if not inner.looked:
                checked(lake, inner)  # another run, from its beginning to its end
            return super().page(title, check, now)

    checked(lake, Outer())
    rows = lake.rows("lake_quality")
    assert sorted(rows["calendarday"].to_pylist()) == sorted([*DAYS, *DAYS])  # two rules a day
    assert len(inner.looked) == 3


def test_a_day_that_is_published_again_is_checked_again_and_its_page_is_of_the_last(lake: Lake) -> None:
    checked(lake, Gates())
    lake.put("cloudtrail", key("late", "2024/06/01"), trail(event(99, f"{DAYS[0]}T11:00:00Z")))
    lake.work("cloudtrail")
    again = Gates()
    checked(lake, again)
    assert again.looked == [(DAYS[0], 2)]
    page = lake.access.store.get(lake.settings.buckets.results, keys.quality_page(READY, DAYS[0])).decode()
    assert page == f"{READY} {DAYS[0]}, generation 2"
