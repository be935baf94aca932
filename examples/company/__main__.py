"""`python -m examples.company OUT`: the sample company's raw logs and the truth about them, as files to look at."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from examples.company.company import Company


def main() -> None:
    """Write OUT/raw/<job>/<key> and OUT/truth/*.jsonl."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.company",
        description="Writes the raw logs of a company that does not exist to OUT/raw/<job>/<key>, as they lie in S3, "
        "and the truth about them to OUT/truth/*.jsonl. The same arguments write the same files.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder to write to")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another company")
    parser.add_argument("--days", type=int, default=2, help="how many days it works")
    parser.add_argument("--files", type=int, default=240, help="CloudTrail files, about")
    parser.add_argument("--events-per-file", type=int, default=40, help="events in each of them, about")
    parser.add_argument("--first-day", type=date.fromisoformat, default=date(2026, 3, 2), help="yyyy-mm-dd")
    parser.add_argument("--compresslevel", type=int, choices=range(10), default=6, help="gzip's; 1 is fast")
    options = vars(parser.parse_args())
    out: Path = options.pop("out")
    company, number, size = Company(**options, detail=True), 0, 0
    for raw in company.objects():
        path = out / "raw" / raw.job / raw.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw.data)
        number, size = number + 1, size + len(raw.data)
    company.truth().write(out / "truth")
    print(f"{number:,} objects, {size / 1e6:,.1f} MB, {len(company.truth().sessions):,} sessions: {out}")


if __name__ == "__main__":
    main()
