"""Athena's statements as Trino takes them. A query goes as it is; only around it something changes.

UNLOAD is a CREATE TABLE AS with a location, in a catalog aside, of which the files stay; CREATE TABLE AS has other
names for its properties, and other defaults. The query inside keeps its place, so that errors name the right column of
a line; `Statement.line` tells how many lines it moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot.errors import TokenError
from sqlglot.tokens import Token, TokenType

from infra.local.athena_errors import QueryError
from infra.local.athena_sql import AthenaSql
from infra.local.trino.process import CATALOG, UNLOAD

_TAKEN = re.compile(r"(CREATE VIEW|CREATE OR REPLACE VIEW|DROP VIEW|DROP TABLE)\b")
_REFUSED = re.compile(
    r"(ALTER|ANALYZE|CALL|COMMENT|COMMIT|CREATE|DELETE|DENY|DROP|GRANT|MERGE|MSCK|PREPARE|REFRESH|RESET|REVOKE|ROLLBACK"
    r"|SET|START|TRUNCATE|UPDATE|USE)\b"
)
_FORMATS = ("ORC", "PARQUET", "AVRO", "JSON", "TEXTFILE")
_CODECS = {"ZLIB": "GZIP", "DEFLATE": "GZIP"}
_COMPRESSION = ("write_compression", "compression", "parquet_compression", "orc_compression")


@dataclass(frozen=True, slots=True)
class Statement:
    """What Trino is given.

    writes: the folder of an UNLOAD or a CREATE TABLE AS, s3://bucket/key/, '' for other statements. table: the table
    aside that an UNLOAD makes, to be forgotten afterwards. session: Trino's session properties. line, column: by
    how many lines the query inside was moved down, by how many characters its first line to the right.
    """

    sql: str
    writes: str = ""
    table: str = ""
    session: Mapping[str, str] = field(default_factory=dict)
    line: int = 0
    column: int = 0


def read(sql: str, default_location: str, name: str) -> Statement:
    """One statement of Athena's. Raises QueryError for what Athena, or this engine, does not take.

    default_location: where a CREATE TABLE AS writes that names no place. name: a unique one, for UNLOAD's table.
    """
    try:
        tokens = list(AthenaSql().tokenize(sql))
    except TokenError:
        return Statement(sql)  # Trino says what is wrong with it
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise QueryError("SYNTAX_ERROR: line 1:1: there is no statement")
    if any(one.token_type == TokenType.SEMICOLON for one in tokens):
        raise QueryError("SYNTAX_ERROR: line 1:1: Only one sql statement is allowed")
    sql = sql[: tokens[-1].end + 1].rstrip()
    first = " ".join(one.text.upper() for one in tokens[:4])
    if first.startswith("UNLOAD "):
        return _unload(sql, tokens, name)
    if first.startswith("CREATE TABLE ") and (at := _as(tokens)) is not None:
        return _create_table(sql, tokens, at, default_location)
    if not _TAKEN.match(first) and _REFUSED.match(first):
        words = " ".join(first.split()[:2])
        raise QueryError(f"NOT_SUPPORTED: {words}: tables are declared to Glue, here as in the deployment")
    return Statement(sql)


def with_parameters(statement: Statement, parameters: Sequence[str]) -> Statement:
    """The statement with its `?` filled in by Trino, not by text."""
    if not parameters:
        return statement
    quoted = statement.sql.replace("'", "''")
    head = "EXECUTE IMMEDIATE '"
    return replace(statement, sql=f"{head}{quoted}' USING {', '.join(parameters)}", column=len(head))


def _unload(sql: str, tokens: Sequence[Token], name: str) -> Statement:
    """UNLOAD (query) TO 's3://...' [WITH (...)]"""
    if len(tokens) < 2 or tokens[1].token_type != TokenType.L_PAREN:
        raise _expected(tokens[min(1, len(tokens) - 1)], "'('")
    close = _closing(tokens, 1)
    rest = tokens[close + 1 :]
    if len(rest) < 2 or rest[0].text.upper() != "TO" or rest[1].token_type != TokenType.STRING:
        raise _expected(rest[0] if rest else tokens[close], "TO 's3://...'")
    location = _folder(rest[1].text)
    given = _properties(sql, rest[2:])
    if "format" not in given:
        raise QueryError("SYNTAX_ERROR: UNLOAD needs WITH (format = '...')")
    properties, session = _translated({**given, "external_location": _literal(location)}, UNLOAD)
    table = f'"{UNLOAD}"."{UNLOAD}"."{name}"'
    head = f"CREATE TABLE {table} WITH ({properties}) AS"
    text, moved = _behind(head, sql[: tokens[close].start], tokens[2].start)
    return Statement(text, location, name, session, moved)


def _create_table(sql: str, tokens: Sequence[Token], at: int, default_location: str) -> Statement:
    """CREATE TABLE name [WITH (...)] AS query; at: the token AS."""
    opening = next((n for n in range(at) if tokens[n].text.upper() == "WITH"), at)
    given = _properties(sql, tokens[opening:at])
    location = _folder(_unquoted(given.get("external_location", _literal(default_location))))
    given.setdefault("format", "'PARQUET'")
    properties, session = _translated({**given, "external_location": _literal(location)}, CATALOG)
    head = f"{sql[: tokens[opening].start]} WITH ({properties})"
    text, moved = _behind(" ".join(head.split("\n")), sql, tokens[at].start)
    return Statement(text, location, session=session, line=moved)


def _as(tokens: Sequence[Token]) -> int | None:
    """The place of the AS of a CREATE TABLE AS: the first one outside all brackets."""
    depth = 0
    for number, token in enumerate(tokens):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth == 0 and token.token_type == TokenType.ALIAS:
            return number
    return None


def _closing(tokens: Sequence[Token], opening: int) -> int:
    depth = 0
    for number in range(opening, len(tokens)):
        kind = tokens[number].token_type
        depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
        if depth == 0:
            return number
    raise _expected(tokens[-1], "')'")


def _behind(head: str, sql: str, start: int) -> tuple[str, int]:
    """`head`, and on the next line, in the same column as before, the rest of `sql`. And how many lines it moved."""
    before = sql[:start]
    column = start - (before.rfind("\n") + 1)
    return f"{head}\n{' ' * column}{sql[start:]}", 1 - before.count("\n")


def _properties(sql: str, tokens: Sequence[Token]) -> dict[str, str]:
    """The properties of WITH (name = value, ...), values as they were written."""
    if not tokens:
        return {}
    if tokens[0].text.upper() != "WITH" or len(tokens) < 2 or tokens[1].token_type != TokenType.L_PAREN:
        raise _expected(tokens[0], "WITH (")
    close = _closing(tokens, 1)
    found: dict[str, str] = {}
    number = 2
    while number < close:
        end = _end_of_property(tokens, number, close)
        if end - number < 3 or tokens[number + 1].token_type != TokenType.EQ:
            raise _expected(tokens[number], "name = value")
        found[tokens[number].text.lower()] = sql[tokens[number + 2].start : tokens[end - 1].end + 1]
        number = end + 1
    return found


def _end_of_property(tokens: Sequence[Token], start: int, close: int) -> int:
    depth = 0
    for number in range(start, close):
        kind = tokens[number].token_type
        depth += (kind in _OPEN) - (kind in _CLOSE)
        if depth == 0 and kind == TokenType.COMMA:
            return number
    return close


_OPEN = (TokenType.L_PAREN, TokenType.L_BRACKET)
_CLOSE = (TokenType.R_PAREN, TokenType.R_BRACKET)


def _translated(given: Mapping[str, str], catalog: str) -> tuple[str, dict[str, str]]:
    """Athena's properties in Trino's words: those of the table, as SQL, and those of the session."""
    table: dict[str, str] = {}
    session: dict[str, str] = {f"{catalog}.compression_codec": "GZIP"}  # Athena's default for all formats
    for name, value in given.items():
        if name == "format":
            if (form := _unquoted(value).upper()) not in _FORMATS:
                raise QueryError(f"NOT_SUPPORTED: format {form}; there are {', '.join(_FORMATS)}")
            table[name] = _literal(form)
        elif name in _COMPRESSION:
            codec = _unquoted(value).upper()
            session[f"{catalog}.compression_codec"] = _CODECS.get(codec, codec)
        elif name == "field_delimiter":
            table["textfile_field_separator"] = value
        elif name == "table_type" and _unquoted(value).upper() != "HIVE":
            raise QueryError(f"NOT_SUPPORTED: table_type {_unquoted(value)}, in the local engine")
        elif name not in ("table_type", "is_external", "compression_level"):
            table[name] = value
    return ", ".join(f"{name} = {value}" for name, value in table.items()), session


def _folder(location: str) -> str:
    if not re.fullmatch(r"s3://[^/]+/.+", location):
        raise QueryError(f"INVALID_TABLE_PROPERTY: location {location!r} is not s3://bucket/folder/")
    return location.rstrip("/") + "/"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _unquoted(literal: str) -> str:
    return literal[1:-1].replace("''", "'") if literal[:1] == "'" else literal


def _expected(token: Token, what: str) -> QueryError:
    column = token.col - len(token.text) + 1
    return QueryError(
        f"SYNTAX_ERROR: line {token.line}:{max(column, 1)}: mismatched input '{token.text}'. Expecting: {what}"
    )
