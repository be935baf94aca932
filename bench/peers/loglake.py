"""Log Lake's own job on Spark, over files: plan, land, publish, the books, as it runs on Glue but for S3.

python -m bench.peers.loglake <raw> <out> <job> filtered|everything
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from bench.files import FileStore, NoCatalog, announce, empty
from cli import home
from jobs import land, orc
from jobs.access import Access
from jobs.mapping import Map, without_pandas
from jobs.run import run
from jobs.spark_map import SparkMap, settle_in


class Timed:
    """The job's own Map. steps: seconds of each."""

    def __init__(self, mapper: Map) -> None:
        self._mapper = mapper
        self.steps: dict[str, float] = {}

    def __call__(self, step: str, unit: str, function: Callable[[Any, Access], Any], tasks: Sequence[Any]) -> list[Any]:
        """See jobs.mapping.Map."""
        began = time.monotonic()
        results = self._mapper(step, unit, function, tasks)
        self.steps[step] = round(self.steps.get(step, 0.0) + time.monotonic() - began, 2)
        return results


def _warm(_: int) -> tuple[str, str]:
    """A worker that has done a task before."""
    settle_in()
    return land.__name__, orc.__name__


def main() -> None:
    """Time it, Spark's session and its workers up already."""
    raw, out, job, keep = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3], sys.argv[4]
    without_pandas()
    access = empty(FileStore(out), home.settings(keep), raw, job)
    spark = SparkSession.builder.appName("loglake").getOrCreate()
    slots = spark.sparkContext.defaultParallelism
    spark.sparkContext.parallelize(range(slots), slots).map(_warm).collect()
    mapper, glue = Timed(SparkMap(spark.sparkContext, partial(Access, *access))), NoCatalog()
    began = time.monotonic()
    announce(access, job, sorted(path for path in raw.rglob("*") if path.is_file()), raw)
    report = run(access, job, mapper, glue, glue, lambda: datetime.now(UTC), slots * 2)
    seconds = time.monotonic() - began
    files = (out / access.settings.buckets.readready / "readready" / f"from_{job}_readready").rglob("*.orc")
    said = {
        "seconds": seconds,
        "steps": mapper.steps,
        "failed": [one.why for one in report.failed],
        "records": report.counts["recordsin"],
        "rows": report.rows,
        "bytes": sum(one.stat().st_size for one in files),
    }
    print(json.dumps(said))
    spark.stop()


if __name__ == "__main__":
    main()
