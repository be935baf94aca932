"""The questions' files, their page, and the commands made of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from click.testing import CliRunner

from cli.athena import Answer, Column
from cli.main import cli
from infra import resources
from lake.settings import parse
from sql import docs
from sql.question import FOLDER, Parameter, QuestionError, marks, questions, read_question, with_marks
from tests.lakes import SETTINGS

FILE = """\
-- who_came: Who came
--   in?
--
-- Asked by: manager
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day,
--     counted in UTC
--   name text, e.g. O'Brien: the name
--   most number, e.g. 5: how many
-- Cost: little
SELECT '?', "a?b", ${keystrokedays} -- really?
FROM t WHERE calendarday BETWEEN ? AND ? AND name = ? /* ? */ LIMIT ?;
"""


def test_a_questions_file_declares_it_in_its_opening_comment() -> None:
    question = read_question(FILE, SETTINGS, "who_came")
    assert (question.title, question.asker, question.cost, question.needs) == ("Who came in?", "manager", "little", "")
    assert question.parameters[1] == Parameter("to", "day", "2026-03-08", "the last day, counted in UTC")
    assert question.sql.startswith("SELECT '?', \"a?b\", 1 -- really?\nFROM t")
    assert question.sql.endswith("LIMIT ?")
    values = {"from": "2026-03-02", "to": "2026-03-08", "name": "O'Brien", "most": "5"}
    assert question.literals(values) == ["'2026-03-02'", "'2026-03-08'", "'O''Brien'", "5"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("-- who_came:", "-- others:"), "its first line"),
        (("in?", "in"), "its first line"),
        (("manager", "nobody"), "auditor, responder, manager"),
        (("-- Cost: little\n", ""), "'Cost:'"),
        ((" LIMIT ?", ""), "4 parameters for 3 marks"),
    ],
)
def test_a_file_in_another_form_is_refused(change: tuple[str, str], said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        read_question(FILE.replace(*change), SETTINGS, "who_came")


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (Parameter("d", "day", "", ""), "yesterday"),
        (Parameter("n", "number", "", ""), "5; DROP TABLE t"),
        (Parameter("t", "time", "", ""), "12:00"),
        (Parameter("t", "time", "", ""), "2026-03-02 24:01"),
        (Parameter("t", "time", "", ""), "2026-03-02 07:00+01:00"),
    ],
)
def test_a_value_of_another_type_is_refused(parameter: Parameter, value: str) -> None:
    with pytest.raises(QuestionError, match=parameter.name):
        parameter.literal(value)


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("2026-03-02", "'2026-03-02 00:00:00'"),
        ("2026-03-02 07:05", "'2026-03-02 07:05:00'"),
        ("2026-03-02T07:05:09", "'2026-03-02 07:05:09'"),
    ],
)
def test_a_time_may_leave_out_what_is_zero(value: str, literal: str) -> None:
    assert Parameter("t", "time", "", "").literal(value) == literal


def test_parameters_stand_in_where_clauses_alone() -> None:
    """Athena takes them nowhere else ("Use parameterized queries", Considerations and limitations)."""
    for question in questions(SETTINGS).values():
        for clause in re.split(r"\b(?=SELECT\b|FROM\b|WHERE\b|GROUP BY\b|ORDER BY\b|LIMIT\b)", question.sql):
            assert clause.startswith("WHERE") or not marks(clause), (question.name, clause)


def test_marks_in_quotes_and_comments_are_none() -> None:
    sql = "SELECT '?''?', \"?\", ? -- ?\n/* ?\n? */ WHERE a = ?"
    assert marks(sql) == 2
    assert with_marks(sql, "'x'") == "SELECT '?''?', \"?\", 'x' -- ?\n/* ?\n? */ WHERE a = 'x'"


def test_there_are_twenty_questions_and_each_names_its_days_and_who_asks_it() -> None:
    every = questions(SETTINGS)
    assert len(every) >= 20
    assert {one.asker for one in every.values()} == {"auditor", "responder", "manager"}
    for question in every.values():
        assert [one.name for one in question.parameters][:2] == ["from", "to"]
        assert "calendarday BETWEEN ? AND ?" in question.sql
        assert question.literals({one.name: one.example for one in question.parameters})
    assert set(every) == {file.stem for file in FOLDER.iterdir()}


def test_the_page_of_questions_is_made_from_the_files() -> None:
    assert docs.TARGET.read_text() == docs.render(parse((docs.ROOT / "lake.toml").read_text())), "python -m sql.docs"


def test_saved_queries_fit_athenas_bounds() -> None:
    for one in resources.named_queries(SETTINGS):
        assert len(one["Name"]) <= 128
        assert len(one["Description"]) <= 1024
        assert len(one["QueryString"].encode()) <= 262_144


# -- the commands ----------------------------------------------------------------------------------------------------


class Remembering:
    """An Athena that only remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Sequence[str]]] = []

    def ask(self, sql: str, parameters: Sequence[str] = ()) -> Answer:
        self.asked.append((sql, parameters))
        return Answer([Column("a", "varchar")], iter([["1"]]))


def run(*arguments: str) -> tuple[int, str, list[tuple[str, Sequence[str]]]]:
    athena = Remembering()
    result = CliRunner().invoke(cli, ["ask", *arguments], obj={"connect": lambda _: athena})
    return result.exit_code, result.output, athena.asked


def test_a_question_is_a_command_whose_options_are_its_parameters() -> None:
    code, said, asked = run("lines-with-text", "--day", "2026-03-02", "--text", "o'clock", "--format", "csv")
    assert (code, said) == (0, "a\n1\n")
    sql = questions(SETTINGS)["lines_with_text"].sql
    assert asked == [(sql, ["'2026-03-02'", "'2026-03-02'", "'o''clock'"])]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lines-with-text", "--day", "2026-03-02"], "--text"),
        (["role-changes"], "--from and --to"),
        (["role-changes", "--day", "2026-03-02", "--to", "2026-03-03"], "--day is one day"),
        (["role-changes", "--from", "2026-03-03", "--to", "2026-03-02"], "is after"),
        (["role-changes", "--day", "last night"], "is not a day"),
        (["role-changes", "--day", "2026-03-02", "--raw"], "--raw goes with"),
        (["role-changes", "--from", "2026-13-01", "--to", "2026-03-02"], "'2026-13-01' is not a day"),
        (["no-such-question"], "there is no question"),
        (["role-change"], "There are role-changes"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(arguments: list[str], said: str) -> None:
    code, output, asked = run(*arguments)
    assert (code, asked) == (2, [])
    assert said in output


def test_a_question_that_needs_more_than_the_filters_keep_says_so_beside_its_answer() -> None:
    with_needs = run("role-changes", "--day", "2026-03-02")[1]
    without = run("refused-sessions", "--day", "2026-03-02")[1]
    assert '"iam:*" among the events that lake.toml keeps' in with_needs
    assert "Needs" not in without


def test_without_a_question_all_of_them_are_listed_by_who_asks() -> None:
    code, said, _ = run()
    assert code == 0
    assert "Auditors ask" in said
    for name in questions(SETTINGS):
        assert name.replace("_", "-") in said


@pytest.mark.parametrize("name", sorted(questions(SETTINGS)))
def test_every_question_teaches_with_an_example_and_its_cost(name: str) -> None:
    code, said, _ = run(name.replace("_", "-"), "--help")
    assert code == 0
    assert f"loglake ask {name.replace('_', '-')} --from" in said
    assert "Cost: " in said
    assert "Exit codes: 0 done" in said
