"""`loglake plan`: what a run, a backfill or a rebuild will take; and what another lake.toml would lose."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from click.core import ParameterSource

from cli import again, estimates, show
from cli import simulate as simulator
from cli.again import Days
from cli.days import DAY
from cli.errors import CODES
from cli.place import Command, Place, in_aws
from cli.reach import Reach, reach, reach_options
from forecast.costs import LAST
from forecast.estimate import Work, compared
from forecast.waiting import of_announcements, waiting
from jobs.asking import next_edition
from jobs.backfill import Figures as BackfillFigures
from jobs.backfill import already_read
from jobs.backfill import backfill as backfill_announcements
from jobs.deliveries import delivered
from jobs.rebuild import Figures as RebuildFigures
from jobs.rebuild import Rebuild, shown
from jobs.rebuild import rebuild as rebuild_announcements
from lake.announce import Announced
from lake.settings import JOBS

_SHOWN = 20  # runs that are shown
_WORKERS = click.option(
    "--workers",
    type=click.IntRange(2, 300),
    default=2,
    show_default=True,
    help="G.1X workers of the Glue job, its driver among them.",
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
    estimates.show_work(at, works, workers, form)
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
    days: Days,
    workers: int,
    form: str,
) -> None:
    """What a backfill of these days would bring in, and take. It is `loglake backfill --dry-run`, with the price.

    \b
      loglake plan backfill --from 2024-01-01 --to 2024-12-31 --workers 10
    """
    chosen, wanted = again.choose(at, days)
    works, lists = _none(), _Count()
    with again.told(), again.looking("backfill") as listed:
        read = already_read(lambda sql: at.athena.ask(sql).rows, wanted)
        found = delivered(at.lake, chosen, wanted, lists.also(listed))
        _add(at, backfill_announcements(found, read, BackfillFigures()), works, lists)
    estimates.show_work(at, list(works.values()), workers, form)


@plan.command("rebuild", epilog=CODES)
@again.days_options
@again.LATE
@_WORKERS
@show.option
@reach_options
def rebuild(
    at: Reach,
    days: Days,
    late: int,
    workers: int,
    form: str,
) -> None:
    """What a rebuild of these days would read again, and take. It is `loglake rebuild --dry-run`, with the price.

    \b
      loglake plan rebuild --from 2024-03-01 --to 2024-03-31 --late 30
    """
    chosen, wanted = again.choose(at, days)
    works, lists = _none(), _Count()
    with again.told(), again.looking("rebuild") as listed:
        ask = lambda sql: at.athena.ask(sql).rows  # noqa: E731
        asked = Rebuild(tuple(chosen), wanted, late, next_edition(ask, datetime.now(UTC)))
        found = delivered(at.lake, chosen, asked.deliveries, lists.also(listed))
        _add(at, rebuild_announcements(at.lake, asked, found, shown(ask, asked), RebuildFigures()), works, lists)
    estimates.show_work(at, list(works.values()), workers, form)


@plan.command("runs", epilog=CODES)
@show.option
@reach_options
def runs(at: Reach, form: str) -> None:
    """Estimate against actual: the last runs, each with what this command would have said right before it.

    By the records that runs leave in the books bucket (runs/). A run that found nothing is left out.
    """
    found = [one for job in JOBS for one in compared(estimates.past(at, job, _SHOWN + LAST))[:_SHOWN]]
    found.sort(key=lambda one: one.run.started, reverse=True)
    estimates.show_runs(found, form)


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
    max(works.values(), key=lambda one: one.files).lists = lists.number  # found together: told once
