"""`loglake redrive`: announcements that AddAPart could not take, back to it."""

from __future__ import annotations

import click

from cli import again, show
from cli.again import Figure
from cli.errors import CODES
from cli.reach import Reach, reach_options
from cli.safe import safe
from infra.resources import dead_letters
from jobs.redrive import redrive as send_back


@click.command(epilog=CODES)
@again.DRY_RUN
@show.option
@reach_options
def redrive(at: Reach, dry_run: bool, form: str) -> None:
    """Send the dead-letter queue's announcements back to AddAPart.

    A message that AddAPart fails on five times goes to the dead-letter queue, and is gone after 14 days. Those that
    AddAPart would take now are sent back; those that it would refuse again stay where they are, and it is said why.

    \b
      loglake redrive --dry-run
      loglake redrive

    What is lost after 14 days in spite of it, loglake doctor and loglake backfill find in raw.
    """
    queue = at.settings.lake.queue
    with again.told():
        figures = send_back(at.settings, at.sqs, dead_letters(at.settings).name, queue, dry_run)
    stay = sum(figures.stay.values())
    lines = [
        Figure("sent", f"messages {'that AddAPart would take now' if dry_run else 'sent back'}", figures.sent),
        Figure("stay", "messages that stay", stay),
        *(Figure(why, f"  {safe(why)}", count) for why, count in figures.stay.most_common()),
    ]
    again.tell(lines, form)
    if stay:
        click.echo("Put what they miss into lake.toml, then redrive again. Without, nothing can be done.", err=True)
    again.what_now(at, figures.sent, dry_run)
