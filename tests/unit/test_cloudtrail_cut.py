"""A few records are cut out of a file as a reading of the whole file would give them, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.cloudtrail_cut import cut
from jobs.json_text import is_utf8


def record(number: int, **more: Any) -> dict[str, Any]:
    return {"eventVersion": "1.08", "eventTime": "2024-03-03T00:00:00Z", "eventID": f"id-{number}", **more}


def text_of(records: list[dict[str, Any]], separators: tuple[str, str] = (",", ":")) -> bytes:
    return json.dumps({"Records": records}, separators=separators).encode()


# What a record may hold that looks like another one.
NESTED = [record(0), record(1), record(2), [record(1)], [record(0), record(1)], {"x": [{"y": 1}, record(2)]}, "}]}", {}]


@given(st.lists(st.sampled_from(NESTED), min_size=1, max_size=4), st.data())
def test_what_is_cut_are_the_wanted_records_whatever_they_hold(nested: list[Any], data: st.DataObject) -> None:
    records = [record(number, requestParameters=one) for number, one in enumerate(nested)]
    if data.draw(st.booleans()):  # what a record holds stands before its id
        records = [dict(sorted(one.items(), key=lambda pair: pair[0] == "eventID")) for one in records]
    wanted = sorted(data.draw(st.sets(st.integers(0, len(records) - 1))))
    found = cut(text_of(records), [one["eventID"] for one in records], wanted)
    assert found is None or [json.loads(one) for one in found] == [records[number] for number in wanted]


@pytest.mark.parametrize("wanted", [[], [0], [2], [0, 1, 2], [1, 3]])
@pytest.mark.parametrize("around", [b"%b", b" %b\n"])
def test_records_as_cloudtrail_writes_them_are_found(wanted: list[int], around: bytes) -> None:
    records = [record(number, requestParameters={"a": [{"b": {}}]}) for number in range(4)]
    found = cut(around % text_of(records), [one["eventID"] for one in records], wanted)
    assert found is not None
    assert [json.loads(one) for one in found] == [records[number] for number in wanted]


@pytest.mark.parametrize(
    ("records", "separators"),
    [
        ([record(0), record(0, eventName="another")], (",", ":")),  # one id twice
        ([{"eventVersion": "1.08", "eventName": "without an id"}, record(1)], (",", ":")),
        ([{"eventName": "x", **record(0)}, record(1)], (",", ":")),  # does not begin with eventVersion
        ([record(0), record(1)], (", ", ": ")),
        ([record(0, eventID='with "quotes"'), record(1)], (",", ":")),
    ],
)
def test_what_cannot_be_told_apart_is_left_to_others(
    records: list[dict[str, Any]], separators: tuple[str, str]
) -> None:
    assert cut(text_of(records, separators), [one.get("eventID") for one in records], [0]) is None


@given(st.binary(max_size=12))
@example("äöü€😀".encode())
@example(b"\xed\xa0\x80")  # half a character, as UTF-8 must not write it
@example(b"\xc0\x80")
@example(b"\xf4\x90\x80\x80")  # beyond the last character
@example("€".encode()[:2])
def test_a_text_is_utf8_if_python_can_decode_it(text: bytes) -> None:
    try:
        text.decode()
    except UnicodeDecodeError:
        assert not is_utf8(text)
    else:
        assert is_utf8(text)
