"""Which process does a step's tasks, and what such a process does without."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jobs.access import Access
from jobs.mapping import Failed
from jobs.spark_map import LEAST, LIGHT, SparkMap


class Task(NamedTuple):
    """Work of so many bytes."""

    nbytes: int


class Cluster:
    """Spark's context, as far as SparkMap knows it. asked: how many tasks it was given."""

    def __init__(self) -> None:
        self.asked = 0

    def parallelize(self, tasks: list[Any], slices: int) -> Cluster:
        """Spark's."""
        assert slices == len(tasks)
        self.asked, self.tasks = len(tasks), tasks
        return self

    def map(self, function: Any) -> Cluster:
        """Spark's. Does nothing, because it would change this process."""
        del function
        return self

    def collect(self) -> list[str]:
        """Spark's."""
        return ["on a worker"] * self.asked

    def statusTracker(self) -> Cluster:
        """Spark's."""
        return self

    def getActiveStageIds(self) -> list[int]:
        """Spark's."""
        return []


def here(task: Task, _: Access) -> str:
    if task.nbytes == 13:
        raise ValueError("thirteen")
    return "in the driver"


@pytest.mark.parametrize(
    ("sizes", "where"),
    [
        ([1, 2], "in the driver"),
        ([LIGHT], "in the driver"),
        ([LIGHT // 2, LIGHT // 2 + 1], "on a worker"),
        ([LIGHT + 1], "on a worker"),
        ([1] * (LIGHT // LEAST), "in the driver"),
        ([1] * (LIGHT // LEAST + 1), "on a worker"),  # of one after the other, each waits for S3
    ],
)
def test_little_work_is_done_in_the_driver_and_more_on_the_cluster(sizes: list[int], where: str) -> None:
    cluster: Any = Cluster()
    mapper = SparkMap(cluster, lambda: Access(None, None))  # type: ignore[arg-type]  # nobody looks at it
    assert mapper("publish", "slices", here, [Task(size) for size in sizes]) == [where] * len(sizes)
    assert cluster.asked == (len(sizes) if where == "on a worker" else 0)


def test_work_of_unknown_size_goes_to_the_cluster() -> None:
    cluster: Any = Cluster()
    mapper = SparkMap(cluster, lambda: Access(None, None))  # type: ignore[arg-type]  # nobody looks at it
    assert mapper("land", "batches", here, ["a batch"]) == ["on a worker"]
    assert mapper("land", "batches", here, []) == []


def test_a_task_that_raises_in_the_driver_takes_no_other_with_it() -> None:
    cluster: Any = Cluster()
    mapper = SparkMap(cluster, lambda: Access(None, None))  # type: ignore[arg-type]  # nobody looks at it
    first, second = mapper("publish", "slices", here, [Task(13), Task(1)])
    assert isinstance(first, Failed)
    assert second == "in the driver"


def test_a_worker_imports_no_pandas_and_reads_no_archive_again(tmp_path: Path) -> None:
    archive = tmp_path / "some.jar"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("in_an_archive.py", "")
    code = """
import importlib, os, sys
sys.path.append(sys.argv[1])
import in_an_archive
from jobs.spark_map import settle_in
settle_in()
settle_in()
os.remove(sys.argv[1])
importlib.invalidate_caches()  # would find the archive gone
assert "in_an_archive.py" in sys.path_importer_cache[sys.argv[1]]._files
import pyarrow
assert pyarrow.array([1, None, 2]).to_pylist() == [1, None, 2]
try:
    import pandas
except ModuleNotFoundError:
    print("without")
"""
    done = subprocess.run([sys.executable, "-c", code, str(archive)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("without\n", "")


MANY_TASKS = """
import re, sys
from pathlib import Path
import pyarrow as pa
from jobs import mapping

def held():
    return int(re.search(r"VmRSS:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1000

few = pa.array(range(10_000))

def work(arrays, access):
    return sum(one.nbytes for one in [pa.concat_arrays([few, few]) for _ in range(arrays)])

mapping.KEPT = int(sys.argv[1])
work(1, None)  # what is loaded once
before = held()
assert mapping.attempt(work, 1_000, None) == 160_000_000
print(held() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="what a process holds is only asked of Linux")
def test_a_process_returns_what_its_tasks_held_once_that_is_much() -> None:
    def held(kept: int) -> int:
        command = [sys.executable, "-c", MANY_TASKS, str(kept)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert held(100_000_000) < held(10_000_000_000) / 4
