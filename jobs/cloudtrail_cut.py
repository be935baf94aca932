"""A few records out of a long array, without reading the others: by where the values of their first members lie.

A msgspec.Raw is a view of the text that it was decoded from, so its address tells its position. What stands before a
record's eventVersion tells whether that is its first member, and so where the record begins; where the next one begins,
it has ended. Nothing is searched for, so nothing that a record holds can be mistaken for another one.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pyarrow as pa

from jobs.cloudtrail_records import NULL

_BEGIN = b'{"eventVersion":'  # the member that CloudTrail writes first
_SPACE = b" \t\r\n"


def cut(array: bytes | memoryview, versions: Sequence[msgspec.Raw], wanted: Sequence[int]) -> list[bytes] | None:
    """Some records of a well-formed JSON array of objects, each as its bytes. versions: each record's eventVersion, as
    decoded from this very `array`, NULL where it has none. wanted: which ones.

    None if eventVersion is not the first member of each of them and of those behind them: they must be found otherwise.
    """
    start = pa.py_buffer(array).address
    found: list[bytes] = []
    for number in wanted:
        begin = _begin(array, start, versions[number])
        last = number + 1 == len(versions)
        end = len(array) if last else _begin(array, start, versions[number + 1])
        if begin is None or end is None:
            return None
        record = bytes(array[begin:end]).rstrip(_SPACE)
        found.append(record.removesuffix(b"]" if last else b",").rstrip(_SPACE))
    return found


def _begin(array: bytes | memoryview, start: int, version: msgspec.Raw) -> int | None:
    """Where the record of this eventVersion begins, if that is its first member, written as CloudTrail does."""
    if version is NULL:
        return None
    value = pa.py_buffer(version).address - start
    begin = value - len(_BEGIN)
    return begin if bytes(array[max(begin, 0) : value]) == _BEGIN else None
