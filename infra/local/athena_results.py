"""Answers as Athena gives them: names of types, values as text, the CSV object, pages of rows.

Sources: Amazon Athena API reference (ColumnInfo, GetQueryResults); the text forms are those of Athena engine 3:
timestamps to the millisecond, arrays `[a, b]`, maps and rows `{k=v}`, bytes as hex pairs, doubles as Java writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Texts = list[str | None]
_NAMES: tuple[tuple[Callable[[Any], bool], str, int], ...] = (  # test, Athena's name, precision
    (pa.types.is_boolean, "boolean", 0),
    (pa.types.is_int8, "tinyint", 3),
    (pa.types.is_int16, "smallint", 5),
    (pa.types.is_int32, "integer", 10),
    (pa.types.is_integer, "bigint", 19),
    (pa.types.is_float32, "float", 17),
    (pa.types.is_floating, "double", 17),
    (pa.types.is_date, "date", 0),
    (pa.types.is_time, "time", 0),
    (pa.types.is_binary, "varbinary", 0),
    (pa.types.is_list, "array", 0),
    (pa.types.is_map, "map", 0),
    (pa.types.is_struct, "row", 0),
    (pa.types.is_interval, "interval day to second", 0),
    (pa.types.is_null, "unknown", 0),
)


@dataclass(frozen=True, slots=True)
class Result:
    """A query's answer. types: Athena's names, by column. scanned: bytes of the files that were read.

    header: whether the columns' names are the first row, as in the answers of SELECT and not of SHOW and DESCRIBE.
    updated: rows written. files: s3://bucket/key of what UNLOAD or CREATE TABLE AS wrote; None if it is neither.
    """

    names: list[str]
    types: list[str]
    rows: pa.Table
    scanned: int
    header: bool = True
    updated: int = 0
    files: tuple[str, ...] | None = None


def type_name(kind: pa.DataType) -> str:
    """Athena's name of the type in which a column came from the engine."""
    if pa.types.is_timestamp(kind):
        return "timestamp with time zone" if kind.tz else "timestamp"
    if pa.types.is_decimal(kind):  # the engine adds up bigints to 128 bits, Athena to 64
        return "bigint" if (kind.precision, kind.scale) == (38, 0) else "decimal"
    return next((name for test, name, _ in _NAMES if test(kind)), "varchar")


def column_info(result: Result) -> list[dict[str, Any]]:
    """GetQueryResults' ColumnInfo."""
    return [_info(*one) for one in zip(result.names, result.types, result.rows.schema.types, strict=True)]


def _info(name: str, type_: str, kind: pa.DataType) -> dict[str, Any]:
    precision = {"varchar": 2147483647, "timestamp": 3, "timestamp with time zone": 3}.get(type_, 0)
    precision = precision or next((number for _, known, number in _NAMES if known == type_), 0)
    decimal = type_ == "decimal"
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": type_,
        "Precision": kind.precision if decimal else precision,
        "Scale": kind.scale if decimal else 0,
        "Nullable": "UNKNOWN",
        "CaseSensitive": type_ in ("varchar", "char", "json"),
    }


def page(result: Result, start: int, count: int) -> tuple[list[Texts], int | None]:
    """Up to `count` rows from row `start`, the header being row 0 where there is one; and the next page's start."""
    head: list[Texts] = [list(result.names)] if result.header else []
    total = len(head) + result.rows.num_rows
    end = min(start + count, total)
    first = max(start - len(head), 0)
    rows = list(texts(result.rows.slice(first, end - len(head) - first)))
    return head[start:end] + rows, end if end < total else None


def csv(result: Result) -> bytes:
    """The object at the output location: every value in quotes, null nothing at all."""
    lines = [_line(list(result.names))] if result.header else []
    lines += [_line(row) for row in texts(result.rows)]
    return "".join(lines).encode("utf-8", "surrogatepass")


def _line(row: Texts) -> str:
    return ",".join("" if one is None else '"' + one.replace('"', '""') + '"' for one in row) + "\n"


def texts(rows: pa.Table) -> Iterator[Texts]:
    """The rows, each value as text or None."""
    for batch in rows.to_batches(max_chunksize=10_000):
        yield from map(list, zip(*(_column(column) for column in batch.columns), strict=True))


def _column(column: pa.Array) -> Texts:
    kind = column.type
    if pa.types.is_timestamp(kind):
        whole = pc.strftime(column.cast(pa.timestamp("ms"), safe=False), format="%Y-%m-%d %H:%M:%S").to_pylist()
        return [None if one is None else f"{one} UTC" for one in whole] if kind.tz else whole
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return list(column.to_pylist())
    if pa.types.is_map(kind):
        return [None if one is None else _map(one) for one in column.to_pylist()]
    return [None if one is None else text(one) for one in column.to_pylist()]


def text(value: object) -> str:
    """One value as text, as it also stands inside arrays, maps and rows."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, pa.MonthDayNano):
        return _interval(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={text(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(text, value)) + "]"
    if hasattr(value, "hour") and hasattr(value, "year"):
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03}"  # type: ignore[attr-defined]
    return str(value)


def _map(pairs: list[tuple[object, object]]) -> str:
    """By key: a map has no order, and an engine gives any."""
    texts = sorted((text(key), text(value)) for key, value in pairs)
    return "{" + ", ".join(f"{key}={value}" for key, value in texts) + "}"


def _interval(value: Any) -> str:
    """'2 03:04:05.678': days, hours, minutes, seconds; whole months as '1-2', years and months."""
    if value.months:
        return f"{value.months // 12}-{value.months % 12}"
    millis = value.days * 86_400_000 + int(value.nanoseconds / 1_000_000)
    seconds, rest = divmod(abs(millis), 1000)
    days, seconds = divmod(seconds, 86_400)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
    return f"{'-' if millis < 0 else ''}{days} {clock}"


def _double(value: float) -> str:
    """As Java's Double.toString: 0.001 to 10 million in plain digits, all else with an E."""
    if value != value or value in (float("inf"), float("-inf")):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return f"{Decimal(repr(value)):f}" if "." in repr(value) or "e" in repr(value) else f"{value}.0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    mantissa = "".join(map(str, digits))
    return f"{'-' * sign}{mantissa[0]}.{mantissa[1:] or '0'}E{int(exponent) + len(digits) - 1}"
