"""Two or more doing the same work in one run, in turns, each a process of its own; and what is said of them."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.process import Peak
from cli import spark

ROOT = Path(__file__).resolve().parent.parent
LATE = 1800.0  # seconds that one run of a side may take
# For who works inside the JVM: its whole compiler, its own collector, memory, no more shuffle than two cores need.
PLAIN_SPARK = {
    "spark.driver.memory": "8g",
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
    "spark.sql.shuffle.partitions": "8",
}


@dataclass(frozen=True, slots=True)
class Side:
    """module: of bench.peers. arguments: behind the folders raw and out. times: how often it is run.

    spark: options of its Spark, beside and before those of `cli.spark`.
    """

    name: str
    module: str
    arguments: tuple[str, ...]
    times: int = 3
    python: Path = Path(sys.executable)
    spark: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Measured:
    """seconds: of each run, as the side itself took them. said: what it said of its last run. peak: bytes."""

    seconds: list[float] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    peak: int = 0

    @property
    def median(self) -> float:
        """Of the runs' seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Part:
    """A table of the results. what: one sentence on the work. notes: what a reader must know of the figures. figures:
    what other parts are made of, by name."""

    title: str
    what: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


def measure(sides: Iterable[Side], raw: Path, work: Path) -> dict[str, Measured]:
    """Run them in turns: A B C A B C ... Raises RuntimeError with what a side said if it fails."""
    found: dict[str, Measured] = {}
    waiting = list(sides)
    for turn in range(max(one.times for one in waiting)):
        for side in waiting:
            if turn < side.times:
                _run(side, raw, work, found.setdefault(side.name, Measured()))
    return found


def _run(side: Side, raw: Path, work: Path, measured: Measured) -> None:
    say(f"{side.name} ...")
    out, log = work / "out", work / "log"
    shutil.rmtree(out, ignore_errors=True)
    command = [str(side.python), "-m", side.module, str(raw), str(out), *side.arguments]
    environment = spark.environment(dict(os.environ), work) | {"PYTHONPATH": str(ROOT)}
    with Path(environment["SPARK_CONF_DIR"], "spark-defaults.conf").open("a") as conf:
        conf.writelines(f"{name} {value}\n" for name, value in side.spark.items())  # the last one counts
    with log.open("wb") as noise:
        process = subprocess.Popen(command, env=environment, cwd=work, stdout=subprocess.PIPE, stderr=noise, text=True)
        peak = Peak(process.pid)
        try:
            said, _ = process.communicate(timeout=LATE)
        except BaseException:
            process.kill()
            raise
    measured.peak = max(measured.peak, peak.stop())
    lines = [line for line in said.splitlines() if line.startswith("{")]
    if process.returncode or not lines:
        raise RuntimeError(f"{side.name} failed ({process.returncode}): {' '.join(command)}\n{log.read_text()[-3000:]}")
    measured.said = json.loads(lines[-1])
    if measured.said.get("failed"):
        raise RuntimeError(f"{side.name}: {measured.said['failed'][0]}")
    measured.seconds.append(measured.said["seconds"])
    say(f"  {measured.seconds[-1]:.2f} s, {measured.peak / 1e9:.2f} GB")
    shutil.rmtree(out, ignore_errors=True)


def say(line: str) -> None:
    """A line of progress."""
    print(f"  {line}", file=sys.stderr, flush=True)


def ratio(theirs: float, ours: float) -> str:
    """How many times ours theirs is."""
    if not ours:
        return "-"
    return f"{theirs / ours:.1f}" if theirs >= ours else f"{theirs / ours:.2f}"
