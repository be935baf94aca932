"""Publishing alone: one day's landed files become one generation, by Log Lake on Spark.

python -m bench.peers.publishing <raw> <out> <files a batch> <folder>

What is landed is written to <folder> as ORC too, a file a batch, for who is measured against.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pyspark.sql import SparkSession

from bench.files import NoCatalog, lake
from cli import home
from jobs import land, orc
from jobs.access import Access
from jobs.mapping import without_pandas
from jobs.pieces import read_piece
from jobs.plan import plan, read_ledgers
from jobs.run import run
from jobs.spark_map import SparkMap
from lake.settings import parse

TABLE = "from_cloudtrail_readready"


def main() -> None:
    """Time what is left to a run when all batches are landed."""
    raw, out, files, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3], Path(sys.argv[4])
    without_pandas()
    text = home.settings("everything").text.replace("batch_files = 2000", f"batch_files = {files}")
    access, count = lake(out, parse(text), raw, "cloudtrail")
    spark = SparkSession.builder.appName("loglake").getOrCreate()
    slots = spark.sparkContext.defaultParallelism
    mapper, glue = SparkMap(spark.sparkContext, partial(Access, *access)), NoCatalog()
    (one,) = plan(access, "cloudtrail", datetime.now(UTC), lambda *_: False, count)
    batches = [land.Batch(one.job, one.number, at, one.planned, some) for at, some in enumerate(one.batches)]
    mapper("land", "", land.land, batches)
    ledgers = read_ledgers(access, one)
    if not folder.exists():
        folder.mkdir()
        for at, ledger in enumerate(ledgers):
            for number, piece in enumerate(piece for piece in ledger.pieces if piece.table == TABLE):
                (folder / f"{at:04}-{number}.orc").write_bytes(orc.write(TABLE, read_piece(access.store, piece)))
    began = time.monotonic()
    report = run(access, "cloudtrail", mapper, glue, glue, lambda: datetime.now(UTC), slots * 2)
    said = {
        "seconds": time.monotonic() - began,
        "failed": [failure.why for failure in report.failed],
        "landed": len(ledgers),
        "rows": report.rows,
        "rowsin": sum(piece.rows for ledger in ledgers for piece in ledger.pieces if piece.table == TABLE),
        "bytes": sum(path.stat().st_size for path in (out / "loglake-readready/readready" / TABLE).rglob("*.orc")),
    }
    print(json.dumps(said))
    spark.stop()


if __name__ == "__main__":
    main()
