"""Running the jobs: side by side, read line by line, and no process left whatever happens."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from cli.work import run_jobs, tail

WELL = """
import json, sys
print("Spark says hello")
print(json.dumps({"step": "land", "done": 1, "of": 2, "unit": "batches"}), flush=True)
print("noise", file=sys.stderr)
print(json.dumps({"step": "done", "rows": 12}), flush=True)
"""
BADLY = """
import sys
if sys.argv[2] == "cloudwatch":
    sys.exit("OutOfMemoryError: Java heap space")
"""
FOREVER = """
import json, os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
print(json.dumps({"step": "start", "pids": [os.getpid(), child.pid]}), flush=True)
time.sleep(600)
"""


def project(folder: Path, script: str) -> Path:
    """A project whose job is this script."""
    (folder / "jobs").mkdir()
    (folder / "jobs" / "__init__.py").touch()
    (folder / "jobs" / "job.py").write_text(script)
    return folder


def alive(pid: int) -> bool:
    """Whether the process runs (one that ended and waits for its parent does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_reports_are_read_and_noise_goes_to_the_log(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []
    ended = run_jobs(
        ["cloudtrail", "cloudwatch"],
        "s3://books/lake.toml",
        os.environ,
        project(tmp_path, WELL),
        tmp_path,
        lambda job, line: heard.append((job, line["step"])),
    )
    assert sorted(heard) == [(job, step) for job in ("cloudtrail", "cloudwatch") for step in ("done", "land")]
    assert [(one.job, one.well, one.last["rows"]) for one in ended] == [
        ("cloudtrail", True, 12),
        ("cloudwatch", True, 12),
    ]
    assert (tmp_path / "job-cloudtrail.log").read_text() == "noise\n"


def test_a_job_that_fails_does_not_stop_the_other_and_its_log_says_why(tmp_path: Path) -> None:
    ended = run_jobs(
        ["cloudtrail", "cloudwatch"], "s3://b/k", os.environ, project(tmp_path, BADLY + WELL), tmp_path, lambda *_: None
    )
    assert {one.job: (one.well, one.code) for one in ended} == {"cloudtrail": (True, 0), "cloudwatch": (False, 1)}
    assert tail(tmp_path / "job-cloudwatch.log") == ["OutOfMemoryError: Java heap space"]


def test_a_job_that_ends_well_without_saying_that_it_is_done_has_failed(tmp_path: Path) -> None:
    ended = run_jobs(["cloudtrail"], "s3://b/k", os.environ, project(tmp_path, "pass"), tmp_path, lambda *_: None)
    assert not ended[0].well


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
def test_ctrl_c_leaves_neither_the_job_nor_what_it_started_even_if_it_will_not_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.work._GRACE", 0.2)
    pids: list[int] = []

    def report(job: str, line: dict[str, Any]) -> None:  # noqa: ARG001 - the callback's signature
        pids.extend(line["pids"])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_jobs(["cloudtrail"], "s3://b/k", os.environ, project(tmp_path, FOREVER), tmp_path, report)
    late = time.monotonic() + 10
    while any(map(alive, pids)) and time.monotonic() < late:
        os.sched_yield()
    assert len(pids) == 2
    assert not any(map(alive, pids))
