"""DuckDB's errors in Athena's words, where they are known."""

from __future__ import annotations

import re

import duckdb

from infra.local.athena_errors import QueryError, position

_COLUMN = re.compile(r'Referenced column "([^"]+)"|does not have a column named "([^"]+)"')
_FUNCTION = re.compile(r"Function with name (\w+) does not exist")
_LATE = {
    "Conversion Error": duckdb.ConversionException,
    "Out of Memory Error": duckdb.OutOfMemoryException,
    "Arrow Appender": duckdb.OutOfMemoryException,
    "INTERRUPT": duckdb.InterruptException,
    "Invalid Input Error": duckdb.InvalidInputException,
}


def as_duckdb(message: str) -> duckdb.Error:
    """The error that Arrow tells in words alone: it comes that way from a later piece of an answer."""
    return next((kind(message) for sign, kind in _LATE.items() if sign in message), duckdb.Error(message))


def said_by_athena(error: duckdb.Error, sql: str) -> QueryError:
    """DuckDB's error in Athena's words, where they are known."""
    message = str(error).strip().split("\n")[0]
    if match := _COLUMN.search(message):
        name = match[1] or match[2]
        return QueryError(
            f"COLUMN_NOT_FOUND: {_place(sql, name)}Column '{name}' cannot be resolved or requester is not "
            "authorized to access requested resources"
        )
    if match := _FUNCTION.search(message):
        return QueryError(f"FUNCTION_NOT_FOUND: {_place(sql, match[1])}Function '{match[1]}' not registered")
    if "Division by zero" in message:
        return QueryError("DIVISION_BY_ZERO: Division by zero")
    kinds = {
        duckdb.ConversionException: "INVALID_CAST_ARGUMENT",
        duckdb.BinderException: "TYPE_MISMATCH",
        duckdb.ParserException: "SYNTAX_ERROR",
        duckdb.OutOfMemoryException: "EXCEEDED_LOCAL_MEMORY_LIMIT",
        duckdb.InvalidInputException: "INVALID_FUNCTION_ARGUMENT",
        duckdb.InterruptException: "USER_CANCELED",
    }
    for kind, word in kinds.items():
        if isinstance(error, kind):
            return QueryError(f"{word}: {message.split(': ', 1)[-1]}")
    return QueryError(f"GENERIC_INTERNAL_ERROR: {message}", user=False)


def _place(sql: str, name: str) -> str:
    found = re.search(rf'(?<![\w"]){re.escape(name)}(?!\w)|"{re.escape(name)}"', sql, re.I)
    return position(sql, found.start() if found else None)
