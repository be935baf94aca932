"""What the tests of the protocol under fire share."""

from __future__ import annotations

import itertools
from functools import lru_cache

import pyarrow as pa
import pyarrow.ipc
import pytest

from jobs import orc, pieces
from lake import keys


@pytest.fixture
def under_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unique names are numbered, so that what a seed found it finds again.

    Equal ORC files are written and read once, and landed rows are not compressed, which takes a thread's hand-over: of
    a thousand small lakes, each a step away from the next, that is most of the time.
    """
    numbers = itertools.count()
    monkeypatch.setattr(keys, "unique", lambda: f"{next(numbers):032x}")
    written: dict[tuple[str, bytes], bytes] = {}
    original = orc.write

    def write(table: str, rows: pa.Table) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as stream:
            stream.write_table(rows)
        key = (table, sink.getvalue().to_pybytes())
        if key not in written:
            written[key] = original(table, rows)
        return written[key]

    monkeypatch.setattr(pieces, "_OPTIONS", pa.ipc.IpcWriteOptions())
    monkeypatch.setattr(orc, "write", write)
    monkeypatch.setattr(orc, "read", lru_cache(maxsize=10_000)(orc.read))
