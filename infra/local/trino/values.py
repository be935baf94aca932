"""Trino's answers as Athena gives them: names of types, values as text."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from infra.local.athena_results import Result, text
from infra.local.trino.client import Answer

Signature = Mapping[str, Any]  # Trino's typeSignature: rawType, arguments
_NAMES = {"real": "float"}


def result(answer: Answer) -> Result:
    """The rows of a query. Values are texts already, but for decimals, whose type tells their precision."""
    signatures = [one["typeSignature"] for one in answer.columns]
    names = [one["name"] for one in answer.columns]
    columns = [_column(signature, [row[n] for row in answer.rows]) for n, signature in enumerate(signatures)]
    schema = pa.schema([pa.field(name, column.type) for name, column in zip(names, columns, strict=True)])
    rows = pa.Table.from_arrays(columns, schema=schema)
    return Result(names, [type_name(one) for one in signatures], rows, answer.scanned, header=bool(names))


def type_name(signature: Signature) -> str:
    """Athena's name of a Trino type."""
    raw: str = signature["rawType"]
    return _NAMES.get(raw, raw)


def _column(signature: Signature, values: Sequence[Any]) -> pa.Array:
    if signature["rawType"] == "decimal":
        precision, scale = (one["value"] for one in signature["arguments"])
        return pa.array([None if one is None else Decimal(one) for one in values], pa.decimal128(precision, scale))
    if _is_plain(signature):
        return pa.array(values, pa.string())
    read = reader(signature)
    return pa.array([None if one is None else text(read(one)) for one in values], pa.string())


def _is_plain(signature: Signature) -> bool:
    """Whether Trino's JSON has the values as the texts that Athena gives."""
    return signature["rawType"] in ("varchar", "char", "json", "date", "time", "timestamp", "timestamp with time zone")


def reader(signature: Signature) -> Callable[[Any], Any]:
    """Makes of a JSON value of this type what `athena_results.text` writes as Athena does."""
    raw = signature["rawType"]
    inner = [one["value"] for one in signature["arguments"]]
    if raw in ("double", "real"):
        return float  # also of 'NaN', 'Infinity'
    if raw == "decimal":
        return Decimal
    if raw == "varbinary":
        return base64.b64decode
    if raw == "array":
        return _list(_or_none(reader(inner[0])))
    if raw == "map":
        return _map(_or_none(reader(inner[1])))
    if raw == "row":
        fields = [
            (_field_name(one, number), _or_none(reader(one["typeSignature"]))) for number, one in enumerate(inner)
        ]
        return lambda values: {name: read(value) for (name, read), value in zip(fields, values, strict=True)}
    return lambda value: value


def _list(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda values: [read(one) for one in values]


def _map(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """By key: a map has no order, and Trino's client gives any."""
    return lambda values: {key: read(one) for key, one in sorted(values.items())}


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _field_name(argument: Mapping[str, Any], number: int) -> str:
    name = argument.get("fieldName")
    return str(name["name"]) if name else f"field{number}"
