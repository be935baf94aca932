"""ORC/ZLIB files of the readready tables, as Athena, Spark and Trino read them."""

from __future__ import annotations

from io import BytesIO

import pyarrow as pa
from pyarrow import orc

from jobs.pieces import conform
from schemas import TABLES
from schemas.arrow import arrow_schema


def write(table: str, rows: pa.Table) -> bytes:
    """The file's bytes.

    pyarrow's default dictionary threshold, 0, writes no dictionaries and 70 % more bytes. Bloom filters go by ORC's own
    column ids, in which the row itself is 0 and the first column 1.
    """
    declared = TABLES[table]
    sink = BytesIO()
    orc.write_table(
        rows,
        sink,
        compression="zlib",
        dictionary_key_size_threshold=0.8,
        bloom_filter_columns=[declared.names.index(name) + 1 for name in declared.bloom],
    )
    return sink.getvalue()


def read(table: str, data: bytes) -> pa.Table:
    """A file's rows in the table's schema of today: files written before a column was added read as null there."""
    return conform(orc.read_table(BytesIO(data)), table)


def columns(table: str, data: bytes, names: list[str]) -> pa.Table:
    """Some columns of a file, in that order; one that the file was written without is null."""
    file = orc.ORCFile(BytesIO(data))
    rows = file.read(columns=[name for name in names if name in file.schema.names])
    schema = arrow_schema(TABLES[table])
    return pa.table(
        {
            name: rows[name] if name in rows.column_names else pa.nulls(rows.num_rows, schema.field(name).type)
            for name in names
        }
    )
