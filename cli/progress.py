"""How far long work is: bars with counts and time left on a terminal, a plain line per step anywhere else.

All of it goes to stderr: standard output is for what was asked for.
"""

from __future__ import annotations

from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from cli.show import console


def duration(seconds: float) -> str:
    """12 s, or 3:05 min."""
    if seconds < 100:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02} min"


class _Left(ProgressColumn):
    """The time left, once there is something to reckon it from."""

    def render(self, task: Task) -> Text:
        """Rich's hook."""
        if task.total is None or task.finished:
            return Text("")
        left = task.time_remaining
        return Text("" if left is None else f"{duration(left)} left", style="dim")


class _Unit(MofNCompleteColumn):
    """`3 of 12 batches`, nothing where there is nothing to count."""

    def render(self, task: Task) -> Text:
        """Rich's hook."""
        if task.total is None:
            return Text("")
        return Text(f"{int(task.completed):,} of {int(task.total):,} {task.fields['unit']}")


class Board:
    """Pieces of work that go on at the same time, each with a name and the phase that it is in."""

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._live = self._console.is_terminal and not self._console.is_dumb_terminal
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=20),
            _Unit(),
            _Left(),
            console=self._console,
            transient=True,
            disable=not self._live,
        )
        self._tasks: dict[str, TaskID] = {}
        self._phases: dict[str, str] = {}

    def __enter__(self) -> Board:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def set(self, name: str, phase: str, done: int = 0, of: int | None = None, unit: str = "") -> None:
        """The piece of work `name` is in `phase`, and has done so much of so much, if that can be counted."""
        if self._phases.get(name) != phase:
            self._phases[name] = phase
            if name in self._tasks:
                self._progress.remove_task(self._tasks.pop(name))
            self._tasks[name] = self._progress.add_task(f"{name}: {phase}", total=of, completed=done, unit=unit)
            if not self._live:
                many = f" ({unit}: {of:,})" if of else ""
                self._console.print(f"  {name}: {phase}{many}")
        self._progress.update(self._tasks[name], completed=done, total=of, unit=unit)

    def drop(self, name: str) -> None:
        """The piece of work is over."""
        if name in self._tasks:
            self._progress.remove_task(self._tasks.pop(name))
        self._phases.pop(name, None)
