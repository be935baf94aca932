"""How a step's tasks are run: by Spark in a job, by plain Python in tests. The steps do not know which."""

from __future__ import annotations

import ctypes
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from jobs.access import Access

KEPT = 750_000_000  # bytes that a process may hold between two tasks
_RESIDENT, _PAGE = Path("/proc/self/statm"), os.sysconf("SC_PAGE_SIZE")  # Linux's
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's


@dataclass(frozen=True, slots=True)
class Failed:
    """A task that raised. Its work is left undone for the next run; the others' stands."""

    task: str
    why: str


class Map(Protocol):
    """Runs `function(task, access)` for every task; results in the order of tasks, Failed where it raised."""

    def __call__(
        self, step: str, unit: str, function: Callable[[Any, Access], Any], tasks: Sequence[Any]
    ) -> list[Any]: ...


def attempt(function: Callable[[Any, Access], Any], task: Any, lake: Access) -> Any:
    """One task's result, or Failed."""
    try:
        return function(task, lake)
    except Exception:  # noqa: BLE001 - one broken task must not take the others with it
        name = ", ".join(str(getattr(task, part)) for part in ("table", "day", "id") if hasattr(task, part))
        return Failed(f"{function.__name__} {name}", traceback.format_exc())
    finally:
        give_back()


def give_back() -> None:
    """Return what the last task had in memory to the system, if the process still holds more than KEPT.

    Arrow's allocator and C's both keep it for the next task, which uses it only in part: a process would grow with the
    number of its tasks. To return it each time would cost a tenth of the work: every page is then made anew.
    """
    with suppress(OSError):  # another system than Linux, or one that has no more files to open
        if int(_RESIDENT.read_text().split()[1]) * _PAGE > KEPT:
            pa.default_memory_pool().release_unused()
            if _trim:
                _trim(0)


class _Without(MetaPathFinder):
    """Finds no pandas, wherever it is installed. (None in sys.modules would do for Python, but pyarrow's compiled code
    takes that None for the module.)"""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """The import system's."""
        del path, target
        if fullname == "pandas":
            raise ModuleNotFoundError("this process does without pandas", name=fullname)


def without_pandas() -> None:
    """Keep pandas out of this process: pyarrow imports it, where it is installed, to look at any list that it is given.
    That is half a second and 60 MB for each of a job's processes, none of which needs it."""
    if not any(isinstance(one, _Without) for one in sys.meta_path):
        sys.meta_path.insert(0, _Without())


class PlainMap:
    """In this process, one task after the other."""

    def __init__(self, lake: Access) -> None:
        self._lake = lake

    def __call__(self, step: str, unit: str, function: Callable[[Any, Access], Any], tasks: Sequence[Any]) -> list[Any]:
        """See Map."""
        del step, unit
        return [attempt(function, task, self._lake) for task in tasks]
