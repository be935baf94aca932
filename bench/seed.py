"""The seed's workload by the unit costs measured here, and what it costs beside what AWS sells for the same.

python -m bench.seed [--files 2000]
"""

from __future__ import annotations

import argparse

from bench import ingest
from bench.report import show
from bench.sides import Part, ratio
from infra import prices
from infra.costs import JSON_BYTES, VCPUS, Day, components

SEED = Day("the seed's", events=199_000_000, files=400_000, partitions=150 * 3)
DPUS = 2
TAILPIPE = 50_000  # rows a second, as its makers say of a laptop
GLUE_LOGS = 10e9 / (18 * 60) / 10  # bytes a second and DPU: athena-glue-service-logs' README, 10 GB in 18 min on 10 DPU


def seed(filtered: Part) -> Part:
    """filtered: the part that was measured with the default filters in this run."""
    seconds, events, packed = (filtered.figures[name] for name in ("seconds", "events", "packed"))
    cores = 2
    events_a_second = events / seconds / cores
    whole = SEED.events / events_a_second / (DPUS * VCPUS)
    terms = [term for some in components(SEED).values() for term in some]
    ours = sum(term.usd for term in terms)
    requests = sum(term.usd for term in terms if term.price.unit == "request")
    theirs = SEED.events * JSON_BYTES / 1e9 * prices.CLOUDTRAIL_LAKE_GB.usd
    bytes_a_second = packed / seconds / cores * VCPUS
    return Part(
        "The seed's workload",
        f"{SEED.events:,} events in {SEED.files:,} files, the default filters: by what was measured above, not run.",
        ("what", "figure"),
        [
            (f"time on {DPUS} DPU, Spark's start excluded", f"{whole / 60:.1f} minutes"),
            ("events a second and core", f"{events_a_second:,.0f}"),
            (
                f"beside Tailpipe's {TAILPIPE:,} rows a second",
                f"{ratio(events / seconds, TAILPIPE)} times, 2 cores",
            ),
            (
                "packed MB a second and DPU, against athena-glue-service-logs' 0.9",
                f"{bytes_a_second / 1e6:.1f}, {ratio(bytes_a_second, GLUE_LOGS)} times",
            ),
            (
                "a day of it in AWS, all components (infra/costs.py)",
                f"${ours:,.2f}, ${requests:,.2f} of it requests, KMS's too",
            ),
            (
                "the same events taken in by CloudTrail Lake, kept a year",
                f"${theirs:,.2f}, {ratio(theirs, ours)} times",
            ),
        ],
        (
            f"Prices of {prices.DATED}: CloudTrail Lake for one year, {JSON_BYTES} bytes an event. Glue's "
            "cores and S3's latency were not measured. Most of a day's cost is that Glue starts every 15 minutes.",
        ),
    )


def main() -> None:
    """As a table; measures the part it is made of."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    show(seed(ingest.filtered(parser.parse_args().files)))


if __name__ == "__main__":
    main()
