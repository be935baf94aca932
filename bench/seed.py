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
from infra.costs import EVERY, JSON_BYTES, VCPUS, Day, components

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
            ("the same events taken in by CloudTrail Lake, kept a year", f"${theirs:,.2f}"),
            *(_in_aws(every, theirs) for every in (EVERY, 60)),
        ],
        (
            f"Prices of {prices.DATED}: CloudTrail Lake for one year, {JSON_BYTES} bytes an event. Glue's cores and "
            "S3's latency were not measured. S3 Bucket Keys on, without which each object costs a request to KMS more.",
            "What bounds the ratio: CloudTrail's own PUTs of the files, without which no tool reads them, are "
            f"${SEED.files * prices.S3_PUT.usd:,.2f} alone; most of the rest is that Glue starts so often.",
        ),
    )


def _in_aws(every: int, theirs: float) -> tuple[str, str]:
    terms = [term for some in components(replace(SEED, every=every)).values() for term in some]
    ours = sum(term.usd for term in terms)
    requests = sum(term.usd for term in terms if term.price.unit == "request")
    said = f"${ours:,.2f}, ${requests:,.2f} of it requests, KMS's too; {ratio(theirs, ours)} times less"
    return f"here, all components (infra/costs.py), a run every {every} minutes", said


def main() -> None:
    """As a table; measures the part it is made of."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    show(seed(ingest.filtered(parser.parse_args().files)))


if __name__ == "__main__":
    main()
