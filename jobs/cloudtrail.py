"""CloudTrail objects to rows of from_cloudtrail_readready.

Two ways to the same rows. Quickly: an object as CloudTrail writes it, with the fields that it is known to write, is
decoded in one go. Carefully: anything else, record by record; quarantine comes from there alone.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter

import msgspec
import pyarrow as pa

from jobs.cloudtrail_cut import cut
from jobs.cloudtrail_filter import Event, EventFilter, PlacedEvent
from jobs.cloudtrail_parts import IDENTITIES
from jobs.cloudtrail_pending import PINNED, Pending
from jobs.cloudtrail_records import MARKS, Record, Shape, UnknownField
from jobs.json_text import Piece, array_of, is_utf8, split
from jobs.rows import Bad, Outcome, Source
from jobs.strangers import stranger
from jobs.tally import Tally, refused
from jobs.unpack import MAGIC, Unpacked, unpack
from lake.settings import Filters

_BOM = b"\xef\xbb\xbf"
_WANTED = "CloudTrail record"
_NO_TIME = "eventTime is missing, or is no time with an offset (ISO 8601, RFC 3339) in the years 1970 to 2261"
_RECORD_BYTES = 64 << 20  # of one record: AWS's own bound is 1 MB at most
_SIGNS = (b'"eventTime"', b'"eventName"', b'"eventVersion"')  # broken text with one of these was CloudTrail's
_FEW = 16  # where at most one record in so many is kept, it is cut out; where more, reading all is cheaper
_LAMBDAS = "aws:"  # eventSource of what is no CloudTrail record but has its fields: S3's and SQS's notifications

_SOURCE = attrgetter("eventSource")
_EVENTS = msgspec.json.Decoder(list[Event])
_PLACED_EVENTS = msgspec.json.Decoder(list[PlacedEvent])
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
Numbered = tuple[Sequence[int], list[Record]]  # records kept and their positions in the object


class Decoder:
    """See jobs.rows.Decoder. object_bytes: of an object that unpacks to more, what lies before that is decoded."""

    def __init__(self, filters: Filters, object_bytes: int) -> None:
        self._filter = EventFilter(filters)
        self._limit = object_bytes
        self._shape = Shape()
        self._rows = Pending(self._shape)

    @property
    def pending(self) -> int:
        """How many rows `take` would give."""
        return len(self._rows)

    def take(self) -> pa.Table:
        """The rows since the last take."""
        with _no_garbage_collection():
            return self._rows.take()

    def add(self, source: Source, data: bytes) -> Outcome:
        """Decode one object. Never raises."""
        unpacked = unpack(data, self._limit, joined=False)
        if unpacked.text.startswith(MAGIC):
            return refused(*stranger(unpacked.text, _WANTED), unpacked.text, len(unpacked.text))
        text = unpacked.text.removeprefix(_BOM)
        with _no_garbage_collection():
            if not unpacked.reason and len(text) <= PINNED:
                outcome = self._quickly(source, text)
                if outcome is not None:
                    outcome.unpacked = len(unpacked.text)
                    return outcome
            return self._carefully(source, text, unpacked)

    # -- quickly -------------------------------------------------------------------------------------------------

    def _quickly(self, source: Source, text: bytes) -> Outcome | None:
        """An object of records of which each is as expected; None, and nothing done, if any is not."""
        array = array_of(text)
        if array is None or not is_utf8(text):
            return None
        outcome, numbers = Outcome(), None
        if self._filter.by_event:
            selected = self._select(array)
            if selected is None:
                return None
            outcome, numbers, array = selected
        records = self._decode(array)
        if records is None or _any_of_lambdas(set(map(_SOURCE, records))):
            return None
        if numbers is None:
            outcome.records, numbers = len(records), range(len(records))
        if self._filter.by_place:
            numbers, records = self._in_place(outcome, numbers, records)
        outcome.kept = len(records)
        self._rows.add(source, numbers, records, len(array))
        return outcome

    def _select(self, array: bytes | memoryview) -> tuple[Outcome, Sequence[int], bytes] | None:
        """Every record is looked at for its event alone. Of those that match: their numbers, and an array of them."""
        try:
            events = (_PLACED_EVENTS if self._filter.by_account else _EVENTS).decode(array)
        except (msgspec.DecodeError, RecursionError):
            return None
        if _any_of_lambdas(set(map(_SOURCE, events))):
            return None
        outcome = Outcome(len(events))
        numbers = self._filter.select(events)
        if self._filter.by_account:
            accounts = [_account(event) for event in events]
            if whole := self._filter.whole:
                numbers = sorted({*numbers, *(number for number, account in enumerate(accounts) if account in whole)})
            removed = {number for number, account in enumerate(accounts) if account in self._filter.removed}
            if removed:
                outcome.filtered["removal"] = len(removed)
                numbers = [number for number in numbers if number not in removed]
        by_event = len(events) - len(numbers) - outcome.filtered.get("removal", 0)
        if by_event:
            outcome.filtered["event"] = by_event
        kept: Sequence[bytes | msgspec.Raw] | None = None if numbers else []
        if numbers and len(numbers) * _FEW <= len(events):
            kept = cut(array, [event.eventVersion for event in events], numbers)
        if kept is None:
            raws = _RAWS.decode(array)
            kept = [raws[number] for number in numbers]
        # A copy of the few that are kept: a Raw would keep its whole object in memory.
        return outcome, numbers, b"[" + b",".join(kept) + b"]"

    def _decode(self, array: bytes | memoryview) -> list[Record] | None:
        """The records, if each is as expected; the shape then knows their fields."""
        shape = self._shape
        while True:
            try:
                records = shape.decode(array)
                break
            except UnknownField as unknown:
                shape = shape.learn(unknown.name)
        if records is not None and shape is not self._shape:
            self._shape = shape
            self._rows.reshape(shape)
        return records

    def _in_place(self, outcome: Outcome, numbers: Sequence[int], records: list[Record]) -> Numbered:
        rules = [self._filter.place(_account(record), record.awsRegion) for record in records]
        dropped = Counter(rule for rule in rules if rule)
        if dropped:
            outcome.filtered.update(dropped)
        kept = [at for at, rule in enumerate(rules) if not rule]
        return [numbers[at] for at in kept], [records[at] for at in kept]

    # -- carefully -----------------------------------------------------------------------------------------------

    def _carefully(self, source: Source, text: bytes, unpacked: Unpacked) -> Outcome:
        tally, ours = Tally(), False
        for piece in split(text, lambda: tally.flooded):
            data = bytes(piece.data)
            reason, detail, record = self._read(piece, data)
            if not reason and (rule := self._rule(record)):
                tally.filter(rule)
            elif not reason and record.eventTime is not None:
                self._rows.add(source, (tally.number,), [record], len(data))
                tally.keep()
            else:
                reason, detail = (reason, detail) if reason else ("no-time", _NO_TIME)
                ours = ours or _is_cloudtrails(reason, data)
                tally.bad(reason, detail, data)
        outcome = tally.outcome
        if unpacked.reason:
            _book_damage(tally, unpacked)
        elif outcome.bad and len(outcome.bad) == outcome.records and not ours:
            return refused(*stranger(text, _WANTED), text, len(unpacked.text))
        return tally.done(len(unpacked.text))

    def _read(self, piece: Piece, data: bytes) -> tuple[str, str, Record]:
        """Why the piece is bad (reason and detail), or ('', '', its record)."""
        if piece.problem:
            return "not-json", piece.problem, None
        if len(data) > _RECORD_BYTES:
            return "too-large", f"one record of {len(data):,} bytes, the bound is {_RECORD_BYTES:,}", None
        if not is_utf8(data):
            return "not-utf8", "the record is not UTF-8", None
        if not data.startswith(b"{"):
            return "not-a-record", "not a JSON object", None
        try:
            record = self._shape.decode_one(data)
        except RecursionError:
            return "not-json", "nested too deep", None
        except msgspec.DecodeError as error:
            return "not-json", str(error), None
        if all(getattr(record, mark) is None for mark in MARKS):
            return "not-a-record", f"it has none of {', '.join(MARKS)}", None
        if record.eventSource is not None and record.eventSource.startswith(_LAMBDAS):
            return "not-a-record", f"an event of {record.eventSource}, not CloudTrail's", None
        return "", "", record

    def _rule(self, record: Record) -> str:
        account = _account(record) if self._filter.by_account or self._filter.by_place else None
        return self._filter.rule(record.eventSource, record.eventName, account, record.awsRegion)


def _account(record: Record) -> str | None:
    """Whose record it is: very old ones name only the caller's account."""
    account: str | None = record.recipientAccountId or IDENTITIES.one(record.userIdentity).accountId
    return account


def _any_of_lambdas(sources: set[str]) -> bool:
    return any(source.startswith(_LAMBDAS) for source in sources)


def _book_damage(tally: Tally, unpacked: Unpacked) -> None:
    """What the packed object's damage took counts as one bad record: the one that it cut, where it cut one."""
    bad, reason = tally.outcome.bad, unpacked.reason
    last = bad[-1] if bad else None
    if last and last.record == tally.number - 1 and last.reason == "not-json" and reason != "second-member":
        bad[-1] = Bad(last.record, reason, unpacked.detail, last.data or unpacked.rest)
    else:
        tally.damage(reason, unpacked.detail, unpacked.rest)


def _is_cloudtrails(reason: str, data: bytes) -> bool:
    """Whether a bad record speaks for an object of CloudTrail's, though it cannot be read itself."""
    if reason == "not-json":
        return any(sign in data for sign in _SIGNS)
    return reason != "not-a-record"


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Records are no cycles: looking for some in the middle of a million of them costs twice the decoding."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
