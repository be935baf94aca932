"""How the operators' steps ask the lake's own tables: by Athena's SQL, through whatever their caller gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from schemas import TABLES

Ask = Callable[[str], Iterable[Sequence[str | None]]]  # SQL to rows, each value as Athena writes it
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def quoted(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def among(column: str, values: Iterable[str]) -> str:
    """The condition that a column has one of the values."""
    return f"{column} IN ({', '.join(map(quoted, values))})"


def account_of(table: str) -> str:
    """SQL for the account that a row of the table is about."""
    columns = TABLES[table].account
    return columns[0] if len(columns) == 1 else f"coalesce({', '.join(columns)})"


def next_edition(ask: Ask, now: datetime) -> int:
    """An edition above every other.

    Seconds since 2020, so that of two rebuilds the later has the higher, before a job has run; and more than any in the
    books, so that a clock that is behind makes no rebuild that changes nothing. An int until 2088.
    """
    highest = next(iter(ask("SELECT max(edition) FROM lake_ledger")), [None])[0]
    return max(int((now - _EPOCH).total_seconds()), int(highest or 0) + 1)
