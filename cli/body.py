"""`loglake body`: what was asked of a model, or answered; where it was too long for the log, out of S3, by its hash."""

from __future__ import annotations

import hashlib
import sys
from datetime import datetime
from typing import Any

import click

from cli import again, show
from cli.athena import literal, where
from cli.days import DAY, between
from cli.errors import CODES, NOT_FOUND, Failure
from cli.reach import Reach, reach_options
from cli.safe import safe
from jobs.unpack import unpack
from lake.store import Gone

_CALL = "SELECT inputbody, outputbody, inputbodys3path, outputbodys3path FROM from_bedrock_readready{where}"
_HASH = "SELECT sha256 FROM lake_ledger{where} ORDER BY edition DESC, calendarday DESC, batch DESC LIMIT 1"


@click.command(epilog=CODES)
@click.argument("requestid")
@click.option("--day", type=DAY, metavar="YYYY-MM-DD", required=True, help="The day of the call (UTC).")
@click.option("--answer", is_flag=True, help="What was answered, not what was asked.")
@click.option("--raw", is_flag=True, help="The exact text, to standard output.")
@reach_options
def body(at: Reach, requestid: str, day: datetime, answer: bool, raw: bool) -> None:
    """The body of a call of a model, as Bedrock logged it: out of the table or, if it was too long, out of S3.

    One out of S3 is held against the hash that the job took when it landed. Bodies can hold secrets; reading one out of
    S3 needs the right to read the raw bucket.

    \b
      loglake body 0b7c1cc1-... --day 2026-03-02
      loglake body 0b7c1cc1-... --day 2026-03-02 --answer --raw | jq .
    """
    call = where([*between(day, None, None), f"requestid = {literal(requestid)}"])
    rows = at.athena.values(_CALL.format(where=call))
    if not rows:
        what = f"no call {safe(requestid)} on {day:%Y-%m-%d} is in from_bedrock_readready"
        raise Failure(what, "Which are: loglake ask model-calls-without-log; loglake query.", NOT_FOUND)
    text, path = rows[0][answer], rows[0][2 + answer]
    if text is None and not path:
        what = "the log of this call has no such body"
        raise Failure(what, "It may be left out: see bodies in lake.toml.", NOT_FOUND)
    data = text.encode() if text is not None else _fetched(at, str(path))
    if raw:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        show.write([safe(data.decode("utf-8", "backslashreplace"), keep="\n"), "\n"])


def _fetched(at: Reach, path: str) -> bytes:
    """The object's text; on stderr, whether it is what the lake saw."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    wanted: Any = [f"bucket = {literal(bucket)}", f"objectkey = {literal(key)}", "outcome = 'ok'"]
    known = at.athena.values(_HASH.format(where=where(wanted)))
    try:
        with again.told():
            data = at.lake.store.get(bucket, key)
    except Gone:
        raise Failure(f"{safe(path)} is not there any more", "A lifecycle rule of its bucket?", NOT_FOUND) from None
    found = hashlib.sha256(data).hexdigest()
    click.echo(f"{safe(path)}, SHA-256 {found}", err=True)
    if not known:
        click.echo("The lake has not seen this object: its hash cannot be compared.", err=True)
    elif known[0][0] != found:
        raise Failure(
            f"{safe(path)} is not what the lake saw: then its SHA-256 was {known[0][0]}",
            "Somebody wrote it again. Older versions, if the bucket keeps them: aws s3api list-object-versions.",
        )
    return unpack(data, at.lake.settings.bounds.object_bytes, joined=True).text
