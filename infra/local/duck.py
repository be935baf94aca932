"""The engine: a query in Athena's SQL, answered by DuckDB from the registered partitions' ORC files.

A table is a pyarrow dataset with one fragment a file, which carries its partition's values: a condition on the
partition keys leaves the other files unopened. A file is read when DuckDB first wants it, from memory, columns by name.
DuckDB itself can open nothing: neither files nor the network, and no query can change that.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
from sqlglot import exp

from infra.local import athena_sql
from infra.local.athena_catalog import Catalog, CatalogTable, arrow_type, presto_type
from infra.local.athena_errors import QueryError, position
from infra.local.athena_information import system_table
from infra.local.athena_macros import statements
from infra.local.athena_results import Result, type_name
from infra.local.athena_to_duckdb import to_duckdb
from infra.local.duck_errors import as_duckdb, said_by_athena
from infra.local.duck_writes import Writer
from infra.views import view_definition

_SAFE = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "integer_division": "true",
    "memory_limit": "2GB",
}
_CATALOGS = ("", "awsdatacatalog")
_ROWS = 10_000  # of the answer, fetched at once
_ANSWER = 1 << 30  # bytes of an answer: it is no part of DuckDB's own bound, and the lake lives in this process


def database() -> Any:
    """A DuckDB database in memory that reaches nothing outside, with Athena's functions. Each query gets a cursor."""
    connection = duckdb.connect(config=_SAFE)
    for statement in statements():
        connection.execute(statement)
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET GLOBAL lock_configuration = true")
    return connection


def _bounded(reader: Any) -> pa.Table:
    """The answer, piece by piece. Raises QueryError if it is larger than _ANSWER."""
    pieces, size = [], 0
    for piece in reader:
        pieces.append(piece)
        size += piece.nbytes
        if size > _ANSWER:
            raise QueryError(
                f"EXCEEDED_LOCAL_MEMORY_LIMIT: the answer is larger than the local engine's {_ANSWER >> 20:,} MB: "
                "ask for fewer rows or columns, or join on something"
            )
    return pa.Table.from_batches(pieces, reader.schema)


class _View(NamedTuple):
    """A view in DuckDB's SQL. text: Athena's, that it was made from; reads: the tables in it, as (database, table);
    columns: what was known of these. It holds for as long as both are the same."""

    text: str
    reads: tuple[tuple[str, str], ...]
    columns: dict[str, dict[str, str]]
    sql: str


class Engine:
    """The quick engine: one DuckDB for all queries of the process, each with a cursor of its own."""

    def __init__(self) -> None:
        self._database = database()
        self._views: dict[str, _View] = {}  # translated once: it takes longer than most queries

    @contextmanager
    def query(self, catalog: Catalog, location: str) -> Iterator[Writer]:
        """A run of a query. location: where its answer goes, s3://bucket/key without a suffix."""
        with self._database.cursor() as cursor:
            yield Writer(Query(cursor, catalog, self._views), catalog, location)

    def close(self) -> None:
        """DuckDB's objects must go before the interpreter does, or its binding complains of each."""
        self._database.close()
        del self._database


class Query:
    """One run of one query. `cursor`: of a `database()`, for this query alone. `views`: shared by all queries."""

    def __init__(self, cursor: Any, catalog: Catalog, views: dict[str, _View]) -> None:
        self._cursor, self._catalog, self._views = cursor, catalog, views
        self._files = _Files(catalog)
        self._known: dict[tuple[str, str], str] = {}
        self._columns: dict[str, dict[str, str]] = {}

    def run(self, sql: str, schema: str, parameters: Sequence[str] = ()) -> Result:
        """The answer. schema: the database of unqualified names. Raises QueryError."""
        bound = athena_sql.bind(sql, parameters) if parameters or "?" in sql else sql
        query = athena_sql.parse(bound)
        self._resolve(query, bound, schema, ())
        athena_sql.name_columns(query)
        try:
            relation = self._cursor.sql(to_duckdb(query, self._columns))
            rows = _bounded(relation.to_arrow_reader(_ROWS))
        except duckdb.Error as error:
            raise said_by_athena(error, bound) from None
        except OSError as error:  # the same from a later piece, as Arrow says it
            raise said_by_athena(as_duckdb(str(error)), bound) from None
        names = [
            f"_col{number}" if name.startswith(athena_sql.UNNAMED) else name
            for number, name in enumerate(relation.columns)
        ]
        types = [
            "json" if str(kind) == "JSON" else type_name(field.type)
            for kind, field in zip(relation.types, rows.schema, strict=True)
        ]
        return Result(names, types, rows, self._files.scanned)

    def stop(self) -> None:
        """From another thread: end the query; its run raises QueryError."""
        with suppress(duckdb.Error):  # it has ended meanwhile
            self._cursor.interrupt()

    # -- names ---------------------------------------------------------------------------------------------------

    def _resolve(
        self, query: exp.Query, sql: str, schema: str, inside: tuple[tuple[str, str], ...]
    ) -> list[tuple[str, str]]:
        """Make every table that the query reads known to the cursor. inside: the views that are being resolved.

        Returns these tables, as (database, table).
        """
        names: dict[tuple[str, str], None] = {}
        for table in list(athena_sql.tables(query)):
            at = position(sql, athena_sql.start_of(table))
            name = ((table.db or schema).lower(), table.name.lower())
            if table.catalog.lower() not in _CATALOGS:
                raise QueryError(f"CATALOG_NOT_FOUND: {at}Catalog '{table.catalog}' not found")
            if name in inside:
                raise QueryError(f"VIEW_IS_RECURSIVE: {at}Statement would create a recursive view")
            if name not in self._known:
                self._known[name] = self._define(name, at, inside)
            names[name] = None
            athena_sql.rename(table, self._known[name])
        databases = {database for database, _ in self._known}
        for column in query.find_all(exp.Column):
            athena_sql.without_database(column, databases)
        return list(names)

    def _define(self, name: tuple[str, str], at: str, inside: tuple[tuple[str, str], ...]) -> str:
        known = ".".join(name)
        if (rows := system_table(self._catalog, *name)) is not None:
            self._cursor.register(known, rows)
            return known
        try:
            table = self._catalog.table(*name)
        except KeyError:
            raise QueryError(f"SCHEMA_NOT_FOUND: {at}Schema '{name[0]}' does not exist") from None
        if table is None:
            raise QueryError(f"TABLE_NOT_FOUND: {at}Table 'awsdatacatalog.{name[0]}.{name[1]}' does not exist")
        if table.view:
            self._define_view(known, name, table, inside)
        elif table.orc:
            self._cursor.register(known, self._dataset(name, table))
            self._columns[known] = {column: presto_type(hive) for column, hive, _ in (*table.columns, *table.keys)}
        else:
            raise QueryError(
                f"NOT_SUPPORTED: {name[1]} is not ORC: the local engine reads the readready tables and the books"
            )
        return known

    def _define_view(
        self, known: str, name: tuple[str, str], table: CatalogTable, inside: tuple[tuple[str, str], ...]
    ) -> None:
        definition = view_definition(table.view)
        sql = self._translated(known, name, table.view, inside) or self._translate(known, name, table.view, inside)
        self._columns[known] = {one["name"]: one["type"] for one in definition["columns"]}
        columns = ", ".join(exp.to_identifier(one["name"], quoted=True).sql("duckdb") for one in definition["columns"])
        view = exp.to_identifier(known, quoted=True).sql("duckdb")
        try:
            self._cursor.execute(f"CREATE TEMP VIEW {view} ({columns}) AS {sql}")
        except duckdb.Error as error:
            raise QueryError(f"INVALID_VIEW: view {known}: {said_by_athena(error, '')}") from None

    def _translated(self, known: str, name: tuple[str, str], text: str, inside: tuple[tuple[str, str], ...]) -> str:
        """The view's SQL as an earlier query made it, its tables made known; '' where that does not hold any more."""
        view = self._views.get(known)
        if view is None or view.text != text:
            return ""
        for one in view.reads:
            if one not in self._known:
                try:
                    self._known[one] = self._define(one, "", (*inside, name))
                except QueryError:
                    return ""  # to be said with its place in the view
        return view.sql if view.columns == self._columns_of(view.reads) else ""

    def _translate(self, known: str, name: tuple[str, str], text: str, inside: tuple[tuple[str, str], ...]) -> str:
        definition = view_definition(text)
        query = athena_sql.parse(definition["originalSql"])
        reads = tuple(self._resolve(query, definition["originalSql"], definition["schema"], (*inside, name)))
        sql = to_duckdb(query, self._columns)
        self._views[known] = _View(text, reads, self._columns_of(reads), sql)
        return sql

    def _columns_of(self, tables: tuple[tuple[str, str], ...]) -> dict[str, dict[str, str]]:
        return {known: self._columns.get(known, {}) for known in (self._known[one] for one in tables)}

    def _dataset(self, name: tuple[str, str], table: CatalogTable) -> Any:
        schema = pa.schema([(column, arrow_type(hive)) for column, hive, _ in (*table.columns, *table.keys)])
        layout, system = ds.OrcFileFormat(), pafs.PyFileSystem(self._files)
        if not table.keys:
            paths = self._catalog.files(table.location)
            return ds.FileSystemDataset([layout.make_fragment(one, system) for one in paths], schema, layout, system)
        keys = [(key, schema.field(key).type) for key, _, _ in table.keys]
        fragments = []
        for partition in self._catalog.partitions(*name):
            holds = ds.scalar(True)
            for (key, kind), value in zip(keys, partition.values, strict=True):
                holds = holds & (ds.field(key) == pa.scalar(value).cast(kind))
            files = self._catalog.files(partition.location)
            fragments += [layout.make_fragment(one, system, partition_expression=holds) for one in files]
        return ds.FileSystemDataset(fragments, schema, layout, system)


class _Files(pafs.FileSystemHandler):  # type: ignore[misc]
    """The catalog's files for Arrow: opened whole, and counted."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self._lock = catalog, threading.Lock()
        self._sizes: dict[str, int] = {}

    @property
    def scanned(self) -> int:
        """How many bytes the files have that were opened. (Athena counts only the columns that it reads.)"""
        return sum(self._sizes.values())

    def open_input_file(self, path: str) -> Any:
        content = self._catalog.read(path)
        with self._lock:
            self._sizes[path] = len(content)
        return pa.BufferReader(content)

    open_input_stream = open_input_file

    def get_type_name(self) -> str:
        return "loglake"

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: list[str]) -> list[Any]:
        return [pafs.FileInfo(path, pafs.FileType.File) for path in paths]

    def _refuse(self, *_: Any) -> Any:
        raise NotImplementedError("tables are only read")

    get_file_info_selector = create_dir = delete_dir = delete_dir_contents = delete_root_dir_contents = _refuse
    delete_file = move = copy_file = open_output_stream = open_append_stream = _refuse
