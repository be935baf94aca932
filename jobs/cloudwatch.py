"""CloudWatch Logs through Firehose: an object's bytes -> rows of from_cloudwatch_readready.

The record that is counted is the log event. Where documents begin and end: `jobs.documents`; what one says:
`jobs.envelopes`; what a session's message says: `jobs.keystrokes`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import pyarrow as pa

from jobs import keystrokes
from jobs.documents import BOM, Kind, Piece, salvage, split
from jobs.envelopes import Bare, Document, Event, Trouble, count, read
from jobs.keystrokes import Record
from jobs.rows import Bad, Outcome, Source
from jobs.unpack import Unpacked, unpack
from lake.settings import Filters
from lake.sniff import sniff
from schemas import TABLES
from schemas.arrow import arrow_schema

SCHEMA = arrow_schema(TABLES["from_cloudwatch_readready"])
_SHOWN = 1 << 20  # so many bytes of an object that is no log go to quarantine; the object itself stays where it is
_OURS = re.compile(rb'"(?:messageType|logEvents|sessionData)"')


class Decoder:
    """Firehose's objects to rows; see `jobs.rows.Decoder`. object_bytes: what an object may unpack to."""

    def __init__(self, filters: Filters, object_bytes: int) -> None:
        self._rules = _Rules(filters)
        self._object_bytes = object_bytes
        self._rows = _Rows()

    def add(self, source: Source, data: bytes) -> Outcome:
        """Decode one object as it lies in S3 (packed or not). Never raises, whatever the bytes are."""
        unpacked = unpack(data, self._object_bytes, joined=True)
        if unpacked.reason == "too-large":
            return Outcome(records=1, bad=[Bad(0, unpacked.reason, unpacked.detail, b"")])
        return _Object(source, self._rules, self._rows).decode(unpacked)

    def take(self) -> pa.Table:
        """The rows of the objects added since the last take."""
        table, self._rows = self._rows.table(), _Rows()
        return table

    @property
    def pending(self) -> int:
        """How many rows `take` would give."""
        return len(self._rows)


class _Rules:
    """The filters, asked by document and by record. Answers are the rule that drops it, or None."""

    def __init__(self, filters: Filters) -> None:
        self.everything = filters.everything
        self._names = {name for name in filters.loggroups if not name.endswith("*")}
        self._beginnings = tuple(name[:-1] for name in filters.loggroups if name.endswith("*"))
        self._all_groups = self.everything or not filters.loggroups
        self._accounts = set() if self.everything else set(filters.accounts)
        self._regions = set() if self.everything else set(filters.regions)

    def holds_sessions(self, loggroup: str) -> bool:
        """Whether the settings name this log group: its plain text is a session's, whatever is kept besides."""
        return loggroup in self._names or loggroup.startswith(self._beginnings)

    def document(self, loggroup: str, account: str | None) -> str | None:
        if not self._all_groups and not self.holds_sessions(loggroup):
            return "loggroup"
        return self.account(account)

    def account(self, account: str | None) -> str | None:
        return "account" if self._accounts and account not in self._accounts else None

    def record(self, region: str | None) -> str | None:
        """A record that says no Region is kept: only streamed sessions say one."""
        return "region" if self._regions and region is not None and region not in self._regions else None


class _Rows:
    """Rows as columns that grow."""

    def __init__(self) -> None:
        self._columns: dict[str, list[Any]] = {name: [] for name in SCHEMA.names}

    def __len__(self) -> int:
        return len(self._columns["edition"])

    def add(self, rows: int, values: Mapping[str, object]) -> None:
        """So many rows more. A list or tuple has a value for each of them, anything else is all of theirs."""
        for name, column in self._columns.items():
            value = values.get(name)
            column.extend(value if isinstance(value, list | tuple) else repeat(value, rows))

    def table(self) -> pa.Table:
        arrays = [pa.array(self._columns[field.name], field.type) for field in SCHEMA]
        return pa.Table.from_arrays(arrays, schema=SCHEMA)


class _Object:
    """One object on its way: its outcome grows, its rows go to `rows`."""

    def __init__(self, source: Source, rules: _Rules, rows: _Rows) -> None:
        self.rules, self.rows = rules, rows
        self.origin = {"sourceobject": source.object, "sourceetag": source.etag, "edition": source.edition}
        self.outcome = Outcome()
        self.ours = False  # whether anything here is CloudWatch Logs' or Session Manager's

    def decode(self, unpacked: Unpacked) -> Outcome:
        """The text, piece by piece. Of an object that ends too early, the last document gives its whole log events."""
        text, rest = unpacked.text, b""
        for piece in split(text) if _OURS.search(text) else ():
            if piece.kind is Kind.BROKEN and unpacked.reason and piece.end == len(text):
                document, rest = salvage(piece.data)
                piece = Piece(Kind.OBJECT, document, piece.end)
            if piece.data:
                self.piece(piece)
        if unpacked.reason:
            whole = rest if self.ours else text[:_SHOWN]
            trouble = Trouble(unpacked.reason, unpacked.detail, whole + unpacked.rest)
        elif not self.ours and text.removeprefix(BOM).strip():
            detail = f"no CloudWatch Logs document, no session's record; it looks like this: {sniff(text).name}"
            trouble = Trouble("not-a-log", detail, text[:_SHOWN])
        else:
            return self.outcome
        if not self.ours:
            self.outcome = Outcome()
        self.bad(trouble)
        return self.outcome

    def piece(self, piece: Piece) -> None:
        if piece.kind is Kind.OBJECT:
            self.object(piece.data)
        elif piece.kind is Kind.TEXT:
            self.bad(Trouble("no-session", "plain text without log group and stream", piece.data))
        else:
            self.ours |= _OURS.search(piece.data) is not None
            self.bad(Trouble("not-json", "a JSON object begins here and is broken", piece.data))

    def object(self, data: bytes) -> None:
        # Most documents are of log groups that nobody keeps: counting theirs first spares reading them.
        found = None if self.rules.everything else count(data)
        if found and self.dropped(found.control, found.loggroup, found.owner, found.events):
            return
        one = read(data)
        self.ours |= one is not None
        if one is None:
            self.bad(Trouble("no-session", "a JSON object without log group, stream or session", data))
        elif isinstance(one, Trouble):
            self.bad(one)
        elif isinstance(one, Bare):
            self.bare(one)
        elif not self.dropped(one.control, one.loggroup, one.owner, len(one.events)):
            self.document(one, may_stream=b"sessionData" in data)

    def dropped(self, control: bool, loggroup: str, owner: str, events: int) -> bool:
        """Whether a document is a heartbeat or filtered; if so, it is counted."""
        if control:
            self.filtered("heartbeat", max(events, 1))
        elif rule := self.rules.document(loggroup, owner):
            self.filtered(rule, events)
        else:
            return False
        self.ours = True
        return True

    def document(self, one: Document, may_stream: bool) -> None:
        sessions = self.rules.holds_sessions(one.loggroup)
        numbers, events, records = list[int](), list[Event](), list[Record]()
        for event in one.events:
            if isinstance(event, Trouble):
                self.bad(event)
                continue
            if sessions or may_stream:
                record = keystrokes.record(event.message, one.logstream, sessions)
                if rule := self.rules.record(record.awsregion):
                    self.filtered(rule, 1)
                    continue
                records.append(record)
            numbers.append(self.outcome.records)
            events.append(event)
            self.outcome.records += 1
        values = _columns(records) if records else {"message": [event.message for event in events]}
        self.outcome.kept += len(events)
        self.rows.add(
            len(events),
            {
                "eventtime": [event.timestamp * 1000 for event in events],
                "accountid": one.owner or None,
                "loggroup": one.loggroup or None,
                "logstream": one.logstream or None,
                "logeventid": [event.id or None for event in events],
                "degraded": False,
                "sourcerecord": numbers,
                **self.origin,
                **values,
            },
        )

    def bare(self, one: Bare) -> None:
        if rule := self.rules.account(one.accountid) or self.rules.record(one.record.awsregion):
            self.filtered(rule, 1)
            return
        values = {
            "eventtime": one.time,
            "accountid": one.accountid,
            "degraded": True,
            "sourcerecord": self.outcome.records,
        }
        self.outcome.records += 1
        self.outcome.kept += 1
        self.rows.add(1, {**values, **self.origin, **one.record._asdict()})

    def filtered(self, rule: str, records: int) -> None:
        if records:
            self.outcome.filtered[rule] = self.outcome.filtered.get(rule, 0) + records
            self.outcome.records += records

    def bad(self, trouble: Trouble) -> None:
        self.outcome.bad.append(Bad(self.outcome.records, *trouble))
        self.outcome.records += 1


def _columns(records: list[Record]) -> dict[str, Sequence[object]]:
    return dict(zip(Record._fields, zip(*records, strict=True), strict=True))
