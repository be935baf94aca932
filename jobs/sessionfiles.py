"""Session logs that Session Manager's agent writes straight to S3: an object -> rows of from_sessionfiles_readready.

The agent puts `<prefix>/<session's name>.log` when the session has ended, by the instance's role: plain text, never
packed (amazon-ssm-agent, agent/session/plugins/shell/shell.go and agent/s3util/s3util.go). So whose it is, only the key
says, and when, only its arrival. What the text looks like decides nothing: whoever had the session wrote it.

The record that is counted is a stretch of the log of at most PART bytes, cut at a line's end if there is one.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import pyarrow as pa

from jobs.growing import Rows
from jobs.json_lines import Row, account
from jobs.json_lines import Rules as Plain
from jobs.keystrokes import count_lines, read_time, split_name
from jobs.rows import Arrived, Outcome, Source
from jobs.tally import SHOWN, Tally, refused
from lake.settings import Filters
from schemas import TABLES
from schemas.arrow import arrow_schema

PART = 1 << 18  # bytes of a row's text: what CloudWatch Logs takes as one event, about
_AT_ONCE = 64  # parts of one Arrow batch: 16 MiB of text, four times that if none of it is UTF-8
_SUFFIX = ".log"
# AWS's ids have 17 or 26 letters and digits. Other files that end with .log hardly have such a word behind a hyphen.
# What the quality gate would not let pass (SESSION_ID in jobs.quality) is none: any instance can choose a file's name.
_ID = re.compile(r"(?=.*\d)[0-9a-z]{17,40}")
_BOMS_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Decoder:
    """See jobs.rows.Decoder. object_bytes: of a longer log, what lies before that is decoded."""

    def __init__(self, filters: Filters, object_bytes: int) -> None:
        self._rules = Plain(filters)
        self._limit = object_bytes
        self._rows = Rows(arrow_schema(TABLES["from_sessionfiles_readready"]))

    @property
    def pending(self) -> int:
        """How many rows `take` would give."""
        return len(self._rows)

    def take(self) -> pa.Table:
        """The rows since the last take."""
        return self._rows.take()

    def add(self, source: Source, data: bytes) -> Outcome:
        """See jobs.rows.Decoder. Of an object whose arrival is not known, nobody knows when it was written."""
        return self.add_arrived(source, Arrived(), data)

    def add_arrived(self, source: Source, arrived: Arrived, data: bytes) -> Outcome:
        """Decode one object as it lies in S3. Never raises, whatever the bytes are."""
        name = source.object.rpartition("/")[2]
        sessionid, username = split_name(name.removesuffix(_SUFFIX))
        if not name.endswith(_SUFFIX):
            return refused("not-a-log", f"its key does not end with {_SUFFIX}", data[:SHOWN], len(data))
        if sessionid is None or not _ID.fullmatch(sessionid):
            detail = f"its key ends with no session's name and {_SUFFIX}: nobody can say whose it is"
            return refused("no-session", detail, data[:SHOWN], len(data))
        moment = written(arrived)
        if moment is None:
            detail = "neither its key nor its arrival is of a day between 2014 and 2100"
            return refused("no-time", detail, data[:SHOWN], len(data))
        row: Row = {
            "sessionid": sessionid,
            "eventtime": moment,
            "accountid": account(arrived.accountid or None),
            "username": username,
            "awsregion": arrived.region or None,
            "sessionname": name.removesuffix(_SUFFIX),
            "sourceobject": source.object,
            "sourceetag": source.etag,
            "edition": source.edition,
        }
        return self._log(row, data[: self._limit], data[self._limit :])

    def _log(self, row: Row, log: bytes, rest: bytes) -> Outcome:
        tally, text = Tally(), _text(log)
        if rule := self._rules.row(row):
            tally.filter(rule, sum(1 for _ in parts(text)))
        else:
            row |= {"logbytes": len(log), "logsha256": hashlib.sha256(log).hexdigest()}
            for part in parts(text):
                shown = part.decode(errors="backslashreplace")
                self._rows.add(
                    1, row | {"sessiondata": shown, "linecount": count_lines(shown), "sourcerecord": tally.number}
                )
                tally.keep()
                if not tally.number % _AT_ONCE:
                    self._rows.pack()
        if rest:
            tally.damage("too-large", f"more than the bound of {self._limit:,} bytes", rest)
        return tally.done(len(log))


def written(arrived: Arrived) -> int | None:
    """When the log was written, microseconds since 1970: its arrival, unless its key names another day, whose last
    second it then is. None if neither is a time."""
    moment = read_time(arrived.written)
    on = "" if moment is None else str(datetime.fromtimestamp(moment // 1_000_000, UTC).date())
    if arrived.day in ("", on):
        return moment
    try:
        last = datetime.combine(date.fromisoformat(arrived.day), time(23, 59, 59), UTC)
    except ValueError:
        return None
    return read_time(last.isoformat())


def parts(text: bytes) -> Iterator[bytes]:
    """The text in stretches of at most PART bytes, each to a line's end if one is there, else between characters.
    An empty text is one, empty stretch: a session that showed nothing."""
    at = 0
    while True:
        end = min(at + PART, len(text))
        if end < len(text):
            newline = text.rfind(b"\n", at, end)
            end = newline + 1 if newline >= 0 else _between(text, at, end)
        yield text[at:end]
        at = end
        if at >= len(text):
            return


def _between(text: bytes, at: int, end: int) -> int:
    """The nearest place at or before `end` where no character of UTF-8, which has 4 bytes at most, is cut in two."""
    for place in range(end, max(end - 4, at), -1):
        if text[place] & 0xC0 != 0x80:
            return place
    return end


def _text(log: bytes) -> bytes:
    """The log in UTF-8, without a byte order mark: PowerShell writes UTF-16 where it is told to."""
    if log.startswith(_BOMS_16):
        return log.decode("utf-16", errors="replace").encode(errors="replace")
    return log.removeprefix(codecs.BOM_UTF8)
