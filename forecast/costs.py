"""What a file, a megabyte and a day cost a job, and how far the runs that were say otherwise.

The figures are processor time of one run, measured by `python bench/costs.py` on a container of two cores (x86-64,
Python 3.11, Spark 3.5.6) on 2026-11-21, on lakes of 60 to 1,200 files of the sample company. S3 is near there, and
processors differ: the first figures of a new lake are a guess of the right size. A run leaves a record (lake.runs), and
from then on the lake's own runs correct them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from lake.runs import Run

LAST = 20  # runs of a job that correct its figures
START = 6.0  # seconds until Spark is there, where no run has told


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds. run: of every run, whatever it finds. file, megabyte (of objects as they lie in S3), day: of processor
    time for each, which tasks share."""

    run: float
    file: float
    megabyte: float
    day: float


COSTS: Mapping[tuple[str, str], Cost] = {
    ("cloudtrail", "filtered"): Cost(run=2.0, file=0.004, megabyte=0.3, day=0.4),
    ("cloudtrail", "everything"): Cost(run=2.0, file=0.004, megabyte=1.5, day=0.6),
    ("cloudwatch", "filtered"): Cost(run=2.0, file=0.004, megabyte=0.3, day=0.4),
    ("cloudwatch", "everything"): Cost(run=2.0, file=0.004, megabyte=1.5, day=0.6),
}
"""By job and its filters' `keep`."""


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
    cost = COSTS[job, keep]
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
