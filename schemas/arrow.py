"""The Arrow schema of a declared table, as its files are written. Timestamps are naive and hold UTC: neither Spark nor
Trino reads ORC's timestamps with a time zone."""

from __future__ import annotations

import pyarrow as pa

from schemas.table import Table

ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
}


def arrow_schema(table: Table) -> pa.Schema:
    """The schema of the table's files: its columns, without the partition keys."""
    return pa.schema([(column.name, ARROW[column.type]) for column in table.columns])
