"""Answers on the screen or into a pipe: a table for people, JSON lines for programs, CSV for spreadsheets.

table   every cell through `cli.safe`: no character from a log ever acts on a terminal, or in a pipe to one.
json    one object a line, keys as the columns; exact: all but printable ASCII is escaped as JSON escapes it, and
        numbers and booleans are JSON's own.
csv     RFC 4180 with a header, for spreadsheets: control characters spelt out (line feeds and tabs stay, quoted), and
        text that a spreadsheet would run as a formula (=, +, -, @ at its beginning) gets an apostrophe before it.
        With `raw` neither: the exact text. Null is an empty field, empty text is "".
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from typing import Any

import click
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from cli.athena import Answer, Column, Row
from cli.grid import Grid, Head
from cli.safe import safe

FORMATS = ("table", "json", "csv")
_INTEGERS = {"tinyint", "smallint", "integer", "int", "bigint"}
_NUMBERS = _INTEGERS | {"double", "float", "real", "decimal"}
_FORMULA = tuple("=+-@\t\r＝＋－＠")
_PAGE = 1000  # rows that one table is laid out for; the next ones are laid out anew
PIPE_WIDTH = 120  # columns of a table that goes into a file or a pipe


class _Console(Console):
    """Rich's console, that lets a closed pipe be what it is: the reader's wish."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(stderr: bool = False) -> Console:
    """Where people read. Colours only on a terminal and without NO_COLOR; nothing in a text is taken for markup."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return _Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)


def unique(names: Sequence[str]) -> list[str]:
    """Column names as JSON's keys: a name that was there already gets a number."""
    result: list[str] = []
    for name in names:
        same = (f"{name}_{number}" for number in count(2))
        result.append(name if name not in result else next(one for one in same if one not in result))
    return result


def _json_value(value: str | None, kind: str) -> object:
    if value is None:
        return None
    if kind in _INTEGERS:
        return int(value)
    if kind == "boolean":
        return value == "true"
    if kind in ("double", "float", "real"):
        number = float(value)
        return number if abs(number) < float("inf") else value  # JSON has no NaN and no Infinity
    return value


def json_line(names: Sequence[str], kinds: Sequence[str], row: Row) -> str:
    """One row as a JSON object on one line of printable ASCII."""
    values = {name: _json_value(value, kind) for name, kind, value in zip(names, kinds, row, strict=True)}
    return json.dumps(values).replace("\x7f", "\\u007f")  # DEL is the one control character that JSON lets through


def csv_field(value: str | None, kind: str, raw: bool) -> str:
    """One field. See the module's docstring for what `raw` leaves out."""
    if value is None:
        return ""
    if not raw:
        value = safe(value, keep="\n\t")
        if kind.split("(")[0] not in _NUMBERS and value.startswith(_FORMULA):
            value = "'" + value
    if value == "" or any(one in value for one in ',"\r\n') or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value


def csv_line(row: Row, kinds: Sequence[str], raw: bool) -> str:
    """One row, without its end."""
    return ",".join(csv_field(value, kind, raw) for value, kind in zip(row, kinds, strict=True))


def lines(answer: Answer, form: str, raw: bool) -> Iterator[str]:
    """The answer as JSON lines or CSV, with their ends."""
    kinds = [one.type for one in answer.columns]
    if form == "json":
        names = unique([one.name for one in answer.columns])
        for row in answer.rows:
            yield json_line(names, kinds, row) + "\n"
        return
    yield csv_line([one.name for one in answer.columns], ["varchar"] * len(kinds), raw) + "\r\n"
    for row in answer.rows:
        yield csv_line(row, kinds, raw) + "\r\n"


def write(pieces: Iterable[str]) -> None:
    """To standard output as UTF-8, whatever the locale says and with line ends as they are; an unpaired surrogate,
    which UTF-8 cannot say, as the three bytes that it would have."""
    sys.stdout.flush()
    out = sys.stdout.buffer
    for piece in pieces:
        out.write(piece.encode("utf-8", "surrogatepass"))
    out.flush()


def show(answer: Answer, form: str, raw: bool = False) -> None:
    """Print the answer."""
    if form == "table":
        _show_table(answer)
    else:
        write(lines(answer, form, raw))


def _show_table(answer: Answer) -> None:
    out = console()
    first = True
    while rows := list(islice(answer.rows, _PAGE)):
        if _fits(answer.columns, out.width):
            table(answer.columns, rows).print(out)
        else:
            for row in rows:
                _record(answer.columns, row).print(out)
        first = False
    if first:
        out.print("no rows")


def _fits(columns: Sequence[Column], width: int) -> bool:
    """Whether a table of so many columns can be read at that width; if not, each row is shown as a record."""
    return sum(max(cell_len(one.name), 8) + 2 for one in columns) <= width or len(columns) == 1


def table(columns: Sequence[Column], rows: Iterable[Row]) -> Grid:
    """A table of safe cells. Null is shown dimmed."""
    result = Grid(*(Head(safe(one.name), right=one.type.split("(")[0] in _NUMBERS) for one in columns))
    for row in rows:
        result.add(*map(cell, row))
    return result


def cell(value: str | None) -> Text:
    """One safe cell."""
    return Text("null", style="dim") if value is None else Text(safe(value))


def _record(columns: Sequence[Column], row: Row) -> Grid:
    result = Grid(Head("", least=30), Head(""), titled=False)
    for column, value in zip(columns, row, strict=True):
        result.add(Text(safe(column.name), style="bold"), cell(value))
    result.add("", "")
    return result


def raw_with(form: str, raw: bool) -> None:
    """Raises UsageError where --raw stands beside a format that it means nothing to."""
    if raw and form != "csv":
        raise click.UsageError("--raw goes with --format csv. (json is exact by itself; a table never is.)")


def option(function: Any) -> Any:
    """The option --format, the same for every command that answers."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="json: an object a line, exact; csv: with a header, for spreadsheets.",
    )(function)
