"""Where one JSON document ends and the next begins, in the text of a Firehose object.

Firehose joins what it is given with nothing between, so an object is documents joined by nothing, blanks, line ends
or, in people's own exports, the commas of an array; between them may lie lines of plain text and broken documents.
Text inside a document may hold anything, `}{` too: only a parser knows its end. msgspec's, which reads some GB a
second, tells: its error for a document with something behind it has the position of that something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import NamedTuple

import msgspec

BOM = b"\xef\xbb\xbf"  # a byte order mark
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Kind(Enum):
    """What a piece of text is."""

    OBJECT = "a JSON object"
    TEXT = "a line of plain text"
    BROKEN = "the beginning of a JSON object, up to the next plausible one"
    UNSEEN = "the beginning of what was not looked at, up to the next document"


class Piece(NamedTuple):
    """A stretch of the text, and where it ends there. An object's `data` is mended (see `mend`) to be read."""

    kind: Kind
    data: bytes
    end: int


class _Anything(msgspec.Struct, gc=False):
    """A JSON object of which nothing is wanted."""


_skip = msgspec.json.Decoder(_Anything).decode
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
# What may lie between documents: blanks, byte order marks, and the brackets and commas of an array of documents.
_BETWEEN = re.compile(rb'(?:[ \t\r\n,]+|\xef\xbb\xbf|\[(?=\s*\{\s*")|\](?=\s*(?:[\[{\],]|\Z)))*')
# Where reading can begin again: a known first key, or a brace at a line's begin. Inside a JSON string its quote would
# be escaped, so no sound document holds one of these but at its own begin.
_BEGIN = re.compile(rb'\{\s*"(?:messageType|owner|eventVersion)"\s*:|(?<=\n)\{\s*"')
_KNOWN = re.compile(_BEGIN.pattern.partition(b"|(?<=")[0])  # the first of the two alone
_SHOWN = 1 << 20  # bytes of what was not looked at
_JSON_LIKE = re.compile(rb'\{\s*(?:"|\Z)')
_LOG_EVENTS = re.compile(rb'(?<!\\)"logEvents"\s*:\s*\[')
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|.)", re.S
)


def split(text: bytes, hurried: Callable[[], bool] = lambda: False) -> Iterator[Piece]:
    """All of the text but blanks between documents, piece by piece, in order. Never raises.

    hurried: asked before every piece; once it says yes, only objects that begin with a known first key are looked for,
    and what lies between is one UNSEEN piece each time.
    """
    sound, mended = text, False
    at = _after(_BETWEEN, text, 0)
    while at < len(text):
        if hurried() and not _KNOWN.match(text, at):
            known = _KNOWN.search(text, at)
            begin = known.start() if known else len(text)
            yield Piece(Kind.UNSEEN, text[at : min(begin, at + _SHOWN)], begin)
            at = begin
            continue
        end = object_end(sound, at) if text[at] == 0x7B else None
        if end is None and not mended:
            sound, mended = mend(text), True
            continue
        if end is not None:
            yield Piece(Kind.OBJECT, sound[at:end], end)
        elif _JSON_LIKE.match(text, at):
            next_one = _BEGIN.search(text, at + 1)
            end = next_one.start() if next_one else len(text)
            yield Piece(Kind.BROKEN, text[at:end], end)
        else:
            end = _line_end(text, at)
            yield Piece(Kind.TEXT, text[at:end].rstrip(b"\r"), end)
        at = _after(_BETWEEN, text, end)


def object_end(text: bytes, at: int) -> int | None:
    """Where the JSON object that begins at `at` ends (blanks behind it included), or None if none begins there."""
    try:
        _skip(memoryview(text)[at:])
    except UNREADABLE as error:
        trailing = _TRAILING.search(str(error))
        # The byte that msgspec names is counted from 1.
        return at + int(trailing[1]) - 1 if trailing else None
    return len(text)


def salvage(cut: bytes) -> tuple[bytes, bytes]:
    """What a CloudWatch Logs document that was cut off still says: (a document of its whole log events, the rest).

    The document is b"" if not even the envelope before the log events is there.
    """
    events = _LOG_EVENTS.search(cut)
    if events is None:
        return b"", cut
    sound, end = mend(cut), events.end()
    at = _after(_BETWEEN, cut, end)
    while at < len(cut) and (event := object_end(sound, at)) is not None:
        end = event
        while cut[end - 1] in b" \t\r\n":
            end -= 1
        at = _after(_BETWEEN, cut, event)
    document = sound[:end] + b"]}"
    return (document, cut[end:]) if object_end(document, 0) == len(document) else (b"", cut)


def mend(text: bytes) -> bytes:
    r"""The JSON text with each escaped lone surrogate (half a character, which UTF-8 cannot hold) as \ufffd.

    Length and positions stay.
    """
    return _ESCAPE.sub(_mended, text) if b"\\ud" in text or b"\\uD" in text else text


def _mended(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if len(escape[0]) == 6 else escape[0]


def _after(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _line_end(text: bytes, at: int) -> int:
    newline = text.find(b"\n", at)
    newline = len(text) if newline < 0 else newline
    begin = _BEGIN.search(text, at + 1, newline)
    return begin.start() if begin else newline
