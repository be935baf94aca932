"""Everything that is measured, in one run; writes docs/benchmarks.md.

    make bench [SIZE=1]

SIZE: 1 is half a million events and takes about 15 minutes on two idle cores, the first time some more for making
them; 4 takes about four times as long. Single parts, on the terminal: python -m bench.ingest, keystrokes,
announcements, publishing, questions, growth, seed, peak; and large, which takes an hour and a half.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from bench import announcements, growth, ingest, keystrokes, peak, publishing, questions, report, seed
from bench.sides import Part

FILES = 1000  # of SIZE 1, of 500 events each


def main() -> None:
    """Measure, show, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=1, help="of half a million events; 1")
    size = parser.parse_args().size
    files = int(FILES * size)
    sizes = [files // 4, files // 2, files]
    parts: list[Part] = []
    to_measure: list[Callable[[], Part]] = [
        lambda: ingest.filtered(files),
        lambda: ingest.everything(files),
        lambda: keystrokes.keystrokes(int(1_000_000 * size)),
        lambda: announcements.announcements(int(400_000 * size)),
        lambda: publishing.publishing(files),
        lambda: questions.auditors(files // 5, times=2),
        lambda: growth.growth(sizes, sizes),
        lambda: seed.seed(parts[0], parts[1]),
        lambda: peak.peak(files),
    ]
    for part in to_measure:
        began = time.monotonic()
        parts.append(part())
        report.show(parts[-1])
        print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr)
    report.PAGE.write_text(report.page(report.OPENING, parts, f"{size:g}"))
    print(f"written: {report.PAGE}", file=sys.stderr)


if __name__ == "__main__":
    main()
