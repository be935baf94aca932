"""Unpacking alone, as plain Python does it: one process, the standard library.

python -m bench.peers.zlib_floor <raw>
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.peers.python_logs import gunzip


def main() -> None:
    """Time it."""
    began = time.monotonic()
    size = sum(len(gunzip(path.read_bytes())) for path in sorted(Path(sys.argv[1]).rglob("*")) if path.is_file())
    print(json.dumps({"seconds": time.monotonic() - began, "text": size}))


if __name__ == "__main__":
    main()
