"""The lake's own processes: started detached, found again by their command lines, ended for sure.

Found by command line, not by a remembered number: a number may have been given to another process since, and a run that
was killed has remembered nothing. The lake's folder, which is its processes' last argument, makes them ours.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

TRINO = "trino"  # as its command line names it
MODULES = ("infra.local.server", "infra.local.worker", TRINO)
GRACE = 5.0  # seconds between being told and being killed


def spawn(module: str, home: Path, environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start `python -m module --home <home>` in a session of its own: Ctrl-C in the terminal does not reach it.

    Nor does it reach this process while the other one is half made and could not be found by its command line.
    """
    with log.open("wb") as noise, _without_interrupts():
        return subprocess.Popen(
            [sys.executable, "-m", module, "--home", str(home)],
            env=dict(environment),
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=noise,
            stderr=noise,
            start_new_session=True,
        )


@contextmanager
def _without_interrupts() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def find(home: Path) -> dict[int, str]:
    """The living processes of the lake at `home`: their modules by process id."""
    return {
        pid: module
        for pid, command in _commands()
        for module in MODULES
        if command.endswith(f"-m {module} --home {home}")
    }


def end(home: Path) -> bool:
    """End all of them. Returns whether there was one. Raises TimeoutError if one outlives being killed."""
    found = find(home)
    for how in (signal.SIGTERM, signal.SIGKILL):
        for pid in find(home):
            with suppress(ProcessLookupError):
                os.kill(pid, how)
        if _gone(home):
            return bool(found)
    raise TimeoutError(f"processes {sorted(find(home))} of the lake at {home} cannot be ended")


def _gone(home: Path) -> bool:
    late = time.monotonic() + GRACE
    while alive := find(home):
        if time.monotonic() > late:
            return False
        for pid in alive:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.02)
    return True


def _commands() -> Iterator[tuple[int, str]]:
    """All processes' ids and command lines. One that has ended but was not waited for has no command line any more."""
    folder = Path("/proc")
    if not (folder / "self" / "cmdline").exists():
        listing = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
        for line in listing.stdout.splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), command.strip()
        return
    for entry in folder.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                yield int(entry.name), os.fsdecode(b" ".join(words))
