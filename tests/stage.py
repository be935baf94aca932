"""Processes that stand still before each of their calls until they are told to go on: a test says who is next."""

from __future__ import annotations

import threading
from typing import Any

from tests.fire import Process
from tests.memory_aws import Call, World


class Died(BaseException):
    """The process is killed: nothing that it would have done happens."""


class Actor:
    """A process on a thread of its own, of which only one runs at any time: the one whose `step` was called.

    It begins before its first call. pending: the change that it is about to ask for, None before a request that only
    reads (at these it stops only if `reads`). done: whether it is over.
    """

    def __init__(self, process: Process, world: World, reads: bool = False) -> None:
        self.name = process.__name__
        self.pending: Call | None = None
        self.done = False
        self._process, self._world, self._reads = process, world, reads
        self._dead = False
        self._error: BaseException | None = None
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()
        self._wait()

    def step(self) -> None:
        """It makes its call, and works until it is about to make the next one, or is done."""
        self._go.release()
        self._wait()

    def finish(self) -> None:
        """It is left alone until it is done."""
        while not self.done:
            self.step()

    def kill(self) -> Call | None:
        """It dies. Returns the call that it was about to make: that can be on its way already."""
        if not self.done:
            self._dead = True
            self.step()
        return self.pending

    def _wait(self) -> None:
        self._stopped.acquire()
        if self.done:
            self._thread.join()
        if self._error:
            raise self._error

    def _play(self) -> None:
        try:
            self._process(self._world, self._through, self._read if self._reads else None)
        except Died:
            pass
        except BaseException as error:  # noqa: BLE001 - the test's thread raises it
            self._error = error
        self.done = True
        self._stopped.release()

    def _stop(self, call: Call | None) -> None:
        if self._dead:
            raise Died
        if threading.current_thread() is not self._thread:
            return  # one of the process's own threads, which it waits for
        self.pending = call
        self._stopped.release()
        self._go.acquire()
        if self._dead:
            raise Died

    def _through(self, world: World, call: Call) -> Any:
        self._stop(call)
        return world.apply(call)

    def _read(self, _: str) -> None:
        self._stop(None)
