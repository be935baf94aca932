"""The floor: the bytes are unpacked and nothing else, by ISA-L in two processes.

python -m bench.peers.floor <raw> <out> <keep>
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from isal import isal_zlib

PROCESSES = 2


def unpack(files: list[Path]) -> int:
    """Bytes of text in the files."""
    size = 0
    for file in files:
        data = file.read_bytes()
        # The last four bytes of a member are its size: the buffer is right at once.
        size += len(isal_zlib.decompress(data, 31, int.from_bytes(data[-4:], "little")))
    return size


def main() -> None:
    """Time it, the processes there already."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        list(pool.map(unpack, [[], []]))
        began = time.monotonic()
        files = sorted(Path(sys.argv[1]).rglob("*.json.gz"))
        size = sum(pool.map(unpack, [files[at::8] for at in range(8)]))
        print(json.dumps({"seconds": time.monotonic() - began, "text": size}))


if __name__ == "__main__":
    main()
