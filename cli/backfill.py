"""`loglake backfill`: history that was there before the notifications were."""

from __future__ import annotations

import click

from cli import again, show
from cli.again import Days, Figure
from cli.errors import CODES
from cli.reach import Reach, reach_options
from jobs.backfill import Figures, already_read
from jobs.backfill import backfill as announcements
from jobs.deliveries import delivered


@click.command(epilog=CODES)
@again.days_options
@again.DRY_RUN
@show.option
@reach_options
def backfill(
    at: Reach,
    days: Days,
    dry_run: bool,
    form: str,
) -> None:
    """Bring in what lay in the raw buckets before S3 announced it.

    Looks for objects that were delivered on these days, by the days in their keys, and announces them to AddAPart: the
    controls, the jobs and the books treat them as if they had just landed. What was read before is skipped. To run it
    twice, or while logs arrive, is safe: an object is counted once however often it is announced.

    \b
      loglake backfill --from 2024-01-01 --to 2024-12-31 --dry-run
      loglake backfill --from 2024-03-01 --to 2024-03-31 --source cloudtrail --account 111122223333

    It costs one LIST for every thousand objects and every account and Region, and a look through lake_ledger.
    """
    chosen, wanted = again.choose(at, days)
    figures = Figures()
    with again.told(), again.looking("backfill") as listed:
        read = already_read(lambda sql: at.athena.ask(sql).rows, wanted)
        found = delivered(at.lake, chosen, wanted, listed)
        again.send(at, announcements(found, read, figures), dry_run)
    lines = [
        Figure("objects", "objects delivered on these days", figures.objects),
        Figure("bytes", "  bytes", figures.bytes),
        Figure("read", "  read before: skipped", figures.known),
        Figure("announced", f"  {'to be ' if dry_run else ''}announced", figures.announced),
    ]
    for rule, count in sorted(figures.dropped.items()):
        lines.append(Figure(f"dropped_{rule}", f"    that the control {rule} will drop", count))
    again.tell(lines, form)
    again.what_now(at, figures.announced, dry_run)
