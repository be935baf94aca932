"""What a file, a megabyte and a day cost a job, and how far the runs that were say otherwise.

Processor time of one run, measured by `python -m bench.costs` on a container of two cores (x86-64, Python 3.11, Spark
3.5.6) on 2026-11-21: five lakes of the sample company, 32 to 1,215 files, 0.1 to 61 MB, 2 to 28 days, filters on and
off. A file's own share was too small to measure (0.0002 s); what stands here is S3's latency: 16 ms, 16 fetched at
once. S3 is nearer there and processors differ, so the first estimate of a new lake is of the right size and no more. A
run leaves a record (lake.runs), and from then on the lake's own runs correct it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from lake.runs import Run

LAST = 20  # runs of a job that correct its figures
START = 4.0  # seconds until Spark is there, where no run has told: the container's, with nothing else to do


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds. run: of every run, whatever it finds. file, megabyte (of objects as they lie in S3), day: of processor
    time for each, which tasks share."""

    run: float
    file: float
    megabyte: float
    day: float


COSTS: Mapping[tuple[str, str], Cost] = {
    ("cloudtrail", "filtered"): Cost(run=2.0, file=0.001, megabyte=0.06, day=0.15),
    ("cloudtrail", "everything"): Cost(run=2.0, file=0.001, megabyte=0.34, day=0.17),
    ("cloudwatch", "filtered"): Cost(run=2.0, file=0.001, megabyte=0.07, day=0.17),
    ("cloudwatch", "everything"): Cost(run=2.0, file=0.001, megabyte=0.16, day=0.20),
}
"""By job and its filters' `keep`. Of one that was never measured, the dearest: its own runs will correct it."""
_UNKNOWN = max(COSTS.values(), key=lambda one: one.megabyte)


@dataclass(frozen=True, slots=True)
class Correction:
    """What the last runs say. start: seconds until Spark is there. factor: of all else. runs: how many it is by."""

    start: float = START
    factor: float = 1.0
    runs: int = 0


def seconds(job: str, keep: str, files: int, size: int, days: int, slots: int, by: Correction) -> float:
    """How long a run of so many files, bytes and days takes that does `slots` tasks at once."""
    return by.start + by.factor * _work(job, keep, files, size, days, slots)


def _work(job: str, keep: str, files: int, size: int, days: int, slots: int) -> float:
    cost = COSTS.get((job, keep), _UNKNOWN)
    shared = files * cost.file + size / 1e6 * cost.megabyte + days * cost.day
    return cost.run + shared / max(slots, 1)


def correction(runs: Sequence[Run]) -> Correction:
    """From a job's runs, the newest first. Those that found nothing, or in which something failed, say nothing."""
    telling = [one for one in runs if one.files and one.step != "error"][:LAST]
    if not telling:
        return Correction()
    took = sum(one.seconds - one.spark for one in telling)
    expected = sum(_work(one.job, one.keep, one.files, one.bytes, one.days, one.slots) for one in telling)
    return Correction(median(one.spark for one in telling), took / expected, len(telling))
