"""How a step's tasks are run: by Spark in a job, by plain Python in tests. The steps do not know which."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from typing import Any, Protocol

from jobs.access import Access


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
