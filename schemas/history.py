"""Each table's columns as they were declared over time: `history/<table>.txt`, checked against the declarations.

A line is a column: its name and Hive type, in the order of the files. Files in S3 were written under every state that a
table ever had, and readers may go by position: so lines are added at the end, and no line ever changes or goes.

`python -m schemas.history` adds what was declared since. It refuses everything else.
"""

from __future__ import annotations

import sys
from pathlib import Path

from schemas import TABLES, Table

FOLDER = Path(__file__).parent / "history"


class HistoryError(ValueError):
    """A declaration would change what old files mean. The message says how."""


def declared(table: Table) -> list[str]:
    """The table's columns and then its partition keys, as lines."""
    keys = [f"partition key {key.name} {key.type}" for key in table.partition_keys]
    return [*keys, *(f"{column.name} {column.type}" for column in table.columns)]


def continued(table: Table, past: list[str]) -> list[str]:
    """The lines that the declaration adds to the past's. Raises HistoryError if it does anything else to them."""
    now = declared(table)
    for number, line in enumerate(past):
        if number >= len(now) or now[number] != line:
            found = now[number] if number < len(now) else "nothing"
            raise HistoryError(
                f"{table.name}: where {line!r} was, {found!r} is declared now. Files of the past would be read "
                "wrongly: columns never go, change their type or their place; new ones go at the end."
            )
    return now[len(past) :]


def past(table: Table, folder: Path = FOLDER) -> list[str]:
    """The lines of the table's file; none if there is no file."""
    file = folder / f"{table.name}.txt"
    return file.read_text().splitlines() if file.exists() else []


def main(folder: Path = FOLDER) -> int:
    """Write down what was declared since. Returns the exit code."""
    folder.mkdir(exist_ok=True)
    try:
        more = {table.name: continued(table, past(table, folder)) for table in TABLES.values()}
    except HistoryError as error:
        print(error, file=sys.stderr)
        return 1
    for name, lines in more.items():
        with (folder / f"{name}.txt").open("a") as file:
            file.writelines(f"{line}\n" for line in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
