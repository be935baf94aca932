"""`loglake plan`: what a run, a backfill or a rebuild will take; and what another lake.toml would lose."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from cli import again, show
from cli import simulate as simulator
from cli.athena import Answer, Column, Row
from cli.days import DAY
from cli.errors import CODES
from cli.grid import Grid, Head
from cli.place import Command, Place, in_aws
from cli.progress import duration
from cli.reach import Reach, reach, reach_options
from forecast.costs import LAST, Correction, correction
from forecast.estimate import SLOTS_A_WORKER, Compared, Estimate, Work, compared, estimate
from forecast.waiting import of_announcements, waiting
from infra.prices import DATED, GLUE_DPU_HOUR, REGION
from jobs.asking import next_edition
from jobs.backfill import Figures as BackfillFigures
from jobs.backfill import already_read
from jobs.backfill import backfill as backfill_announcements
from jobs.deliveries import delivered
from jobs.rebuild import Figures as RebuildFigures
from jobs.rebuild import Rebuild, shown
from jobs.rebuild import rebuild as rebuild_announcements
from lake.announce import Announced
from lake.runs import Run, newest
from lake.settings import JOBS

_SHOWN = 20  # runs that are shown
_WORKERS = click.option(
    "--workers",
    type=click.IntRange(2, 300),
    default=2,
    show_default=True,
    help="G.1X workers of the Glue job, its driver among them.",
)
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


def _placed(function: Command) -> Command:
    """--aws and what goes with it; a command of its own behind `plan` brings them itself, so nothing is reached yet."""
    return in_aws(function, "place", lambda _: lambda place: place)


@click.group(invoke_without_command=True, epilog=CODES, subcommand_metavar="[COMMAND]")
@click.option(
    "--settings",
    "proposed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A proposed lake.toml: what would it keep otherwise?",
)
@click.option("--day", type=DAY, metavar="YYYY-MM-DD", help="With --settings: a day of delivery. Default: yesterday.")
@click.option(
    "--sample",
    type=click.IntRange(1),
    default=2000,
    show_default=True,
    help="With --settings: objects that are read at most, evenly spread over the day's.",
)
@click.option(
    "--allow-losing-sessions", is_flag=True, help="With --settings: a proposal that loses session starts is no failure."
)
@show.option
@_placed
@click.pass_context
def plan(
    context: click.Context,
    place: Place,
    proposed: Path | None,
    day: datetime | None,
    sample: int,
    allow_losing_sessions: bool,
    form: str,
) -> None:
    """What work will take, before it is done; and what other settings would lose.

    \b
      loglake plan                                       what waits for the next run
      loglake plan backfill --from 2024-01-01 --to 2024-12-31
      loglake plan rebuild --from 2024-03-01 --to 2024-03-31
      loglake plan runs                                  what was estimated, and what it took
      loglake plan --settings new.toml --day 2026-03-02  what that lake.toml would keep otherwise

    With --settings the file is checked whole, its differences are shown, and a day's raw objects are decoded under
    both: which records and which sessions would be lost, which gained, by which rule. Nothing is published. If a
    session start (StartSession, ExecuteCommand) would be lost, that is a failure, unless --allow-losing-sessions says
    that it is meant. docs/plan.md says more.
    """
    if context.invoked_subcommand is not None:
        given = [one for one in context.params if context.get_parameter_source(one) is ParameterSource.COMMANDLINE]
        if given:
            raise click.UsageError(f"options go behind the command: loglake plan {context.invoked_subcommand} ...")
        return
    at = ((context.obj or {}).get("reach", reach))(place)
    if proposed is None:
        if day or allow_losing_sessions:
            raise click.UsageError("--day and --allow-losing-sessions go with --settings FILE.")
        _run(at, 2, form)
        return
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    wanted = str(day.date() if day else yesterday)
    simulator.simulate(at, proposed, wanted, sample, allow_losing_sessions, form)


def _run(at: Reach, workers: int, form: str) -> None:
    works = [waiting(at.lake, job) for job in JOBS]
    _show(at, works, workers, form)
    queue = at.settings.lake.queue
    with again.told():
        url = at.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        said = at.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    if messages := sum(map(int, said.values())):
        click.echo(
            f"About {messages:,} announcements are in the queue {queue} still, and not in these figures.", err=True
        )


@plan.command("run", epilog=CODES)
@_WORKERS
@show.option
@reach_options
def run(at: Reach, workers: int, form: str) -> None:
    """What waits for the next run: what arrived and is not read, and what could not be fetched before.

    From the inbox and the open plans. What a run cannot take at once (bounds.plan_objects) needs several.
    """
    _run(at, workers, form)


@plan.command("backfill", epilog=CODES)
@again.days_options
@_WORKERS
@show.option
@reach_options
def backfill(
    at: Reach,
    first: datetime,
    last: datetime,
    names: tuple[str, ...],
    accounts: tuple[str, ...],
    workers: int,
    form: str,
) -> None:
    """What a backfill of these days would bring in, and take. It is `loglake backfill --dry-run`, with the price.

    \b
      loglake plan backfill --from 2024-01-01 --to 2024-12-31 --workers 10
    """
    chosen, wanted = again.choose(at, first, last, names, accounts)
    works, lists = _none(), _Count()
    with again.told(), again.looking("backfill") as listed:
        read = already_read(lambda sql: at.athena.ask(sql).rows, wanted)
        found = delivered(at.lake, chosen, wanted, lists.also(listed))
        _add(at, backfill_announcements(found, read, BackfillFigures()), works, lists)
    _show(at, list(works.values()), workers, form)


@plan.command("rebuild", epilog=CODES)
@again.days_options
@click.option("--late", type=click.IntRange(0, 400), default=2, show_default=True, help="As for loglake rebuild.")
@_WORKERS
@show.option
@reach_options
def rebuild(
    at: Reach,
    first: datetime,
    last: datetime,
    names: tuple[str, ...],
    accounts: tuple[str, ...],
    late: int,
    workers: int,
    form: str,
) -> None:
    """What a rebuild of these days would read again, and take. It is `loglake rebuild --dry-run`, with the price.

    \b
      loglake plan rebuild --from 2024-03-01 --to 2024-03-31 --late 30
    """
    chosen, wanted = again.choose(at, first, last, names, accounts)
    works, lists = _none(), _Count()
    with again.told(), again.looking("rebuild") as listed:
        ask = lambda sql: at.athena.ask(sql).rows  # noqa: E731
        asked = Rebuild(tuple(chosen), wanted, late, next_edition(ask, datetime.now(UTC)))
        found = delivered(at.lake, chosen, asked.deliveries, lists.also(listed))
        _add(at, rebuild_announcements(at.lake, asked, found, shown(ask, asked), RebuildFigures()), works, lists)
    _show(at, list(works.values()), workers, form)


@plan.command("runs", epilog=CODES)
@show.option
@reach_options
def runs(at: Reach, form: str) -> None:
    """Estimate against actual: the last runs, each with what this command would have said right before it.

    By the records that runs leave in the books bucket (runs/). A run that found nothing is left out.
    """
    found = [one for job in JOBS for one in compared(_past(at, job, _SHOWN + LAST))[:_SHOWN]]
    found.sort(key=lambda one: one.run.started, reverse=True)
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


class _Count:
    """Counts the LISTs that finding the objects took."""

    def __init__(self) -> None:
        self.number = 0

    def also(self, told: Callable[[], None]) -> Callable[[], None]:
        def listed() -> None:
            self.number += 1
            told()

        return listed


def _none() -> dict[str, Work]:
    return {job: Work(job) for job in JOBS}


def _add(at: Reach, objects: Iterable[Announced], works: dict[str, Work], lists: _Count) -> None:
    of_announcements(at.settings, objects, works)
    works[JOBS[0]].lists = lists.number


def _past(at: Reach, job: str, most: int) -> list[Run]:
    return list(islice(newest(at.lake.store, at.lake.books, job, most), most))


def _show(at: Reach, works: Sequence[Work], workers: int, form: str) -> None:
    """A line a job: what there is, and what it takes."""
    past = {work.job: _past(at, work.job, LAST) for work in works}
    by = {job: correction(some) for job, some in past.items()}
    slots = {job: _slots(at, some, workers) for job, some in past.items()}
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


def _slots(at: Reach, past: Sequence[Run], workers: int) -> int:
    """Tasks at once: of this machine as its last run had them; of a Glue job by its workers."""
    if not at.local:
        return (workers - 1) * SLOTS_A_WORKER
    return past[0].slots if past else os.cpu_count() or 1


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
            "both",
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
