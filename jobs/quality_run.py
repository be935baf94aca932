"""A run of the quality gates: which days are due, their files one after the other, what was found into the books."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Protocol

import pyarrow as pa
from pyarrow import orc

from jobs.access import Access
from jobs.asking import Ask
from jobs.mapping import PlainMap
from jobs.publish import newest, publish
from jobs.quality_days import Day, Facts, due, facts, named
from jobs.quality_results import Check, failed, rows_of
from jobs.slices import DAY, Input
from lake import keys
from lake.books import File, Marker
from schemas import TABLES
from schemas.arrow import arrow_schema


class Gates(Protocol):
    """What judges: jobs.quality.Gates, by Great Expectations."""

    def file(self, table: str, day: str, one: File, rows: pa.Table) -> Check: ...

    def day(self, rows: int, booked: int, facts: Facts, least: int) -> Check: ...

    def page(self, title: str, check: Check, now: datetime) -> str: ...


@dataclass(slots=True)
class Report:
    """What a run did. days: checked; failed: those of them that broke a rule; errors: days that could not be."""

    days: int = 0
    failed: int = 0
    errors: int = 0


def run(
    lake: Access,
    ask: Ask,
    gates: Gates,
    clock: Callable[[], datetime],
    interval: tuple[str, str] | None,
    emit: Callable[..., None],
) -> Report:
    """Check what is due, the oldest day first; with an interval, all published days in it. Each day is booked at once.

    emit: takes a line of the report, by keywords.
    """
    report = Report()
    today = clock().date()
    days = named(ask, *interval) if interval else due(ask, lake.settings, today)
    for number, (one, its) in enumerate(zip(days, facts(ask, lake.settings, days, today), strict=True)):
        emit(step="check", done=number, of=len(days), unit="days")
        try:
            broken = _check(lake, gates, one, its, clock(), anew=interval is not None)
        except Exception:  # noqa: BLE001 - one day that cannot be read must not stop the others
            report.errors += 1
            emit(step="quality", table=one.table, day=one.day, passed=None, error=traceback.format_exc())
            continue
        report.days += 1
        report.failed += bool(broken)
        emit(step="quality", table=one.table, day=one.day, passed=not broken, failed=broken)
    return report


def _check(lake: Access, gates: Gates, one: Day, its: Facts, now: datetime, anew: bool) -> list[str]:
    """One day's newest generation. Returns the names of the rules that it breaks."""
    marker = newest(lake, one.table, one.day)
    found, rows = Check(), 0
    for file, table in _files(lake, one.table, marker):
        found += gates.file(one.table, one.day, file, table)
        rows += table.num_rows
    found += gates.day(rows, marker.rowsout if marker else 0, its, lake.settings.thresholds.completeness)
    generation = marker.generation if marker else 0
    page = gates.page(f"{one.table} {one.day}, generation {generation}", found, now)
    lake.store.put(lake.settings.buckets.results, keys.quality_page(one.table, one.day), page.encode())
    # Under this name the day's books take it in once, whoever else checks the same.
    name = f"quality/{one.table}/{one.day}/{generation}{'' if its.over else '/open'}"
    booked = rows_of(found.outcomes, one.table, generation, its.over, now)
    batch = Input(f"{name}/{now:%Y%m%dT%H%M%S%f}" if anew else name, rows=booked)
    _, wrong = publish(lake, {("lake_quality", one.day): [batch]}, PlainMap(lake), lambda: now)
    if wrong:
        raise RuntimeError(f"what was found could not be booked: {wrong[0].why}")
    return [one.name for one in failed(found.outcomes)]


def _files(lake: Access, table: str, marker: Marker | None) -> Iterator[tuple[File, pa.Table]]:
    """The files of a generation, one at a time; of a generation without any, one without rows."""
    if marker and not marker.files:
        yield File("", 0, 0, 0, DAY), arrow_schema(TABLES[table]).empty_table()
    for one in marker.files if marker else ():
        assert marker
        yield one, as_written(table, lake.store.get(marker.bucket, f"{marker.folder}{one.name}"))


def as_written(table: str, data: bytes) -> pa.Table:
    """A file's rows with its own columns. One of before the last ones were declared has them, null, as readers do."""
    rows = orc.read_table(BytesIO(data))
    declared = arrow_schema(TABLES[table])
    if rows.schema.names == declared.names[: rows.num_columns]:
        for field in list(declared)[rows.num_columns :]:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows
