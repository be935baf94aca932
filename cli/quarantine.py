"""`loglake quarantine`: the records that are in no table, by reason, one by one, and their bytes."""

from __future__ import annotations

import sys
from datetime import datetime

import click
from rich.text import Text

from cli import again, show
from cli.athena import Answer, literal, where
from cli.days import DAY, between, of_account
from cli.errors import CODES, NOT_FOUND, Failure
from cli.reach import Reach, reach_options
from cli.safe import safe
from jobs.rows import REASONS

_COUNTS = """
SELECT reason, source, calendarday, count(*) AS records, count(DISTINCT sourceobject) AS objects
FROM quarantined{where} GROUP BY reason, source, calendarday ORDER BY calendarday, source, reason"""
_RECORDS = """
SELECT sourceobject, sourcerecord, reason, detail, recordbytes, calendarday
FROM quarantined{where} ORDER BY sourceobject, sourcerecord"""
_ONE = """
SELECT reason, detail, recordbytes, storedin, storedat, storedbytes, calendarday, sha256, sourceetag
FROM {table}{where} ORDER BY edition DESC, calendarday DESC, storedin DESC LIMIT 1"""


@click.group(epilog=CODES)
def quarantine() -> None:
    """The records that are in no table, why, and their bytes.

    \b
      loglake quarantine list                                how many, by reason, source and day
      loglake quarantine list --records --reason no-time     one by one
      loglake quarantine show s3://bucket/key 300            a record's bytes

    A record that a later reading repaired is not among them. After a fixed decoder: loglake replay.
    """


@quarantine.command("list", epilog=CODES)
@click.option("--reason", type=click.Choice(sorted(REASONS)), help="Only this reason.")
@click.option("--source", help="Only this of lake.toml's [[sources]].")
@click.option("--account", help="Only objects whose keys name this account.")
@click.option("--day", type=DAY, metavar="YYYY-MM-DD", help="Only what was put there on this day (UTC).")
@click.option("--from", "first", type=DAY, metavar="YYYY-MM-DD", help="The first day.")
@click.option("--to", "last", type=DAY, metavar="YYYY-MM-DD", help="The last day.")
@click.option("--records", is_flag=True, help="One by one: object, position, reason, what exactly, bytes.")
@show.option
@reach_options
def list_(
    at: Reach,
    reason: str | None,
    source: str | None,
    account: str | None,
    day: datetime | None,
    first: datetime | None,
    last: datetime | None,
    records: bool,
    form: str,
) -> None:
    """How many records are in quarantine, by reason, source and day; or which.

    \b
      loglake quarantine list --from 2024-03-01 --to 2024-03-31
      loglake quarantine list --records --format json

    What a reason means, and what to do about it: docs/quarantine.md.
    """
    conditions = [*between(day, first, last), *of_account(account)]
    conditions += [f"reason = {literal(reason)}"] if reason else []
    conditions += [f"source = {literal(source)}"] if source else []
    answer = at.athena.ask((_RECORDS if records else _COUNTS).format(where=where(conditions)))
    if records and form == "table":
        _print_records(answer)
    else:
        show.show(answer, form)


def _print_records(answer: Answer) -> None:
    """Two lines a record: the first is what `show` takes, in one piece at any width."""
    out, count = show.console(), 0
    for row in answer.rows:
        count += 1
        name, record, reason, detail, size, day = (safe(one or "") for one in row)
        out.print(Text(f"{name} {record}"), soft_wrap=True)
        out.print(Text(f"  {reason}: {detail} ({int(size):,} bytes, since {day})", style="dim"), soft_wrap=True)
    click.echo(f"{count:,} record{'' if count == 1 else 's'}", err=True)


@quarantine.command("show", epilog=CODES)
@click.argument("name", metavar="s3://BUCKET/KEY")
@click.argument("record", type=click.IntRange(min=0))
@click.option("--raw", is_flag=True, help="The exact bytes, to standard output.")
@reach_options
def show_(at: Reach, name: str, record: int, raw: bool) -> None:
    """The bytes of one record, every character that could act on a terminal spelt out.

    RECORD is its position in the object, counted from 0, as `list --records` shows it. Of very long ones the first MiB
    is kept. The bytes can hold secrets.

    \b
      loglake quarantine show s3://bucket/key 300
      loglake quarantine show s3://bucket/key 300 --raw | jq .
    """
    conditions = where([f"sourceobject = {literal(name)}", f"sourcerecord = {record}"])
    rows = at.athena.values(_ONE.format(table="quarantined", where=conditions))
    # What was repaired, or is a rival in a conflict that was settled, can be looked at all the same.
    rows = rows or at.athena.values(_ONE.format(table="lake_quarantine", where=conditions))
    if not rows:
        what = f"there is no record {record} of {safe(name)} in quarantine"
        raise Failure(what, "Which are: loglake quarantine list --records", NOT_FOUND)
    reason, detail, size, storedin, start, length, day, sha256, etag = (one or "" for one in rows[0])
    bucket, _, key = storedin.removeprefix("s3://").partition("/")
    with again.told():
        data = at.lake.store.get_range(bucket, key, int(start), int(length)) if int(length) else b""
    if raw:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        click.echo(f"{safe(name)} record {record}, ETag {safe(etag)}", err=True)
        click.echo(f"{safe(reason)}: {safe(detail)}", err=True)
        click.echo(f"{int(size):,} bytes, SHA-256 {sha256}, in quarantine since {day}", err=True)
        show.write([safe(data.decode("utf-8", "backslashreplace"), keep="\n"), "\n"])
    if int(length) < int(size):
        click.echo(f"only the first {int(length):,} bytes were kept", err=True)
