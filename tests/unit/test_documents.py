"""Joined documents come apart where they were joined, and nowhere else."""

import json

import pytest

from jobs.documents import Kind, mend, object_end, salvage, split

DATA = b'{"messageType":"DATA_MESSAGE","logGroup":"g","logEvents":[{"id":"1","timestamp":1,"message":"m"}]}'
CONTROL = b'{"messageType":"CONTROL_MESSAGE","logEvents":[]}'


def pieces(text: bytes) -> list[tuple[Kind, bytes]]:
    return [(piece.kind, piece.data.strip()) for piece in split(text)]


def objects(text: bytes) -> list[bytes]:
    found = pieces(text)
    assert {kind for kind, _ in found} <= {Kind.OBJECT}
    return [data for _, data in found]


@pytest.mark.parametrize("between", [b"", b"\n", b"\r\n", b"  ", b"\n\n\t", b"\xef\xbb\xbf"])
def test_documents_come_apart_whatever_lies_between_them(between: bytes) -> None:
    assert objects(between.join([DATA, CONTROL, DATA])) == [DATA, CONTROL, DATA]


@pytest.mark.parametrize("text", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_nothing_but_blanks_holds_no_document(text: bytes) -> None:
    assert pieces(text) == []


def test_a_byte_order_mark_and_blanks_around_documents_are_no_part_of_them() -> None:
    assert objects(b"\xef\xbb\xbf \n" + DATA + b"\n\n") == [DATA]


@pytest.mark.parametrize(
    "message",
    [
        '}{"messageType":"DATA_MESSAGE"}',
        '"}{"',
        "}]}{",
        "\\",
        '\\"}{\\"messageType',
        "\x00\x1b[2J",
        "\n{",
        "[{",
        "]",
        "❤😀",
    ],
)
def test_text_that_looks_like_a_seam_stays_inside_its_document(message: str) -> None:
    for ascii_only in (True, False):
        one = json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"message": message}]}, ensure_ascii=ascii_only)
        assert objects(one.encode() * 3) == [one.encode()] * 3


def test_pretty_printed_documents_come_apart() -> None:
    pretty = json.dumps(json.loads(DATA), indent=2).encode()
    assert objects(pretty + b"\n" + pretty + pretty) == [pretty] * 3


def test_a_top_level_array_is_its_documents() -> None:
    assert objects(b"[" + DATA + b" , " + CONTROL + b",\n" + DATA + b"]\n") == [DATA, CONTROL, DATA]
    assert objects(b"[\n  " + DATA + b"\n][" + CONTROL + b"]") == [DATA, CONTROL]


def test_an_array_that_is_cut_off_still_gives_its_whole_documents() -> None:
    assert pieces(b"[" + DATA + b"," + DATA + b"," + DATA[:40]) == [
        (Kind.OBJECT, DATA),
        (Kind.OBJECT, DATA),
        (Kind.BROKEN, DATA[:40]),
    ]


def test_reading_goes_on_behind_a_broken_document() -> None:
    for cut in range(2, len(DATA)):
        assert pieces(DATA[:cut] + DATA + CONTROL) == [
            (Kind.BROKEN, DATA[:cut]),
            (Kind.OBJECT, DATA),
            (Kind.OBJECT, CONTROL),
        ]


def test_reading_goes_on_at_a_document_that_begins_with_another_key_or_on_a_new_line() -> None:
    for good in (b'{"owner":"111122223333","logEvents":[]}', b'{ "eventVersion" : "1.0"}'):
        assert pieces(DATA[:50] + good) == [(Kind.BROKEN, DATA[:50]), (Kind.OBJECT, good)]
    assert pieces(DATA[:50] + b'\n{"level":"info"}') == [(Kind.BROKEN, DATA[:50]), (Kind.OBJECT, b'{"level":"info"}')]


def test_plain_text_is_told_line_by_line_and_ends_where_a_document_begins() -> None:
    assert pieces(b"2024-03-03 started\r\n[ERROR] {oops}\n\nbye " + DATA + b"the end") == [
        (Kind.TEXT, b"2024-03-03 started"),
        (Kind.TEXT, b"[ERROR] {oops}"),
        (Kind.TEXT, b"bye"),
        (Kind.OBJECT, DATA),
        (Kind.TEXT, b"the end"),
    ]


def test_a_piece_knows_where_it_ends() -> None:
    text = DATA + b"\n" + DATA[:30]
    assert [(piece.kind, piece.end) for piece in split(text)] == [
        (Kind.OBJECT, len(DATA) + 1),
        (Kind.BROKEN, len(text)),
    ]


def test_a_document_nested_too_deep_is_broken_and_the_next_one_is_read() -> None:
    deep = b'{"messageType":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    assert pieces(deep + DATA) == [(Kind.BROKEN, deep), (Kind.OBJECT, DATA)]


def test_half_characters_are_mended_and_nothing_else_is_touched() -> None:
    cases = {
        rb'"\ud800"': rb'"\ufffd"',
        rb'"\uDC00\uD800x"': rb'"\ufffd\ufffdx"',
        rb'"\ud83d\ude00"': rb'"\ud83d\ude00"',
        rb'"\ud83d\ud83d\ude00"': rb'"\ufffd\ud83d\ude00"',
        rb'"\\ud800"': rb'"\\ud800"',
        rb'"\\\ud800"': rb'"\\\ufffd"',
        rb'"\n\u00e9"': rb'"\n\u00e9"',
    }
    assert {text: mend(text) for text in cases} == cases


def test_a_document_with_half_a_character_is_a_document() -> None:
    half = DATA.replace(b'"m"', rb'"\ud800"')
    assert objects(DATA + half + DATA) == [DATA, DATA.replace(b'"m"', rb'"\ufffd"'), DATA]


def test_the_end_of_an_object_is_where_what_follows_begins() -> None:
    # Holds jobs.documents to the error message of msgspec that it reads the position from.
    assert object_end(b'{"a":"}{"}{"b":1}', 0) == 10
    assert object_end(b'xx{"a":1} \n [', 2) == 12
    assert object_end(b'{"a":1}', 0) == 7
    for broken in (b'{"a"', b"[1]", b"", b"{'a':1}", b'{"a":1,}', b'{"a":NaN}'):
        assert object_end(broken, 0) is None


def test_whole_log_events_before_a_cut_are_salvaged() -> None:
    head = b'{"messageType":"DATA_MESSAGE","logGroup":"g","logEvents":['
    first, second = b'{"id":"1","message":"]}"}', b'{"id":"2","message":"\\"logEvents\\":["}'
    whole = head + first + b", " + second + b"]}"
    for cut in range(len(whole)):
        document, rest = salvage(whole[:cut])
        events = [event for event, end in ((first, len(head + first)), (second, len(whole) - 2)) if end <= cut]
        if cut < len(head):
            assert (document, rest) == (b"", whole[:cut])
        else:
            assert document == head + b", ".join(events) + b"]}"
            assert document[:-2] + rest == whole[:cut]


def test_nothing_is_salvaged_where_no_log_events_are() -> None:
    for cut in (b"", b"plain", b'{"sessionId":"x","sessionData":["a', b'{"logEvents":"no list', b'}{"logEvents":[{}'):
        assert salvage(cut) == (b"", cut)
