"""How complete the lake is, by its view `completeness`: the command of that name, and the last lines of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
from rich.text import Text

from cli import show
from cli.athena import Answer, Athena, literal, where
from cli.days import DAY, between, of_account
from cli.errors import CODES, Failure
from cli.grid import Grid, Head
from cli.place import place_options
from cli.safe import safe
from cli.work import Ended
from lake.completeness import COUNTS, Counts, enough, per_cent, total

_KEYS = ("calendarday", "source", "accountid", "awsregion")
_ORDER = f" ORDER BY {', '.join(_KEYS)}"
_UNREAD = {"waiting": "waiting", "undone": "not fetched yet", "gone": "gone", "givenup": "given up"}
_WORST = 5  # groups that a run names
_LOOK = """\
Which they are: loglake query "SELECT * FROM arrivals WHERE outcome NOT IN ('ok', 'dropped')"
What could not be fetched yet comes again by itself; what is given up or gone does not."""
_LOOK_RECORDS = """\
That must not be. The objects:
loglake query "SELECT * FROM arrivals WHERE recordsin <> kept + filtered + quarantined"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Counts):
    """A row of the view: of one source, account, Region and day of delivery."""

    calendarday: str
    source: str
    accountid: str
    awsregion: str


def read(answer: Answer) -> list[Group]:
    """The view's rows, the worst first."""
    groups = []
    for row in answer.rows:
        value: dict[str, Any] = dict(zip((one.name for one in answer.columns), row, strict=True))
        keys: dict[str, Any] = {name: value[name] or "" for name in _KEYS}
        counts: dict[str, Any] = {name: int(value[name] or 0) for name in COUNTS}
        groups.append(Group(**keys, **counts))
    return sorted(groups, key=_worst_first)


def _worst_first(one: Group) -> tuple[float, float, int, str]:
    read_, accounted = per_cent(one.processed, one.objects), per_cent(one.accounted, one.records)
    return (
        100 if read_ is None else read_,
        100 if accounted is None else -abs(accounted - 100),
        one.processed - one.objects,
        one.calendarday,
    )


def of_plans(athena: Athena, plans: Mapping[str, Sequence[int]]) -> list[Group]:
    """The groups that the objects of these plans are in. plans: numbers by job; none at all give no group."""
    batches = "|".join(f"{job}/({'|'.join(map(str, numbers))})" for job, numbers in plans.items() if numbers)
    if not batches:
        return []
    taken = f"SELECT DISTINCT {', '.join(_KEYS)} FROM arrivals WHERE regexp_like(batch, {literal(f'^({batches})-')})"
    same = " AND ".join(f"whole.{key} = taken.{key}" for key in _KEYS)
    return read(athena.ask(f"SELECT whole.* FROM completeness AS whole INNER JOIN ({taken}) AS taken ON {same}"))


def line(groups: Iterable[Group]) -> str:
    """All groups in one sentence."""
    every = total(groups)
    if not every.objects:
        return "nothing arrived" + (f"; {every.dropped:,} objects were dropped by controls" if every.dropped else "")
    said = f"{_share(every.processed, every.objects)} of {every.objects:,} objects that arrived are processed"
    if every.records:
        said += f", {_share(every.accounted, every.records)} of {every.records:,} records in them accounted for"
    return said + (f", {every.late:,} came late" if every.late else "")


def _share(part: int, whole: int) -> str:
    share = per_cent(part, whole)
    return "-" if share is None else f"{share:g} %"


def table(groups: Iterable[Group]) -> Grid:
    """Groups for people."""
    figures = ("objects", "processed", "not read", "records", "accounted", "bad", "late")
    heads = [Head("day", 10), Head("source"), Head("account", 12), Head("Region", 14)]
    result = Grid(*heads, *(Head(name, right=True) for name in figures))
    for one in groups:
        unread = [f"{count:,} {words}" for name, words in _UNREAD.items() if (count := getattr(one, name))]
        dropped = [f"{one.dropped:,} dropped"] if one.dropped else []
        result.add(
            *(safe(getattr(one, key)) for key in _KEYS),
            f"{one.objects:,}",
            _share(one.processed, one.objects),
            Text("\n".join([*unread, *dropped]) or "-", style="" if one.whole else "yellow"),
            f"{one.records:,}",
            _share(one.accounted, one.records),
            f"{one.quarantined:,}" if one.quarantined else "-",
            f"{one.late:,}" if one.late else "-",
        )
    return result


def report(groups: Sequence[Group]) -> None:
    """The last lines of a run: the whole in a sentence, then what is worst."""
    if not groups:
        return
    click.echo(f"\nOf the days that this run touched, {line(groups)}.")
    if incomplete := [one for one in groups if not one.whole]:
        table(incomplete[:_WORST]).print(show.console())
        if len(incomplete) > _WORST:
            click.echo(f"... {len(incomplete) - _WORST:,} more: loglake completeness")


def check(groups: Sequence[Group], least: int, asked_by: str) -> None:
    """Raises Failure if less than `least` per cent of the objects is processed, or a record is not accounted for."""
    every = total(groups)
    if not enough(every.processed, every.objects, least):
        raise Failure(
            f"only {_share(every.processed, every.objects)} of {every.objects:,} objects that arrived are processed; "
            f"{asked_by} asks for {least} %",
            _LOOK,
        )
    if wrong := [one for one in groups if one.accounted != one.records]:
        one = wrong[0]
        where_ = f"{one.calendarday}, {safe(one.source)}, {safe(one.accountid)}, {safe(one.awsregion)}"
        raise Failure(f"{where_}: of {one.records:,} records {one.accounted:,} are accounted for", _LOOK_RECORDS)


def check_jobs(ended: Iterable[Ended]) -> None:
    """Raises Failure if a job says of itself that too little of what it took up could be read."""
    for one in ended:
        if one.last.get("step") == "incomplete":
            raise Failure(
                f"job {one.job}: only {one.last['completeness']:g} % of the objects that it took up now could be read, "
                "less than [thresholds] in lake.toml asks for",
                _LOOK,
            )


@click.command(epilog=CODES)
@click.option("--day", type=DAY, metavar="YYYY-MM-DD", help="What was delivered on this day (UTC).")
@click.option("--from", "first", type=DAY, metavar="YYYY-MM-DD", help="The first day.")
@click.option("--to", "last", type=DAY, metavar="YYYY-MM-DD", help="The last day.")
@click.option("--source", help="Only this source of lake.toml.")
@click.option("--account", help="Only this account: 12 digits.")
@click.option(
    "--fail-under", type=click.IntRange(0, 100), metavar="PERCENT", help="Exit code 1 if less is processed in all."
)
@show.option
@place_options
def completeness(
    athena: Athena,
    day: datetime | None,
    first: datetime | None,
    last: datetime | None,
    source: str | None,
    account: str | None,
    fail_under: int | None,
    form: str,
) -> None:
    """How much of what arrived is processed, and of that accounted for.

    A row a source, account, Region and day of delivery, the worst first: objects that arrived, how many of them were
    read, why the others were not, and whether every record in them is accounted for: kept, filtered, or bad and in
    quarantine. Late are records of a day that was over for a whole day and more at delivery. What the controls dropped
    does not count as arrived, and is said beside it. Per cent are rounded down: 100 means all.

    \b
      loglake completeness
      loglake completeness --day 2026-03-02 --account 111122223333
      loglake completeness --aws --from 2026-03-01 --to 2026-03-31 --fail-under 99 --format csv

    json and csv have all columns of the view `completeness`. It reads the book lake_ledger, whatever days are named.
    """
    conditions = [*between(day, first, last), *of_account(account)]
    if source:
        conditions.append(f"source = {literal(source)}")
    answer = athena.ask(f"SELECT * FROM completeness{where(conditions)}{_ORDER}")
    rows = list(answer.rows)
    groups = read(Answer(answer.columns, iter(rows)))
    if form != "table":
        show.show(Answer(answer.columns, iter(rows)), form)
    elif groups:
        table(groups).print(show.console())
    click.echo(line(groups), err=True)
    if fail_under is not None:
        check(groups, fail_under, "--fail-under")
