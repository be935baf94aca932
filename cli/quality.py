"""`loglake quality`: whether published days keep the lake's rules, checked now, or in AWS as last checked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from rich.text import Text

from cli import home, show, steps
from cli.athena import Answer, Athena, Row, where
from cli.days import DAY, between, text
from cli.errors import CODES, Failure
from cli.grid import Grid, Head
from cli.progress import Board
from cli.reach import Reach, reach_options
from cli.safe import safe
from cli.work import end, tail, uninterrupted
from infra.local import lifecycle
from lake import keys

_DAYS = "SELECT * FROM quality{where} ORDER BY calendarday, tablename"
# Of the last check of each of these days, the rules that are broken or could not be judged.
_RULES = """
SELECT checked.calendarday, checked.tablename, rule, columnname, expected, observed, success, examples
FROM lake_quality checked
JOIN quality last ON last.calendarday = checked.calendarday AND last.tablename = checked.tablename
    AND last.checkedgeneration = checked.generation AND last.checkedat = checked.checkedat
WHERE (success IS NULL OR NOT success){also}
ORDER BY success NULLS LAST, checked.calendarday, checked.tablename, rule, columnname"""


@click.command(epilog=CODES)
@click.option("--day", type=DAY, metavar="YYYY-MM-DD", help="Only this day (UTC).")
@click.option("--from", "first", type=DAY, metavar="YYYY-MM-DD", help="The first day of several.")
@click.option("--to", "last", type=DAY, metavar="YYYY-MM-DD", help="The last of them.")
@show.option
@reach_options
def quality(at: Reach, day: datetime | None, first: datetime | None, last: datetime | None, form: str) -> None:
    """Whether published days keep the rules: types, identity, day, session ids, secrets, completeness, volume.

    On this machine it checks now, with Great Expectations: the days whose newest generation is not checked yet, or, if
    days are named, these anew. With --aws it shows what the quality job found. Every finding is a row of the table
    lake_quality, and every day has a page in the results bucket. Nothing is changed or hidden by it.

    \b
      loglake quality
      loglake quality --day 2026-03-02
      loglake quality --aws --from 2026-03-01 --to 2026-03-31 --format csv

    json and csv have all columns of the view `quality`. The exit code is 1 if a day that is shown breaks a rule or is
    not checked. What each rule is for, and what to do where it is broken: docs/quality.md.
    """
    conditions = between(day, first, last)
    if at.local:
        _check(day or first, day or last)
    answer = at.athena.ask(_DAYS.format(where=where(conditions)))
    rows = list(answer.rows)
    days = [dict(zip((one.name for one in answer.columns), row, strict=True)) for row in rows]
    if form != "table":
        show.show(Answer(answer.columns, iter(rows)), form)
    elif days:
        _table(days).print(show.console())
        also = "".join(f" AND checked.{one}" for one in conditions)
        _rules(at.athena, also)
        where_ = keys.quality_page("TABLE", "DAY")
        click.echo(f"\nEvery rule of a day, as a page: s3://{at.settings.buckets.results}/{where_}", err=True)
    _end(days)


def _check(first: datetime | None, last: datetime | None) -> None:
    """The job of the gates, in a process of its own, on the lake of this machine."""
    lake = home.running()
    command = [sys.executable, "-m", "jobs.quality", "--settings", lake.settings]
    command += [*(("--from", text(first)) if first else ()), *(("--to", text(last)) if last else ())]
    log = home.log_folder() / "job-quality.log"
    ended: dict[str, Any] = {}
    with log.open("wb") as noise, Board() as board:
        job = subprocess.Popen(
            command,
            env=lifecycle.environment(lake),
            cwd=home.PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=noise,
            text=True,
            start_new_session=True,
        )
        try:
            board.set("quality", "starting Great Expectations")
            assert job.stdout
            for line in job.stdout:
                ended = json.loads(line)
                if ended.get("step") == "check":
                    board.set("quality", "checking", ended["done"], ended["of"], ended["unit"])
            job.wait()
        finally:
            with uninterrupted():
                end([job])
    if ended.get("step") not in ("done", "failed"):
        said = "\n".join(f"  {safe(line)}"[:200] for line in tail(log))
        raise Failure(f"the quality job could not check every day\n{said}", f"Its log: {log}")
    steps.drain(lake, "registering what was found")


def _table(days: Sequence[dict[str, str | None]]) -> Grid:
    grid = Grid(Head("day"), Head("table"), Head("generation", right=True), Head("rules"), Head("not judged"))
    for one in days:
        grid.add(
            safe(one["calendarday"] or ""),
            safe(one["tablename"] or ""),
            one["generation"] or "-",
            _state(one),
            safe(one["unjudged"] or "-"),
        )
    return grid


def _state(one: dict[str, str | None]) -> Text:
    if one["passed"] is None:
        return Text("not checked yet", style="yellow")
    if one["passed"] == "true":
        return Text("all kept")
    return Text(f"broken: {safe(one['failed'] or '')}", style="bold red")


def _rules(athena: Athena, also: str) -> None:
    """Each rule that is broken, or could not be judged, with what was found and where."""
    out = show.console()
    for row in athena.values(_RULES.format(also=also)):
        out.print()
        for line, style in _told(row):
            out.print(Text(safe(line), style=style), soft_wrap=True)


def _told(row: Row) -> list[tuple[str, str]]:
    day, table, rule, column, expected, observed, success, examples = row
    broken = success == "false"
    head = f"{day} {table}: {rule}{f' of {column}' if column else ''} {'broken' if broken else 'not judged'}"
    lines = [(head, "bold red" if broken else "yellow"), (f"  expected {expected}; found {observed}", "")]
    return [*lines, *((f"    {one}", "") for one in json.loads(examples or "[]"))]


def _end(days: Sequence[dict[str, str | None]]) -> None:
    broken = sum(one["passed"] == "false" for one in days)
    unchecked = sum(one["passed"] is None for one in days)
    if broken or unchecked:
        parts = [f"{broken:,} break a rule"] if broken else []
        parts += [f"{unchecked:,} are not checked yet"] if unchecked else []
        raise Failure(f"of {len(days):,} days of tables {' and '.join(parts)}", "What to do: docs/quality.md.")
    click.echo(f"{len(days):,} days of tables: every rule that could be judged is kept.", err=True)
