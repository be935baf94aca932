"""Answers as tables, JSON lines and CSV."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import show
from cli.athena import Answer, Column, Row

TEXT = st.text(alphabet=st.characters(exclude_categories=()))


def answer(*rows: Row, columns: str = "name varchar, count bigint, good boolean") -> Answer:
    named = [Column(*one.split()) for one in columns.split(", ")]
    return Answer(named, iter(rows))


def printed(capsysbinary: pytest.CaptureFixture[bytes], given: Answer, form: str, raw: bool = False) -> bytes:
    show.show(given, form, raw)
    return capsysbinary.readouterr().out


def test_json_is_an_object_a_line_with_numbers_booleans_and_nulls(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    out = printed(capsysbinary, answer(["alice", "12", "true"], [None, None, "false"]), "json")
    assert out == (b'{"name": "alice", "count": 12, "good": true}\n{"name": null, "count": null, "good": false}\n')


def test_json_keeps_integers_beyond_what_a_double_holds() -> None:
    assert show.json_line(["n"], ["bigint"], ["9007199254740993"]) == '{"n": 9007199254740993}'


def test_json_says_not_a_number_as_text_because_json_has_none() -> None:
    assert json.loads(show.json_line(["a", "b"], ["double", "double"], ["NaN", "-Infinity"])) == {
        "a": "NaN",
        "b": "-Infinity",
    }


def test_two_columns_of_one_name_both_come_into_the_json() -> None:
    assert show.unique(["a", "b", "a", "a"]) == ["a", "b", "a_2", "a_3"]
    assert show.unique(["a", "a_2", "a"]) == ["a", "a_2", "a_3"]


@given(TEXT)
def test_json_is_printable_ascii_and_exact(text: str) -> None:
    line = show.json_line(["x"], ["varchar"], [text])
    assert all(" " <= one <= "~" for one in line)
    assert json.loads(line) == {"x": text}


@given(st.lists(st.lists(st.none() | TEXT, min_size=2, max_size=2), max_size=5))
def test_raw_csv_is_read_back_exactly_by_any_reader(rows: list[Row]) -> None:
    lines = "".join(show.lines(answer(*rows, columns="a varchar, b varchar"), "csv", raw=True))
    assert list(csv.reader(io.StringIO(lines, newline=""))) == [["a", "b"], *[[x or "" for x in row] for row in rows]]


@given(TEXT)
def test_csv_lets_no_control_character_through_but_line_feed_and_tab(text: str) -> None:
    field = show.csv_field(text, "varchar", raw=False)
    assert all(one.isprintable() or one in "\n\t" for one in field)


def test_csv_tells_null_from_empty_text_and_ends_lines_as_rfc_4180_says(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    rows = answer(["", "1"], [None, None], ['say "a, b"\nc', "2"], columns="name varchar, count bigint")
    assert printed(capsysbinary, rows, "csv") == b'name,count\r\n"",1\r\n,\r\n"say ""a, b""\nc",2\r\n'


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-2+3", "@SUM(A1)", "\t=1", "＝1"])
def test_csv_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert show.csv_field(text, "varchar", raw=False).lstrip('"').startswith("'")
    assert show.csv_field(text, "varchar(12)", raw=False).lstrip('"').startswith("'")


def test_csv_numbers_below_nought_stay_numbers() -> None:
    assert show.csv_field("-2", "bigint", raw=False) == "-2"
    assert show.csv_field("-2.50", "decimal(5,2)", raw=False) == "-2.50"


def test_raw_csv_lets_formulas_and_escapes_through() -> None:
    assert show.csv_field("=1\x1b", "varchar", raw=True) == "=1\x1b"


def test_a_table_shows_markup_of_logs_as_text_and_spells_escapes_out(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    rows = answer(["[red]x[/red] \x1b[31m", "1"], columns="name varchar, count bigint")
    out = printed(capsysbinary, rows, "table").decode()
    assert "[red]x[/red] \\x1b[31m" in out
    assert "\x1b" not in out


def test_a_table_of_more_columns_than_the_width_takes_is_shown_row_by_row(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    columns = ", ".join(f"column{n} varchar" for n in range(12))
    out = printed(capsysbinary, answer([f"value{n}" for n in range(12)], columns=columns), "table").decode()
    assert [line.split() for line in out.splitlines() if line.strip()] == [
        [f"column{n}", f"value{n}"] for n in range(12)
    ]


def test_an_empty_answer_says_so_in_a_table_and_has_only_a_header_in_csv(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert printed(capsysbinary, answer(), "table") == b"no rows\n"
    assert printed(capsysbinary, answer(), "csv") == b"name,count,good\r\n"
    assert printed(capsysbinary, answer(), "json") == b""
