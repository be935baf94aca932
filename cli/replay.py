"""`loglake replay`: what is in quarantine, or was given up, is read once more."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import click

from cli import again, show
from cli.again import Figure
from cli.days import DAY, text
from cli.errors import CODES, NOT_FOUND, Failure
from cli.reach import Reach, reach_options
from cli.safe import safe
from jobs.asking import next_edition
from jobs.replay import Choice, candidates, still_there
from jobs.rows import REASONS


@click.command(epilog=CODES)
@click.option("--reason", type=click.Choice(sorted(REASONS)), help="Only objects with records of this reason.")
@click.option("--object", "name", metavar="s3://BUCKET/KEY", help="Only this object.")
@click.option("--day", type=DAY, metavar="YYYY-MM-DD", help="Only what was put into quarantine on this day.")
@click.option("--given-up", is_flag=True, help="Only objects that never could be fetched.")
@again.DRY_RUN
@show.option
@reach_options
def replay(
    at: Reach,
    reason: str | None,
    name: str | None,
    day: datetime | None,
    given_up: bool,
    dry_run: bool,
    form: str,
) -> None:
    """Read again what is in quarantine, or was given up: after a fixed decoder, or a permission that was missing.

    Announces the objects to AddAPart under a higher edition. Records that can be read now become rows, and leave what
    `loglake quarantine` lists; rows that are there already stay as they are. Without options, all of it is taken but
    conflicts, which no reading settles: --reason conflict takes them. Of what was given up, --day is that of delivery.

    \b
      loglake replay --dry-run
      loglake replay --reason no-time
      loglake replay --given-up
    """
    if given_up and reason:
        raise click.UsageError("--given-up is of objects that were never read: they have no --reason.")
    choice = Choice(reason or "", name or "", text(day) if day else "", given_up)
    with again.told():
        ask = lambda sql: at.athena.ask(sql).rows  # noqa: E731
        found = list(candidates(ask, choice))
        if name and not found:
            what = f"nothing of {safe(name)} is in quarantine or was given up"
            raise Failure(what, "What is: loglake quarantine.", NOT_FOUND)
        there = [one for one, present in still_there(at.lake, found) if present]
        edition = next_edition(ask, datetime.now(UTC)) if there else 0
        again.send(at, (one.announced(edition) for one in there), dry_run)
    whys = Counter(one.why for one in there)
    again.tell(
        [
            Figure("announced", f"objects {'to be ' if dry_run else ''}announced", len(there)),
            *(Figure(why, f"  {why}", count) for why, count in sorted(whys.items())),
            Figure("records", "records of them in quarantine", sum(one.records for one in there)),
            Figure("expired", "objects that raw has no more: left", len(found) - len(there)),
        ],
        form,
    )
    again.what_now(at, len(there), dry_run)
