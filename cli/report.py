"""`loglake report`: one session with its evidence, or the lake over a day or a month; as a page, text, or JSON."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import click

from cli import lakereport, show
from cli.athena import Athena
from cli.days import DAY, MONTH, text
from cli.errors import CODES, NOT_FOUND, Failure
from cli.place import place_options
from cli.safe import safe
from report.facts import Report
from report.gather import gather

FORMATS = ("html", "json", "text")
_SUFFIXES = {".html": "html", ".htm": "html", ".json": "json"}


@click.command(epilog=CODES)
@click.argument("session_id", metavar="[ID]", required=False)
@click.option(
    "--day",
    type=DAY,
    metavar="YYYY-MM-DD",
    help="The day on which the session began (UTC): reads much less. Without an ID: report on the lake's day.",
)
@click.option("--month", type=MONTH, metavar="YYYY-MM", help="Without an ID: report on the lake's month.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="Default: what the name of --out ends with, else text. json: one object, exact.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file, which only you can read."
)
@place_options
def report(
    athena: Athena,
    session_id: str | None,
    day: datetime | None,
    month: datetime | None,
    form: str | None,
    out: Path | None,
) -> None:
    """Show one session with its evidence, and say how sure that is; or the state of the lake.

    Who had it (with the roles back to the person), when, where, why, what was typed and shown, what else the same
    principal did around it, the raw object and record that each statement is from, and the verdict on the evidence:
    complete, or why not.

    \b
      loglake report 0b7c1cc185ccf51a9
      loglake report 0b7c1cc185ccf51a9 --day 2026-03-02 --out session.html
      loglake report 00a92a18-6a3c-4c8e-8d8e-0f5a7e1f3c9b --format json | jq .verdict

    ID is a session's id, as `loglake sessions` shows it, with or without the user's part before it. A session that was
    denied or failed has none: take CloudTrail's id of the event, `eventid` in `loglake sessions --format json`.

    Without an ID it reports on the lake: volume, completeness, freshness, late events, quarantine, sessions by team and
    their reviews, evidence, sizes and an estimate of the cost, of one day or of a month.

    \b
      loglake report --day 2026-03-02
      loglake report --month 2026-03 --out march.html

    The HTML file needs nothing else, loads nothing, runs nothing, and prints well. In text and HTML whatever would act
    on a screen, or hide on it, is spelt out (\\x1b). The SHA-256 of a file that is written is shown on stderr.
    """
    form = form or _SUFFIXES.get(out.suffix.lower() if out else "", "text")
    if session_id is None:
        of_lake = lakereport.report_of(athena, day, month)
        _deliver(lakereport.written(of_lake, form), out, f"lake report, {of_lake.period.name}")
        return
    if month:
        raise click.UsageError("--month is for a report on the lake: leave the session's ID out.")
    on = text(day) if day else None
    found = gather(athena, session_id, on, version=version("loglake"), database=athena.database)
    if found is None:
        raise _not_found(session_id, on)
    _deliver(_written(found, form), out, found.verdict.verdict)


def _deliver(content: str, out: Path | None, what: str) -> None:
    """To the file, or to standard output. what: the report in a word or two."""
    if out is None:
        show.write([content])
        return
    data = content.encode("utf-8", "surrogatepass")
    _write(out, data)
    digest = hashlib.sha256(data).hexdigest()
    click.echo(f"{safe(str(out))}: {what}; {len(data):,} bytes, SHA-256 {digest}", err=True)


def _written(report: Report, form: str) -> str:
    if form == "html":
        from report.page import page  # Jinja takes a tenth of a second to load, which the other formats can do without

        return page(report)
    if form == "json":
        return json.dumps(report.document()).replace("\x7f", "\\u007f") + "\n"
    from report.text import text as lines

    return "".join(f"{line}\n" for line in lines(report))


def _write(path: Path, data: bytes) -> None:
    """The file whole or not at all, readable by its owner alone: it may hold whatever was on a screen."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _not_found(session_id: str, day: str | None) -> Failure:
    what = safe(session_id)
    if day:
        return Failure(
            f"there is no session {what} in the lake on {day}",
            f"It may be of another day: loglake report {what}, without --day, looks at all of them. Those of that day: "
            f"loglake sessions --day {day}.",
            NOT_FOUND,
        )
    return Failure(
        f"there is no session {what} in the lake: no start and no keystrokes",
        "Its logs may not have arrived: loglake completeness says what was read. Sessions that are there: loglake "
        "sessions --user NAME. A session that was denied has no id: take its eventid.",
        NOT_FOUND,
    )
