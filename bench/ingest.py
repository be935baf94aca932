"""The CloudTrail job on a million events: time, peak memory, and where the time goes.

    python bench/ingest.py [--files 2000] [--events 500] [--keep everything]

Made for comparing two states of this project on one machine, in one sitting: the absolute numbers say as much about the
machine and about the embedded AWS, which hands out some thousand objects a second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import islice
from pathlib import Path

import boto3

from cli import home as project
from cli import spark
from examples.company import Company
from infra.local import hermetic, lifecycle
from infra.local.lifecycle import Running

AT_ONCE = 8


def main() -> None:
    """Load a company, run the job, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--keep", choices=("filtered", "everything"), default="filtered")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        running = lifecycle.up(project.settings(options.keep), home)
        try:
            hermetic.enter(running.endpoint)
            company = Company(
                seed=1, days=1, files=options.files, events_per_file=options.events, first_day=date(2024, 3, 3)
            )
            upload(company)
            lifecycle.drained(running, timeout=600)
            counts = company.truth().cloudtrail
            print(f"{counts.objects:,} objects, {counts.records:,} records, keep={options.keep}")
            job(running, home)
        finally:
            lifecycle.down(home)


def upload(company: Company) -> None:
    """The company's CloudTrail files into the raw bucket."""
    s3 = boto3.client("s3")
    bucket = next(one.bucket for one in project.settings().sources if one.job == "cloudtrail")
    objects = (one for one in company.objects() if one.job == "cloudtrail")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(objects, 200)):
            list(pool.map(lambda one: s3.put_object(Bucket=bucket, Key=one.key, Body=one.data), some))


def job(running: Running, home: Path) -> None:
    """One run of the job as its own process; a line for each step with the seconds since the start."""
    environment = spark.environment(lifecycle.environment(running), home)
    command = [sys.executable, "-m", "jobs.job", "--job", "cloudtrail", "--settings", running.settings]
    with (home / "job.log").open("wb") as noise:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=noise, text=True)
    peak = Peak(process.pid)
    began = time.monotonic()
    for line in process.stdout or ():
        step = json.loads(line)
        if step.get("done") in (None, 0, step.get("of")):
            print(f"  {time.monotonic() - began:6.1f} s  {line.strip()[:150]}")
    code = process.wait()
    print(f"exit code {code}; {time.monotonic() - began:.1f} s, peak {peak.stop() / 1e9:.2f} GB in all its processes")


class Peak:
    """The most memory that a process and its descendants had resident at once, looked at ten times a second."""

    def __init__(self, root: int) -> None:
        self._root, self._bytes, self._over = root, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Bytes."""
        self._over.set()
        self._thread.join()
        return self._bytes

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self._bytes = max(self._bytes, sum(map(self._resident, self._family())))

    def _family(self) -> list[int]:
        parents = {}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(entry.parent.name)] = int(entry.read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
        family = [self._root]
        for one in family:
            family += [child for child, parent in parents.items() if parent == one]
        return family

    @staticmethod
    def _resident(process: int) -> int:
        try:
            return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            return 0


if __name__ == "__main__":
    main()
