"""A local lake's life: up, down, is it running, has AddAPart heard everything.

Two detached processes (`server`, `worker`) and a folder, `home`: lake.toml as the lake was started with, state.json
once it is up, log/ with the processes' noise. Nothing here needs AWS's clients or a clean environment.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import urlsplit

from infra.local import hermetic, processes
from infra.local.files import write_atomically
from infra.local.server import STATUS
from infra.local.trino.process import READY, Runtime
from lake import keys
from lake.settings import Settings

START = 60.0  # seconds in which a lake must be up
STATE = "state.json"
TRINO = "trino.json"  # what Trino is run with, where it is the engine: a Runtime's parts


class LakeError(Exception):
    """The local lake cannot do what was asked; the message says why and where to look."""


@dataclass(frozen=True, slots=True)
class Running:
    """A lake that is up. endpoint: for AWS's clients. settings: where lake.toml lies, s3://bucket/key."""

    home: str
    endpoint: str
    region: str
    settings: str
    server: int
    worker: int


def up(settings: Settings, home: Path, trino: Runtime | None = None) -> Running:
    """Start a lake, empty, in place of the one that may be running at `home`. Raises LakeError; then none is.

    trino: what Athena's queries are answered by; without it, by the quick engine.
    """
    home = home.resolve()  # one folder, one name: processes are found by it
    with _alone(home):
        started: list[Popen[bytes]] = []
        try:
            return _start(settings, home, trino, started)
        except BaseException:
            with _uninterrupted():
                for process in started:  # one that has just begun has no command line yet to be found by
                    process.kill()
                    process.wait()
                _stop(home)
            raise


def down(home: Path) -> bool:
    """End the lake at `home`, or whatever is left of it. Returns whether there was a process to end."""
    home = home.resolve()  # one folder, one name: processes are found by it
    if not home.exists():
        return processes.end(home)
    with _alone(home):
        return _stop(home)


def running(home: Path) -> Running | None:
    """The lake at `home` if it is up: both processes alive, and the embedded AWS answering."""
    home = home.resolve()  # one folder, one name: processes are found by it
    try:
        found = Running(**json.loads((home / STATE).read_text()))
        wanted = {found.server, found.worker}  # TypeError: no numbers
    except (OSError, ValueError, TypeError):
        return None
    alive = processes.find(home)
    if not wanted <= set(alive):
        return None
    return found if (_status(found.endpoint) or {}).get("ready") else None


def environment(running: Running) -> dict[str, str]:
    """The environment in which a process works on this lake and can reach nothing else."""
    return hermetic.environment(os.environ, running.endpoint, running.region)


def drained(running: Running, timeout: float, heard: Callable[[int], None] = lambda _: None) -> None:
    """Wait until AddAPart has taken every announcement. Raises LakeError with the count if it does not in time.

    heard: is told, again and again, how many announcements are left.
    """
    late = time.monotonic() + timeout
    while True:
        status = _status(running.endpoint) or {}
        if status.get("ready"):
            left = status["waiting"] + status["taken"]
            if not left:
                return
            heard(left)
        if {running.server, running.worker} - processes.find(Path(running.home)).keys():
            raise LakeError(
                f"a process of the local lake is not running any more (see {running.home}/log), and with it the lake: "
                "loglake up starts an empty one; put the logs in again"
            )
        if time.monotonic() > late:
            raise LakeError(
                f"AddAPart has not taken all announcements within {timeout:.0f} s: {status.get('waiting', '?')} are "
                f"waiting, {status.get('taken', '?')} are being worked on; see {running.home}/log/worker.log"
            )
        time.sleep(0.05)


def dead_letters(running: Running) -> int:
    """How many announcements AddAPart could not take at all: they lie in the dead-letter queue."""
    return int((_status(running.endpoint) or {}).get("dead", 0))


def _start(settings: Settings, home: Path, trino: Runtime | None, started: list[Popen[bytes]]) -> Running:
    _stop(home)
    log = home / "log"
    log.mkdir(exist_ok=True)
    write_atomically(home / "lake.toml", settings.text)
    if trino:
        parts = {"files": str(trino.installed.folder), "java": str(trino.java)}
        write_atomically(home / TRINO, json.dumps(parts))
    late = time.monotonic() + START + (READY if trino else 0)
    # Before the server has said where it is, port 9 (discard) stands in: nobody listens there.
    nowhere = hermetic.environment(os.environ, "http://127.0.0.1:9", settings.lake.region)
    server = processes.spawn("infra.local.server", home, nowhere, log / "server.log")
    started.append(server)
    _wait(lambda: (home / "server.json").exists(), server, log / "server.log", late)
    endpoint = json.loads((home / "server.json").read_text())["endpoint"]
    local = hermetic.environment(os.environ, endpoint, settings.lake.region)
    worker = processes.spawn("infra.local.worker", home, local, log / "worker.log")
    started.append(worker)
    _wait(lambda: bool((_status(endpoint) or {}).get("ready")), server, log / "server.log", late)
    _wait(lambda: (home / "worker.json").exists(), worker, log / "worker.log", late)
    where = f"s3://{settings.buckets.books}/{keys.SETTINGS}"
    state = Running(str(home), endpoint, settings.lake.region, where, server.pid, worker.pid)
    write_atomically(home / STATE, json.dumps(asdict(state)))
    return state


def _stop(home: Path) -> bool:
    ended = processes.end(home)
    for name in (STATE, TRINO, "server.json", "worker.json"):
        (home / name).unlink(missing_ok=True)
    return ended


def _wait(done: Any, process: Popen[bytes], log: Path, late: float) -> None:
    """Until `done()`. Raises LakeError with the end of the log if the process ends before, or the time is over."""
    while not done():
        if process.poll() is not None or time.monotonic() > late:
            what = "did not start in time" if process.poll() is None else f"ended with code {process.returncode}"
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise LakeError(f"{log.stem} of the local lake {what}: {''.join(last)} (all of it: {log})")
        time.sleep(0.02)


def _status(endpoint: str) -> dict[str, Any] | None:
    """What the embedded AWS says of itself, or None. Plain HTTP: no proxy, no credentials, whatever is configured."""
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=10)
    try:
        connection.request("GET", STATUS)
        status: dict[str, Any] = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return status


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One up or down at a time."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LakeError(f"another process is starting or stopping the lake at {home}") from None
        yield


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A second Ctrl-C must not stop the cleaning up after the first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
