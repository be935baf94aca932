"""`loglake report --day|--month`: the lake's state over a day or a month, as a page, as text, or for programs."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.metadata import version

import click

from cli import home
from cli.athena import Athena
from report.lakefacts import LakeReport, Period
from report.lakegather import gather


def report_of(athena: Athena, day: datetime | None, month: datetime | None) -> LakeReport:
    """The report on the day or the month."""
    chosen = day or month
    if chosen is None or (day and month):
        raise click.UsageError("Name a session's ID; or --day, or --month, for a report on the lake.")
    period = Period.of_day(chosen.date()) if day else Period.of_month(chosen.date())
    least = home.settings().thresholds.completeness
    return gather(athena, period, least, version=version("loglake"), database=athena.database)


def written(report: LakeReport, form: str) -> str:
    """The whole report in that form."""
    if form == "html":
        from report.lakepage import page  # Jinja and pygal take a while to load, which the other formats can do without

        return page(report)
    if form == "json":
        return json.dumps(report.document()).replace("\x7f", "\\u007f") + "\n"
    from report.laketext import text

    return "".join(f"{line}\n" for line in text(report))
