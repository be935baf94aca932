"""`docs/questions.md`, made from the files' comments: `python -m sql.docs` writes it; a test fails when it is stale."""

from __future__ import annotations

from pathlib import Path

from lake.settings import Settings, parse
from sql.question import ASKERS, Question, questions

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "questions.md"
HEAD = """# Questions

What people ask again and again: files of Athena SQL in `sql/questions`, with a `?` for what differs. Made from their
comments by `python -m sql.docs`; change it there. All times and days are UTC.

Ask one with `loglake ask`, which checks the parameters, here or with `--aws`. In Athena's console they are the saved
queries of the lake's workgroup: the editor asks for each `?`; text and days stand in single quotes there. With
boto3, the same literals are `ExecutionParameters`.

What a question does not ask is one edit away: start from its SQL. Whatever you write, name the days: that is what keeps
a scan small, and Athena's bill.
"""


def render(settings: Settings) -> str:
    """The page's text."""
    every = questions(settings).values()
    sections = [HEAD]
    for asker in ASKERS:
        sections.append(f"## {asker.title()}s ask\n")
        sections += [_section(one) for one in every if one.asker == asker]
    return "\n".join(sections)


def _section(question: Question) -> str:
    options = " ".join(f"--{one.name} {_shell(one.example)}" for one in question.parameters)
    lines = [f"### {question.title}", "", "```", f"loglake ask {question.name.replace('_', '-')} {options}", "```", ""]
    lines += [f"[{question.name}.sql](../sql/questions/{question.name}.sql). Cost: {question.cost}."]
    if question.needs:
        lines += ["", f"Needs {question.needs}."]
    lines += ["", "| `?` | type | what it is |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.type} | {one.meaning} |" for one in question.parameters]
    return "\n".join(lines) + "\n"


def _shell(text: str) -> str:
    return f"'{text}'" if " " in text else text


if __name__ == "__main__":
    TARGET.write_text(render(parse((ROOT / "lake.toml").read_text())))
