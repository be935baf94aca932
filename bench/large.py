"""What takes an hour and a half: growth up to 20 M events, a twentieth of the seed's day, a month's questions.

Writes docs/benchmarks-large.md.

    python -m bench.large [PART ...]

Twenty million events of the sample company are made once, 40,000 files of 2.4 GB, and kept under .loglake/bench; so is
what was measured.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from bench import data, growth, questions, report
from bench.seed import SEED
from bench.sides import Part, Side, measure
from infra.costs import USED

FILES = (1_000, 4_000, 16_000, 40_000)
SHARE = 20
MONTH = 2_000  # files of the questions' company
OPENING = """\
# Large benchmarks

`python -m bench.large` measures this and writes this page; it takes an hour and a half. What is compared with others,
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
                f"the whole day at this rate, 2 DPU, each vCPU counted at {USED:.0%}",
                f"{found.median * SEED.events / found.said['records'] / (4 * USED) / 60:.1f} minutes",
            ),
        ],
    )


PARTS: dict[str, Callable[[], Part]] = {
    "growth": lambda: growth.growth(FILES, FILES),
    "twentieth": lambda: twentieth(SEED.files // SHARE),
    "month": lambda: questions.auditors(MONTH, days=30, times=2),
}


def main() -> None:
    """Measure what is asked for, show it, and write the page of that and of what was measured before."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    for name in parser.parse_args().parts:
        part = PARTS[name]()
        report.show(part)
        _kept(name).write_text(json.dumps(asdict(part)))
    measured = [Part(**json.loads(_kept(name).read_text())) for name in PARTS if _kept(name).exists()]
    PAGE.write_text(report.page(OPENING, measured))


def _kept(name: str) -> Path:
    return data.FOLDER / f"large-{name}.json"


if __name__ == "__main__":
    main()
