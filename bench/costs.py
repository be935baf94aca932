"""What a file, a megabyte and a day cost a job in processor time: the origin of the figures in forecast/costs.py.

    python -m bench.costs [--keep everything]

Each row is a lake of its own, a sample company in it, and one run of each job as a process of its own; the figures are
solved from the rows by least squares. Processor time, because a machine that does something else besides changes it
least; a run on so many cores takes that divided by their number.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cli import home as project
from cli import spark
from examples.company import Company, RawObject
from infra.local import hermetic, lifecycle
from infra.local.lifecycle import Running
from lake.settings import JOBS, Settings
from lake.store import Store

SIZES = ((60, 20, 1), (1200, 20, 1), (1200, 400, 1), (600, 20, 25), (600, 200, 8))  # files, events a file, days
AT_ONCE = 8
POLL = 0.1  # seconds between looks at the processes


class Row(NamedTuple):
    """One run: what it found, and the seconds of processor time that it took."""

    files: int
    megabytes: float
    days: int
    seconds: float


def main() -> None:
    """Measure every size, print each row and what follows from all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", choices=("filtered", "everything"), default="filtered")
    keep = parser.parse_args().keep
    rows: dict[str, list[Row]] = {job: [] for job in JOBS}
    for files, events, days in SIZES:
        for job, row in measure(keep, files, events, days):
            rows[job].append(row)
            print(f"{job:<10} {row.files:>6,} files {row.megabytes:>7.1f} MB {row.days:>3} days {row.seconds:>7.1f} s")
    for job, some in rows.items():
        matrix = np.array([[1, one.files, one.megabytes, one.days] for one in some])
        start, file, megabyte, day = np.linalg.lstsq(matrix, np.array([one.seconds for one in some]), rcond=None)[0]
        print(f"{job} keep={keep}: start {start:.1f} s, file {file:.4f} s, MB {megabyte:.3f} s, day {day:.2f} s")


def measure(keep: str, files: int, events: int, days: int) -> Iterator[tuple[str, Row]]:
    """A lake with a company of that size, and a run of each job."""
    settings = project.settings(keep)
    with tempfile.TemporaryDirectory() as folder:
        running = lifecycle.up(settings, Path(folder))
        try:
            hermetic.enter(running.endpoint)
            company = Company(seed=1, days=days, files=files, events_per_file=events, first_day=date(2024, 3, 1))
            some = upload(company, settings)
            lifecycle.drained(running, timeout=600)
            for job in JOBS:
                mine = [one for one in some if one[0] == job]
                size = sum(one[1] for one in mine) / 1e6
                yield job, Row(len(mine), size, len({one[2] for one in mine}), seconds(running, Path(folder), job))
        finally:
            lifecycle.down(Path(folder))


def upload(company: Company, settings: Settings) -> list[tuple[str, int, str]]:
    """The company's logs into the raw buckets. Job, bytes and day of each."""
    store = Store(settings.lake.region)
    buckets = {one.job: one.bucket for one in settings.sources}
    found: list[tuple[str, int, str]] = []

    def put(one: RawObject) -> None:
        store.put(buckets[one.job], one.key, one.data)
        found.append((one.job, len(one.data), str(one.arrival.date())))

    objects = company.objects()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(objects, 200)):
            list(pool.map(put, some))
    return found


def seconds(running: Running, home: Path, job: str) -> float:
    """The processor time of one run, of its process and all that it started."""
    environment = spark.environment(lifecycle.environment(running), home)
    command = [sys.executable, "-m", "jobs.job", "--job", job, "--settings", running.settings]
    with (home / "job.log").open("wb") as noise:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=noise)
    used: dict[int, float] = {}
    while process.poll() is None:
        used |= processor_time(process.pid)
        time.sleep(POLL)
    if process.returncode:
        raise SystemExit(f"job {job} ended with {process.returncode}: {(home / 'job.log').read_text()[-2000:]}")
    return sum(used.values())


def processor_time(root: int) -> dict[int, float]:
    """Seconds of a process and its descendants, by their ids. Nobody waits for Spark's, so no rusage has them."""
    parents, used = {}, {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        one = int(entry.parent.name)
        parents[one], used[one] = int(fields[1]), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    family = [root]
    for one in family:
        family += [child for child, parent in parents.items() if parent == one]
    return {one: used[one] for one in family if one in used}


if __name__ == "__main__":
    main()
