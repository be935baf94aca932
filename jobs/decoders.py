"""Which decoder makes which table's rows: of a job's logs, `Decoder` of the module in `jobs` with the job's name."""

from __future__ import annotations

from importlib import import_module

from jobs.rows import Decoder
from lake.settings import JOBS, Settings
from schemas import readready_table


def decoder(job: str, settings: Settings) -> Decoder:
    """A new decoder for the job, under its filters."""
    made: Decoder = import_module(f"jobs.{job}").Decoder(settings.jobs[job], settings.bounds.object_bytes)
    return made


def table_of(job: str) -> str:
    """The readready table that a job fills."""
    if job not in JOBS:
        raise ValueError(f"there is no job {job!r}; there are {', '.join(JOBS)}")
    return readready_table(job)
