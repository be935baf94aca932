"""`loglake verify`: whether what lies in raw is what CloudTrail signed, and what the lake read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import boto3
import click
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from obstore.exceptions import BaseError
from rich.text import Text

from cli import show
from cli.athena import Answer, Column, Row
from cli.days import DAY
from cli.errors import CODES, UNVERIFIED, Failure
from cli.grid import Grid, Head
from cli.progress import Board
from cli.reach import Reach, reach_options
from cli.safe import safe
from jobs.deliveries import NoSource, sources
from jobs.listing import Wanted
from verify import booking, keys
from verify.booking import Result
from verify.digests import Digest
from verify.findings import CHECKS, FAILED, KINDS, LOCK, NOTE, UNVERIFIABLE, VERIFIED, Finding
from verify.keys import Keys, KeysError
from verify.reread import AT_ONCE, Reader
from verify.run import TooMuch, Verification

_NAMED = 20  # failures of a kind that a table names: a program asks for json
_EXAMPLES = 3  # of what else is not verified
_MOST_DAYS = 31
_ROTATION = timedelta(hours=2)  # around a time, so that a key that changed in it is among those of AWS's answer
_CODES = f"{CODES}\n5 nothing is wrong, but not everything could be verified."


@click.command(epilog=_CODES)
@click.option("--day", type=DAY, metavar="YYYY-MM-DD", help="What was delivered on this day (UTC). Default: yesterday.")
@click.option("--from", "first", type=DAY, metavar="YYYY-MM-DD", help="The first day of several.")
@click.option("--to", "last", type=DAY, metavar="YYYY-MM-DD", help=f"The last of them; {_MOST_DAYS} at most.")
@click.option("--account", "accounts", multiple=True, help="Only this account's objects. Can be repeated.")
@click.option("--source", "names", multiple=True, help="Only this of lake.toml's [[sources]]. Can be repeated.")
@click.option(
    "--public-keys",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CloudTrail's public keys: what aws cloudtrail list-public-keys printed, a file a Region. Can be repeated.",
)
@click.option("--book/--no-book", default=True, help="Leave the result in lake_verified, for reports. Default: yes.")
@show.option
@reach_options
def verify(
    at: Reach,
    day: datetime | None,
    first: datetime | None,
    last: datetime | None,
    accounts: tuple[str, ...],
    names: tuple[str, ...],
    files: tuple[Path, ...],
    book: bool,
    form: str,
) -> None:
    """Whether raw is what CloudTrail signed, and what the lake read.

    Reads every object that was delivered on the day again, as it lies in S3 now. Compares it with the hash that
    CloudTrail's digest files name, these with their signatures and with one another, and with the hash that lake_ledger
    has of what the lake read. Names what is missing, what is there and nowhere named, hours without a digest file, and
    what Object Lock protects. What cannot be verified is said as such, never as a success.

    \b
      loglake verify --day 2026-03-02 --public-keys keys.json
      loglake verify --aws --from 2026-03-01 --to 2026-03-31 --account 111122223333 --format csv

    How many of what were found goes to the table lake_verified, and so into reports. Nothing else is written.

    With --aws, public keys that no file has are asked of CloudTrail. json and csv have a row for each thing that was
    looked at, also for what verifies. What each line proves, and what it does not: docs/verify.md.
    """
    wanted = _days(day, first, last, accounts)
    try:
        chosen = tuple(sources(at.settings, names, bool(accounts)))
    except NoSource as error:
        raise click.UsageError(str(error)) from None
    given = _given(files)
    session = at.session or boto3.session.Session()
    patient = Config(retries={"mode": "standard", "max_attempts": 8}, max_pool_connections=AT_ONCE)
    reader = Reader(session.client("s3", region_name=at.settings.lake.region, config=patient))
    result = Result()
    with Board() as board:

        def told(what: str, done: int, of: int | None) -> None:
            board.set("verify", what, done, of, "objects")

        looking = Verification(
            at.lake,
            reader,
            lambda sql: at.athena.ask(sql).rows,
            lambda digests: _keys_for(at, given, digests),
            chosen,
            wanted,
            datetime.now(UTC),
            told,
        )
        found = _added(_told_errors(looking.run()), result)
        kept: dict[str, list[Finding]] = {}
        if form == "table":
            kept = _unverified(found)
        else:
            _rows(found, form)
    counts = Counter(result.counts)
    if form == "table":
        _table(kept, counts)
    if book:
        _book(at, result, wanted, names)
    _end(counts)


def _book(at: Reach, result: Result, wanted: Wanted, names: tuple[str, ...]) -> None:
    try:
        booking.book(at.lake, result, wanted, names, datetime.now(UTC))
    except booking.NotBooked as error:
        click.echo(
            f"The result could not be left in lake_verified, so reports will not show it: {safe(str(error))}", err=True
        )


def _days(day: datetime | None, first: datetime | None, last: datetime | None, accounts: tuple[str, ...]) -> Wanted:
    if day and (first or last):
        raise click.UsageError("--day is one day; --from and --to are the first and the last of several.")
    if bool(first) != bool(last):
        raise click.UsageError("--from and --to go together.")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    since: date = (day or first).date() if day or first else yesterday  # type: ignore[union-attr]
    until = last.date() if last else since
    if since > until:
        raise click.UsageError(f"--from {since} is after --to {until}.")
    if (until - since).days >= _MOST_DAYS:
        raise click.UsageError(f"{since} to {until} are more than {_MOST_DAYS} days: ask in parts.")
    return Wanted(str(since), str(until), accounts)


def _given(files: Iterable[Path]) -> dict[str, RSAPublicKey]:
    found: dict[str, RSAPublicKey] = {}
    for path in files:
        try:
            found |= keys.read(path.read_text(encoding="utf-8"), str(path))
        except (KeysError, UnicodeDecodeError, OSError) as error:
            raise Failure(
                safe(str(error)), "It is what this prints: aws cloudtrail list-public-keys --region REGION"
            ) from None
    return found


def _keys_for(at: Reach, given: Keys, digests: Iterable[Digest]) -> Keys:
    """The keys that were given and, in AWS, of those that were not, what CloudTrail says in their Regions."""
    missing = [one for one in digests if one.fingerprint not in given]
    if at.local or not missing:
        return given
    found = dict(given)
    for region in sorted({one.chain.region for one in missing}):
        client = at.session.client("cloudtrail", region_name=region)
        times = [one.generated or one.end for one in missing if one.chain.region == region]
        found |= keys.fetch(client, min(times) - _ROTATION, max(times) + _ROTATION)
    return found


def _told_errors(found: Iterator[Finding]) -> Iterator[Finding]:
    try:
        yield from found
    except TooMuch as error:
        raise Failure(str(error), "Ask for fewer days, or account by account: --account.") from None
    except (BotoCoreError, ClientError, BaseError) as error:
        what = str(error).splitlines()[0]
        raise Failure(f"AWS: {safe(what)}", "Nothing was changed. What was not looked at is not verified.") from error


def _added(found: Iterator[Finding], result: Result) -> Iterator[Finding]:
    for one in found:
        result.add(one)
        yield one


def _rows(found: Iterator[Finding], form: str) -> None:
    columns = [Column(name, "varchar") for name in ("check", "state", "kind", "where", "what")]
    rows: Iterator[Row] = ([one.check, one.state, one.kind, one.where, one.what] for one in found)
    show.show(Answer(columns, rows), form)


def _unverified(found: Iterator[Finding]) -> dict[str, list[Finding]]:
    """By kind, what did not verify: as many of each as a table names."""
    kept: dict[str, list[Finding]] = {}
    for one in found:
        if one.state != VERIFIED:
            some = kept.setdefault(one.kind, [])
            if len(some) < _NAMED:
                some.append(one)
    return kept


def _table(kept: dict[str, list[Finding]], counts: Counter[str]) -> None:
    """How many of what, then what is not verified by name, the worst first."""
    _summary(counts).print(show.console())
    for state, style in ((FAILED, "bold red"), (UNVERIFIABLE, "yellow"), (NOTE, "")):
        for kind, (_, of, meaning) in KINDS.items():
            if of == state and kind in kept:
                _named(kind, kept[kind], counts[kind], Text(f"{state}  {kind}", style=style), meaning)


def _named(kind: str, some: list[Finding], number: int, title: Text, meaning: str) -> None:
    out = show.console()
    out.print()
    out.print(Text.assemble(title, f"  {number:,}: {meaning}"))
    shown = some if KINDS[kind][0] == LOCK or KINDS[kind][1] == FAILED else some[:_EXAMPLES]
    for one in shown:
        out.print(Text(f"  {safe(one.where)}"), soft_wrap=True)
        if one.what:
            out.print(Text(f"      {safe(one.what)}"), soft_wrap=True)
    if number > len(shown):
        out.print(f"  ... {number - len(shown):,} more: --format json")


def _summary(counts: Counter[str]) -> Grid:
    states = (VERIFIED, FAILED, UNVERIFIABLE, NOTE)
    grid = Grid(Head("what was looked at"), *(Head(one, right=True) for one in states))
    for check, what in CHECKS.items():
        grid.add(what, *(_figure(counts, check, state) for state in states))
    return grid


def _figure(counts: Counter[str], check: str, state: str) -> str:
    number = sum(counts[kind] for kind, (of, is_, _) in KINDS.items() if (of, is_) == (check, state))
    return f"{number:,}" if number else "-"


def _end(counts: Counter[str]) -> None:
    by_state: Counter[str] = Counter()
    for kind, number in counts.items():
        by_state[KINDS[kind][1]] += number
    failed, unverifiable, verified = by_state[FAILED], by_state[UNVERIFIABLE], by_state[VERIFIED]
    if failed:
        raise Failure(
            f"{failed:,} {'thing does' if failed == 1 else 'things do'} not verify",
            "What each of them means, and what to do: docs/verify.md.",
        )
    if unverifiable:
        raise Failure(
            f"nothing is wrong, but {unverifiable:,} of the checks could not be made",
            "Why, stands with each kind; what would help: docs/verify.md.",
            UNVERIFIED,
        )
    if not verified:
        raise Failure("there was nothing to verify", "Is that the day of delivery? loglake completeness", UNVERIFIED)
    click.echo(f"All of {verified:,} checks hold.", err=True)
