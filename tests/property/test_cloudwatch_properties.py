"""Any documents, joined and packed in any way, cut and damaged anywhere: no log event is lost, invented or misread.

The truth is the list of log events that a test makes; it is never read back from the object.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.cloudwatch import Decoder
from jobs.rows import Outcome, Source
from jobs.unpack import unpack
from lake.settings import Filters

SESSIONS, OTHERS = "/aws/ssm/sessionlogs", "/aws/lambda/f"
FILTERED = Filters(loggroups=(SESSIONS,))
EVERYTHING = Filters(keep="everything", loggroups=(SESSIONS,))
NASTY = [
    "}{",
    '{"messageType":"',
    '"logEvents":[',
    '"',
    "\\",
    "\\u",
    "]}",
    "\n",
    "\r\n",
    "\x00",
    "\x1b[",
    "\ud800",
    "\udc00",
    "😀",
]
TEXT = st.lists(st.sampled_from(NASTY) | st.text(max_size=5), max_size=6).map("".join)
JOIN = st.sampled_from(["", "\n", "\r\n", "  ", "\n\n"])


@dataclass
class Truth:
    """A document: its JSON text, and what must become of its log events. rows: (message or lines, is it streamed)."""

    text: str
    group: str
    heartbeat: bool
    rows: list[tuple[str, bool | None]]


def utf8(text: str) -> str:
    """What of a text can be written down: JSON joins pairs of surrogates, and lone ones are replaced."""
    return re.sub("[\ud800-\udfff]", "\ufffd", json.loads(json.dumps(text)))


@st.composite
def documents(draw: st.DrawFn, compact: bool = False) -> Truth:
    group = draw(st.sampled_from([SESSIONS, OTHERS]))
    heartbeat = draw(st.integers(0, 9)) == 0
    events: list[dict[str, Any]] = []
    rows: list[tuple[str, bool | None]] = []
    for number in range(draw(st.integers(0, 4))):
        lines = draw(st.lists(TEXT, max_size=3))
        if draw(st.booleans()):
            message = json.dumps({"eventVersion": "1.0", "sessionId": "u-1", "sessionData": lines})
            rows.append((utf8("\n".join(map(utf8, lines))), True))
        else:
            message = "".join(lines)
            rows.append((utf8(message), False if group == SESSIONS else None))
        events.append({"id": f"{number}", "timestamp": 1709504575123 + number, "message": message})
    kind = "CONTROL_MESSAGE" if heartbeat else "DATA_MESSAGE"
    parts = {"messageType": kind, "owner": "111122223333", "logGroup": group, "logStream": "u-1", "logEvents": events}
    indent = None if compact else draw(st.sampled_from([None, None, 2]))
    return Truth(json.dumps(parts, indent=indent), group, heartbeat, rows)


def expected(truths: list[Truth], filters: Filters) -> tuple[Outcome, list[tuple[int, str, bool | None]]]:
    """The outcome, and the rows: (record, text, streamed)."""
    outcome, rows = Outcome(), list[tuple[int, str, bool | None]]()
    for truth in truths:
        records, rule = len(truth.rows), None
        if truth.heartbeat:
            records, rule = max(records, 1), "heartbeat"
        elif not filters.everything and truth.group != SESSIONS:
            rule = "loggroup"
        if rule and records:
            outcome.filtered[rule] = outcome.filtered.get(rule, 0) + records
        elif not rule:
            rows += [(outcome.records + at, *row) for at, row in enumerate(truth.rows)]
            outcome.kept += records
        outcome.records += records
    return outcome, rows


def decode(data: bytes, filters: Filters) -> tuple[Outcome, list[tuple[int, str, bool | None]]]:
    decoder = Decoder(filters, 1 << 30)
    outcome = decoder.add(Source("s3://logs/object", "etag", 0), data)
    assert outcome.records == outcome.kept + sum(outcome.filtered.values()) + len(outcome.bad)
    assert decoder.pending == outcome.kept
    table = decoder.take()
    table.validate(full=True)
    return outcome, [
        (row["sourcerecord"], row["message"] if row["streamed"] is None else row["sessiondata"], row["streamed"])
        for row in table.to_pylist()
    ]


def members(data: bytes, cuts: list[int]) -> bytes:
    """The text as gzip members, cut wherever it may be: inside documents and inside characters too."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return b"".join(gzip.compress(data[a:b], 1) for a, b in pairwise(edges))


def joined(draw: st.DrawFn, truths: list[Truth]) -> str:
    return draw(JOIN) + "".join(truth.text + draw(JOIN) for truth in truths)


@given(st.data(), st.lists(documents(), max_size=5), st.lists(st.integers(0, 5000), max_size=4))
def test_documents_joined_and_packed_in_any_way_give_exactly_their_log_events(
    data: st.DataObject, truths: list[Truth], cuts: list[int]
) -> None:
    text = joined(data.draw, truths).encode()
    array = b"[" + b",".join(truth.text.encode() for truth in truths) + b"]" if truths else b""
    packed = members(text, cuts)
    for filters in (EVERYTHING, FILTERED):
        for form in (text, packed, gzip.compress(packed), array):
            assert decode(form, filters) == expected(truths, filters)


@given(st.data(), st.lists(documents(), max_size=3), documents(), st.lists(documents(), max_size=3))
def test_a_document_that_is_cut_off_costs_itself_and_no_other(
    data: st.DataObject, before: list[Truth], broken: Truth, after: list[Truth]
) -> None:
    piece = broken.text[: data.draw(st.integers(2, len(broken.text) - 1))]
    text = joined(data.draw, before) + piece + data.draw(JOIN) + joined(data.draw, after)
    outcome, rows = decode(text.encode(), EVERYTHING)
    (one, first), (two, second) = expected(before, EVERYTHING), expected(after, EVERYTHING)
    assert rows == [*first, *[(record + one.records + 1, *rest) for record, *rest in second]]
    assert outcome.records == one.records + 1 + two.records
    assert [bad.record for bad in outcome.bad] == [one.records]


@given(
    st.lists(documents(compact=True).filter(lambda truth: not truth.heartbeat), min_size=1, max_size=4), st.integers()
)
def test_every_log_event_that_lies_whole_before_a_truncation_is_kept(truths: list[Truth], cut: int) -> None:
    text = "".join(truth.text for truth in truths).encode()
    packed = gzip.compress(text, compresslevel=0)
    packed = packed[: 2 + cut % (len(packed) - 2)]  # two bytes say that it is gzip
    there = len(unpack(packed, 1 << 30, joined=True).text)
    wanted, at = list[tuple[str, bool | None]](), 0
    for truth in truths:
        end = at + truth.text.index('"logEvents": [') + len('"logEvents": [')
        for number, event in enumerate(json.loads(truth.text)["logEvents"]):
            end += len(json.dumps(event)) + (2 if number else 0)  # ", " lies between two
            if end <= there:
                wanted.append(truth.rows[number])
        at += len(truth.text)
    outcome, rows = decode(packed, EVERYTHING)
    assert rows == [(record, *row) for record, row in enumerate(wanted)]
    assert [(bad.record, bad.reason) for bad in outcome.bad] == [(len(wanted), "truncated")]


@settings(max_examples=60)
@given(st.lists(documents(), max_size=4), st.integers(0, 3), st.sampled_from([0, 100, 1 << 24]))
def test_no_flood_and_no_size_of_documents_costs_a_log_event(truths: list[Truth], told: int, at_once: int) -> None:
    """Floods begin early and large documents are small: none of it changes what is kept, and where."""
    flood = "".join(one.text + "\nplain\n" * 3 for one in truths)
    with patch("jobs.tally.TOLD", told), patch("jobs.envelopes._AT_ONCE", at_once), patch("jobs.cloudwatch._EVENTS", 2):
        assert decode("".join(one.text for one in truths).encode(), FILTERED) == expected(truths, FILTERED)
        outcome, rows = decode(flood.encode(), EVERYTHING)
    wanted, kept = expected(truths, EVERYTHING)
    assert [row[1:] for row in rows] == [row[1:] for row in kept]
    assert outcome.filtered == wanted.filtered
    assert len(outcome.bad) <= max(told + 1, 1)


@given(
    st.lists(documents(), max_size=3), st.binary(max_size=20), st.integers(0, 5000), st.integers(0, 30), st.booleans()
)
def test_no_damage_ever_raises_or_unbalances_the_count(
    truths: list[Truth], noise: bytes, at: int, lost: int, pack: bool
) -> None:
    data = "".join(truth.text for truth in truths).encode()
    data = gzip.compress(data, 1) if pack else data
    at %= len(data) + 1
    damaged = data[:at] + noise + data[at + lost :]
    for filters in (EVERYTHING, FILTERED):
        decode(damaged, filters)


@settings(max_examples=200)
@given(st.binary(max_size=200) | TEXT.map(lambda text: text.encode(errors="surrogatepass")))
def test_no_bytes_ever_raise(data: bytes) -> None:
    for form in (
        data,
        b"\x1f\x8b" + data,
        b'{"messageType"' + data,
        b'{"logEvents":[' + data,
        b'["sessionData"' + data,
    ):
        decode(form, EVERYTHING)
