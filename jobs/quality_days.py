"""Which days the quality gates must look at, and what the books say of a day that its own rows cannot.

All of it by Athena: what is checked is in `lake_quality`, what is published in `lake_generations`, and the view
`quality` compares them. So a run that died is gone on with, and one with nothing to do asks one query.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from jobs.asking import Ask, quoted
from jobs.decoders import table_of
from jobs.volume import WINDOW, Volume, volume
from lake.settings import JOBS, Settings

SILENT = 7  # days back in which a day without any generation is looked at: that nothing came is told as well


class Day(NamedTuple):
    """A day of a table. Sorted, the oldest comes first."""

    day: str
    table: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the books say of a day. arrived, processed: objects of its delivery. over: whether the day is over."""

    arrived: int
    processed: int
    volume: Volume
    over: bool


def due(ask: Ask, settings: Settings, today: date) -> list[Day]:
    """The days whose newest generation is not checked, or was when the day was not over, and now it is."""
    since = str(today - timedelta(days=SILENT))
    rows = ask(
        "SELECT calendarday, tablename, passed IS NULL OR (NOT dayover AND calendarday < "
        f"{quoted(str(today))}) FROM quality WHERE passed IS NULL OR NOT dayover OR calendarday >= {quoted(since)}"
    )
    known = {Day(str(day), str(table)): wanted == "true" for day, table, wanted in rows}
    silent = [
        one
        for n in range(1, SILENT + 1)
        for table in map(table_of, JOBS)
        if (one := Day(str(today - timedelta(days=n)), table)) not in known
    ]
    if silent:  # a day without rows is told only where the days before say that it should have some
        rows_of = _rows(ask, silent)
        silent = [one for one in silent if (volume(one.day, rows_of[one.table], settings).low or 0) > 0]
    return sorted([*(one for one, wanted in known.items() if wanted), *silent])


def named(ask: Ask, first: str, last: str) -> list[Day]:
    """The published days from the first to the last, checked or not."""
    rows = ask(
        "SELECT DISTINCT publishedday, tablename FROM lake_generations "
        f"WHERE publishedday BETWEEN {quoted(first)} AND {quoted(last)}"
    )
    return sorted(Day(str(day), str(table)) for day, table in rows)


def facts(ask: Ask, settings: Settings, days: list[Day], today: date) -> Iterator[Facts]:
    """Of each of these days, in their order. Two queries, whatever their number."""
    if not days:
        return
    objects = _objects(ask, settings, days)
    rows_of = _rows(ask, days)
    for one in days:
        arrived, processed = objects.get(one, (0, 0))
        yield Facts(arrived, processed, volume(one.day, rows_of[one.table], settings), one.day < str(today))


def _objects(ask: Ask, settings: Settings, days: list[Day]) -> dict[Day, tuple[int, int]]:
    """How many objects of a table's job were delivered on a day, and how many of them were read."""
    table_of_source = {one.name: table_of(one.job) for one in settings.sources}
    found: dict[Day, tuple[int, int]] = {}
    for day, source, objects, processed in ask(
        "SELECT calendarday, source, sum(objects), sum(processed) FROM completeness "
        f"WHERE calendarday BETWEEN {quoted(days[0].day)} AND {quoted(days[-1].day)} GROUP BY calendarday, source"
    ):
        if table := table_of_source.get(str(source)):
            one = Day(str(day), table)
            arrived, read = found.get(one, (0, 0))
            found[one] = (arrived + int(objects or 0), read + int(processed or 0))
    return found


def _rows(ask: Ask, days: list[Day]) -> dict[str, dict[str, int]]:
    """By table and day, the rows of its newest generation, from a window before the first of these days on."""
    first = str(date.fromisoformat(min(days).day) - timedelta(days=WINDOW))
    found: dict[str, dict[str, int]] = {table_of(job): {} for job in JOBS}
    for table, day, rows in ask(
        "SELECT tablename, publishedday, max_by(rowsout, generation) FROM lake_generations "
        f"WHERE publishedday BETWEEN {quoted(first)} AND {quoted(max(days).day)} GROUP BY tablename, publishedday"
    ):
        found[str(table)][str(day)] = int(rows or 0)
    return found
