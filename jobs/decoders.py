"""The sources of logs: which decoder makes which table's rows."""

from __future__ import annotations

from collections.abc import Callable

from jobs import cloudtrail, cloudwatch
from jobs.rows import Decoder
from lake.settings import JOBS, Filters, Settings

_DECODERS: dict[str, Callable[[Filters, int], Decoder]] = {
    "cloudtrail": cloudtrail.Decoder,
    "cloudwatch": cloudwatch.Decoder,
}


def decoder(job: str, settings: Settings) -> Decoder:
    """A new decoder for the job, under its filters."""
    return _DECODERS[job](settings.jobs[job], settings.bounds.object_bytes)


def table_of(job: str) -> str:
    """The readready table that a job fills."""
    if job not in JOBS:
        raise ValueError(f"there is no job {job!r}; there are {', '.join(JOBS)}")
    return f"from_{job}_readready"
