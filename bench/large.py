"""What takes more than an hour: growth up to 20 M events, a twentieth of the seed's day, questions over a month.

Writes docs/benchmarks-large.md.

    python -m bench.large

Twenty million events of the sample company are made once, 40,000 files of 2.4 GB, and kept under .loglake/bench.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import data, growth, questions, report
from bench.seed import SEED
from bench.sides import Part, Side, measure

FILES = (1_000, 4_000, 16_000, 40_000)
SHARE = 20
MONTH = 2_000  # files of the questions' company
OPENING = """\
# Large benchmarks

`python -m bench.large` measures this and writes this page; it takes more than an hour. What is compared with others,
and how everything is measured: [benchmarks](benchmarks.md).

"""
PAGE = report.PAGE.with_name("benchmarks-large.md")


def twentieth(files: int) -> Part:
    """The job on Spark over this many files, filtered, of the largest set."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        raw = growth.some(data.cloudtrail(FILES[-1]), files, work / "raw")
        side = Side("Log Lake, on Spark", "bench.peers.loglake", ("cloudtrail", "filtered"), times=1)
        found = measure([side], raw, work)[side.name]
        packed = data.size(raw)
    return Part(
        "A twentieth of the seed's day",
        f"{found.said['records']:,} events in {files:,} files, {packed / 1e6:,.0f} MB packed, the default filters; the "
        f"seed's day has {SEED.events:,} in {SEED.files:,}.",
        ("what", "figure"),
        [
            ("seconds on 2 cores, Spark's start excluded", f"{found.median:.1f}"),
            ("events a second and core", f"{found.said['records'] / found.median / 2:,.0f}"),
            ("rows published", f"{found.said['rows']:,}"),
            ("peak memory, all processes", f"{found.peak / 1e9:.2f} GB"),
            (
                "the whole day at this rate, 8 cores (2 DPU)",
                f"{found.median * SEED.events / found.said['records'] / 4 / 60:.1f} minutes",
            ),
        ],
    )


def main() -> None:
    """Measure, show, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="+", default=FILES, help="sizes of growth")
    sizes = parser.parse_args().files
    to_measure: list[Callable[[], Part]] = [
        lambda: growth.growth(sizes),
        lambda: twentieth(SEED.files // SHARE),
        lambda: questions.auditors(MONTH, days=30, times=2),
    ]
    parts = []
    for part in to_measure:
        parts.append(part())
        report.show(parts[-1])
    PAGE.write_text(report.page(OPENING, parts))


if __name__ == "__main__":
    main()
