"""A decoder for logs that are JSON objects: one after the other in an object, or as CloudWatch Logs' messages.

What a source has of its own is how one JSON text becomes a row, and its filters; see jobs/bedrock.py and
docs/onboard-source.md. Here is what all such sources share: packed or not, damaged, foreign, bad and filtered records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa

from jobs.documents import BOM, UNREADABLE, Kind, Piece, salvage, split
from jobs.envelopes import Document, Trouble, read
from jobs.growing import Rows
from jobs.keystrokes import EARLIEST, LATEST
from jobs.rows import Outcome, Source
from jobs.strangers import stranger
from jobs.tally import SHOWN, Tally, refused
from jobs.unpack import MAGIC, Unpacked, unpack
from lake.settings import Filters
from schemas import TABLES
from schemas.arrow import arrow_schema

Row = dict[str, Any]
Fields = dict[str, msgspec.Raw]
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:?\d\d)?")
_RECORD_BYTES = 16 << 20  # of one record
_fields = msgspec.json.Decoder(Fields).decode
_ENVELOPE = re.compile(rb'"(?:messageType|logEvents)"')


class Rules:
    """The filters that every such source has, by a row's accountid and awsregion, and a document's log group."""

    def __init__(self, filters: Filters) -> None:
        on = not filters.everything
        self._accounts = frozenset(filters.accounts if on else ())
        self._regions = frozenset(filters.regions if on else ())
        self._removed = frozenset(filters.removed)  # whatever else is kept
        groups = filters.loggroups if on else ()
        self._groups = frozenset(groups)
        self._beginnings = tuple(name[:-1] for name in groups if name.endswith("*"))

    def document(self, loggroup: str) -> str:
        """The rule that drops all log events of a CloudWatch Logs document, or ''."""
        kept = not self._groups or loggroup in self._groups or loggroup.startswith(self._beginnings)
        return "" if kept else "loggroup"

    def row(self, row: Row) -> str:
        """The rule that drops a row, or ''."""
        if row["accountid"] in self._removed:
            return "removal"
        if self._accounts and row["accountid"] not in self._accounts:
            return "account"
        return "region" if self._regions and row["awsregion"] not in self._regions else ""


class Decoder:
    """See jobs.rows.Decoder.

    read: a JSON object's text -> a row's columns by name, or what is wrong with it, or None if it is none of this
    source's. wanted: what an object should hold, in the singular, for whoever put another one there.
    """

    def __init__(
        self,
        table: str,
        read: Callable[[bytes], Row | Trouble | None],
        rules: Rules,
        object_bytes: int,
        wanted: str,
    ) -> None:
        self._read, self._rules, self._limit, self._wanted = read, rules, object_bytes, wanted
        self._rows = Rows(arrow_schema(TABLES[table]))

    @property
    def pending(self) -> int:
        """How many rows `take` would give."""
        return len(self._rows)

    def take(self) -> pa.Table:
        """The rows since the last take."""
        return self._rows.take()

    def add(self, source: Source, data: bytes) -> Outcome:
        """Decode one object as it lies in S3 (packed or not). Never raises, whatever the bytes are."""
        unpacked = unpack(data, self._limit, joined=True)
        if unpacked.text.startswith(MAGIC):
            return refused(*stranger(unpacked.text, self._wanted), unpacked.text[:SHOWN], len(unpacked.text))
        return _Object(source, self._read, self._rules, self._rows).decode(unpacked, self._wanted)


class _Object:
    """One object on its way: its tally grows, its rows go to `rows`."""

    def __init__(self, source: Source, read: Callable[[bytes], Row | Trouble | None], rules: Rules, rows: Rows) -> None:
        self.read, self.rules, self.rows = read, rules, rows
        self.origin = {"sourceobject": source.object, "sourceetag": source.etag, "edition": source.edition}
        self.tally = Tally()
        self.ours = False  # whether anything here is the source's, or CloudWatch Logs'

    def decode(self, unpacked: Unpacked, wanted: str) -> Outcome:
        text, rest = unpacked.text, b""
        for piece in split(text, lambda: self.tally.flooded):
            if piece.kind is Kind.BROKEN and unpacked.reason and piece.end == len(text):
                document, rest = salvage(piece.data)
                piece = Piece(Kind.OBJECT, document, piece.end)
            if piece.data:
                self.piece(piece)
        if not self.ours and unpacked.reason:
            return refused(unpacked.reason, unpacked.detail, text[:SHOWN] + unpacked.rest, len(text))
        if not self.ours and text.removeprefix(BOM).strip():
            return refused(*stranger(text, wanted), text[:SHOWN], len(text))
        if unpacked.reason:
            self.tally.damage(unpacked.reason, unpacked.detail, rest + unpacked.rest)
        return self.tally.done(len(text))

    def piece(self, piece: Piece) -> None:
        if piece.kind is Kind.OBJECT and _ENVELOPE.search(piece.data):
            one = read(piece.data)
            if isinstance(one, Document):
                self.document(one)
                return
        if piece.kind is Kind.OBJECT:
            self.record(piece.data)
        elif piece.kind is Kind.UNSEEN:
            self.tally.bad("too-many-bad", "behind too many bad records: not looked at", piece.data)
        else:
            self.tally.bad("not-json", "no whole JSON object", piece.data)

    def document(self, one: Document) -> None:
        """A document of CloudWatch Logs: its messages are the records."""
        self.ours = True
        events: Iterable[Any] = one.events
        if one.control:
            self.tally.filter("heartbeat", max(sum(1 for _ in events), 1))
        elif rule := self.rules.document(one.loggroup):
            self.tally.filter(rule, sum(1 for _ in events))
        else:
            for event in events:
                if isinstance(event, Trouble):
                    self.tally.bad(*event)
                else:
                    self.record(event.message.encode())

    def record(self, data: bytes) -> None:
        row: Row | Trouble | None
        if len(data) > _RECORD_BYTES:
            row = Trouble("too-large", f"one record of {len(data):,} bytes, the bound is {_RECORD_BYTES:,}", data)
        else:
            row = self.read(data)
        if row is None:
            self.tally.bad("not-a-record", "JSON, but not an object with the fields of a record", data)
            return
        self.ours = True
        if isinstance(row, Trouble):
            self.tally.bad(*row)
        elif rule := self.rules.row(row):
            self.tally.filter(rule)
        else:
            self.rows.add(1, {**row, **self.origin, "sourcerecord": self.tally.number})
            self.tally.keep()


def fields(data: bytes | msgspec.Raw | None) -> Fields:
    """A JSON object's fields, each as the text that it is; none if it is no object."""
    try:
        return {name: msgspec.Raw(bytes(value)) for name, value in _fields(data or b"{}").items()}
    except UNREADABLE:
        return {}


def text(value: bytes | msgspec.Raw | None) -> str | None:
    """A JSON text as a column has it: a string without its quotes, null and nothing as None, all else as it is."""
    raw = bytes(value or b"null")
    if raw == b"null":
        return None
    try:
        return msgspec.json.decode(raw, type=str) if raw.startswith(b'"') else raw.decode()
    except UNREADABLE:
        return raw.decode(errors="replace")


def number(value: bytes | msgspec.Raw | None) -> int | None:
    """A whole number, if it is one that a bigint holds."""
    try:
        found = msgspec.json.decode(bytes(value or b"null"), type=int | None)
    except UNREADABLE:
        return None
    return found if found is not None and -(2**63) <= found < 2**63 else None


def account(value: str | None) -> str | None:
    """Accounts have 12 digits; whoever took one for a number dropped the zeros in front."""
    return value.zfill(12) if value and value.isdecimal() else value


def instant(value: str | None) -> datetime | None:
    """A time, naive and in UTC, of ISO 8601 with a T or a blank, any fraction, an offset or none (UTC); else None."""
    match = _TIME.fullmatch(value or "")
    if match is None:
        return None
    try:
        found = datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3] or ''}{match[4] or 'Z'}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=None) if EARLIEST <= found < LATEST else None
