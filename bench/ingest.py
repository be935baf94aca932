"""CloudTrail files to published ORC, with the default filters and with everything kept.

python -m bench.ingest [--files 2000] [--keep filtered|everything]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench import data
from bench.report import show
from bench.sides import PLAIN_SPARK, ROOT, Measured, Part, Side, measure, ratio

CHDB = ROOT / ".venv-bench" / "bin" / "python"
OURS = "Log Lake, on Spark"
_HEADS = ("what", "seconds", "times ours", "rows", "MB written", "peak GB")


def filtered(files: int) -> Part:
    """The default filters: what it takes to read everything, count it, and keep a little."""
    raw = data.cloudtrail(files)
    found = _measured(
        raw,
        Side(OURS, "bench.peers.loglake", ("cloudtrail", "filtered")),
        Side("the floor: gunzip by ISA-L, 2 processes", "bench.peers.floor", ()),
        Side("chDB", "bench.peers.clickhouse", ("filtered",), python=CHDB),
        Side("DuckDB (writes Parquet)", "bench.peers.duck", ("filtered",), times=2),
        Side("plain Spark, schema given", "bench.peers.plain_spark", ("filtered",), times=2, spark=PLAIN_SPARK),
        Side("plain Spark, schema inferred", "bench.peers.plain_spark", ("inferred",), times=1, spark=PLAIN_SPARK),
    )
    ours = found[OURS]
    return Part(
        "Ingest, the default filters",
        f"{data.count(raw):,} files, {data.size(raw) / 1e6:.0f} MB packed, {ours.said['records']:,} records; "
        f"{ours.said['rows']:,} are kept and published as ORC by day, every other one is counted.",
        _HEADS,
        _rows(found),
        (
            f"Ours: {_steps(ours)}; the rest is planning and commits. It checks every byte's syntax and UTF-8, counts "
            "every record by what became of it, hashes each file, takes out secrets and merges copies (so it has "
            "fewer rows); the others write what the query finds.",
            "What bounds it: JSON must be read to be counted. On such files, measured apart, msgspec's scanner takes "
            "1.6 times as long as ISA-L takes to unpack them: the two alone are 2.6 times the floor.",
            "chDB answers the same query and says which record of its file a row is. It parses only those records in "
            "which an action's name stands anywhere; of the others it says nothing.",
        ),
        {"seconds": ours.median, "events": ours.said["records"], "packed": data.size(raw)},
    )


def everything(files: int) -> Part:
    """Filters off: all records, all columns, copies merged, each day sorted."""
    raw = data.cloudtrail(files)
    found = _measured(
        raw,
        Side(OURS, "bench.peers.loglake", ("cloudtrail", "everything")),
        Side("chDB", "bench.peers.clickhouse", ("everything",), python=CHDB),
        Side("plain Spark, schema given", "bench.peers.plain_spark", ("everything",), times=2, spark=PLAIN_SPARK),
    )
    ours, packed = found[OURS], data.size(raw)
    return Part(
        "Ingest, everything kept",
        f"The same files: all {ours.said['rows']:,} different records, in all columns, copies merged, sorted by time.",
        _HEADS,
        _rows(found),
        (
            f"Ours: {_steps(ours)}. Raw is {packed / 1e6:.0f} MB packed: readready is "
            f"{ratio(packed, ours.said['bytes'])} times smaller.",
            "What bounds the size: eventid and requestid are random UUIDs of 122 bits each, "
            f"{ours.said['rows'] * 2 * 122 / 8 / 1e6:.1f} MB that nothing packs smaller, a third more as text.",
            "Columns that only ours has: issued access keys, the plain user name, otherfields; and bloom filters.",
        ),
        {"seconds": ours.median, "events": ours.said["records"], "packed": packed},
    )


def _measured(raw: Path, *sides: Side) -> dict[str, Measured]:
    with tempfile.TemporaryDirectory() as work:
        return measure(sides, raw, Path(work))


def _rows(found: dict[str, Measured]) -> list[tuple[str, ...]]:
    ours = found[OURS].median
    return [
        (
            name,
            f"{one.median:.2f}",
            ratio(one.median, ours) if name != OURS else "1",
            f"{one.said['rows']:,}" if "rows" in one.said else "",
            f"{one.said['bytes'] / 1e6:.1f}" if "bytes" in one.said else "",
            f"{one.peak / 1e9:.2f}",
        )
        for name, one in found.items()
    ]


def _steps(ours: Measured) -> str:
    return ", ".join(f"{seconds:.1f} s {step}" for step, seconds in ours.said["steps"].items())


def main() -> None:
    """One of the two, as a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--keep", choices=("filtered", "everything"), default="filtered")
    options = parser.parse_args()
    show((filtered if options.keep == "filtered" else everything)(options.files))


if __name__ == "__main__":
    main()
