"""What `loglake put`, `run` and `demo` are made of: each step does its work, shows how far it is, and gives figures."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from obstore.exceptions import BaseError

from cli import home, spark
from cli.errors import Failure
from cli.progress import Board
from cli.safe import safe
from cli.upload import Found, Put, Upload, find
from cli.work import Ended, run_jobs, tail
from examples.company import RawObject
from infra.local import lifecycle
from infra.local.lifecycle import LakeError, Running
from lake.settings import JOBS, Settings
from lake.store import Store

DRAIN = 900.0  # seconds in which AddAPart must have taken what is announced
_AT_ONCE = 16
_PHASES = {"start": "starting Spark", "spark": "planning", "land": "reading", "publish": "publishing", "done": "done"}


@contextmanager
def told() -> Iterator[None]:
    """The local lake's own errors, told as every other failure."""
    try:
        yield
    except (LakeError, TimeoutError) as error:
        raise Failure(str(error)) from None


def put(lake: Running, settings: Settings, paths: Iterable[Path]) -> list[Put]:
    """A person's own files into the raw buckets."""
    results: list[Put] = []
    with Board() as board:
        board.set("files", "looking for them")
        found: list[Found] = list(find(paths))
        upload = Upload(Store(lake.region), settings, datetime.now(UTC).date())

        def done(one: Put) -> None:
            results.append(one)
            board.set("files", "uploading", len(results), len(found), "files")

        try:
            upload.all(found, done)
        except BaseError as error:
            what = str(error).splitlines()[0]
            raise Failure(
                f"after {len(results):,} of {len(found):,} files, one could not be uploaded: {what}", _what_now(lake)
            ) from None
    return results


def put_objects(lake: Running, settings: Settings, objects: Iterable[RawObject], expected: int) -> tuple[int, int]:
    """A generator's objects into the raw buckets, in their order, some at once. Returns (objects, bytes)."""
    store = Store(lake.region)
    buckets = {source.job: source.bucket for source in settings.sources}
    count = size = 0
    with Board() as board, ThreadPoolExecutor(_AT_ONCE) as pool:
        rest = iter(objects)
        while some := list(islice(rest, 4 * _AT_ONCE)):
            list(pool.map(lambda one: store.put(buckets[one.job], one.key, one.data, one.metadata), some))
            count, size = count + len(some), size + sum(len(one.data) for one in some)
            board.set("sample company", "uploading", count, max(expected, count), "objects")
    return count, size


def drain(lake: Running, what: str) -> None:
    """Wait until AddAPart has taken all that was announced. Raises Failure if it does not, or could not take one."""
    with Board() as board, told():
        most = 0

        def heard(left: int) -> None:
            nonlocal most
            most = max(most, left)
            board.set("AddAPart", what, most - left, most, "announcements")

        board.set("AddAPart", what)
        lifecycle.drained(lake, DRAIN, heard)
        if dead := lifecycle.dead_letters(lake):
            raise Failure(
                f"AddAPart could not take {dead:,} announcements: they lie in the dead-letter queue",
                f"Why, is in {lake.home}/log/worker.log.",
            )


def jobs(lake: Running) -> list[Ended]:
    """All jobs on local Spark, side by side. Raises Failure at the end if one failed: the others' work is done."""
    state = Path(lake.home)
    shutil.rmtree(state / "spark-tmp", ignore_errors=True)  # what a killed run may have left
    environment = spark.environment(lifecycle.environment(lake), state)
    with Board() as board:

        def report(job: str, line: dict[str, Any]) -> None:
            phase = _PHASES.get(line["step"], line["step"])
            if line["step"] != "error":
                board.set(job, phase, line.get("done", 0), line.get("of"), line.get("unit", ""))

        ended = run_jobs(JOBS, lake.settings, environment, home.PROJECT, home.log_folder(), report)
    if failed := [one for one in ended if not one.well]:
        said = "\n".join(f"  {one.job}: {_end(one.code)}; its log: {one.log}\n{_last(one)}" for one in failed)
        well = ", ".join(one.job for one in ended if one.well)
        raise Failure(
            f"{'all jobs' if not well else 'a job'} failed\n{said}",
            (f"{well} has done its work. " if well else "") + _what_now(lake),
        )
    return ended


def _what_now(lake: Running) -> str:
    if lifecycle.running(Path(lake.home)):
        return "Nothing is lost: loglake run goes on from what is done. If it fails again: loglake doctor."
    return f"The lake itself has ended (see {lake.home}/log), with all in it. loglake up; then put the logs in again."


def _end(code: int) -> str:
    return f"ended by signal {-code}" if code < 0 else f"exit code {code}"


def _last(one: Ended) -> str:
    return "\n".join(f"    {safe(line)}"[:200] for line in tail(one.log))


@contextmanager
def timed() -> Iterator[list[float]]:
    """A list that holds the seconds that the block took, once it is over."""
    seconds: list[float] = []
    begun = time.monotonic()
    yield seconds
    seconds.append(time.monotonic() - begun)
