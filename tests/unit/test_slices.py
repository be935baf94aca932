"""How a day is cut: never more to a task than it may hold, and never a second of the day twice or not at all."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jobs.slices import DAY, FOLD, Input, folding, slice_bounds
from lake.books import File, Piece
from tests.lakes import SETTINGS

BOUNDS = replace(SETTINGS.bounds, slice_rows=1000, task_bytes=1_000_000)


def piece(rows: int, nbytes: int, earliest: int = 0, latest: int = DAY - 1) -> Input:
    return Input(
        "b", [Piece("from_cloudtrail_readready", "2024-05-31", "b", "k", 0, 1, rows, earliest, latest, nbytes)]
    )


def file(start: int, end: int, rows: int, nbytes: int = 0) -> File:
    return File(f"{start:05}-{end:05}.orc", rows, rows, start, end, nbytes)


def test_few_rows_that_are_large_are_cut_by_their_bytes() -> None:
    assert len(slice_bounds([], [piece(rows=100, nbytes=8_000_000)], BOUNDS)) == 8


def test_many_rows_that_are_small_are_cut_by_their_number() -> None:
    assert len(slice_bounds([], [piece(rows=8000, nbytes=8000)], BOUNDS)) == 8


def test_a_file_that_is_large_already_is_cut_when_something_joins_it() -> None:
    files = [file(0, DAY, rows=10, nbytes=4_000_000)]
    assert len(slice_bounds(files, [piece(rows=1, nbytes=1, earliest=5, latest=5)], BOUNDS)) > 1
    assert slice_bounds(files, [], BOUNDS) == [(0, DAY)]


@given(
    edges=st.lists(st.integers(1, DAY - 1), unique=True, max_size=6),
    pieces=st.lists(
        st.tuples(st.integers(0, 5000), st.integers(0, 5_000_000), st.integers(0, DAY - 1), st.integers(0, DAY - 1)),
        max_size=5,
    ),
)
def test_every_second_of_the_day_is_in_one_slice_and_no_file_is_torn_but_by_a_cut(
    edges: list[int], pieces: list[tuple[int, int, int, int]]
) -> None:
    files = [file(start, end, 500, 500) for start, end in pairwise([0, *sorted(edges), DAY])]
    new = [piece(rows, nbytes, min(a, b), max(a, b)) for rows, nbytes, a, b in pieces]
    bounds = slice_bounds(files, new, BOUNDS)
    assert [start for start, _ in bounds] == [0, *(end for _, end in bounds[:-1])]
    assert bounds[-1][1] == DAY
    starts = {start for start, _ in bounds}
    assert {one.start for one in files} <= starts


@given(st.lists(st.integers(1, 3000), max_size=60))
def test_small_files_are_folded_once_they_are_many_and_never_into_more_than_a_task_holds(sizes: list[int]) -> None:
    files = [File(str(number), rows, rows, 0, DAY) for number, rows in enumerate(sizes)]
    folded = folding(files, 1000)
    small = [one for one in files if one.rows < 500]
    assert bool(folded) == (len(small) >= FOLD)
    assert sum(one.rows for one in folded) <= 1000
    assert {one.name for one in folded} <= {one.name for one in small}
