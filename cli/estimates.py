"""What `loglake plan` says of work: a line a job, and the sentences that go with it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import click

from cli import show
from cli.athena import Answer, Column, Row
from cli.grid import Grid, Head
from cli.progress import duration
from cli.reach import Reach
from forecast.costs import LAST, Correction, correction
from forecast.estimate import SLOTS_A_WORKER, Compared, Estimate, Work, estimate
from infra.prices import DATED, GLUE_DPU_HOUR, REGION
from lake.runs import Run, newest

_COLUMNS = (
    Column("job", "varchar"),
    Column("files", "bigint"),
    Column("bytes", "bigint"),
    Column("days", "bigint"),
    Column("firstday", "varchar"),
    Column("lastday", "varchar"),
    Column("dropped", "bigint"),
    Column("again", "bigint"),
    Column("runs", "bigint"),
    Column("seconds", "double"),
    Column("dpuminutes", "double"),
    Column("dollars", "double"),
    Column("bypastruns", "bigint"),
)


def past(at: Reach, job: str, most: int) -> list[Run]:
    """A job's last runs, the newest first."""
    return list(islice(newest(at.lake.store, at.lake.books, job, most), most))


def show_work(at: Reach, works: Sequence[Work], workers: int, form: str) -> None:
    """A line a job: what there is, and what it takes."""
    before = {work.job: past(at, work.job, LAST) for work in works}
    by = {job: correction(some) for job, some in before.items()}
    slots = {job: _slots(at, some, workers) for job, some in before.items()}
    lines = [
        (work, estimate(work, at.settings.jobs[work.job].keep, slots[work.job], workers, by[work.job], at.local))
        for work in works
    ]
    if form != "table":
        rows = (_row(at, work, said, by[work.job]) for work, said in lines)
        show.show(Answer(list(_COLUMNS), rows), form)
        return
    _table(lines)
    for sentence in _sentences(at, works, by, workers):
        click.echo(sentence, err=True)


def _slots(at: Reach, before: Sequence[Run], workers: int) -> int:
    """Tasks at once: of this machine as its last run had them; of a Glue job by its workers."""
    if not at.local:
        return (workers - 1) * SLOTS_A_WORKER
    return before[0].slots if before else os.cpu_count() or 1


def _row(at: Reach, work: Work, said: Estimate, by: Correction) -> Row:
    figures: list[Any] = [work.job, work.files, work.bytes, len(work.days)]
    figures += [min(work.days, default=None), max(work.days, default=None), work.dropped, work.again]
    figures += [_rounds(at, work), round(said.seconds, 1), round(said.dpuminutes, 2), round(said.dollars, 4), by.runs]
    return [None if one is None else str(one) for one in figures]


def _rounds(at: Reach, work: Work) -> int:
    """How many runs it takes: each takes so many objects at most."""
    return -(-(work.files + work.dropped) // at.settings.bounds.plan_objects)


def _table(lines: Sequence[tuple[Work, Estimate]]) -> None:
    heads = ("files", "MB", "days", "time", "DPU-minutes", "US dollars")
    grid = Grid(Head("job", 10), *(Head(one, right=True) for one in heads))
    for work, said in lines:
        grid.add(
            work.job,
            f"{work.files:,}",
            f"{work.bytes / 1e6:,.1f}",
            f"{len(work.days):,}",
            duration(said.seconds) if work.files else "-",
            f"{said.dpuminutes:,.1f}" if work.files else "-",
            f"{said.dollars:,.4f}" if work.files else "-",
        )
    busy = [said for work, said in lines if work.files]
    if len(busy) > 1:
        grid.add(
            "all",
            f"{sum(work.files for work, _ in lines):,}",
            f"{sum(work.bytes for work, _ in lines) / 1e6:,.1f}",
            f"{len(set().union(*(work.days for work, _ in lines))):,}",
            duration(max(one.seconds for one in busy)),
            f"{sum(one.dpuminutes for one in busy):,.1f}",
            f"{sum(one.dollars for one in busy):,.4f}",
        )
    grid.print(show.console())


def _sentences(at: Reach, works: Sequence[Work], by: dict[str, Correction], workers: int) -> Iterable[str]:
    days = set().union(*(work.days for work in works))
    if not any(work.files for work in works):
        yield "Nothing is to be read."
        return
    yield f"Days touched, by delivery: {min(days)} to {max(days)} ({len(days):,}); late events touch others."
    if dropped := sum(work.dropped for work in works):
        yield f"Controls drop {dropped:,} more: they are booked, not read."
    if tried := sum(work.again for work in works):
        yield f"{tried:,} of them could not be fetched before."
    if (rounds := max(_rounds(at, work) for work in works)) > 1:
        yield f"It takes {rounds:,} runs: each takes {at.settings.bounds.plan_objects:,} objects at most."
    where = "on this machine" if at.local else f"with {workers} workers"
    known = {work.job: by[work.job].runs for work in works if work.files}
    told = ", ".join(f"{number} of {job}" for job, number in known.items() if number)
    yield f"Time {where}: by " + (f"the last runs ({told})." if told else "figures of another machine: no run yet.")
    as_in = "; Glue's by figures of another machine" if at.local else ""
    yield (
        f"DPU-minutes of Glue jobs of {workers} G.1X workers{as_in}; {GLUE_DPU_HOUR.usd} USD a DPU-hour, {REGION}, "
        f"{DATED}: infra/prices.py."
    )


def show_runs(found: Sequence[Compared], form: str) -> None:
    """Runs, each with what would have been said of it."""
    if form != "table":
        show.show(_as_rows(found), form)
        return
    grid = Grid(
        Head("started (UTC)", 19),
        Head("job", 10),
        *(Head(one, right=True) for one in ("files", "MB", "days", "slots", "estimate", "took", "ratio")),
        Head("ended", 10),
    )
    for one in found:
        it = one.run
        grid.add(
            it.started[:19].replace("T", " "),
            it.job,
            f"{it.files:,}",
            f"{it.bytes / 1e6:,.1f}",
            f"{it.days:,}",
            f"{it.slots}",
            duration(one.seconds),
            duration(it.seconds),
            f"{one.ratio:.2f}",
            it.step,
        )
    grid.print(show.console())
    if not found:
        click.echo("no run has left a record yet", err=True)


def _as_rows(found: Iterable[Compared]) -> Answer:
    names = ("started", "job", "files", "bytes", "days", "slots", "estimate", "seconds", "step")
    kinds = ("varchar", "varchar", "bigint", "bigint", "bigint", "bigint", "double", "double", "varchar")
    rows: list[Row] = [
        [
            *(one.run.started, one.run.job, str(one.run.files), str(one.run.bytes), str(one.run.days)),
            *(str(one.run.slots), f"{one.seconds:.1f}", f"{one.run.seconds:.1f}", one.run.step),
        ]
        for one in found
    ]
    return Answer([Column(*one) for one in zip(names, kinds, strict=True)], iter(rows))
