"""One run of a job: plan, land, publish, and the books. Whatever an earlier run left undone is done as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jobs.access import Access
from jobs.books import generations, quarantines, to_be_booked
from jobs.freshness import Freshness, freshness
from jobs.land import Batch, land
from jobs.ledger import ledger_row
from jobs.mapping import Failed, Map
from jobs.plan import plan, read_ledgers
from jobs.publish import Day, publish
from jobs.settle import Settling
from jobs.slices import Input
from lake.books import Ledger, Plan
from lake.completeness import ARRIVED, per_cent
from schemas import TABLES


@dataclass(slots=True)
class Report:
    """What a run did. plans: the open ones; taken: those with batches that this run took up.

    counts: of these batches: objects by outcome, records in, kept, filtered, quarantined. bytes: of their objects, as
    they lie in S3. days: how many days of data tables got a new generation. freshness: how long their objects' rows
    took to get there. failed: tasks that raised; their work waits.
    """

    job: str
    plans: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    batches: int = 0
    bytes: int = 0
    days: int = 0
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    freshness: Freshness | None = None
    failed: list[Failed] = field(default_factory=list)

    @property
    def arrived(self) -> int:
        """How many objects these batches hold, those that the controls dropped left out."""
        return sum(self.counts[outcome] for outcome in ARRIVED)

    @property
    def completeness(self) -> float | None:
        """How many of them were read, in per cent, rounded down; None of none."""
        return per_cent(self.counts["ok"], self.arrived)


def run(lake: Access, job: str, mapper: Map, glue: Any, sqs: Any, clock: Callable[[], datetime], tasks: int) -> Report:
    """One run. glue, sqs: boto3 clients. tasks: how many batches keep the cluster busy."""
    report = Report(job)
    plans = plan(lake, job, clock(), Settling(lake, glue, sqs, clock()), tasks)
    report.plans = [one.number for one in plans]
    ledgers, waiting = _land(lake, plans, mapper, report)
    touched = _by_day(ledgers)
    data = {day: inputs for day, inputs in touched.items() if not TABLES[day[0]].books}
    made, failed = publish(lake, data, mapper, clock)
    report.days = len(made)
    report.rows = sum(one.rowsout - one.rowsbefore for one in made)
    report.freshness = freshness(plans, ledgers, made)
    report.failed += failed
    _keep_books(lake, touched, waiting, mapper, clock, report)
    return report


def _land(lake: Access, plans: list[Plan], mapper: Map, report: Report) -> tuple[list[Ledger], dict[Day, list[Input]]]:
    """All ledgers of the open plans, those that are there and those of the batches landed now; and what the books say
    of the batches that could not be landed."""
    ledgers: list[Ledger] = []
    missing: list[Batch] = []
    for one in plans:
        there = read_ledgers(lake, one)
        landed = {ledger.batch for ledger in there}
        ledgers += there
        for position, arrivals in enumerate(one.batches):
            batch = Batch(one.job, one.number, position, one.planned, arrivals)
            if batch.id not in landed:
                missing.append(batch)
    report.taken = sorted({batch.number for batch in missing})
    waiting: dict[Day, list[Input]] = {}
    for batch, result in zip(missing, mapper("land", "batches", land, missing), strict=True):
        if isinstance(result, Failed):
            report.failed.append(result)
            if rows := _waiting(batch):
                report.counts["waiting"] += len(rows)
                waiting.setdefault(("lake_ledger", batch.day), []).append(Input(f"{batch.id}/waiting", rows=rows))
        else:
            ledgers.append(result)
            report.batches += 1
            report.bytes += sum(one.size for one in batch.arrivals if not one.rule)
            report.counts.update(result.counts)
    return ledgers, waiting


def _waiting(batch: Batch) -> list[dict[str, object]]:
    """Rows of lake_ledger for objects that arrived and are not read, until their batch's own say what became of them.

    Under a batch id of their own, so that they are booked once, however often the batch fails, and do not stand for it.
    """
    objects = (one for one in batch.arrivals if not one.rule and one.why != "removal")
    return [ledger_row(batch.job, f"{batch.id}/waiting", one, "waiting") for one in objects]


def _by_day(ledgers: Iterable[Ledger]) -> dict[Day, list[Input]]:
    days: dict[Day, dict[str, Input]] = {}
    for ledger in ledgers:
        for piece in ledger.pieces:
            day = days.setdefault((piece.table, piece.day), {})
            day.setdefault(ledger.batch, Input(ledger.batch)).pieces.append(piece)
    return {day: list(inputs.values()) for day, inputs in days.items()}


def _keep_books(
    lake: Access,
    touched: dict[Day, list[Input]],
    waiting: dict[Day, list[Input]],
    mapper: Map,
    clock: Callable[[], datetime],
    report: Report,
) -> None:
    """Publish the books. Last of all the generations': once they are booked, their conflicts are as well."""
    markers = to_be_booked(lake, touched)
    books = {day: list(inputs) for day, inputs in touched.items() if TABLES[day[0]].books}
    for more in (quarantines(markers), waiting):
        for day, inputs in more.items():
            books.setdefault(day, []).extend(inputs)
    _, failed = publish(lake, books, mapper, clock)
    report.failed += failed
    # In order of time, each day only after the one before: what is booked has no gaps, wherever a run dies.
    for day, inputs in sorted(generations(markers).items()):
        if not failed:
            _, failed = publish(lake, {day: inputs}, mapper, clock)
            report.failed += failed
