"""The views under `sql/views`, as Athena keeps views in the Glue catalog.

A view's file opens with a comment that declares it, and goes on with Athena SQL:

    -- sessions: one line on its purpose
    --
    -- Columns:
    --   calendarday varchar: a sentence on the column
    --   starttime timestamp: a sentence (or a type) that
    --     goes on, indented further
    -- Cost: what it scans
    SELECT ...

Athena's form of a view: a Glue table of type VIRTUAL_VIEW whose ViewOriginalText is base64 of a JSON document with the
SQL, the schema that unqualified names mean, and the columns' Presto types. Wrong types there make the view stale.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake.settings import Settings
from sql.render import render

FOLDER = Path(__file__).parent.parent / "sql" / "views"
_PREFIX, _SUFFIX = "/* Presto View: ", " */"
_TITLE = re.compile(r"-- (\w+): (.+)")
_COLUMN = re.compile(r"(\w+) ([a-z]\w*(?:\([\w, ()]+\))?): (.+)")
_FIRST = re.compile(r"--   (\S.*)")
_MORE = re.compile(r"--     +(\S.*)")
_HIVE = {"varchar": "string", "integer": "int"}
_TIMESTAMP = re.compile(r"(?<!\w)timestamp(?![\w(])")  # timestamp(3): Athena reads and shows milliseconds


class ViewError(ValueError):
    """A view's file is not in the form that this module's docstring gives."""


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column as the file declares it; `type` is Presto's (varchar, bigint, timestamp, ...)."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True, slots=True)
class View:
    """A view's file, read. `sql` is the statement alone, placeholders of settings filled in."""

    name: str
    description: str
    columns: tuple[ViewColumn, ...]
    sql: str


def read_view(text: str, settings: Settings, name: str) -> View:
    """A view from its file's text. `name` is the file's, which the title must repeat. Raises ViewError."""
    lines = text.splitlines()
    comment = lines[: _end_of_comment(lines)]
    title = _TITLE.fullmatch(comment[0]) if comment else None
    if title is None or title[1] != name:
        raise ViewError(f"{name}.sql: its first line must be '-- {name}: what it is for'")
    columns = _columns(comment)
    if not columns:
        raise ViewError(f"{name}.sql: no columns; the opening comment lists them after '-- Columns:'")
    sql = render("\n".join(lines[len(comment) :]) + "\n", settings).strip().rstrip(";")
    return View(name, title[2], columns, sql)


def _end_of_comment(lines: list[str]) -> int:
    return next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))


def _columns(comment: list[str]) -> tuple[ViewColumn, ...]:
    texts: list[str] = []
    listed = False
    for line in comment:
        if line == "-- Columns:":
            listed = True
        elif listed and texts and (more := _MORE.fullmatch(line)):
            texts[-1] += f" {more[1]}"
        elif listed and (first := _FIRST.fullmatch(line)):
            texts.append(first[1])
        else:
            listed = False
    return tuple(ViewColumn(match[1], match[2], match[3]) for text in texts if (match := _COLUMN.fullmatch(text)))


def view_input(view: View, database: str) -> dict[str, Any]:
    """Glue's TableInput of a view.

    It has no Description: Trino's Glue connector would read that in place of the parameter `comment`, by whose exact
    words it knows a view, and take the view for a table without files.
    """
    definition = {
        "originalSql": view.sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": one.name, "type": _TIMESTAMP.sub("timestamp(3)", one.type)} for one in view.columns],
    }
    text = base64.b64encode(json.dumps(definition).encode()).decode()
    return {
        "Name": view.name,
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": f"{_PREFIX}{text}{_SUFFIX}",
        "ViewExpandedText": "/* Presto View */",
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [
                # Glue refuses a column comment of more than 255 characters.
                {"Name": one.name, "Type": hive_type(one.type), "Comment": one.comment[:255]}
                for one in view.columns
            ],
            "Location": "",
            "SerdeInfo": {},
        },
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
    }


def hive_type(presto: str) -> str:
    """Hive's word for a Presto type, as Glue has it: varchar -> string, row(a bigint) -> struct<a:bigint>."""
    base, _, inside = presto.removesuffix(")").partition("(")
    if base == "array":
        return f"array<{hive_type(inside)}>"
    if base == "map":
        return f"map<{','.join(hive_type(one) for one in _parts(inside))}>"
    if base == "row":
        fields = [one.split(" ", 1) for one in _parts(inside)]
        return f"struct<{','.join(f'{name}:{hive_type(kind)}' for name, kind in fields)}>"
    return presto if base == "decimal" else _HIVE.get(base, base)


def _parts(types: str) -> list[str]:
    """What commas part, outside of brackets."""
    parts, depth = [""], 0
    for sign in types:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [one.strip() for one in parts]


def view_definition(text: str) -> dict[str, Any]:
    """The JSON document in a ViewOriginalText: originalSql, catalog, schema, columns."""
    if not (text.startswith(_PREFIX) and text.endswith(_SUFFIX)):
        raise ViewError(f"not a view as Athena stores it: {text[:40]!r}")
    definition: dict[str, Any] = json.loads(base64.b64decode(text[len(_PREFIX) : -len(_SUFFIX)]))
    return definition


def view_inputs(settings: Settings, folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Glue's TableInputs of every file in the folder, by name."""
    views = [read_view(file.read_text(), settings, file.stem) for file in sorted(folder.glob("*.sql"))]
    return [view_input(view, settings.lake.database) for view in views]
