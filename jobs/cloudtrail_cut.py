"""A few records out of a long text, without looking at the others: by their ids, and where CloudTrail begins a record.

What is found so is only believed if it proves itself: nothing nested in a record looks like one, up to where the next
record begins it is one JSON object, and it has the id that was looked for, which no other record of the text has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from jobs.documents import object_end

_BEGIN = b'{"eventVersion":'  # the member that CloudTrail writes first
_VERSION = b'"eventVersion"'  # as often as there are records: so none holds an object that looks like another
_BETWEEN = b" \t\r\n,"
_END = re.compile(rb"[ \t\r\n]*\][ \t\r\n]*\}?[ \t\r\n]*")  # behind the last record


class _Record(msgspec.Struct, gc=False):
    eventID: str


_record = msgspec.json.Decoder(_Record).decode


def cut(text: bytes, ids: Sequence[str | None], wanted: Sequence[int]) -> list[bytes] | None:
    """Some of the text's records, each as its bytes. ids: of all of them, in order, None where
    one has no id or no eventVersion. wanted: which ones, ascending.

    None if they cannot be told apart so: ids are missing or stand there twice, or a record is not as CloudTrail writes
    it.
    """
    if None in ids or len(set(ids)) < len(ids) or text.count(_VERSION) != len(ids):
        return None
    found: list[bytes] = []
    at = 0
    for one in (ids[number] for number in wanted):
        mark = text.find(b'"eventID":"%b"' % one.encode(), at) if one else -1
        begin = text.rfind(_BEGIN, at, mark) if mark >= 0 else -1
        if begin < 0:
            return None
        at = text.find(_BEGIN, mark)
        record = text[begin:at].rstrip(_BETWEEN) if at >= 0 else _last(text, begin)
        try:
            if _record(record).eventID != one:
                return None
        except (msgspec.DecodeError, RecursionError):
            return None
        at = at if at >= 0 else len(text)
        found.append(record)
    return found


def _last(text: bytes, begin: int) -> bytes:
    """The record that begins there, if it is the text's last; else nothing."""
    end = object_end(text, begin)
    return text[begin:end] if end and _END.fullmatch(text, end) else b""
