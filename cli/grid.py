"""Tables of text that lose nothing: what does not fit its column goes on in the next line, at any width.

Rich's own tables cut letters off where a wide one must shrink; a table of evidence may not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_GAP = 2
_LEAST = 8  # columns of the screen that a column keeps where there is any room


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head. least: shrinks to so many columns of the screen and, while others can shrink, no further: what
    people copy should stay in one piece. right: figures stand to the right."""

    title: str
    least: int = _LEAST
    right: bool = False


class _Row(NamedTuple):
    cells: tuple[Text, ...]


class Grid:
    """Rows of cells under heads; without heads, cells alone. Cells are made safe by those who make them."""

    def __init__(self, *heads: Head, titled: bool = True) -> None:
        self._heads, self._titled = heads, titled
        self._rows: list[_Row] = []

    def add(self, *cells: Text | str) -> None:
        """One row: a cell a column; a line feed in a cell begins a new line in it."""
        self._rows.append(_Row(tuple(one if isinstance(one, Text) else Text(one) for one in cells)))

    def print(self, out: Console) -> None:
        """Print it as wide as its content, but no wider than the screen."""
        titles = _Row(tuple(Text(one.title, style="bold") for one in self._heads))
        rows = [titles, *self._rows] if self._titled else self._rows
        natural = [
            max((cell_len(line) for row in rows for line in row.cells[n].plain.split("\n")), default=0)
            for n in range(len(self._heads))
        ]
        widths = fit(natural, [one.least for one in self._heads], out.width - _GAP * (len(self._heads) - 1))
        for number, row in enumerate(rows):
            for line in self._lines(out, row, widths):
                out.print(line, soft_wrap=True)
            if self._titled and number == 0:
                out.print(Text("─" * (sum(widths) + _GAP * (len(widths) - 1)), style="dim"), soft_wrap=True)

    def _lines(self, out: Console, row: _Row, widths: Sequence[int]) -> list[Text]:
        wrapped = [
            list(cell.wrap(out, width, overflow="fold")) if cell.plain else []
            for cell, width in zip(row.cells, widths, strict=True)
        ]
        result = []
        for height in range(max(map(len, wrapped), default=0) or 1):
            line = Text()
            for n, (cell, width) in enumerate(zip(wrapped, widths, strict=True)):
                piece = cell[height] if height < len(cell) else Text()
                piece.rstrip()
                room = " " * max(width - piece.cell_len, 0)
                line = line + Text(room) + piece if self._heads[n].right else line + piece + Text(room)
                line.append(" " * _GAP)
            line.rstrip()
            result.append(line)
        return result


def fit(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Widths of columns that together take `room`: the widest shrinks first, below its `least` after all others."""
    widths = [max(min(one, room), 1) for one in natural]
    for bounds in (least, [_LEAST] * len(least)):
        while sum(widths) > room:
            able = [n for n, width in enumerate(widths) if width > bounds[n]]
            if not able:
                break
            widths[max(able, key=lambda n: widths[n])] -= 1
    return widths
