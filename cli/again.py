"""What the commands that announce objects share: their options, how they send, how they tell what they found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple

import click
from botocore.exceptions import BotoCoreError, ClientError
from obstore.exceptions import BaseError

from cli import show
from cli.athena import Answer, Column
from cli.days import DAY
from cli.errors import Failure
from cli.grid import Grid, Head
from cli.place import Command
from cli.progress import Board
from cli.reach import Reach
from cli.safe import safe
from jobs.deliveries import NoSource, sources
from jobs.listing import Wanted
from lake.announce import Announced, announce
from lake.settings import Source

_ACCOUNT = re.compile(r"\d{12}")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
LATE = click.option(
    "--late",
    type=click.IntRange(0, 400),
    default=2,
    show_default=True,
    help="Days after the last in which deliveries are looked for.",
)


class Figure(NamedTuple):
    """One figure: its name for programs, what it is for people."""

    name: str
    what: str
    number: int


class Days(NamedTuple):
    """Which objects are meant: delivered from the first day to the last, of these sources and accounts (none: all)."""

    first: datetime
    last: datetime
    names: tuple[str, ...]
    accounts: tuple[str, ...]


def days_options(function: Command) -> Command:
    """--from, --to, --source and --account; the command gets `days`, as `choose` takes them."""

    @wraps(function)
    def wrapped(
        *, first: datetime, last: datetime, names: tuple[str, ...], accounts: tuple[str, ...], **others: Any
    ) -> Any:
        return function(days=Days(first, last, names, accounts), **others)

    for option in (
        click.option("--account", "accounts", multiple=True, help="Only this account's objects. Can be repeated."),
        click.option("--source", "names", multiple=True, help="Only this of lake.toml's [[sources]]. Can be repeated."),
        click.option("--to", "last", type=DAY, required=True, metavar="YYYY-MM-DD", help="The last day."),
        click.option("--from", "first", type=DAY, required=True, metavar="YYYY-MM-DD", help="The first day (UTC)."),
    ):
        option(wrapped)
    return wrapped  # type: ignore[return-value]


def choose(at: Reach, days: Days) -> tuple[list[Source], Wanted]:
    """The sources and days that were asked for. Raises UsageError. Says which sources are left out."""
    first, last, names, accounts = days
    if first > last:
        raise click.UsageError(f"--from {first:%Y-%m-%d} is after --to {last:%Y-%m-%d}.")
    for one in accounts:
        account(one)
    try:
        chosen = sources(at.settings, names, bool(accounts))
    except NoSource as error:
        raise click.UsageError(str(error)) from None
    out = [one.name for one in at.settings.sources if one not in chosen and (not names or one.name in names)]
    if out:
        click.echo(f"Left out, because their keys name no account: {', '.join(out)}", err=True)
    return _there(at, chosen, names), Wanted(f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}", accounts)


def _there(at: Reach, chosen: list[Source], names: tuple[str, ...]) -> list[Source]:
    """The sources that have a bucket. Raises UsageError for one that was asked for by its name and has none."""
    with told():
        absent = {bucket for bucket in {one.bucket for one in chosen} if not at.lake.store.has(bucket)}
    for bucket in sorted(absent):
        of = ", ".join(one.name for one in chosen if one.bucket == bucket)
        if names:
            raise click.UsageError(f"there is no bucket {bucket}, which lake.toml names for the source {of}.")
        click.echo(f"Left out, because there is no bucket {bucket}: {of}", err=True)
    return [one for one in chosen if one.bucket not in absent]


def account(text: str) -> str:
    """The account. Raises UsageError if it is none."""
    if not _ACCOUNT.fullmatch(text):
        raise click.UsageError(f"{safe(text)!r} is no account: it has 12 digits, leading zeros included.")
    return text


@contextmanager
def told() -> Iterator[None]:
    """AWS's errors, told as every other failure."""
    try:
        yield
    except (BotoCoreError, ClientError, BaseError) as error:
        what = str(error).splitlines()[0]
        hint = "What was announced until then stays announced. The same command again is safe."
        raise Failure(f"AWS: {safe(what)}", hint) from error


@contextmanager
def looking(name: str) -> Iterator[Callable[[], None]]:
    """A board that counts the LISTs; the function is called for each."""
    with Board() as board:
        count = 0

        def listed() -> None:
            nonlocal count
            count += 1
            board.set(name, f"looking through raw, {count:,} LISTs" if count % 100 == 0 else "looking through raw")

        board.set(name, "looking through raw")
        yield listed


def send(at: Reach, objects: Iterable[Announced], dry_run: bool) -> None:
    """Announce them, or only go through them."""
    if dry_run:
        for _ in objects:
            pass
    else:
        announce(at.sqs, at.settings.lake.queue, objects)


def tell(figures: list[Figure], form: str) -> None:
    """Print the figures; of those that are 0, people see only the first."""
    if form == "table":
        grid = Grid(Head("objects"), Head("", right=True), titled=False)
        for position, one in enumerate(figures):
            if one.number or not position:
                grid.add(one.what, f"{one.number:,}")
        grid.print(show.console())
        return
    columns = [Column(one.name, "bigint") for one in figures]
    show.show(Answer(columns, iter([[str(one.number) for one in figures]])), form)


def what_now(at: Reach, announced: int, dry_run: bool) -> None:
    """What the person at the screen does next."""
    if dry_run:
        click.echo("That was a dry run: nothing is announced, nothing changed.", err=True)
    elif not announced:
        click.echo("Nothing is announced.", err=True)
    elif at.local:
        click.echo("Announced to AddAPart. Next: loglake run", err=True)
    else:
        click.echo("Announced to AddAPart; the jobs' next runs take them in. How far: loglake completeness", err=True)
