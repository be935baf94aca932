"""Processes that are measured: what a tree of them holds in memory, and a job on the embedded AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from cli import spark
from infra.local import lifecycle
from infra.local.lifecycle import Running


def job(running: Running, home: Path) -> None:
    """One run of the CloudTrail job on a local lake; a line for each step with the seconds since the start."""
    environment = spark.environment(lifecycle.environment(running), home)
    command = [sys.executable, "-m", "jobs.job", "--job", "cloudtrail", "--settings", running.settings]
    with (home / "job.log").open("wb") as noise:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=noise, text=True)
    peak = Peak(process.pid)
    began = time.monotonic()
    for line in process.stdout or ():
        step = json.loads(line)
        if step.get("done") in (None, 0, step.get("of")):
            print(f"  {time.monotonic() - began:6.1f} s  {line.strip()[:150]}", file=sys.stderr)
    code = process.wait()
    seconds = time.monotonic() - began
    print(f"  exit code {code}; {seconds:.1f} s, peak {peak.stop() / 1e9:.2f} GB in all its processes", file=sys.stderr)


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
