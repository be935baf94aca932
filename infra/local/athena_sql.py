"""Athena's SQL, read: one query, its parameters, the tables it names, its columns' names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, TokenError
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokens import TokenType

from infra.local.athena_errors import QueryError, position
from infra.local.athena_macros import NAMES

UNNAMED = "\x01unnamed"  # the alias of a column that has no name: Athena calls it _col0, _col1, ... by its position


class AthenaSql(Trino):  # type: ignore[misc]
    """Trino's dialect, except that calls of the functions that have a macro stay calls."""

    class Parser(TrinoParser):  # type: ignore[misc]
        FUNCTIONS: ClassVar = {
            name: build for name, build in TrinoParser.FUNCTIONS.items() if name.lower() not in NAMES
        }


def parse(sql: str) -> exp.Query:
    """The one query in `sql`. Raises QueryError for what is no SQL, and for statements that are no queries."""
    try:
        found = [one for one in sqlglot.parse(sql, read=AthenaSql) if one is not None]
    except ParseError as error:
        where = error.errors[0] if error.errors else {}
        start = sum(len(line) + 1 for line in sql.split("\n")[: (where.get("line") or 1) - 1])
        column = (where.get("col") or 1) - len(where.get("highlight") or " ")
        reason = f"mismatched input '{where.get('highlight', '')}'. {where.get('description', '')}"
        raise QueryError(f"SYNTAX_ERROR: {position(sql, start + max(column, 0))}{reason}") from None
    except TokenError as error:
        raise QueryError(f"SYNTAX_ERROR: {error}") from None
    except RecursionError:
        raise QueryError("SYNTAX_ERROR: the statement is nested too deep") from None
    if len(found) != 1:
        raise QueryError("SYNTAX_ERROR: line 1:1: Only one sql statement is allowed")
    if not isinstance(found[0], exp.Query):
        word = (sql.split() or ["nothing"])[0].upper()
        raise QueryError(f"NOT_SUPPORTED: {word}: the local engine answers queries, SHOW and DESCRIBE")
    return found[0]


def bind(sql: str, parameters: Sequence[str]) -> str:
    """The query with each `?` replaced by its parameter, which is a literal as SQL writes it: 5, 'text', DATE '...'."""
    marks = [token for token in AthenaSql().tokenize(sql) if token.token_type == TokenType.PLACEHOLDER]
    if len(marks) != len(parameters):
        raise QueryError(
            f"INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected {len(marks)} "
            f"but found {len(parameters)}"
        )
    for mark, parameter in reversed(list(zip(marks, parameters, strict=True))):
        if not _is_literal(parameter):
            raise QueryError(f"SYNTAX_ERROR: parameter {parameter!r} is not a literal; text stands in single quotes")
        sql = sql[: mark.start] + parameter + sql[mark.end + 1 :]
    return sql


def _is_literal(text: str) -> bool:
    try:
        value = sqlglot.parse_one(text, read=AthenaSql)
    except (ParseError, TokenError):
        return False
    while isinstance(value, exp.Neg | exp.Cast):
        value = value.this
    return isinstance(value, exp.Literal | exp.Boolean | exp.Null)


def tables(query: exp.Query) -> Iterator[exp.Table]:
    """The tables that the query reads, wherever they stand; not its own WITH names."""
    seen: set[int] = set()
    for scope in traverse_scope(query):
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and id(source) not in seen:
                seen.add(id(source))
                yield source


def start_of(table: exp.Table) -> int | None:
    """Where in the query's text the table's name begins."""
    return next((part.meta.get("start") for part in table.parts if "start" in part.meta), None)


def rename(table: exp.Table, name: str) -> None:
    """Let the table be read under another name; what refers to it by its old one goes on to work."""
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
    table.set("this", exp.to_identifier(name, quoted=True))
    table.set("db", None)
    table.set("catalog", None)


def without_database(column: exp.Column, databases: Collection[str]) -> None:
    """`database.table.column` as `table.column`. `a.b.c` may also be a field in a field of the column a: it stays."""
    if column.db.lower() in databases:
        column.set("db", None)
        column.set("catalog", None)


def name_columns(query: exp.Query) -> None:
    """Give an alias, beginning with UNNAMED, to each column of the answer that has no name."""
    select = query
    while not isinstance(select, exp.Select):
        if not isinstance(select, exp.SetOperation | exp.Subquery):
            return
        select = select.this
    for number, projection in enumerate(select.expressions):
        if isinstance(projection, exp.Alias):
            projection.args["alias"].set("quoted", True)  # keeps its capitals
        if not isinstance(projection, exp.Alias | exp.Column | exp.Dot) and not projection.is_star:
            select.expressions[number].replace(exp.alias_(projection.copy(), f"{UNNAMED}{number}", quoted=True))
