"""What Glue has against what is declared: every difference that changes how a table is read, in words.

Comments and descriptions are not compared, and what Glue or a person added is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def table_drift(declared: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """How a Table as Glue answers differs from its declared TableInput; for a view, also in its SQL."""
    return [
        *_values("TableType", declared, found),
        *_values("ViewOriginalText", declared, found),
        *_columns("partition key", declared.get("PartitionKeys", []), found.get("PartitionKeys", [])),
        *_mapping("Parameters", declared.get("Parameters", {}), found.get("Parameters", {})),
        *storage_drift(declared["StorageDescriptor"], found.get("StorageDescriptor", {})),
    ]


def storage_drift(declared: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """How a StorageDescriptor differs from the declared one. Not the Location of a partition: see the marker."""
    serde, its = declared.get("SerdeInfo", {}), found.get("SerdeInfo", {})
    return [
        *_columns("column", declared.get("Columns", []), found.get("Columns", [])),
        *_values("InputFormat", declared, found),
        *_values("OutputFormat", declared, found),
        *_values("SerializationLibrary", serde, its),
        *_mapping("SerdeInfo.Parameters", serde.get("Parameters", {}), its.get("Parameters", {})),
    ]


def _values(name: str, declared: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    if name in declared and declared[name] != found.get(name):
        yield f"{name} is not as declared" if len(declared[name]) > 80 else f"{name} is {found.get(name)!r}"


def _mapping(name: str, declared: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for key, value in declared.items():
        if found.get(key) != value:
            yield f"{name} has {key}={found[key]!r}, not {value!r}" if key in found else f"{name} lacks {key}={value!r}"


def _columns(what: str, declared: list[dict[str, str]], found: list[dict[str, str]]) -> Iterator[str]:
    ours, theirs = ({one["Name"]: one["Type"] for one in columns} for columns in (declared, found))
    for name, kind in ours.items():
        if name not in theirs:
            yield f"{what} {name} is missing"
        elif theirs[name] != kind:
            yield f"{what} {name} is {theirs[name]}, not {kind}"
    for name in theirs.keys() - ours.keys():
        yield f"{what} {name} is not declared"
    if ours.keys() == theirs.keys() and list(ours) != list(theirs):
        yield f"the {what}s are in another order"
