"""JSON text as bytes: records out of any arrangement of documents, each as the source's own bytes.

msgspec checks the syntax and finds where a value ends; everything here works on positions: nothing is rewritten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

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
_OWN = re.compile(_RESTART.pattern.partition(b"|(?<=")[0])  # the first of the two alone
_TOO_DEEP = "nested too deep"
_JOINTS = b" \t\r\n,]}"  # what may lie between records that are whole
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.S
)
_BYTE = re.compile(r"\(byte (\d+)\)$")
_DEEPEST = 4  # containers inside containers: more is no log, and would be an attack on our time
_MOST_STRETCHES = 1000  # so many broken spots in one object, then its rest is one
_AT_ONCE = 4 << 20  # bytes of an array that becomes a list: of the smallest values that is 30 times as many
_SHOWN = 1 << 20  # bytes of a stretch that was not looked at

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


def split(text: bytes, hurried: Callable[[], bool] = lambda: False) -> Iterator[Piece]:
    """The records of `{"Records": [...]}`, arrays, single records, JSON lines or joined documents, broken or not.

    text: UTF-8, or what is meant to be; strings are not checked for it. In the order in which they lie there.
    hurried: asked behind every record; once it says yes, only records that begin as CloudTrail writes them are looked
    for, and what lies between is one unreadable stretch each time.
    """
    array = array_of(text)
    # Not for containers inside of arrays, nor for two lists of records in one document: those take the long way.
    if array is not None and len(text) <= _AT_ONCE and text.find(b'"Records"', text.find(b"[")) < 0:
        try:
            yield from map(Piece, _RAWS.decode(array))
            return
        except (msgspec.DecodeError, RecursionError):
            pass
    yield from _scan(text, hurried)


def is_utf8(text: bytes) -> bool:
    """Whether the text is UTF-8: Arrow looks four times as fast as `decode`, which makes a text of it."""
    if text.isascii():
        return True
    ends = pa.array([0, len(text)], pa.int32()).buffers()[1]
    try:
        pa.StringArray.from_buffers(1, ends, pa.py_buffer(text)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def members(record: bytes) -> dict[str, bytes]:
    """A JSON object's members, values as their text; of a key that occurs twice, the last, as everywhere.

    Raises msgspec.DecodeError if it is no well-formed object, RecursionError if it is nested too deep.
    """
    blind = without_lone_surrogates(record)
    if blind is record:
        return {name: bytes(raw) for name, raw in _MEMBERS.decode(record).items()}
    _MEMBERS.decode(blind)
    return {_TEXT.decode(blind[a:b]): record[c:d] for a, b, c, d in walk(blind, 0)}


def elements_of(array: bytes) -> Iterator[bytes]:
    """The elements of a well-formed array, as a few lists of them: one list of all could take 30 times its text.

    A list can end at a comma, best at one between objects; whether it lies inside of an element, decoding tells.
    """
    at, size = _skip_space(array, 1), _AT_ONCE
    while array[at : at + 1] not in (b"]", b""):
        end = array.rfind(b"},", at, at + size) + 1 or array.rfind(b",", at, at + size)
        try:
            some = _RAWS.decode(b"[" + array[at:end] + b"]") if end > 0 else []
        except (msgspec.DecodeError, RecursionError):
            some = []
        if some:
            yield from map(bytes, some)
            size = _AT_ONCE
        elif size > 1:
            size //= 2
            continue
        else:
            try:
                end = _value_end(array, at)
            except RecursionError:  # Python's own frames count, too: what was read whole may be too deep for a part
                end = len(array)
            yield array[at : _trimmed(array, end)]
            size = _AT_ONCE
        at = _skip_space(array, end)
        at = _skip_space(array, at + (array[at : at + 1] == b","))


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


def _scan(text: bytes, hurried: Callable[[], bool]) -> Iterator[Piece]:
    """Value by value, going down into documents that are broken, and on after broken spots."""
    blind = without_lone_surrogates(text)
    closers: list[re.Pattern[bytes]] = []
    first_problem, stretches = "", 0
    at = _skip_space(blind, 0)
    while at < len(blind):
        if hurried():
            own, stretches = _OWN.search(blind, at), stretches + 1
            begin = own.start() if own else len(blind)
            if blind[at : min(begin, at + _SHOWN)].strip(_JOINTS):
                yield Piece(text[at : min(begin, at + _SHOWN)], "too many bad records before it: it was not looked at")
            at = begin
            if not own:
                break
        try:
            end = _value_end_or_broken(blind, at)
            if blind[at] not in b"{[":
                raise _Broken(_before(blind, at, end), "neither an object nor an array begins here")
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
                yield Piece(text[at:end], broken.why)
        else:
            try:
                for start, stop in _records(blind, at, end):
                    yield Piece(text[start:stop])
                    at = stop
                    if hurried():
                        end = stop
                        break
            except (
                RecursionError
            ):  # Python's own frames count, too: what was read whole may be too deep for a part of it
                yield Piece(text[at:end], _TOO_DEEP)
        at = _skip_space(blind, end)
    if first_problem and not stretches:
        # Every record is whole, yet the document is not: its end is missing, or a comma.
        yield Piece(b"", first_problem)


def _value_end_or_broken(text: bytes, at: int) -> int:
    try:
        return _value_end(text, at)
    except RecursionError:
        raise _Broken(at + 1, _TOO_DEEP) from None


def _records(text: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the records of the well-formed value from `at` to `end` lie: itself, or those of an array or containers."""
    if text[at] == ord("["):
        for start, stop in _elements(text, at):
            yield from _contained(text, start, stop)
    else:
        yield from _contained(text, at, end)


def _contained(text: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    """A record, or if it is a container those of its arrays."""
    contains = False
    if text[at] == ord("{") and text.find(b'"Records"', at, end) >= 0:
        for a, b, c, _ in walk(text, at):
            if text[a:b] == b'"Records"' and text[c] == ord("["):
                contains = True
                yield from _elements(text, c)
    if not contains:
        yield at, _trimmed(text, end)


def _elements(text: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Where the elements of the well-formed array at `at` lie. Raises RecursionError."""
    at = _skip_space(text, at + 1)
    while text[at] != ord("]"):
        end = _value_end(text, at)
        yield at, _trimmed(text, end)
        at = _skip_space(text, end + (text[end] == ord(",")))


def walk(text: bytes, at: int) -> Iterator[tuple[int, int, int, int]]:
    """Where the members of the well-formed object at `at` lie: start and end of key (with quotes) and of value.

    Raises RecursionError.
    """
    at = _skip_space(text, at + 1)
    while text[at] != ord("}"):
        key_end = _value_end(text, at)
        start = _skip_space(text, key_end + 1)
        end = _value_end(text, start)
        yield at, _trimmed(text, key_end), start, _trimmed(text, end)
        at = _skip_space(text, end + (text[end] == ord(",")))


def _value_end(text: bytes, at: int) -> int:
    """Where the value that begins at `at` ends, with the white space behind it. Raises _Broken, or RecursionError.

    msgspec has no "decode one value of many", but says where the characters trail that it did not expect.
    """
    try:
        _RAW.decode(memoryview(text)[at:])
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
