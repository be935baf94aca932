"""The questions under `sql/questions`: Athena SQL that people ask again and again, with `?` for what differs.

A question's file opens with a comment that declares it, and goes on with one SELECT:

    -- role_changes: Who changed IAM roles, and how?
    --
    -- Asked by: responder
    -- Parameters:
    --   from day, e.g. 2026-03-02: the first day
    --   to day, e.g. 2026-03-08: the last day
    -- Cost: what it reads
    -- Needs: what lake.toml must keep for an answer (only where its defaults do not)
    SELECT ...

The parameters are the statement's `?`, one each, in their order. Types: day (yyyy-mm-dd), time (yyyy-mm-dd hh:mm:ss;
the seconds or the whole time of day may be left out), text, number. Lines that go on are indented further. `${...}` is
filled in as in views (`sql.render`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal, cast

from lake.settings import Settings
from sql.render import render

FOLDER = Path(__file__).parent / "questions"
ASKERS = ("auditor", "responder", "manager")
Type = Literal["day", "time", "text", "number"]
_TITLE = re.compile(r"-- (\w+): (.+\?)")
_FIELD = re.compile(r"-- (Asked by|Cost|Needs): (.+)")
_PARAMETER = re.compile(r"--   (\w+) (day|time|text|number), e\.g\. (.+?): (.+)")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?")
_MORE = re.compile(r"-- {3,}(\S.*)")
_NOT_A_MARK = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.S)


class QuestionError(ValueError):
    """A question's file is not in the form that this module's docstring gives, or a value is not of its type."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One `?` of a question. example: a value as a person writes it, without quotes."""

    name: str
    type: Type
    example: str
    meaning: str

    def literal(self, value: str) -> str:
        """The value as Athena's ExecutionParameters take it: an SQL literal. Raises QuestionError."""
        if self.type == "number":
            if not re.fullmatch(r"-?\d+", value):
                raise QuestionError(f"{self.name}: {value!r} is not a whole number")
            return value
        if self.type == "day":
            try:
                value = date.fromisoformat(value).isoformat()
            except ValueError:
                raise QuestionError(f"{self.name}: {value!r} is not a day, yyyy-mm-dd") from None
        if self.type == "time":
            if not _TIME.fullmatch(value):
                raise QuestionError(f"{self.name}: {value!r} is not a time, yyyy-mm-dd hh:mm:ss")
            try:
                value = f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M:%S}"
            except ValueError:
                raise QuestionError(f"{self.name}: there is no time {value!r}") from None
        return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Question:
    """A question's file, read. `sql` is the statement alone, placeholders of settings filled in."""

    name: str
    title: str
    asker: str
    parameters: tuple[Parameter, ...]
    cost: str
    needs: str
    sql: str

    def literals(self, values: Mapping[str, str]) -> list[str]:
        """ExecutionParameters for these values, by the parameters' names. Raises QuestionError."""
        return [one.literal(values[one.name]) for one in self.parameters]


def read_question(text: str, settings: Settings, name: str) -> Question:
    """A question from its file's text. `name` is the file's, which the title must repeat. Raises QuestionError."""
    lines = text.splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    comment = _unfolded(lines[:end])
    title = _TITLE.fullmatch(comment[0]) if comment else None
    if title is None or title[1] != name:
        raise QuestionError(f"{name}.sql: its first line must be '-- {name}: the question?'")
    fields = {match[1]: match[2] for line in comment if (match := _FIELD.fullmatch(line))}
    if fields.get("Asked by") not in ASKERS or "Cost" not in fields:
        raise QuestionError(f"{name}.sql: the comment needs 'Asked by:' ({', '.join(ASKERS)}) and 'Cost:'")
    parameters = tuple(_parameters(comment))
    sql = render("\n".join(lines[end:]) + "\n", settings).strip().removesuffix(";")
    if marks(sql) != len(parameters):
        raise QuestionError(f"{name}.sql: {len(parameters)} parameters for {marks(sql)} marks '?'")
    return Question(name, title[2], fields["Asked by"], parameters, fields["Cost"], fields.get("Needs", ""), sql)


def questions(settings: Settings, folder: Path = FOLDER) -> dict[str, Question]:
    """Every question of the folder, by name, in the alphabet's order."""
    files = sorted(folder.glob("*.sql"))
    return {file.stem: read_question(file.read_text(encoding="utf-8"), settings, file.stem) for file in files}


def marks(sql: str) -> int:
    """How many `?` there are outside of quotes and comments."""
    return _NOT_A_MARK.sub("", sql).count("?")


def with_marks(sql: str, literal: str) -> str:
    """The SQL with every `?` outside of quotes and comments replaced by the literal."""
    pieces, place = list[str](), 0
    for match in _NOT_A_MARK.finditer(sql):
        pieces += [sql[place : match.start()].replace("?", literal), match[0]]
        place = match.end()
    return "".join([*pieces, sql[place:].replace("?", literal)])


def _unfolded(comment: list[str]) -> list[str]:
    """The comment's lines, those that go on joined to the ones they belong to."""
    lines: list[str] = []
    for line in comment:
        more = _MORE.fullmatch(line) if not _PARAMETER.fullmatch(line) else None
        if more and lines:
            lines[-1] += f" {more[1]}"
        else:
            lines.append(line)
    return lines


def _parameters(comment: list[str]) -> list[Parameter]:
    found = [match for line in comment if (match := _PARAMETER.fullmatch(line))]
    return [Parameter(one[1], cast(Type, one[2]), one[3], one[4]) for one in found]
