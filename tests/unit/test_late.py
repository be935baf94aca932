"""Which records came late, by the day of their object."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

from jobs.late import late
from jobs.rows import Source

A, B = Source("s3://raw/a", "e1", 0), Source("s3://raw/b", "e1", 0)


def rows(*records: tuple[Source, str]) -> pa.Table:
    """Rows as a decoder gives them, as far as it matters: (object, time)."""
    return pa.table(
        {
            "eventtime": pa.array([datetime.fromisoformat(time) for _, time in records], pa.timestamp("us")),
            "sourceobject": pa.array([source.object for source, _ in records], pa.string()),
            "sourceetag": pa.array([source.etag for source, _ in records], pa.string()),
            "edition": pa.array([source.edition for source, _ in records], pa.int32()),
        }
    )


@pytest.mark.parametrize(
    ("time", "count"),
    [
        ("2024-06-03T00:00:01", 0),
        ("2024-06-02T23:59:59", 0),
        ("2024-06-02T00:00:00", 0),
        ("2024-06-01T23:59:59.999999", 1),
        ("2024-05-05T12:00:00", 1),
        ("2023-06-03T12:00:00", 1),
        ("1969-12-31T23:59:59", 1),
        ("2024-06-04T00:00:00", 0),
    ],
)
def test_late_is_a_day_that_was_over_for_a_whole_day_at_delivery(time: str, count: int) -> None:
    assert late(rows((A, time)), {A: "2024-06-03"})[A] == count


def test_each_object_has_its_own_day_of_delivery() -> None:
    table = rows((A, "2024-06-01T10:00:00"), (B, "2024-06-01T10:00:00"), (A, "2024-05-01T10:00:00"))
    assert late(table, {A: "2024-06-03", B: "2024-06-02"}) == {A: 2}
    assert late(table, {A: "2024-05-03", B: "2024-06-03"}) == {A: 1, B: 1}


def test_an_object_read_again_under_another_edition_or_etag_is_counted_on_its_own() -> None:
    newer, other = A._replace(edition=1), A._replace(etag="e2")
    table = rows(*((one, "2024-01-01T10:00:00") for one in (A, newer, newer, other)))
    assert late(table, dict.fromkeys((A, newer, other), "2024-06-03")) == {A: 1, newer: 2, other: 1}


def test_a_day_that_no_calendar_has_makes_nothing_late() -> None:
    table = rows((A, "2024-01-01T10:00:00"), (B, "2024-01-01T10:00:00"))
    assert late(table, {A: "2024-02-31", B: "2024-03-01"}) == {B: 1}
    assert late(table, {A: "2024-02-31"}) == {}


def test_no_rows_are_not_late() -> None:
    assert late(rows(), {A: "2024-06-03"}) == {}
