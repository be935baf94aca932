"""One process does a whole run: what an event costs, what it holds in memory, what it asks of S3.

python -m bench.peers.growth <raw> <out> filtered|everything
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.files import FileStore, NoCatalog, announce, empty
from cli import home
from jobs.mapping import PlainMap
from jobs.run import run


class Counting(FileStore):
    """Counts requests as S3 would bill them."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.requests: Counter[str] = Counter()

    def get(self, bucket: str, *rest: Any, **more: Any) -> bytes:
        """See lake.store.Store."""
        self.requests["GET raw" if bucket.startswith("loglake-raw") else "GET"] += 1
        return super().get(bucket, *rest, **more)

    def get_range(self, *rest: Any) -> bytes:
        """See lake.store.Store."""
        self.requests["GET"] += 1
        return super().get_range(*rest)

    def put(self, *rest: Any, **more: Any) -> None:
        """See lake.store.Store."""
        self.requests["PUT"] += 1
        super().put(*rest, **more)

    def create(self, *rest: Any) -> bool:
        """See lake.store.Store."""
        self.requests["PUT"] += 1
        return super().create(*rest)

    def list(self, bucket: str, prefix: str) -> Iterator[str]:
        """See lake.store.Store."""
        self.requests["LIST"] += 1
        return super().list(bucket, prefix)


def peak() -> int:
    """Bytes that this process has held at most. Of getrusage's figure Linux lets a child begin with its parent's."""
    status = Path("/proc/self/status")
    if found := re.search(r"VmHWM:\s*(\d+) kB", status.read_text() if status.exists() else ""):
        return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS counts bytes


def main() -> None:
    """Processor time, because a machine that does something else besides changes it least."""
    raw, out, keep = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3]
    store = Counting(out)
    access = empty(store, home.settings(keep), raw, "cloudtrail")
    files = sorted(path for path in raw.rglob("*") if path.is_file())
    announce(access, "cloudtrail", files, raw)
    store.requests.clear()
    glue: Any = NoCatalog()
    began = time.process_time()
    report = run(access, "cloudtrail", PlainMap(access), glue, glue, lambda: datetime.now(UTC), 4)
    said = {
        "seconds": time.process_time() - began,
        "failed": [one.why for one in report.failed],
        "records": report.counts["recordsin"],
        "files": len(files),
        "peak": peak(),
        "requests": dict(store.requests),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
