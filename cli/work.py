"""Running the jobs: a process each, all at once, their reports read line by line, nothing left behind."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

_GRACE = 5.0  # seconds that a job has to end by itself once told to

Report = Callable[[str, dict[str, Any]], None]


@dataclass(slots=True)
class Ended:
    """How a job's process ended. last: the last line of its report. log: the file with its noise."""

    job: str
    code: int
    log: Path
    last: dict[str, Any] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """True if all of its work is done. If objects could not be read, which is not its fault, it is incomplete."""
        return (self.code, self.last.get("step")) in ((0, "done"), (1, "incomplete"))


def run_jobs(
    jobs: Sequence[str], settings: str, environment: Mapping[str, str], project: Path, logs: Path, report: Report
) -> list[Ended]:
    """Run the jobs side by side to their ends; one that fails does not stop the other.

    settings: s3://bucket/key of lake.toml. project: the folder to run in. report: called in this thread with each line
    of a job's report.
    Whatever is raised in here (Ctrl-C above all), no process is left.
    """
    said: queue.Queue[tuple[str, dict[str, Any] | None]] = queue.Queue()
    started: dict[str, subprocess.Popen[str]] = {}
    ended = {job: Ended(job, -1, logs / f"job-{job}.log") for job in jobs}
    try:
        for job in jobs:
            started[job] = _start(job, settings, environment, project, ended[job].log)
            threading.Thread(target=_read, args=(job, started[job].stdout, said), daemon=True).start()
        open_reports = set(jobs)
        while open_reports:
            job, line = said.get()
            if line is None:
                open_reports.discard(job)
                ended[job].code = started[job].wait()
                continue
            ended[job].last = line
            report(job, line)
    finally:
        with uninterrupted():
            end(list(started.values()))
    return list(ended.values())


def _start(job: str, settings: str, environment: Mapping[str, str], project: Path, log: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jobs.job", "--job", job, "--settings", settings]
    with log.open("wb") as noise:
        # A session of its own: Ctrl-C reaches this process alone, which then ends the job and all that it started.
        return subprocess.Popen(
            command,
            env=dict(environment),
            cwd=project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=noise,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )


def _read(job: str, stream: IO[str], said: queue.Queue[tuple[str, dict[str, Any] | None]]) -> None:
    try:
        for text in stream:
            with contextlib.suppress(ValueError):  # what is no report is noise
                line = json.loads(text)
                if isinstance(line, dict) and "step" in line:
                    said.put((job, line))
    finally:
        said.put((job, None))


def end(processes: Sequence[subprocess.Popen[str]]) -> None:
    """End processes and their groups (Spark's JVMs): politely, then not. Spark's Python workers end with the JVM.

    A job that has ended by itself has ended its JVM as well, which reads the job's pipe.
    """
    alive = [one for one in processes if one.poll() is None]
    for how in (signal.SIGTERM, signal.SIGKILL):
        for one in alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(one.pid, how)
        late = time.monotonic() + _GRACE
        while (alive := [one for one in alive if not _gone(one)]) and time.monotonic() < late:
            time.sleep(0.05)
    for one in processes:
        if one.stdout:
            one.stdout.close()


def _gone(process: subprocess.Popen[str]) -> bool:
    """Whether all of the process's group has ended."""
    if process.poll() is None:
        return False
    try:
        os.killpg(process.pid, 0)
    except OSError:
        return True
    return False


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Cleaning up after a Ctrl-C is not stopped by the next one."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def tail(log: Path, lines: int = 3) -> list[str]:
    """The last lines of a job's log that say something."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return [line for line in text.splitlines() if line.strip()][-lines:]
