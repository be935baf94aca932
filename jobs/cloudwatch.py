"""CloudWatch Logs through Firehose: an object's bytes -> rows of from_cloudwatch_readready.

The record that is counted is the log event. Where documents begin and end: `jobs.documents`; what one says:
`jobs.envelopes`; what a session's message says: `jobs.keystrokes`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, pairwise

import pyarrow as pa

from jobs import keystrokes
from jobs.documents import BOM, Kind, Piece, salvage, split
from jobs.envelopes import Bare, Count, Document, Event, Trouble, count, read
from jobs.growing import Rows
from jobs.keystrokes import Record
from jobs.rows import Outcome, Source
from jobs.strangers import stranger
from jobs.tally import SHOWN, Tally, refused
from jobs.unpack import MAGIC, Unpacked, unpack
from lake.settings import Filters
from schemas import TABLES
from schemas.arrow import arrow_schema

SCHEMA = arrow_schema(TABLES["from_cloudwatch_readready"])
_WANTED = "CloudWatch Logs document and no session's record"
_EVENTS = 10_000  # log events of one document at a time; a real one holds fewer
_OURS = re.compile(rb'"(?:messageType|logEvents|sessionData)"')


class Decoder:
    """See jobs.rows.Decoder. object_bytes: of an object that unpacks to more, what lies before that is decoded."""

    def __init__(self, filters: Filters, object_bytes: int) -> None:
        self._rules = Rules(filters)
        self._object_bytes = object_bytes
        self._rows = Rows(SCHEMA)

    def add(self, source: Source, data: bytes) -> Outcome:
        """Decode one object as it lies in S3 (packed or not). Never raises, whatever the bytes are."""
        unpacked = unpack(data, self._object_bytes, joined=True)
        if unpacked.text.startswith(MAGIC):
            return refused(*stranger(unpacked.text, _WANTED), unpacked.text[:SHOWN], len(unpacked.text))
        return _Object(source, self._rules, self._rows).decode(unpacked)

    def take(self) -> pa.Table:
        """The rows of the objects added since the last take."""
        return self._rows.take()

    @property
    def pending(self) -> int:
        """How many rows `take` would give."""
        return len(self._rows)


class Rules:
    """The filters, asked by document and by record. Answers are the rule that drops it, or None.

    holds_sessions: whether the settings name this log group as one of sessions: its plain text is a session's, whatever
    is kept besides. holds_messages, asked after it: whether they say that it is none. Then no message of it is taken
    for a session's, even where it has the fields of one: else an application could write sessions that nobody had.
    """

    def __init__(self, filters: Filters) -> None:
        self.everything = filters.everything
        others = filters.own.get("other_loggroups", ())
        self.holds_sessions = _named(filters.loggroups)
        self.holds_messages = _named(others)
        self._all_groups = self.everything or not (filters.loggroups or others)
        self._accounts = set() if self.everything else set(filters.accounts)
        self._regions = set() if self.everything else set(filters.regions)
        self._removed = frozenset(filters.removed)  # whatever else is kept

    def document(self, loggroup: str, account: str | None) -> str | None:
        if account in self._removed:
            return "removal"
        if not (self._all_groups or self.holds_sessions(loggroup) or self.holds_messages(loggroup)):
            return "loggroup"
        return self.account(account)

    def account(self, account: str | None) -> str | None:
        if account in self._removed:
            return "removal"
        return "account" if self._accounts and account not in self._accounts else None

    def record(self, region: str | None) -> str | None:
        """A record that says no Region is kept: only streamed sessions say one."""
        return "region" if self._regions and region is not None and region not in self._regions else None


def _named(names: Sequence[str]) -> Callable[[str], bool]:
    """Whether a log group is one of these: names, or beginnings followed by *."""
    exact = frozenset(name for name in names if not name.endswith("*"))
    beginnings = tuple(name[:-1] for name in names if name.endswith("*"))
    return lambda loggroup: loggroup in exact or loggroup.startswith(beginnings)


class _Object:
    """One object on its way: its tally grows, its rows go to `rows`."""

    def __init__(self, source: Source, rules: Rules, rows: Rows) -> None:
        self.rules, self.rows = rules, rows
        self.origin = {"sourceobject": source.object, "sourceetag": source.etag, "edition": source.edition}
        self.tally = Tally()
        self.ours = False  # whether anything here is CloudWatch Logs' or Session Manager's

    def decode(self, unpacked: Unpacked) -> Outcome:
        """The text, piece by piece. Of an object that ends too early, the last document gives its whole log events."""
        text, rest = unpacked.text, b""
        if counts := self.counts(unpacked):
            for (start, end), found in zip(pairwise((0, *unpacked.ends)), counts, strict=True):
                if not self.passed_over(found):
                    self.read(text[start:end])
            return self.tally.done(len(text))
        for piece in split(text, lambda: self.tally.flooded) if _OURS.search(text) else ():
            if piece.kind is Kind.BROKEN and unpacked.reason and piece.end == len(text):
                document, rest = salvage(piece.data)
                piece = Piece(Kind.OBJECT, document, piece.end)
            if piece.data:
                self.piece(piece)
        if not self.ours and unpacked.reason:
            return refused(unpacked.reason, unpacked.detail, text[:SHOWN] + unpacked.rest, len(text))
        if not self.ours and text.removeprefix(BOM).strip():
            return refused(*stranger(text, _WANTED), text[:SHOWN], len(text))
        if unpacked.reason:
            self.tally.damage(unpacked.reason, unpacked.detail, rest + unpacked.rest)
        return self.tally.done(len(text))

    def counts(self, unpacked: Unpacked) -> list[Count]:
        """What each document counts, if each gzip member is one, as CloudWatch Logs sends them: their ends need not be
        looked for then. Empty if any member is something else."""
        found: list[Count] = []
        if not self.rules.everything and not unpacked.reason:
            view = memoryview(unpacked.text)
            for start, end in pairwise((0, *unpacked.ends)):
                one = count(view[start:end])
                if one is None:
                    return []
                found.append(one)
        return found

    def piece(self, piece: Piece) -> None:
        if piece.kind is Kind.OBJECT:
            self.object(piece.data)
        elif piece.kind is Kind.TEXT:
            self.bad(Trouble("no-session", "plain text without log group and stream", piece.data))
        elif piece.kind is Kind.BROKEN:
            self.ours |= _OURS.search(piece.data) is not None
            self.bad(Trouble("not-json", "a JSON object begins here and is broken", piece.data))
        else:
            self.bad(Trouble("too-many-bad", "behind too many bad records: not looked at", piece.data))

    def object(self, data: bytes) -> None:
        # Most documents are of log groups that nobody keeps: counting theirs first spares reading them.
        found = None if self.rules.everything else count(data)
        if not (found and self.passed_over(found)):
            self.read(data)

    def passed_over(self, found: Count) -> bool:
        return self.dropped(found.control, found.loggroup, found.owner, lambda: found.events)

    def read(self, data: bytes) -> None:
        one = read(data)
        self.ours |= one is not None
        if one is None:
            self.bad(Trouble("no-session", "a JSON object without log group, stream or session", data))
        elif isinstance(one, Trouble):
            self.bad(one)
        elif isinstance(one, Bare):
            self.bare(one)
        elif not self.dropped(one.control, one.loggroup, one.owner, lambda: sum(1 for _ in one.events)):
            events = iter(one.events)
            may_stream = b"sessionData" in data and not self.rules.holds_messages(one.loggroup)
            while some := list(islice(events, _EVENTS)):
                self.document(one, some, may_stream)

    def dropped(self, control: bool, loggroup: str, owner: str, events: Callable[[], int]) -> bool:
        """Whether a document is a heartbeat or filtered; if so, its log events are counted."""
        if control:
            self.tally.filter("heartbeat", max(events(), 1))
        elif rule := self.rules.document(loggroup, owner):
            self.tally.filter(rule, events())
        else:
            return False
        self.ours = True
        return True

    def document(self, one: Document, some: Iterable[Event | Trouble], may_stream: bool) -> None:
        """Some of a document's log events: those that come next."""
        sessions = self.rules.holds_sessions(one.loggroup)
        numbers, events, records = list[int](), list[Event](), list[Record]()
        for event in some:
            if isinstance(event, Trouble):
                self.bad(event)
                continue
            if sessions or may_stream:
                record = keystrokes.record(event.message, one.logstream, sessions)
                if rule := self.rules.record(record.awsregion):
                    self.tally.filter(rule)
                    continue
                records.append(record)
            numbers.append(self.tally.number)
            events.append(event)
            self.tally.keep()
        values = _columns(records) if records else {"message": [event.message for event in events]}
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
            self.tally.filter(rule)
            return
        values = {
            "eventtime": one.time,
            "accountid": one.accountid,
            "degraded": True,
            "sourcerecord": self.tally.number,
        }
        self.tally.keep()
        self.rows.add(1, {**values, **self.origin, **one.record._asdict()})

    def bad(self, trouble: Trouble) -> None:
        self.tally.bad(*trouble)


def _columns(records: list[Record]) -> dict[str, Sequence[object]]:
    return dict(zip(Record._fields, zip(*records, strict=True), strict=True))
