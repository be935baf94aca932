"""The highest day in an hour, in small: objects that keep coming, jobs every 15 minutes, an S3 that says SlowDown.

python -m bench.peak [--files 2000]
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import data
from bench.files import FileStore, NoCatalog, announce, empty
from bench.report import show
from bench.sides import Part
from cli import home
from infra.costs import USED, VCPUS
from jobs import orc
from jobs.access import Access
from jobs.mapping import PlainMap
from jobs.publish import newest
from jobs.run import run

HOUR = 4_000_000  # objects: ten times the seed's 400,000, its highest day, in one hour
QUARTER = 900.0  # seconds between runs of the job
DPUS = 10
REFUSED = 0.005  # of the GETs fail after all of the client's own retries
SLA = 90  # minutes
START = datetime(2024, 3, 3, tzinfo=UTC)
MOST_RUNS = 16


class Refusing(FileStore):
    """S3 at its rate: some GETs of raw objects fail, for the client has retried in vain."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.dice, self.refused = random.Random(1), 0

    def get(self, bucket: str, *rest: Any, **more: Any) -> bytes:
        """See lake.store.Store."""
        if bucket.startswith("loglake-raw") and self.dice.random() < REFUSED:
            self.refused += 1
            raise OSError("503 SlowDown: Please reduce your request rate.")
        return super().get(bucket, *rest, **more)


class Catalog(NoCatalog):
    """A catalog in which AddAPart has pointed every day at its newest generation."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def get_partition(self, **asked: Any) -> Any:
        """Glue's."""
        marker = newest(self._access, asked["TableName"], asked["PartitionValues"][0])
        return {"Partition": {"StorageDescriptor": {"Location": marker.location if marker else ""}}}


def peak(files: int) -> Part:
    """An hour of arrivals and the runs after it; one process works, its seconds are counted as a cluster's."""
    raw = data.cloudtrail(files)
    paths = sorted(path for path in raw.rglob("*") if path.is_file())
    times = HOUR / len(paths)
    arrived = {f"{path.relative_to(raw)}": 4 * QUARTER * at / len(paths) for at, path in enumerate(paths)}
    waits: dict[str, float] = {}
    runs, longest = 0, 0.0
    with tempfile.TemporaryDirectory() as temporary:
        store = Refusing(Path(temporary))
        access = empty(store, home.settings("filtered"), raw, "cloudtrail")
        glue: Any = Catalog(access)
        waiting = list(paths)
        while len(waits) < len(paths) and runs < MOST_RUNS:
            runs += 1
            now = START + timedelta(seconds=runs * QUARTER)
            due = [path for path in waiting if arrived[str(path.relative_to(raw))] < runs * QUARTER]
            waiting = waiting[len(due) :]
            if due:
                announce(access, "cloudtrail", due, raw)
            began = time.process_time()
            report = run(access, "cloudtrail", PlainMap(access), glue, glue, lambda: now, 8)  # noqa: B023 - called within the turn
            if report.failed:
                raise RuntimeError(report.failed[0].why)
            took = (time.process_time() - began) * times / (DPUS * VCPUS * USED)
            longest = max(longest, took)
            for one in _read(access, store.root):
                waits.setdefault(one, runs * QUARTER + took - arrived[one])
        refused = store.refused
    minutes = sorted(one / 60 for one in waits.values())
    cuts: Sequence[float] = statistics.quantiles(minutes, n=100)
    return Part(
        "The highest day in an hour",
        f"{HOUR:,} objects in an hour, ten times the seed's highest day, stand for {len(paths):,}; runs every 15 "
        f"minutes on {DPUS} DPU, each vCPU counted at {USED:.0%}; of the GETs, {REFUSED:.1%} fail for good.",
        ("what", "figure"),
        [
            ("objects that were read", f"{len(waits):,} of {len(paths):,}; {refused} GETs were refused"),
            ("arrival to readable, p50", f"{cuts[49]:.1f} minutes"),
            ("arrival to readable, p99", f"{cuts[98]:.1f} minutes; the SLA is {SLA}"),
            ("the longest", f"{minutes[-1]:.1f} minutes"),
            ("the longest run", f"{longest / 60:.1f} minutes, Spark's start not counted"),
        ],
        (
            "What was refused is taken again by the next run.",
            "By processor time measured here, times the scale, not run at full size. S3's own rate, 5,500 GETs a "
            "second and prefix, allows 4.9 million objects a quarter of an hour and prefix.",
        ),
    )


def _read(access: Access, root: Path) -> set[str]:
    """The keys of the objects that are in the ledgers as read."""
    found: set[str] = set()
    for folder in (root / access.settings.buckets.readready / "readready/lake_ledger").glob("*/*"):
        for file in folder.glob("*.orc"):
            rows = orc.columns("lake_ledger", file.read_bytes(), ["objectkey", "outcome"]).to_pylist()
            found |= {row["objectkey"] for row in rows if row["outcome"] == "ok"}
    return found


def main() -> None:
    """As a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    show(peak(parser.parse_args().files))


if __name__ == "__main__":
    main()
