"""The catalog, as the doctor reads it: tables against their declarations, partitions with what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from jobs.findings import Finding
from jobs.settle import LAG
from lake import keys
from lake.books import Marker
from schemas import TABLES
from schemas.drift import storage_drift, table_drift
from schemas.glue import storage_descriptor

_PAGE = 1000  # what BatchGetPartition takes


class Partition(NamedTuple):
    """A registered partition. location: as registered. drift: what of its descriptor is not as declared."""

    location: str
    drift: tuple[str, ...]


class Catalog:
    """One database. glue: a boto3 client, of which only reading calls are made."""

    def __init__(self, glue: Any, database: str) -> None:
        self._glue, self._database = glue, database

    def tables(self, declared: Iterable[dict[str, Any]]) -> Iterator[Finding]:
        """What is wrong with the tables and views. declared: their TableInputs."""
        deploy = "deploy the lake's templates again: they make it"
        for one in declared:
            name = one["Name"]
            where = f"{self._database}.{name}"
            try:
                found = self._glue.get_table(DatabaseName=self._database, Name=name)["Table"]
            except self._glue.exceptions.EntityNotFoundException:
                yield Finding("table-missing", where, "it is declared, and not in the catalog", deploy)
                continue
            if drift := table_drift(one, found):
                yield Finding("table-drift", where, _some(drift), deploy)

    def partitions(self, table: str) -> dict[tuple[str, ...], Partition]:
        """All partitions of a table, by values; none of a table that is not there."""
        pages = self._glue.get_paginator("get_partitions").paginate(DatabaseName=self._database, TableName=table)
        try:
            return {tuple(one["Values"]): _partition(table, one) for page in pages for one in page["Partitions"]}
        except self._glue.exceptions.EntityNotFoundException:
            return {}

    def some(self, table: str, wanted: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], Partition]:
        """Those of these partitions that are there, by values."""
        found: dict[tuple[str, ...], Partition] = {}
        rest = iter(wanted)
        while ask := [{"Values": list(one)} for one in islice(rest, _PAGE)]:
            while ask:
                answer = self._glue.batch_get_partition(
                    DatabaseName=self._database, TableName=table, PartitionsToGet=ask
                )
                found |= {tuple(one["Values"]): _partition(table, one) for one in answer["Partitions"]}
                ask = answer.get("UnprocessedKeys", [])
        return found

    def older(self, table: str, day: str) -> Iterator[tuple[str, ...]]:
        """The values of a table's partitions of days before this one, page by page; none of a table that is missing."""
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=self._database,
            TableName=table,
            Expression=f"calendarday < '{day}'",
            ExcludeColumnSchema=True,
        )
        try:
            for page in pages:
                yield from (tuple(one["Values"]) for one in page["Partitions"])
        except self._glue.exceptions.EntityNotFoundException:
            return


def _partition(table: str, made: dict[str, Any]) -> Partition:
    storage = made["StorageDescriptor"]
    declared = storage_descriptor(TABLES[table], "s3://any/")
    return Partition(storage.get("Location", ""), tuple(storage_drift(declared, storage)))


def _some(drift: list[str] | tuple[str, ...]) -> str:
    more = f"; and {len(drift) - 5} more" if len(drift) > 5 else ""
    return "; ".join(drift[:5]) + more


def day_partition(
    table: str, day: str, marker: Marker | None, found: Partition | None, seen: datetime
) -> Iterator[Finding]:
    """What is wrong with a readready day's partition. marker: the day's newest. seen: when the catalog was read.

    A marker that was young then is given the time that its announcement needs.
    """
    where = f"{table} {day}"
    if marker is None:
        if found:
            what = f"it points to {found.location}, and no generation of the day was ever published"
            yield Finding("partition-wrong", where, what, "delete the partition in Glue")
        return
    would = f"announce generation {marker.generation} again: AddAPart writes the partition"
    late = (seen - datetime.fromisoformat(marker.at)).total_seconds() > LAG
    if found is None:
        if late:
            what = f"no partition: generation {marker.generation} is published and nobody can see it"
            yield Finding("partition-missing", where, what, would, marker)
    elif found.location == marker.location:
        if found.drift:
            yield Finding("partition-wrong", where, _some(found.drift), would, marker)
    elif not keys.read_generation(found.location.removeprefix(f"s3://{marker.bucket}/")):
        what = f"it points to {found.location}, which is no generation's folder"
        yield Finding("partition-wrong", where, what, would, marker)
    elif late:
        what = f"it points to {found.location}, generation {marker.generation} lies in {marker.location}"
        yield Finding("partition-stale", where, what, would, marker)
