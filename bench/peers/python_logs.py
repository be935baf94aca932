"""Plain Python on Firehose's objects: unpack, split into documents, json, filter; standard library.

python -m bench.peers.python_logs <raw> <out> <processes>
"""

from __future__ import annotations

import json
import sys
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

GROUP = "/aws/ssm/sessionlogs"
_WINDOW = 1 << 15


def gunzip(data: bytes) -> bytes:
    """All members. (gzip.decompress would copy the rest of the object for each.)"""
    found, view, at = [], memoryview(data), 0
    while at < len(data):
        member = zlib.decompressobj(31)
        while not member.eof and at < len(data):
            window = view[at : at + _WINDOW]
            found.append(member.decompress(window))
            at += len(window) - len(member.unused_data)
    return b"".join(found)


def count(files: list[Path]) -> tuple[int, int]:
    """Log events in the files, and those that are kept. These are counted, not written."""
    decoder, seen, kept = json.JSONDecoder(), 0, 0
    for file in files:
        text = gunzip(file.read_bytes()).decode()
        at = 0
        while at < len(text):
            document, at = decoder.raw_decode(text, at)
            seen += len(document["logEvents"])
            if document["logGroup"] == GROUP:
                kept += sum(1 for one in document["logEvents"] if json.loads(one["message"])["sessionData"])
    return seen, kept


def main() -> None:
    """Time it, the processes there already."""
    processes = int(sys.argv[3])
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(count, [[] for _ in range(processes)]))
        began = time.monotonic()
        files = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.is_file())
        found = list(pool.map(count, [files[at::8] for at in range(8)]))
        seconds = time.monotonic() - began
    seen, kept = (sum(each) for each in zip(*found, strict=True))
    print(json.dumps({"seconds": seconds, "records": seen, "rows": kept}))


if __name__ == "__main__":
    main()
