"""`loglake rebuild`: days made anew from raw."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from cli import again, show
from cli.again import Days, Figure
from cli.errors import CODES
from cli.reach import Reach, reach_options
from cli.safe import safe
from jobs.asking import next_edition
from jobs.deliveries import delivered
from jobs.rebuild import Figures, Rebuild, shown
from jobs.rebuild import rebuild as announcements


@click.command(epilog=CODES)
@again.days_options
@again.LATE
@again.DRY_RUN
@show.option
@reach_options
def rebuild(
    at: Reach,
    days: Days,
    late: int,
    dry_run: bool,
    form: str,
) -> None:
    """Make days anew from raw: after a fixed decoder, or another filter in lake.toml.

    Reads again all that was delivered on these days and --late days after, and whatever else these days show rows of.
    Rows that are made again take the place of the old; rows that are not made again leave. Other days can gain rows by
    it, and lose none. What raw has no more keeps its rows. To run it twice is safe: the later one counts.

    \b
      loglake rebuild --from 2024-03-01 --to 2024-03-31 --dry-run
      loglake rebuild --from 2024-03-03 --to 2024-03-03 --late 30

    Events that came later than --late days, and that the old filter dropped, are not found: CloudTrail delivers up to
    30 days late. It costs reading all these objects again, and publishing their days anew.
    """
    chosen, wanted = again.choose(at, days)
    figures = Figures()
    with again.told(), again.looking("rebuild") as listed:
        ask = lambda sql: at.athena.ask(sql).rows  # noqa: E731
        asked = Rebuild(tuple(chosen), wanted, late, next_edition(ask, datetime.now(UTC)))
        rows = shown(ask, asked)
        found = delivered(at.lake, chosen, asked.deliveries, listed)
        again.send(at, announcements(at.lake, asked, found, rows, figures), dry_run)
    lines = [
        Figure("announced", f"objects {'to be ' if dry_run else ''}announced", figures.objects),
        Figure("bytes", "  bytes", figures.bytes),
        Figure("elsewhere", "  delivered on other days, with rows on these", figures.later),
        Figure("edition", "  under edition", asked.edition),
        Figure("expired", "objects with rows that raw has no more", figures.expired),
        Figure("unknown", "objects with rows that S3 says nothing of", figures.unknown),
        *(Figure(f"dropped_{one}", f"left out by the control {one}", n) for one, n in sorted(figures.dropped.items())),
        Figure("staying", "rows that stay as they are", figures.rows),
    ]
    again.tell(lines, form)
    if figures.error:
        click.echo(f"S3: {safe(figures.error)}", err=True)
    again.what_now(at, figures.objects, dry_run)
