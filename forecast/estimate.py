"""Work that lies ahead, as what it will take: seconds, DPU-minutes, dollars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from forecast.costs import Correction, correction, seconds
from infra.prices import GLUE_DPU_HOUR, S3_GET, S3_LIST, S3_PUT
from lake.runs import Run

SLOTS_A_WORKER = 4  # a G.1X worker is one DPU of 4 vCPU; one of a job's workers is its driver
_PUTS_A_DAY = 4  # a day's file, its marker, and its share of the books'
_MINUTE = 60.0


@dataclass(slots=True)
class Work:
    """Objects that a job will read. days: of delivery. dropped: announced, and dropped by a control: not read.

    again: of the files, those that could not be fetched before. lists: LISTs that finding them took.
    """

    job: str
    files: int = 0
    bytes: int = 0
    days: set[str] = field(default_factory=set)
    dropped: int = 0
    again: int = 0
    lists: int = 0

    def add(self, size: int, day: str, rule: str = "") -> None:
        """One object more."""
        if rule:
            self.dropped += 1
            return
        self.files += 1
        self.bytes += size
        if day:
            self.days.add(day)


@dataclass(frozen=True, slots=True)
class Estimate:
    """seconds: of the run. dpuminutes: as Glue bills it. glue, requests: US dollars at list prices."""

    seconds: float
    dpuminutes: float
    glue: float
    requests: float

    @property
    def dollars(self) -> float:
        """All of it."""
        return self.glue + self.requests


def estimate(work: Work, keep: str, slots: int, workers: int, by: Correction, local: bool) -> Estimate:
    """What the work takes. slots: tasks at once where it will run; workers: of the Glue job.

    local: it will run on this machine. How fast that is says nothing of AWS, so DPU-minutes are by the figures alone.
    """
    size = (work.job, keep, work.files, work.bytes, len(work.days))
    here = seconds(*size, slots, by)
    there = seconds(*size, (workers - 1) * SLOTS_A_WORKER, Correction() if local else by)
    billed = workers * max(there / _MINUTE, 1)
    puts = len(work.days) * _PUTS_A_DAY
    requests = work.files * S3_GET.usd + work.lists * S3_LIST.usd + puts * S3_PUT.usd
    return Estimate(here, billed, billed / 60 * GLUE_DPU_HOUR.usd, requests)


@dataclass(frozen=True, slots=True)
class Compared:
    """A run that was, and what `loglake plan` would have said right before it."""

    run: Run
    seconds: float

    @property
    def ratio(self) -> float:
        """What it took, of what was said."""
        return self.run.seconds / self.seconds


def compared(runs: Sequence[Run]) -> list[Compared]:
    """A job's runs, the newest first, each against what the ones before it tell."""
    found = []
    for number, one in enumerate(runs):
        if one.files:
            by = correction(runs[number + 1 :])
            said = seconds(one.job, one.keep, one.files, one.bytes, one.days, one.slots, by)
            found.append(Compared(one, said))
    return found
