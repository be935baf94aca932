"""Files of the past stay readable: a declaration may add columns at its end, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from schemas import TABLES, Column, Table
from schemas.history import FOLDER, HistoryError, continued, declared, main, past

TABLE = TABLES["from_cloudwatch_readready"]
A = Column("a", "string", "A.")


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_table_still_begins_as_it_was_and_all_that_it_has_is_written_down(table: Table) -> None:
    assert continued(table, past(table)) == [], "new columns: run python -m schemas.history"


def test_there_is_no_history_of_a_table_that_is_gone() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == set(TABLES)


def test_a_column_at_the_end_is_added_to_the_past() -> None:
    assert continued(replace(TABLE, columns=(*TABLE.columns, A)), declared(TABLE)) == ["a string"]


@pytest.mark.parametrize(
    "columns",
    [
        (A, *TABLE.columns),
        (*TABLE.columns[:3], A, *TABLE.columns[3:]),
        TABLE.columns[1:],
        TABLE.columns[:-1],
        (TABLE.columns[1], TABLE.columns[0], *TABLE.columns[2:]),
        (replace(TABLE.columns[0], type="bigint"), *TABLE.columns[1:]),
        (replace(TABLE.columns[0], name="other"), *TABLE.columns[1:]),
    ],
)
def test_a_column_that_moves_changes_or_goes_is_refused(columns: tuple[Column, ...]) -> None:
    with pytest.raises(HistoryError, match="from_cloudwatch_readready: where "):
        continued(replace(TABLE, columns=columns), declared(TABLE))


def test_another_partition_key_is_refused() -> None:
    with pytest.raises(HistoryError, match="'partition key calendarday string' was"):
        continued(replace(TABLE, partition_keys=(A,)), declared(TABLE))


def test_writing_down_adds_and_never_rewrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "teams.txt"
    file.write_text("team string\n")
    assert main(tmp_path) == 0
    assert file.read_text().splitlines() == declared(TABLES["teams"])
    file.write_text("team bigint\n")
    assert main(tmp_path) == 1
    assert "where 'team bigint' was, 'team string' is declared now" in capsys.readouterr().err
    assert file.read_text() == "team bigint\n"
