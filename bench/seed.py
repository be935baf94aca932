"""The seed's workload by the unit costs measured here, and what it costs beside what AWS sells for the same.

python -m bench.seed [--files 2000]
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from bench import ingest
from bench.report import show
from bench.sides import Part, ratio
from infra import prices
from infra.costs import EVERY, JSON_BYTES, USED, VCPUS, Day, components, storage, total

SEED = Day("the seed's", events=199_000_000, files=400_000, partitions=150 * 3)
DPUS = 2
CORES = 2  # of the machine that measures
MONTHS = 12
TAILPIPE = 50_000  # rows a second, as its makers say of a laptop
GLUE_LOGS = 10e9 / (18 * 60) / 10  # bytes a second and DPU: athena-glue-service-logs' README, 10 GB in 18 min on 10 DPU


def seed(filtered: Part, everything: Part) -> Part:
    """filtered, everything: the parts that were measured in this run."""
    both = [part.figures for part in (filtered, everything)]
    rates = [one["events"] / one["seconds"] / CORES for one in both]
    packed = [one["packed"] / one["seconds"] / CORES * VCPUS * USED for one in both]
    theirs = SEED.events * JSON_BYTES / 1e9 * prices.CLOUDTRAIL_LAKE_GB.usd
    return Part(
        "The seed's workload",
        f"{SEED.events:,} events in {SEED.files:,} files: by what was measured above, not run.",
        ("what", "the default filters", "everything kept"),
        [
            (
                f"time on {DPUS} DPU, each vCPU counted at {USED:.0%}, Spark's start excluded",
                *(f"{SEED.events / one / (DPUS * VCPUS * USED) / 60:.1f} minutes" for one in rates),
            ),
            ("events a second and core", *(f"{one:,.0f}" for one in rates)),
            (
                f"2 cores beside Tailpipe's {TAILPIPE:,} rows a second (which keeps every row)",
                *(f"{ratio(one * CORES, TAILPIPE)} times" for one in rates),
            ),
            (
                "packed MB a second and DPU, beside athena-glue-service-logs' 0.9 (which keeps every row)",
                *(f"{one / 1e6:.1f}, {ratio(one, GLUE_LOGS)} times" for one in packed),
            ),
            ("CloudTrail Lake: the same events taken in and kept a year", *[f"${theirs:,.2f}"] * 2),
            *(_in_aws(every, theirs) for every in (EVERY, 60)),
        ],
        (
            f"CloudTrail Lake's price as of {prices.DATED}, for customers of before 2026-06 (docs/deploy.md says where "
            f"it is from), at {JSON_BYTES} bytes an event. Glue's cores and S3's latency were not measured. S3 Bucket "
            "Keys on, without which each object costs a request to KMS more.",
            "What bounds the ratio: CloudTrail's own PUTs of the files, without which no tool reads them, are "
            f"{_usd(SEED.files * prices.S3_PUT.usd)} alone, and keeping them a year {_usd(_year(SEED))}; most of the "
            "rest is that Glue starts so often.",
        ),
    )


def _year(day: Day) -> float:
    """US dollars that a day's files and tables cost in a year."""
    return total(storage(day)) * MONTHS


def _in_aws(every: int, theirs: float) -> tuple[str, ...]:
    cells = []
    for keep in ("filtered", "everything"):
        day = replace(SEED, every=every, keep=keep)
        ours = total(components(day)) + _year(day)
        cells.append(f"{_usd(ours)}, {ratio(theirs, ours)} times less")
    return f"here, all components (infra/costs.py), raw and tables kept a year, a run every {every} minutes", *cells


def _usd(value: float) -> str:
    return f"${value:,.2f}"


def main() -> None:
    """As a table; measures the parts it is made of."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    files = parser.parse_args().files
    show(seed(ingest.filtered(files), ingest.everything(files)))


if __name__ == "__main__":
    main()
