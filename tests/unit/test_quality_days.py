"""Which days the gates look at, and what they are told of them: Athena's answers by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from jobs.asking import Ask
from jobs.quality_days import Day, due, facts
from jobs.volume import volume
from tests.lakes import SETTINGS

TRAIL, LOGS = "from_cloudtrail_readready", "from_cloudwatch_readready"
TODAY = date(2026, 3, 31)  # a Tuesday


def answering(**answers: Sequence[Sequence[str | None]]) -> Ask:
    """Athena, which answers by the table or view that it is asked."""

    def ask(sql: str) -> Iterable[Sequence[str | None]]:
        return answers[next(name for name in answers if f"FROM {name}" in sql)]

    return ask


def busy(rows: str = "1000") -> list[list[str]]:
    """A trail with so many rows on each of thirty days, the last of them three days ago."""
    return [[TRAIL, str(TODAY - timedelta(days=n)), rows] for n in range(3, 33)]


def test_what_the_view_says_is_due_is_checked_the_oldest_day_first() -> None:
    said = [["2026-03-30", TRAIL, "true"], ["2026-03-29", TRAIL, "false"], ["2026-01-02", LOGS, "true"]]
    ask = answering(quality=said, lake_generations=[])
    assert due(ask, SETTINGS, TODAY) == [Day("2026-01-02", LOGS), Day("2026-03-30", TRAIL)]


def test_a_day_without_anything_is_looked_at_where_the_days_before_had_rows_and_once() -> None:
    ask = answering(quality=[], lake_generations=busy())
    # Of the last seven days, those without rows that should have some: not the table that never has any.
    silent = [one for one in due(ask, SETTINGS, TODAY) if one.day > "2026-03-28"]
    assert silent == [Day("2026-03-29", TRAIL), Day("2026-03-30", TRAIL)]
    checked = [[one.day, one.table, "false"] for one in silent]
    assert not set(due(answering(quality=checked, lake_generations=busy()), SETTINGS, TODAY)) & set(silent)
    assert (
        due(answering(quality=[], lake_generations=busy("2")), SETTINGS, TODAY) == []
    )  # so few that none is no wonder


def test_objects_of_all_sources_of_a_job_count_and_the_day_of_today_is_not_over() -> None:
    objects = [
        ["2026-03-30", "cloudtrail", "90", "80"],
        ["2026-03-30", "cloudtrail-put", "10", "10"],
        ["2026-03-30", "sessionlogs", "7", "7"],
        ["2026-03-30", "unknown", "5", "0"],
    ]
    ask = answering(completeness=objects, lake_generations=busy())
    days = [Day("2026-03-30", TRAIL), Day("2026-03-31", LOGS)]
    first, second = facts(ask, SETTINGS, days, TODAY)
    assert (first.arrived, first.processed, first.over) == (100, 90, True)
    assert first.volume == volume("2026-03-30", {day: int(rows) for _, day, rows in busy()}, SETTINGS)
    assert (second.arrived, second.processed, second.over, second.volume.high) == (0, 0, False, None)
