"""UNLOAD and CREATE TABLE AS on the quick engine: the query's answer, written as files.

Statements are read as for Trino (`trino.statements`): in one line what is made and how, below it the query.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.orc as orc
import pyarrow.parquet as parquet
import sqlglot
from sqlglot import exp

from infra.local.athena_catalog import Catalog
from infra.local.athena_errors import QueryError
from infra.local.athena_results import Result, texts
from infra.local.athena_runs import Query
from infra.local.athena_sql import AthenaSql
from infra.local.trino.statements import Statement, read
from schemas.glue import STORAGE

_WRITES = re.compile(r"\s*(UNLOAD|CREATE\s+TABLE)\b", re.I)
_HIVE = {"varchar": "string", "json": "string", "integer": "int", "varbinary": "binary"}
_PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
_NUMBERS = ("tinyint", "smallint", "integer", "bigint", "boolean", "double", "float")


class Writer:
    """A run of one statement: of a query as `inner` runs it, or of one that writes its answer.

    location: where the answer goes, s3://bucket/key without a suffix.
    """

    def __init__(self, inner: Query, catalog: Catalog, location: str) -> None:
        self._inner, self._catalog, self._location = inner, catalog, location

    def run(self, sql: str, schema: str, parameters: Sequence[str] = ()) -> Result:
        """See Query."""
        if not _WRITES.match(sql):
            return self._inner.run(sql, schema, parameters)
        folder, _, name = self._location.rpartition("/")
        statement = read(sql, f"{folder}/tables/{name}/", f"t{uuid.uuid4().hex}")
        if not statement.writes:
            return self._inner.run(sql, schema, parameters)
        if self._catalog.files(statement.writes):
            raise QueryError(
                f"HIVE_PATH_ALREADY_EXISTS: Target directory already exists: {statement.writes}. You may need to "
                "manually clean the data at this location before retrying. Athena will not delete data in your account."
            )
        head, _, query = statement.sql.partition("\n")
        made = _read_head(head)
        answer = self._inner.run(re.sub(r"^\s*AS\b", "", query, flags=re.I), schema, parameters)
        rows = _typed(answer)
        files = tuple(self._write(statement, made, answer, rows))
        if not statement.table:
            self._create(statement, made, answer, schema)
        none = pa.table({"rows": pa.array([], pa.int64())})
        return Result(["rows"], ["bigint"], none, answer.scanned, False, rows.num_rows, files)

    def stop(self) -> None:
        """See Query."""
        self._inner.stop()

    def _write(self, statement: Statement, made: _Made, answer: Result, rows: pa.Table) -> Iterator[str]:
        codec = next(iter(statement.session.values()))
        write = _WRITERS.get(made.form)
        if write is None:
            raise QueryError(f"NOT_SUPPORTED: format {made.form}, in the quick engine")
        for folder, some in _partitions(rows, made.partitioned_by):
            kinds = [answer.types[answer.names.index(name)] for name in some.column_names]
            path = f"{statement.writes}{folder}{uuid.uuid4().hex}{'.gz' if made.form == 'JSON' else ''}"
            self._catalog.write(path.removeprefix("s3://"), write(some, kinds, made.separator, codec))
            yield path

    def _create(self, statement: Statement, made: _Made, answer: Result, schema: str) -> None:
        if made.form not in ("ORC", "PARQUET"):
            raise QueryError(f"NOT_SUPPORTED: CREATE TABLE AS in format {made.form}, in the quick engine")
        if made.partitioned_by:
            raise QueryError("NOT_SUPPORTED: CREATE TABLE AS with partitioned_by, in the quick engine")
        columns = [
            {"Name": name.lower(), "Type": _HIVE.get(kind, kind)}
            for name, kind in zip(answer.names, answer.types, strict=True)
        ]
        storage = STORAGE["orc"] if made.form == "ORC" else _PARQUET
        self._catalog.create_table(
            made.database or schema,
            {
                "Name": made.table,
                "TableType": "EXTERNAL_TABLE",
                "PartitionKeys": [],
                "StorageDescriptor": {"Columns": columns, "Location": statement.writes, **storage},
                "Parameters": {"EXTERNAL": "TRUE", "classification": made.form.lower()},
            },
        )


class _Made:
    """What a statement's first line says: the table, and the properties that matter here."""

    def __init__(self, table: exp.Table, given: Mapping[str, exp.Expression]) -> None:
        self.database, self.table = table.db.lower(), table.name.lower()
        self.form = _text(given["format"]).upper()
        array = given.get("partitioned_by")
        self.partitioned_by = [one.name.lower() for one in array.find_all(exp.Literal)] if array else []
        self.separator = _text(given["textfile_field_separator"]) if "textfile_field_separator" in given else "\x01"


def _read_head(head: str) -> _Made:
    sql = head.removesuffix(" AS")
    created = sqlglot.parse_one(f"{sql} AS SELECT 1", read=AthenaSql)
    properties = created.args["properties"].expressions
    given = {_property_name(one): one.args.get("value") or one.this for one in properties}
    found = created.find(exp.Table)
    assert found is not None
    return _Made(found, given)


def _property_name(one: exp.Expression) -> str:
    known = {exp.FileFormatProperty: "format", exp.PartitionedByProperty: "partitioned_by"}
    return known.get(type(one)) or one.name.lower()


def _text(value: Any) -> str:
    return str(value.name if isinstance(value, exp.Expression) else value)


def _typed(answer: Result) -> pa.Table:
    """The rows in the types that files have: Athena's bigint where DuckDB sums to 128 bits, milliseconds, text."""
    columns = []
    for name, kind, column in zip(answer.names, answer.types, answer.rows.columns, strict=True):
        if kind == "unknown":
            raise QueryError(f"NOT_SUPPORTED: Column type is unknown: {name}")
        if kind == "bigint":
            column = column.cast(pa.int64())
        elif kind == "timestamp":
            column = column.cast(pa.timestamp("ms"), safe=False)
        elif kind in ("varchar", "json"):
            column = column.cast(pa.string())
        columns.append(column)
    return pa.Table.from_arrays(columns, names=answer.names)


def _partitions(rows: pa.Table, keys: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
    """The rows by the values of the keys, each with its folder; none without rows."""
    if not rows.num_rows:
        return
    if not keys:
        yield "", rows
        return
    for values in rows.select(keys).group_by(keys).aggregate([]).to_pylist():
        some = rows
        for key, value in values.items():
            some = some.filter(pc.equal(some[key], pa.scalar(value)))
        yield "".join(f"{key}={value}/" for key, value in values.items()), some.drop_columns(list(keys))


def _parquet(rows: pa.Table, kinds: Sequence[str], separator: str, codec: str) -> bytes:
    del kinds, separator
    sink = io.BytesIO()
    parquet.write_table(rows, sink, compression=codec, version="2.4")
    return sink.getvalue()


def _orc(rows: pa.Table, kinds: Sequence[str], separator: str, codec: str) -> bytes:
    del kinds, separator
    sink = io.BytesIO()
    orc.write_table(rows, sink, compression={"GZIP": "ZLIB", "NONE": "UNCOMPRESSED"}.get(codec, codec))
    return sink.getvalue()


def _json(rows: pa.Table, kinds: Sequence[str], separator: str, codec: str) -> bytes:
    del separator, codec
    lines = []
    for row in texts(rows):
        values = {
            name: json.loads(value) if value is not None and kind in _NUMBERS else value
            for name, kind, value in zip(rows.column_names, kinds, row, strict=True)
        }
        lines.append(json.dumps(values, ensure_ascii=False) + "\n")
    return gzip.compress("".join(lines).encode("utf-8", "surrogatepass"))


def _text_file(rows: pa.Table, kinds: Sequence[str], separator: str, codec: str) -> bytes:
    """As Hive writes text: nothing is quoted, null is \\N."""
    del kinds
    lines = [separator.join("\\N" if one is None else one for one in row) + "\n" for row in texts(rows)]
    content = "".join(lines).encode("utf-8", "surrogatepass")
    return content if codec == "NONE" else gzip.compress(content)


_WRITERS: dict[str, Callable[[pa.Table, Sequence[str], str, str], bytes]] = {
    "PARQUET": _parquet,
    "ORC": _orc,
    "JSON": _json,
    "TEXTFILE": _text_file,
}
