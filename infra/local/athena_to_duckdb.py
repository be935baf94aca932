"""Athena's SQL said in DuckDB's.

sqlglot translates; what it leaves with another meaning is mended here, or refused: a local answer that differs from
Athena's without saying so would be worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError, UnsupportedError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from infra.local.athena_errors import QueryError
from infra.local.athena_macros import NAMES
from infra.local.athena_sql import AthenaSql

Schema = Mapping[str, Mapping[str, str]]
_DAYS = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}
_JODA = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "SSS": "%g", "Z": "%z"}


def to_duckdb(query: exp.Query, columns: Schema) -> str:
    """The query in DuckDB's SQL. columns: by table as it is called there, the columns' types in Athena's words.

    Raises QueryError for what cannot be said in it.
    """
    query = annotate_types(query, dialect=AthenaSql)
    if any(_moves_something_unknown(node) for node in query.walk()):
        query = _with_types_of_columns(query, columns)
    for select in list(query.find_all(exp.Select)):
        _unnest_in_place(select)
    # From the leaves up: a node that is replaced keeps its mended children.
    for node in reversed(list(query.walk())):
        for kind, mend in _MENDED.items():
            if isinstance(node, kind) and (better := mend(node)) is not node:
                node.replace(better)
                break
    try:
        return str(query.sql(dialect="duckdb", unsupported_level=ErrorLevel.RAISE))
    except UnsupportedError as error:
        raise QueryError(f"NOT_SUPPORTED: {str(error).splitlines()[0]} (in the local engine)") from None


def _unnest_in_place(select: exp.Select) -> None:
    """`FROM t CROSS JOIN UNNEST(array of t's) AS e (x, n)` as a subquery of t with the elements in its SELECT.

    DuckDB joins the elements back to t by the values that the array is made of, and keeps those once for each element:
    a text of 100 KB that is split into 50,000 lines takes 5 GB. Left as it is where a name does not say its table.
    """
    begin, joins = select.args.get("from_"), select.args.get("joins") or []
    if not begin or not isinstance(begin.this, exp.Table) or len(joins) != 1 or joins[0].kind != "CROSS":
        return
    table, each = begin.this, joins[0].this
    if not isinstance(each, exp.Unnest) or len(each.expressions) != 1 or len(each.alias_column_names) != 1:
        return
    own = [
        node
        for node in select.find_all(exp.Column, exp.Star)
        if node.parent_select is select and not (isinstance(node, exp.Star) and isinstance(node.parent, exp.Count))
    ]
    if any(isinstance(node, exp.Star) or not node.table or isinstance(node.this, exp.Star) for node in own):
        return
    parts = [part for part in select.iter_expressions() if not isinstance(part, exp.With)]
    if any(part.find(exp.Select, exp.SetOperation) for part in parts):
        return
    name, array, place = table.alias_or_name, each.expressions[0], each.args.get("offset")
    inner = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier(name, quoted=True))).from_(table.copy())
    new = {each.alias_column_names[0].lower(): _call("unnest", array.copy())}
    if isinstance(place, exp.Identifier):
        new[place.name.lower()] = _call("generate_subscripts", array.copy(), exp.Literal.number(1))
    for column, value in new.items():
        inner = inner.select(exp.alias_(value, f"{each.alias} {column}", quoted=True), copy=False)
    for node in own:
        if node.table.lower() == each.alias.lower() and node.find_ancestor(exp.Unnest) is None:
            other = exp.column(
                f"{each.alias} {node.name.lower()}", table=exp.to_identifier(name, quoted=True), quoted=True
            )
            node.replace(
                exp.alias_(other, node.name, quoted=True)
                if node.parent is select and node.arg_key == "expressions"
                else other
            )
    select.set("joins", [])
    begin.set("this", exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True))))


def _moves_something_unknown(node: exp.Expression) -> bool:
    return _is_day_unit(node) and node.this.is_type(exp.DataType.Type.UNKNOWN)


def _with_types_of_columns(query: exp.Query, columns: Schema) -> exp.Query:
    """Whether `x + INTERVAL '1' DAY` is a date depends on x, which may come from a table, a view or a subquery."""
    try:
        known = qualify(
            query.copy(),
            schema=dict(columns),
            dialect=AthenaSql,
            expand_stars=True,
            validate_qualify_columns=False,
            quote_identifiers=False,
            canonicalize_table_aliases=False,
        )
        typed: exp.Query = annotate_types(known, schema=dict(columns), dialect=AthenaSql)
    except SqlglotError:  # a name that does not exist: DuckDB will say so
        return query
    return typed


# -- what is mended ------------------------------------------------------------------------------------------------


def _call(name: str, *arguments: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _function(node: exp.Anonymous) -> exp.Expression:
    name = node.name.lower()
    if name.startswith("json_"):
        for path in node.expressions[1:2]:
            if isinstance(path, exp.Literal) and path.is_string:
                path.set("this", re.sub(r'\["([^"]*)"\]', r'."\1"', path.this))  # $["a.b"] is $."a.b" in DuckDB
    if name in NAMES:
        return _call(f"athena_{name}", *node.expressions)
    if name in ("json_query", "json_exists"):
        raise QueryError(f"NOT_SUPPORTED: {name}, in the local engine")
    if name in ("any_match", "all_match", "none_match"):
        return _matches(name, *node.expressions)
    if name in ("at_timezone", "with_timezone"):
        return _only_utc(node, node.expressions[1])
    return node


def _matches(name: str, array: exp.Expression, test: exp.Expression) -> exp.Expression:
    """any_match, all_match, none_match: how many elements pass the test."""
    passed = exp.Paren(this=_call("len", exp.ArrayFilter(this=array, expression=test)))
    wanted = _call("len", array.copy()) if name == "all_match" else exp.Literal.number(0)
    return exp.Paren(this=(exp.GT if name == "any_match" else exp.EQ)(this=passed, expression=wanted))


def _only_utc(node: exp.Expression, zone: exp.Expression | None) -> exp.Expression:
    if not (isinstance(zone, exp.Literal) and zone.name.upper() in ("UTC", "Z", "+00:00")):
        raise QueryError("NOT_SUPPORTED: the local engine knows no time zone but UTC")
    value = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
    return exp.cast(value, exp.DataType.Type.TIMESTAMPTZ)


def _concat(node: exp.Concat) -> exp.Expression:
    """Null if any part is: DuckDB's concat skips nulls, as concat_ws, which sqlglot calls a kind of concat, must."""
    if isinstance(node, exp.ConcatWs):
        return node
    parts = [exp.Paren(this=part) for part in node.expressions]
    whole: exp.Expression = parts[0]
    for part in parts[1:]:
        whole = exp.DPipe(this=whole, expression=part)
    return exp.Paren(this=whole)


def _reduce(node: exp.Reduce) -> exp.Expression:
    finish = node.args.get("finish")
    if not (isinstance(finish, exp.Lambda) and finish.this.sql() == finish.expressions[0].sql()):
        raise QueryError("NOT_SUPPORTED: reduce() with a final function that changes the value, in the local engine")
    node.set("finish", None)
    return node


def _text(node: exp.Cast) -> exp.Expression:
    kind = node.to
    if kind.is_type(exp.DataType.Type.VARCHAR) and not kind.expressions and not kind.args.get("nested"):
        return _call("athena_varchar", node.this)
    return node


def _date(node: exp.Expression) -> exp.Expression:
    """A date moved by whole days stays a date; DuckDB makes a timestamp of it."""
    if _is_day_unit(node) and node.this.is_type(exp.DataType.Type.DATE):
        return exp.cast(exp.Paren(this=node.copy()), exp.DataType.Type.DATE)
    return node


def _is_day_unit(node: exp.Expression) -> bool:
    """Whether the node moves a date or time by whole days."""
    if not isinstance(node, exp.DateAdd | exp.DateSub | exp.Add | exp.Sub):
        return False
    by = node.expression
    unit = by.args.get("unit") if isinstance(by, exp.Interval) else node.args.get("unit")
    return unit is not None and unit.name.upper() in _DAYS


def _series(node: exp.GenerateSeries) -> exp.Expression:
    if node.args["start"].is_type(exp.DataType.Type.DATE):
        return exp.cast(node.copy(), exp.DataType.build("ARRAY<DATE>"))
    return node


def _groups(node: exp.RegexpReplace) -> exp.Expression:
    """Trino writes $1 for a group in a replacement, DuckDB \\1."""
    text = node.args.get("replacement")
    if isinstance(text, exp.Literal):
        text.set("this", re.sub(r"\$(\d)", r"\\\1", text.this.replace("\\", "\\\\")))
    elif text is not None:
        raise QueryError("NOT_SUPPORTED: regexp_replace with a replacement that is no literal, in the local engine")
    return node


def _joda(node: exp.Expression) -> exp.Expression:
    """parse_datetime's patterns are Joda's; sqlglot hands them on as they are."""
    text = node.args.get("format")
    if not isinstance(text, exp.Literal):
        raise QueryError("NOT_SUPPORTED: parse_datetime with a pattern that is no literal, in the local engine")
    words = [match[0] for match in re.finditer(r"'[^']*'|([A-Za-z])\1*|.", text.this)]
    if unknown := [word for word in words if word.isalpha() and word not in _JODA]:
        raise QueryError(f"NOT_SUPPORTED: pattern {unknown[0]!r} of parse_datetime, in the local engine")
    pattern = "".join(_JODA.get(word, word.strip("'")) for word in words)
    return _call("timezone", exp.Literal.string("UTC"), _call("strptime", node.this, exp.Literal.string(pattern)))


def _path(node: exp.Expression) -> exp.Expression:
    """JSON_VALUE with 'lax $.a' is json_extract_scalar with '$.a'."""
    path = node.args.get("path")
    if not isinstance(path, exp.Literal) or node.args.get("returning"):
        raise QueryError("NOT_SUPPORTED: JSON_VALUE in this form, in the local engine")
    plain = exp.Literal.string(re.sub(r"^\s*(lax|strict)\s+", "", path.this))
    return _call("athena_json_extract_scalar", node.this, plain)


def _precision(node: exp.DataType) -> exp.Expression:
    """timestamp(3) is DuckDB's timestamp; its own types for other precisions are not what its functions take."""
    if node.is_type(exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPTZ):
        node.set("expressions", [])
    return node


def _refused(node: exp.Expression) -> exp.Expression:
    raise QueryError(f"NOT_SUPPORTED: {node.key}, in the local engine")


_MENDED: dict[type[exp.Expression], Callable[..., exp.Expression]] = {
    exp.Anonymous: _function,
    exp.AtTimeZone: lambda node: _only_utc(node, node.args.get("zone")),
    exp.Concat: _concat,
    exp.Reduce: _reduce,
    exp.Cast: _text,
    exp.DataType: _precision,
    exp.DateAdd: _date,
    exp.DateSub: _date,
    exp.Add: _date,
    exp.Sub: _date,
    exp.GenerateSeries: _series,
    exp.RegexpReplace: _groups,
    exp.ParseDatetime: _joda,
    exp.JSONValue: _path,
    exp.JSONExists: _refused,
    exp.Format: lambda node: _call("printf", node.this, *node.expressions),
}
