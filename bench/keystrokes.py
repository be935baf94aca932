"""Firehose's objects to published ORC: many log groups, of which one is kept.

python -m bench.keystrokes [--logevents 1000000]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench import data
from bench.report import show
from bench.sides import PLAIN_SPARK, Part, Side, measure, ratio

OURS = "Log Lake, on Spark"


def keystrokes(logevents: int) -> Part:
    """One log event in a hundred is a session's."""
    raw = data.firehose(logevents)
    with tempfile.TemporaryDirectory() as work:
        found = measure(
            [
                Side(OURS, "bench.peers.loglake", ("cloudwatch", "filtered")),
                Side("gunzip alone by Python's zlib", "bench.peers.zlib_floor", ()),
                Side("plain Python, one process, nothing written", "bench.peers.python_logs", ("1",), times=2),
                Side("plain Python, two processes, nothing written", "bench.peers.python_logs", ("2",), times=2),
                Side("plain Spark", "bench.peers.spark_logs", (), times=2, spark=PLAIN_SPARK),
            ],
            raw,
            Path(work),
        )
    ours = found[OURS]
    return Part(
        "Keystrokes",
        f"{data.count(raw)} Firehose objects of joined gzip members, {data.size(raw) / 1e6:.0f} MB packed, "
        f"{ours.said['records']:,} log events of 20 log groups; {ours.said['rows']:,} are of sessions.",
        ("what", "seconds", "times ours", "peak GB"),
        [
            (
                name,
                f"{one.median:.2f}",
                ratio(one.median, ours.median) if name != OURS else "1",
                f"{one.peak / 1e9:.2f}",
            )
            for name, one in found.items()
        ],
        ("What bounds it: every byte is unpacked, and every document's syntax is read to know where it ends.",),
    )


def main() -> None:
    """As a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logevents", type=int, default=1_000_000)
    show(keystrokes(parser.parse_args().logevents))


if __name__ == "__main__":
    main()
