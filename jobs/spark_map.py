"""jobs.mapping.Map on Spark: a partition a task, no shuffle, and a line of progress as it goes.

A step of few and small tasks is done in the driver: a stage of Spark's costs a quarter of a second, and publishing is
three of them, mostly of a few hundred rows.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any
from zipimport import zipimporter

from pyspark import SparkContext

from jobs.access import Access
from jobs.mapping import attempt, without_pandas

LIGHT = 16_000_000  # bytes of rows in memory that one process merges and writes in about the time of a stage
LEAST = 4_000_000  # what a task counts as, however small: it waits for S3 three times, and writes a file
POLL = 0.2  # seconds between looks at Spark's progress


def emit(**line: object) -> None:
    """One line of the job's report."""
    print(json.dumps(line, default=str), flush=True)


def settle_in() -> None:
    """Make this worker process fit for many tasks.

    Before each task Spark calls importlib.invalidate_caches(), which has Python read the directory of every archive on
    its path again, Spark's own jar of 5,000 files among them: a quarter of a second (pyspark/worker.py, zipimport.py).
    """
    without_pandas()
    for finder in sys.path_importer_cache.values():
        if isinstance(finder, zipimporter):
            finder.invalidate_caches = _as_before  # type: ignore[method-assign]  # the archives stay what they are


def _as_before() -> None:
    """Nothing to do."""


class SparkMap:
    """See jobs.mapping.Map. access: makes what tasks work with, in whichever process they run; it travels there."""

    def __init__(self, context: SparkContext, access: Callable[[], Access]) -> None:
        self._context, self._access = context, access

    def __call__(self, step: str, unit: str, function: Callable[[Any, Access], Any], tasks: Sequence[Any]) -> list[Any]:
        """See jobs.mapping.Map."""
        if not tasks:
            return []
        emit(step=step, done=0, of=len(tasks), unit=unit)
        if sum(max(LEAST, getattr(task, "nbytes", LIGHT + 1)) for task in tasks) <= LIGHT:
            results = [attempt(function, task, self._access()) for task in tasks]
        else:
            results = self._on_spark(step, unit, function, tasks)
        emit(step=step, done=len(tasks), of=len(tasks), unit=unit)
        return results

    def _on_spark(
        self, step: str, unit: str, function: Callable[[Any, Access], Any], tasks: Sequence[Any]
    ) -> list[Any]:
        access = self._access

        def task_of_worker(task: Any) -> Any:
            settle_in()
            return attempt(function, task, access())

        tasks_in_spark = self._context.parallelize(tasks, len(tasks))
        finished = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(step, unit, len(tasks), finished), daemon=True)
        watcher.start()
        try:
            results: list[Any] = tasks_in_spark.map(task_of_worker).collect()
        finally:
            finished.set()
            watcher.join()
        return results

    def _watch(self, step: str, unit: str, total: int, finished: threading.Event) -> None:
        tracker, said = self._context.statusTracker(), 0
        while not finished.wait(POLL):
            stages = [info for stage in tracker.getActiveStageIds() if (info := tracker.getStageInfo(stage))]
            done = max((info.numCompletedTasks for info in stages), default=0)
            if said < done < total:
                emit(step=step, done=done, of=total, unit=unit)
                said = done
