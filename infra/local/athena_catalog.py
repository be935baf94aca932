"""What the local Athena knows of tables: the Glue catalog and S3 that moto holds in this process, or a test's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
from moto.glue.exceptions import DatabaseNotFoundException, TableAlreadyExistsException, TableNotFoundException
from moto.glue.models import glue_backends
from moto.s3.models import FakeDeleteMarker, s3_backends

from infra.local.application import LOCKS
from infra.local.athena_errors import QueryError

ORC = "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat"
_HIVE: dict[str, pa.DataType] = {
    "string": pa.string(),
    "varchar": pa.string(),
    "char": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "smallint": pa.int16(),
    "tinyint": pa.int8(),
    "boolean": pa.bool_(),
    "double": pa.float64(),
    "float": pa.float32(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
    "binary": pa.binary(),
}


@dataclass(frozen=True, slots=True)
class Partition:
    """A registered partition: its values in the order of the keys, and its folder, s3://bucket/key/."""

    values: tuple[str, ...]
    location: str


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A table or view as the catalog has it. columns, keys: (name, Hive type, comment).

    view: ViewOriginalText, '' for a table. orc: whether its files are ORC, the only ones that the engine reads.
    """

    name: str
    columns: tuple[tuple[str, str, str], ...]
    keys: tuple[tuple[str, str, str], ...] = ()
    view: str = ""
    orc: bool = True
    location: str = ""


class Catalog(Protocol):
    """What the engine asks."""

    def databases(self) -> list[str]:
        """Their names."""
        ...

    def tables(self, database: str) -> list[CatalogTable]:
        """The tables and views of a database. Raises KeyError if there is none of that name."""
        ...

    def table(self, database: str, name: str) -> CatalogTable | None:
        """A table or view, or None. Raises KeyError if there is no such database."""
        ...

    def partitions(self, database: str, name: str) -> list[Partition]:
        """A table's registered partitions."""
        ...

    def files(self, location: str) -> list[str]:
        """The files under a folder: bucket/key, whatever lies deeper included, as Athena reads it."""
        ...

    def read(self, path: str) -> bytes:
        """A file's content."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """A new file: bucket/key."""
        ...

    def create_table(self, database: str, table: dict[str, Any]) -> None:
        """A new table: Glue's TableInput. Raises QueryError if it is there already."""
        ...


def arrow_type(hive: str) -> pa.DataType:
    """The Arrow type of a Hive type: string, bigint, decimal(10,2), array<string>, ..."""
    hive = hive.strip().lower()
    if match := re.fullmatch(r"decimal\((\d+),\s*(\d+)\)", hive):
        return pa.decimal128(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"array<(.+)>", hive):
        return pa.list_(arrow_type(match[1]))
    kind = _HIVE.get(hive.split("(")[0])
    if kind is None:
        raise QueryError(f"NOT_SUPPORTED: type {hive}, in the local engine")
    return kind


def presto_type(hive: str) -> str:
    """Athena's word for a Hive type: string is varchar, int is integer."""
    return {"string": "varchar", "int": "integer", "binary": "varbinary", "float": "real"}.get(hive, hive)


def _locked(service: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Under the service's lock: moto's own requests change what is read here."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any) -> Any:
            with LOCKS[service]:
                return function(*args)

        return wrapped

    return decorate


class MotoCatalog:
    """The catalog of moto's account and Region."""

    def __init__(self, account: str, region: str) -> None:
        self._glue, self._s3 = glue_backends[account][region], s3_backends[account]["aws"]

    @_locked("glue")
    def databases(self) -> list[str]:
        """See Catalog."""
        return sorted(one.name for one in self._glue.get_databases())

    @_locked("glue")
    def tables(self, database: str) -> list[CatalogTable]:
        """See Catalog."""
        try:
            found = self._glue.get_tables(database, None)
        except DatabaseNotFoundException:
            raise KeyError(database) from None
        return sorted((_table(one.as_dict()) for one in found), key=lambda one: one.name)

    @_locked("glue")
    def table(self, database: str, name: str) -> CatalogTable | None:
        """See Catalog."""
        try:
            self._glue.get_database(database)
            return _table(self._glue.get_table(database, name).as_dict())
        except DatabaseNotFoundException:
            raise KeyError(database) from None
        except TableNotFoundException:
            return None

    @_locked("glue")
    def partitions(self, database: str, name: str) -> list[Partition]:
        """See Catalog."""
        found = self._glue.get_table(database, name).partitions.values()
        return [Partition(tuple(one.values), one.as_dict()["StorageDescriptor"]["Location"]) for one in found]

    @_locked("s3")
    def files(self, location: str) -> list[str]:
        """See Catalog."""
        bucket, _, folder = location.removeprefix("s3://").partition("/")
        if bucket not in self._s3.buckets:
            raise QueryError(f"HIVE_FILESYSTEM_ERROR: bucket {bucket} of {location} does not exist")
        return sorted(
            f"{bucket}/{key}"
            for key, newest in self._s3.buckets[bucket].keys.items()
            if key.startswith(folder)
            and key.rsplit("/", 1)[-1][:1] not in ("", "_", ".")
            and not isinstance(newest, FakeDeleteMarker)
        )

    @_locked("s3")
    def read(self, path: str) -> bytes:
        """See Catalog."""
        bucket, _, key = path.partition("/")
        found = self._s3.get_object(bucket, key)
        if found is None:
            raise QueryError(f"HIVE_CANNOT_OPEN_SPLIT: s3://{path} is gone")
        content: bytes = found.value
        return content

    @_locked("s3")
    def write(self, path: str, content: bytes) -> None:
        """See Catalog."""
        bucket, _, key = path.partition("/")
        self._s3.put_object(bucket, key, content)

    @_locked("glue")
    def create_table(self, database: str, table: dict[str, Any]) -> None:
        """See Catalog."""
        try:
            self._glue.create_table(database, table["Name"], table)
        except TableAlreadyExistsException:
            raise QueryError(f"TABLE_ALREADY_EXISTS: Table '{database}.{table['Name']}' already exists") from None


def _table(glue: dict[str, Any]) -> CatalogTable:
    storage = glue.get("StorageDescriptor") or {}
    return CatalogTable(
        name=glue["Name"],
        columns=_columns(storage.get("Columns", [])),
        keys=_columns(glue.get("PartitionKeys", [])),
        view=glue.get("ViewOriginalText", "") if glue.get("TableType") == "VIRTUAL_VIEW" else "",
        orc=storage.get("InputFormat") == ORC,
        location=storage.get("Location", ""),
    )


def _columns(glue: list[dict[str, str]]) -> tuple[tuple[str, str, str], ...]:
    return tuple((one["Name"], one["Type"], one.get("Comment", "")) for one in glue)
