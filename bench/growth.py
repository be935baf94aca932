"""The same run on more and more: does an event cost the same, is memory bounded, does S3 hear what it should.

python -m bench.growth [--files 500 1000 2000]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import data
from bench.report import show
from bench.sides import Part, Side, measure

NOTE = (
    "Memory: a few copies of the slice of a day that is being published, which slice_rows and task_bytes in lake.toml "
    "bound; what a task held is returned before the next, where it is much. Filtered, memory grows until a day fills a "
    "slice."
)


def growth(filtered: Sequence[int], everything: Sequence[int]) -> Part:
    """One process, filters on and off, on so many files each."""
    whole = data.cloudtrail(max(*filtered, *everything))
    rows = []
    for keep, sizes in (("filtered", filtered), ("everything", everything)):
        for files in sizes:
            with tempfile.TemporaryDirectory() as temporary:
                work = Path(temporary)
                raw = some(whole, files, work / "raw")
                side = Side(f"{keep}, {files:,} files", "bench.peers.growth", (keep,), times=1)
                said = measure([side], raw, work)[side.name].said
            requests = said["requests"]
            rows.append(
                (
                    keep,
                    f"{said['records']:,}",
                    f"{said['seconds'] / said['records'] * 1e6:.2f}",
                    f"{said['peak'] / 1e9:.2f}",
                    f"{said['files']:,}",
                    f"{requests['GET raw']:,}",
                    f"{requests['GET']:,}",
                    f"{requests['LIST']:,}",
                    f"{requests['PUT']:,}",
                )
            )
    return Part(
        "Growth",
        "One process does everything that a cluster shares. Microseconds of processor time an event; requests as S3 "
        "would bill them.",
        ("keep", "events", "µs an event", "peak GB", "objects", "GETs of raw", "other GETs", "LISTs", "PUTs"),
        rows,
        (NOTE,),
    )


def some(whole: Path, files: int, folder: Path) -> Path:
    """Files spread evenly over the whole."""
    paths = sorted(path for path in whole.rglob("*") if path.is_file())
    for path in paths[:: max(1, len(paths) // files)][:files]:
        target = folder / path.relative_to(whole)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, target)
    return folder


def main() -> None:
    """As a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="+", default=[500, 1000, 2000])
    sizes = parser.parse_args().files
    show(growth(sizes, sizes))


if __name__ == "__main__":
    main()
