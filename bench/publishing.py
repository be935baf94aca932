"""Publishing a day: many landed files to one generation; and what a day of publishing every 15 minutes writes.

python -m bench.publishing [--files 2000]
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from bench import data
from bench.files import FileStore, NoCatalog, announce, empty
from bench.report import show
from bench.sides import PLAIN_SPARK, Part, Side, measure, ratio, say
from cli import home
from jobs.mapping import PlainMap
from jobs.run import run
from lake.settings import parse

OURS = "Log Lake, on Spark"
LANDED = 500
ROUNDS = 96  # publishes of a day
SCALE = 5  # the day of ROUNDS has a fifth of the rows, and so have its slices


def publishing(files: int) -> Part:
    """Some hundred landed files, one record in ten a duplicate."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        raw = _with_duplicates(data.cloudtrail(files), work / "raw")
        arguments = (str(max(1, -(-data.count(raw) // LANDED))), str(work / "landed"))
        found = measure(
            [
                Side(OURS, "bench.peers.publishing", arguments, times=2),
                Side(
                    "plain Spark: dropDuplicates, sort, write",
                    "bench.peers.spark_publishing",
                    arguments,
                    times=2,
                    spark=PLAIN_SPARK,
                ),
            ],
            raw,
            work,
        )
    ours = found[OURS].said
    day = a_day(files // SCALE)
    return Part(
        "Publishing a day",
        f"{ours['landed']} landed files with {ours['rowsin']:,} rows, {ours['rowsin'] - ours['rows']:,} of them "
        "duplicates: one generation, sorted.",
        ("what", "seconds", "times ours", "peak GB"),
        [
            (name, f"{one.median:.1f}", ratio(one.median, found[OURS].median), f"{one.peak / 1e9:.2f}")
            for name, one in found.items()
        ],
        (
            "Ours also writes bloom filters and the books, and quarantines copies that differ.",
            f"A day of {ROUNDS} publishes, one every 15 minutes, {day['rows']:,} rows in slices of {day['slice']:,}: "
            f"in the end {day['shown'] / 1e6:.1f} MB are shown; {day['put'] / 1e6:.1f} MB were written on the way "
            f"({ratio(day['put'], day['shown'])} times as much), and {day['copied'] / 1e6:.1f} MB copied inside S3 "
            f"({day['copies']:,} copies). A slice is the most that one publish rewrites of what did not change, so the "
            "ratio depends on the slice's size, not on the day's.",
        ),
    )


class Weighing(FileStore):
    """Counts the bytes of generations that are written, and those that are copied."""

    put_bytes = copied_bytes = copies = 0

    def put(self, bucket: str, key: str, data: bytes | IO[bytes], metadata: Any = None) -> None:
        """See lake.store.Store."""
        super().put(bucket, key, data, metadata)
        if key.startswith("readready/from_"):
            self.put_bytes += (self.root / bucket / key).stat().st_size

    def copy(self, bucket: str, source: str, target: str) -> None:
        """See lake.store.Store."""
        super().copy(bucket, source, target)
        self.copied_bytes += (self.root / bucket / target).stat().st_size
        self.copies += 1


def a_day(files: int) -> dict[str, int]:
    """What 96 publishes of one day write, its files arriving in the order of their times."""
    raw = data.cloudtrail(files)
    rows = 200_000 // SCALE
    settings = parse(home.settings("everything").text.replace("slice_rows = 200_000", f"slice_rows = {rows}"))
    with tempfile.TemporaryDirectory() as temporary:
        store = Weighing(Path(temporary))
        access = empty(store, settings, raw, "cloudtrail")
        waiting = sorted((path for path in raw.rglob("*.gz")), key=lambda path: path.name.split("_")[3])
        share = -(-len(waiting) // ROUNDS)
        glue: Any = NoCatalog()
        shown = 0
        for number, at in enumerate(range(0, len(waiting), share)):
            announce(access, "cloudtrail", waiting[at : at + share], raw)
            report = run(access, "cloudtrail", PlainMap(access), glue, glue, lambda: datetime.now(UTC), 1)
            if report.failed:
                raise RuntimeError(report.failed[0].why)
            shown += report.rows
            if number % 16 == 0:
                say(f"publish {number + 1} of {ROUNDS} ...")
        newest = sorted((Path(temporary) / "loglake-readready/readready/from_cloudtrail_readready").glob("*/*"))
        last = {folder.parent: folder for folder in newest}
        size = sum(file.stat().st_size for folder in last.values() for file in folder.iterdir())
    return {
        "rows": shown, "slice": rows, "shown": size,
        "put": store.put_bytes, "copied": store.copied_bytes, "copies": store.copies,
    }  # fmt: skip


def _with_duplicates(raw: Path, folder: Path) -> Path:
    """The files, and every twentieth once more: with the company's own, one record in ten stands there twice."""
    shutil.copytree(raw, folder, copy_function=os.link)
    for path in sorted(folder.rglob("*.gz"))[::20]:
        os.link(path, path.with_name(path.name.replace(".json.gz", "-again.json.gz")))
    return folder


def main() -> None:
    """As a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    show(publishing(parser.parse_args().files))


if __name__ == "__main__":
    main()
