"""Tables of text that lose nothing."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from cli.grid import Grid, Head, fit

LATIN, GREEK, WIDE = "abcdefgh ", "αβγδε ", "日本語検査 "


def printed(grid: Grid, width: int) -> list[str]:
    out = io.StringIO()
    grid.print(Console(file=out, width=width))
    return out.getvalue().splitlines()


@given(st.text(LATIN), st.text(GREEK), st.text(WIDE), st.integers(min_value=30, max_value=120))
def test_no_letter_of_any_cell_is_lost_at_any_width(latin: str, greek: str, wide: str, width: int) -> None:
    grid = Grid(Head("A"), Head("B", least=20), Head("C", right=True))
    grid.add(latin, greek, wide)
    text = "".join(printed(grid, width)[2:])
    for cell in (latin, greek, wide):
        letters = set(cell) - {" "}
        assert [one for one in text if one in letters] == [one for one in cell if one != " "]


@given(st.lists(st.text(LATIN + WIDE), min_size=4, max_size=4), st.integers(min_value=40, max_value=120))
def test_no_line_is_wider_than_the_screen(cells: list[str], width: int) -> None:
    grid = Grid(*(Head(str(n)) for n in range(4)))
    grid.add(*cells)
    assert max(map(cell_len, printed(grid, width))) <= width


def test_figures_stand_to_the_right_and_texts_to_the_left() -> None:
    grid = Grid(Head("kind"), Head("files", right=True))
    grid.add("logs", "12")
    grid.add("x", "1,234")
    assert printed(grid, 80) == ["kind  files", "───────────", "logs     12", "x     1,234"]


def test_what_people_copy_shrinks_last() -> None:
    assert fit([26, 50, 45, 40], [26, 8, 19, 8], 80 - 6) == [26, 14, 19, 15]
    assert fit([26, 50], [26, 8], 30) == [22, 8]


def test_columns_that_fit_are_as_wide_as_their_content() -> None:
    assert fit([3, 4], [26, 8], 100) == [3, 4]
