"""`loglake remove`: an account's rows out of the lake for good."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from cli import again, home, show
from cli.athena import Answer, Column
from cli.errors import CODES, Failure
from cli.reach import Reach, reach_options
from jobs import removal
from jobs.removal import Shown
from lake import keys, settings
from lake.announce import announce
from lake.settings import SettingsError

STAYS = """\
What stays: raw objects (their bucket's owner deletes them); quarantined and landed bytes in the lake's own buckets, and
the folders that no reader is sent to any more, until they are collected; the books, which name objects and no content;
other accounts' records that mention this one."""


@click.command(epilog=CODES)
@click.option("--account", "name", required=True, help="The account: 12 digits.")
@click.option("--reason", required=True, help="Why, for whoever reads lake.toml later.")
@click.option("--yes", is_flag=True, help="Do not ask. For scripts.")
@again.DRY_RUN
@show.option
@reach_options
def remove(at: Reach, name: str, reason: str, yes: bool, dry_run: bool, form: str) -> None:
    """Take an account's rows out of all tables, all days, for good.

    Writes the account into [[removals]] of the lake's settings: from then on its objects are dropped as they arrive and
    its records are never kept, by no backfill and no rebuild. Then asks the jobs to publish every day once more without
    its rows; the books count them as removed. To run it twice is safe.

    \b
      loglake remove --account 111122223333 --reason "left the company" --dry-run
      loglake remove --account 111122223333 --reason "left the company" --yes

    An account's rows are the events that it received (recipientaccountid) and the keystrokes that it owns (accountid).
    Raw objects stay: they are their bucket's owner's. So do quarantined bytes and old folders until they are collected.
    """
    again.account(name)
    if not reason.isprintable():
        raise click.UsageError("--reason has characters that cannot be seen; say it in one line of plain text.")
    found = removal.shown(lambda sql: at.athena.ask(sql).rows, name)
    columns = [Column("table", "varchar"), *(Column(one, "bigint") for one in ("rows", "days"))]
    columns += [Column("first", "varchar"), Column("last", "varchar")]
    if found or form != "table":
        show.show(Answer(columns, ([str(value) for value in one] for one in found)), form)
    else:
        click.echo(f"No table shows a row of account {name}.")
    click.echo(STAYS, err=True)
    if dry_run:
        again.what_now(at, 0, dry_run)
        return
    _remove(at, name, reason, yes, found)


def _remove(at: Reach, account: str, reason: str, yes: bool, found: list[Shown]) -> None:
    now = datetime.now(UTC)
    text = at.lake.store.get(at.lake.books, keys.SETTINGS).decode()
    written = removal.removed(settings.parse(text), account)
    if written and not found:
        click.echo(f"Account {account} is in [[removals]] and has no row: there is nothing to do.", err=True)
        return
    if not yes:
        many = f"{sum(one.rows for one in found):,} rows of "
        click.confirm(f"Take {many}account {account} out for good?", abort=True, err=True)
    added = removal.entry(account, str(now.date()), reason)
    with again.told():
        if not written:
            try:
                text = removal.with_entry(text, added)
            except SettingsError as error:
                raise Failure(f"the lake's settings cannot take the entry: {error}", "Nothing is changed.") from None
            at.lake.store.put(at.lake.books, keys.SETTINGS, text.encode())
        announce(at.sqs, at.settings.lake.queue, [removal.request(account, now.isoformat(timespec="seconds"))])
    if not written:
        click.echo(f"\nWritten to s3://{at.lake.books}/{keys.SETTINGS}. Put the same lines into", err=True)
        click.echo(f"{home.PROJECT / 'lake.toml'}, from which the settings are deployed:\n\n{added}", err=True)
    next_run = "Next: loglake run" if at.local else "The jobs' next runs take the rows out"
    click.echo(f"Asked for. {next_run}; then loglake remove again says what is left.", err=True)
