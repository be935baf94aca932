"""JSON text as bytes: records out of any arrangement of documents, each as the source's own bytes.

msgspec checks the syntax and finds where a value ends; everything here works on positions: nothing is rewritten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

_SPACE = re.compile(rb"[ \t\r\n]*")
_COMMAS = re.compile(rb",[, \t\r\n]*")
_CONTAINER = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"Records"[ \t\r\n]*:[ \t\r\n]*(?=\[)')
_OPEN = re.compile(rb'\[|\{[ \t\r\n]*"Records"[ \t\r\n]*:[ \t\r\n]*\[')
_ARRAY_END = re.compile(rb"\]")
_CONTAINER_END = re.compile(rb"\][ \t\r\n]*\}")
_ANY_END = re.compile(rb"\][ \t\r\n]*\}?")
_NO_END = re.compile(rb"(?!)")
# Where reading goes on after broken text: the first two keys of a CloudTrail record, or a line that begins a document.
# Neither can lie inside a JSON string, where a quote is escaped and a newline is \n.
_RESTART = re.compile(
    rb'\{[ \t\r\n]*"eventVersion"[ \t\r\n]*:[ \t\r\n]*"[\d.]+"[ \t\r\n]*,[ \t\r\n]*"(?:userIdentity|eventTime)"'
    rb"|(?<=\n)[{\[]"
)
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.S
)
_BYTE = re.compile(r"\(byte (\d+)\)$")
_DEEPEST = 4  # containers inside containers: more is no log, and would be an attack on our time
_MOST_STRETCHES = 1000  # so many broken spots in one object, then its rest is one

_RAW = msgspec.json.Decoder(msgspec.Raw)
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)


class Piece(NamedTuple):
    """One record's text, or, if `problem` says why, a stretch that nobody can read."""

    data: bytes | msgspec.Raw
    problem: str = ""


class _Broken(Exception):
    def __init__(self, where: int, why: str) -> None:
        super().__init__(why)
        self.where, self.why = where, why


def array_of(text: bytes) -> memoryview | bytes | None:
    """The array of records in `{"Records": [...]}` or `[...]`, unchecked; None if the text has another shape.

    Decoding the slice instead of the document finds what a decoder of the document would pass over: a second
    "Records" key, other keys, a second document.
    """
    if match := _CONTAINER.match(text):
        body = text.rstrip(b" \t\r\n")
        return memoryview(body)[match.end() : -1] if body.endswith(b"}") else None
    return text if text.lstrip(b" \t\r\n")[:1] == b"[" else None


def split(text: bytes) -> Iterator[Piece]:
    """The records of `{"Records": [...]}`, arrays, single records, JSON lines or joined documents, broken or not.

    text: UTF-8, or what is meant to be; strings are not checked for it. In the order in which they lie there.
    """
    array = array_of(text)
    # Not for containers inside of arrays, nor for two lists of records in one document: those take the long way.
    if array is not None and text.find(b'"Records"', text.find(b"[")) < 0:
        try:
            yield from map(Piece, _RAWS.decode(array))
            return
        except (msgspec.DecodeError, RecursionError):
            pass
    yield from _scan(text)


def members(record: bytes) -> dict[str, bytes]:
    """A JSON object's members, values as their text; of a key that occurs twice, the last, as everywhere.

    Raises msgspec.DecodeError if it is no well-formed object.
    """
    blind = without_lone_surrogates(record)
    if blind is record:
        return {name: bytes(raw) for name, raw in _MEMBERS.decode(record).items()}
    _MEMBERS.decode(blind)
    return {_TEXT.decode(blind[a:b]): record[c:d] for a, b, c, d in _walk(blind)}


def without_lone_surrogates(text: bytes) -> bytes:
    r"""The text with `\ud800` and its like as `\ufffd`: of the same length, and one that msgspec reads.

    The same object if there is none. They are correct JSON and no correct Unicode: no UTF-8 can hold them.
    """
    if b"\\ud" not in text and b"\\uD" not in text:
        return text
    changed = _LONE_SURROGATE.sub(lambda match: b"\\ufffd" if match[1] else match[0], text)
    return text if changed == text else changed


def loads(text: bytes) -> Any:
    """A value for reading loosely: numbers as their text; None for what cannot be read."""
    try:
        return json.loads(without_lone_surrogates(text), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _scan(text: bytes) -> Iterator[Piece]:
    """Value by value, going down into documents that are broken, and on after broken spots."""
    blind = without_lone_surrogates(text)
    closers: list[re.Pattern[bytes]] = []
    first_problem, stretches = "", 0
    at = _skip_space(blind, 0)
    while at < len(blind):
        pieces: list[Piece] = []
        try:
            end = _value_end(blind, at)
            if blind[at] not in b"{[":
                raise _Broken(_before(blind, at, end), "neither an object nor an array begins here")
            pieces = list(_expand(text[at:end], blind[at:end]))
        except _Broken as broken:
            # Behind a broken stretch nobody knows how deep we are: any end is one.
            closer = closers[-1] if closers else _ANY_END if stretches else _NO_END
            if close := closer.match(blind, at):
                end = close.end()
                closers = closers[:-1]
            elif (closers or stretches) and (commas := _COMMAS.match(blind, at)):
                end = commas.end()
            elif len(closers) < _DEEPEST and (opened := _OPEN.match(blind, at)):
                closers.append(_ARRAY_END if blind[at] == ord("[") else _CONTAINER_END)
                first_problem, end = first_problem or broken.why, opened.end()
            else:
                stretches += 1
                restart = _RESTART.search(blind, broken.where) if stretches < _MOST_STRETCHES else None
                end = restart.start() if restart else len(blind)
                pieces.append(Piece(text[at:end], broken.why))
        yield from pieces
        at = _skip_space(blind, end)
    if first_problem and not stretches:
        # Every record is whole, yet the document is not: its end is missing, or a comma.
        yield Piece(b"", first_problem)


def _expand(text: bytes, blind: bytes, inside: bool = False) -> Iterator[Piece]:
    """The records of one well-formed value: a record, an array of them, or a container (also in an array)."""
    if blind[:1] == b"[" and not inside:
        for start, end in _elements(blind):
            yield from _expand(text[start:end], blind[start:end], inside=True)
        return
    if blind[:1] == b"{" and b'"Records"' in blind:
        lists = [
            (c, d) for a, b, c, d in _walk(blind) if blind[a:b] == b'"Records"' and blind[c : c + 1] == b"["
        ]  # fmt: skip
        for c, d in lists:
            yield from (Piece(text[c + start : c + end]) for start, end in _elements(blind[c:d]))
        if lists:
            return
    yield Piece(text.rstrip(b" \t\r\n"))


def _elements(array: bytes) -> Iterator[tuple[int, int]]:
    """Where the elements of a well-formed array lie."""
    at = _skip_space(array, 1)
    while array[at] != ord("]"):
        end = _value_end(array, at)
        yield at, end
        at = _skip_space(array, end + (array[end] == ord(",")))


def _walk(record: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Where the members of a well-formed object lie: start and end of the key, with its quotes, and of the value."""
    at = _skip_space(record, 1)
    while record[at] != ord("}"):
        key_end = _value_end(record, at)
        start = _skip_space(record, key_end + 1)
        end = _value_end(record, start)
        yield at, _trimmed(record, key_end), start, _trimmed(record, end)
        at = _skip_space(record, end + (record[end] == ord(",")))


def _value_end(text: bytes, at: int) -> int:
    """Where the value that begins at `at` ends, with the white space behind it. Raises _Broken.

    msgspec has no "decode one value of many", but says where the characters trail that it did not expect.
    """
    try:
        _RAW.decode(memoryview(text)[at:])
    except RecursionError:
        raise _Broken(at + 1, "nested too deep") from None
    except msgspec.DecodeError as error:
        where = _BYTE.search(str(error))
        if where is None:
            raise _Broken(len(text), "the text ends too early") from None
        if "trailing characters" in str(error):
            return at + int(where[1]) - 1
        raise _Broken(_before(text, at, at + int(where[1])), str(error)) from None
    return len(text)


def _before(text: bytes, at: int, error: int) -> int:
    """Where to look for the next record after an error in the one at `at`.

    msgspec counts from before or from behind the character. And where a closing quote is lost, it is the next record's
    first quote that closes the string: the error then lies inside of that record's beginning, which is whole.
    """
    where = error - 2
    while where > at + 1 and text[where - 1] in b' \t\r\n{"':
        where -= 1
    return max(where, at + 1)


def _skip_space(text: bytes, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _trimmed(text: bytes, end: int) -> int:
    while text[end - 1] in b" \t\r\n":
        end -= 1
    return end
