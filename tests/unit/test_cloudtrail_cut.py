"""A few records are cut out of a file as a reading of the whole file would give them, or not at all."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.cloudtrail_cut import cut
from jobs.cloudtrail_records import NULL
from jobs.json_text import is_utf8


def record(number: int, **more: Any) -> dict[str, Any]:
    return {"eventVersion": "1.08", "eventTime": "2024-03-03T00:00:00Z", "eventID": f"id-{number}", **more}


def array_of(records: list[dict[str, Any]], separators: tuple[str, str] = (",", ":")) -> bytes:
    return json.dumps(records, separators=separators).encode()


class Version(msgspec.Struct):
    eventVersion: msgspec.Raw = NULL


def cut_out(array: bytes | memoryview, wanted: list[int]) -> list[Any] | None:
    """What is cut, read by another reader of JSON."""
    found = cut(array, [one.eventVersion for one in msgspec.json.decode(array, type=list[Version])], wanted)
    return None if found is None else [json.loads(one) for one in found]


# What a record may hold that looks like another one, or like its end.
NESTED = [
    record(0),
    record(1),
    [record(1)],
    [record(0), record(1)],
    {"x": [{"y": 1}, record(2)]},
    "}]}",
    '{"a":1},',
    {},
]
RECORDS = st.lists(st.tuples(st.sampled_from(NESTED), st.sampled_from(["first", "last", "none", "twice"])), min_size=1)


@given(RECORDS, st.sampled_from(["%s", "%s ", " \n%s\t"]), st.data())
def test_what_is_cut_are_the_wanted_records_whatever_they_hold(
    shapes: list[tuple[Any, str]], around: str, data: st.DataObject
) -> None:
    texts = []
    for number, (nested, version) in enumerate(shapes):
        pairs = [("eventVersion", "1.08"), ("requestParameters", nested), ("eventID", f"id-{number}")]
        if version in ("last", "none"):
            pairs = pairs[1:] + pairs[: version == "last"]
        if version == "twice":
            pairs += pairs[:1]
        texts.append("{" + ",".join(f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in pairs) + "}")
    array = (around % f"[{','.join(around % text for text in texts)}]").encode()
    wanted = sorted(data.draw(st.sets(st.integers(0, len(texts) - 1))))
    found = cut_out(array, wanted)
    if found is not None:
        assert found == [json.loads(texts[number]) for number in wanted]
    if all(version == "first" for _, version in shapes):
        assert found is not None


@pytest.mark.parametrize("wanted", [[], [0], [2], [3], [0, 1, 2, 3], [1, 3]])
def test_records_as_cloudtrail_writes_them_are_found_byte_for_byte(wanted: list[int]) -> None:
    texts = [b'{"eventVersion":"1.0","n":%d,"r":{"a":[1.0,{"b":"\xc3\xa4"}]}}' % number for number in range(4)]
    document = b'{"Records":[' + b",".join(texts) + b"]}"
    array = memoryview(document)[11:-1]
    versions = [one.eventVersion for one in msgspec.json.decode(array, type=list[Version])]
    assert cut(array, versions, wanted) == [texts[number] for number in wanted]


@pytest.mark.parametrize(
    ("array", "wanted"),
    [
        (array_of([{"eventName": "x", **record(0)}, record(1)]), 0),  # does not begin with eventVersion
        (array_of([record(0), {"eventName": "x"}]), 0),  # the next one has none: where does this one end?
        (array_of([record(0), record(1)], (", ", ": ")), 0),
        (b'[{ "eventVersion":"1.08"},{"eventVersion":"1.08"}]', 0),
        (b'[{"event\\u0056ersion":"1.08"},{"eventVersion":"1.08"}]', 0),
        (b'[{"a":{"eventVersion":"1"},"eventVersion":"1.08"},{"eventVersion":"1.08"}]', 0),
    ],
)
def test_what_cannot_be_told_apart_is_left_to_others(array: bytes, wanted: int) -> None:
    assert cut_out(array, [wanted]) is None
    assert cut_out(array, []) == []


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
