"""Joined documents and lists of records come apart exactly, whatever lies in them and between them; no byte vanishes.

The truth is what plain `json` says of the values that a test made, never what the splitters say.
"""

from __future__ import annotations

import json
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs import json_text
from jobs.documents import Kind, salvage, split

SEAMS = [
    "}{",
    '{"messageType":',
    '{"eventVersion":"1.0","userIdentity":',
    "},",
    "]}",
    '"',
    "\\",
    "\n{",
    "[",
    "\x00",
    "é",
]
WORDS = st.lists(st.sampled_from(SEAMS) | st.text(max_size=3), max_size=4).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(WORDS, VALUES, max_size=4)
STYLES = st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}])
JOINTS = st.sampled_from(["", "\n", "\r\n", " ", "\n\n\t", ",", "\ufeff"])
ALMOST = st.text('{}[]",:\\ \r\nmessageTypvntVrio1.0u', max_size=80).map(str.encode)
ANYTHING = st.binary(max_size=120) | ALMOST | st.lists(st.sampled_from(SEAMS)).map(lambda some: "".join(some).encode())


def dumps(draw: st.DrawFn, values: list[object]) -> list[str]:
    return [json.dumps(value, **draw(STYLES)) for value in values]


@settings(max_examples=60)
@given(st.data(), st.lists(OBJECTS, max_size=5))
def test_any_objects_joined_in_any_way_come_apart_where_they_were_joined(
    data: st.DataObject, values: list[object]
) -> None:
    text = data.draw(JOINTS) + "".join(one + data.draw(JOINTS) for one in dumps(data.draw, values))
    pieces = list(split(text.encode()))
    assert {piece.kind for piece in pieces} <= {Kind.OBJECT}
    assert [json.loads(piece.data) for piece in pieces] == values


@settings(max_examples=120)
@given(ANYTHING, st.integers(0, 3))
@example(b'{"messageType":[]}\n\r\r\n}\r', 0)
@example(b"[[ ]{}", 1)
def test_what_lies_between_pieces_is_blanks_and_joints_alone(text: bytes, patience: int) -> None:
    """No piece is lost, none is told twice, whatever the bytes, and however early the flood begins."""
    seen = []
    for piece in split(text, lambda: len(seen) > patience):
        seen.append(piece)
    at = 0
    for piece in seen:
        # Half a character is mended in the piece; positions and lengths stay.
        begin = piece.end - len(piece.data)
        if piece.kind is Kind.TEXT:  # without the carriage return of its line's end
            begin = text.index(piece.data, at, piece.end)
            assert not text[begin + len(piece.data) : piece.end].strip(b"\r")
        assert at <= begin < piece.end <= len(text)
        assert not text[at:begin].replace(b"\xef\xbb\xbf", b"").strip(b" \t\r\n,[]")
        at = piece.end
    assert not text[at:].replace(b"\xef\xbb\xbf", b"").strip(b" \t\r\n,[]")


@settings(max_examples=60)
@given(st.data(), st.lists(OBJECTS, min_size=1, max_size=4), st.integers(0))
def test_of_a_cut_document_the_whole_log_events_are_salvaged_and_the_rest_is_told(
    data: st.DataObject, events: list[object], cut: int
) -> None:
    texts = dumps(data.draw, events)
    head = '{"messageType":"DATA_MESSAGE","logEvents":['
    ends = [len((head + ", ".join(texts[:number])).encode()) for number in range(1, len(texts) + 1)]
    whole = (head + ", ".join(texts) + "]}").encode()
    cut = len(head) + cut % (len(whole) - len(head))
    document, rest = salvage(whole[:cut])
    there = sum(end <= cut for end in ends)
    assert json.loads(document)["logEvents"] == events[:there]
    assert document[:-2] + rest == whole[:cut]


@settings(max_examples=120)
@given(st.data(), st.lists(VALUES, max_size=12), st.sampled_from([1, 2, 7, 40, 1 << 20]))
def test_a_large_array_is_read_in_parts_as_if_it_were_read_whole(
    data: st.DataObject, values: list[object], size: int
) -> None:
    text = json.dumps(values, **data.draw(STYLES)).encode()
    with patch.object(json_text, "_AT_ONCE", size):
        assert [json.loads(one) for one in json_text.elements_of(text)] == values


@settings(max_examples=60)
@given(st.data(), st.lists(st.lists(OBJECTS, max_size=4), max_size=4), st.sampled_from([0, 1 << 20]))
def test_records_come_apart_in_every_arrangement(
    data: st.DataObject, groups: list[list[dict[str, object]]], at_once: int
) -> None:
    """As containers, arrays, lines or one after the other; large texts take another way than small ones."""
    text = ""
    for group in groups:
        texts = dumps(data.draw, list(group))
        joined = ",".join(texts)
        forms = (f'{{"Records":[{joined}]}}', f"[{joined}]", "\n".join(texts), "".join(texts))
        text += data.draw(st.sampled_from(forms)) + data.draw(st.sampled_from(["", "\n", " \r\n"]))
    with patch.object(json_text, "_AT_ONCE", at_once):
        pieces = list(json_text.split(text.encode()))
    assert [piece.problem for piece in pieces] == [""] * len(pieces)
    assert [json.loads(bytes(piece.data)) for piece in pieces] == [record for group in groups for record in group]


@settings(max_examples=120)
@given(ANYTHING, st.integers(0, 3), st.sampled_from([0, 1 << 20]))
def test_no_bytes_raise_or_are_told_twice(text: bytes, patience: int, at_once: int) -> None:
    seen = []
    with patch.object(json_text, "_AT_ONCE", at_once):
        for piece in json_text.split(text, lambda: len(seen) > patience):
            seen.append(bytes(piece.data))
    at = 0
    for data in seen:
        found = text.find(data, at)
        assert found >= 0
        at = found + len(data)


@pytest.mark.parametrize("margin", range(12))
def test_nesting_that_is_just_about_too_deep_raises_nowhere(margin: int) -> None:
    """Python's own frames count against msgspec's depth: what was read whole can be too deep for a reader of parts."""
    for depth in range(940 - 80 * margin, 1000 - 80 * margin):
        deep = b"[" * depth + b"]" * depth
        record = b'{"eventVersion":"1.0","userIdentity":"\\ud800","a":' + deep + b"}"
        for text in (record, b'{"Records":[' + record + b"]}", b"[" + record + b',{"Records":[]}]'):
            with patch.object(json_text, "_AT_ONCE", 0):
                pieces = list(json_text.split(text))
            assert len(pieces) >= 1
            for a, b in pairwise([*pieces, json_text.Piece(b"")]):
                assert bytes(a.data) in text
                assert bytes(b.data) in text
