"""The Glue catalog's partitions. Nothing else in the lake writes them.

Sources: Glue's BatchCreatePartition takes 100 and answers per item; "already exists" hides that the old location was
kept, so a readready day is always looked at and updated.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from lake import keys
from lake.books import Marker, load_marker
from schemas import TABLES, Table
from schemas.glue import partition_input

AT_ONCE = 100
DELETED_AT_ONCE = 25  # AWS Glue, "BatchDeletePartition"
KNOWN = 900.0  # seconds for which a raw partition is taken to be there still


class Partition(NamedTuple):
    """A partition to be registered: table, values in the order of its keys, and where it lies (s3://.../)."""

    table: str
    values: tuple[str, ...]
    location: str


class Catalog:
    """Registers raw partitions and points readready ones at their newest generation.

    glue, s3: boto3 clients. books: the bucket of markers. further: tables that lake.toml declares. Raw partitions once
    seen are not asked for again for a while: a Lambda's memory saves most calls, and a partition that somebody drops
    comes back with the next object.
    """

    def __init__(
        self, glue: Any, s3: Any, database: str, books: str, further: Mapping[str, Table] = MappingProxyType({})
    ) -> None:
        self._tables = {**TABLES, **further}
        self._glue, self._s3, self._database, self._books = glue, s3, database, books
        self._known: dict[Partition, float] = {}

    def register(self, partitions: Iterable[Partition]) -> dict[Partition, str]:
        """Create those that are missing. Returns the ones that failed, with Glue's reason."""
        failed: dict[Partition, str] = {}
        tables: dict[str, list[Partition]] = {}
        now = time.monotonic()
        for one in sorted(set(partitions)):
            if now - self._known.get(one, -KNOWN) < KNOWN:
                continue
            tables.setdefault(one.table, []).append(one)
        for table, wanted in tables.items():
            for some in _chunks(wanted, AT_ONCE):
                errors = self._create(table, some)
                for one in some:
                    reason = errors.get(one.values, "")
                    if reason and not reason.startswith("AlreadyExistsException"):
                        failed[one] = reason
                    else:
                        self._known[one] = now
        return failed

    def forget(self, partition: Partition) -> None:
        """Ask Glue again for this one: somebody saw that it is not there."""
        self._known.pop(partition, None)

    def retire(self, partitions: Iterable[Partition]) -> dict[Partition, str]:
        """Take these out of the catalog; what they point to stays where it is. Returns as `register` does."""
        failed: dict[Partition, str] = {}
        tables: dict[str, list[Partition]] = {}
        for one in sorted(set(partitions)):
            tables.setdefault(one.table, []).append(one)
        for table, wanted in tables.items():
            for some in _chunks(wanted, DELETED_AT_ONCE):
                answer = self._glue.batch_delete_partition(
                    DatabaseName=self._database,
                    TableName=table,
                    PartitionsToDelete=[{"Values": list(one.values)} for one in some],
                )
                errors = _errors(answer)
                for one in some:
                    reason = errors.get(one.values, "")
                    if reason and not reason.startswith("EntityNotFoundException"):
                        failed[one] = reason
        return failed

    def _create(self, table: str, some: list[Partition]) -> dict[tuple[str, ...], str]:
        answer = self._glue.batch_create_partition(
            DatabaseName=self._database,
            TableName=table,
            PartitionInputList=[partition_input(self._tables[table], one.values, one.location) for one in some],
        )
        return _errors(answer)

    def point(self, table: str, day: str) -> Marker | None:
        """Point the day's partition at its newest generation: list, point, list again until nothing newer came.

        Whoever points last has listed after the last marker was written, so the newest wins in any order of events.
        """
        key = self._newest(table, day)
        while key is not None:
            marker = load_marker(self._s3.get_object(Bucket=self._books, Key=key)["Body"].read())
            self._point_at(marker)
            again = self._newest(table, day)
            if again == key:
                return marker
            key = again
        return None

    def _newest(self, table: str, day: str) -> str | None:
        found = self._s3.list_objects_v2(Bucket=self._books, Prefix=keys.markers(table, day), MaxKeys=1)
        contents = found.get("Contents", [])
        return str(contents[0]["Key"]) if contents else None

    def _point_at(self, marker: Marker) -> None:
        errors = self._create(marker.table, [Partition(marker.table, (marker.day,), marker.location)])
        reason = errors.get((marker.day,), "")
        if not reason:
            return
        if not reason.startswith("AlreadyExistsException"):
            raise RuntimeError(f"{marker.table} {marker.day}: Glue did not create the partition: {reason}")
        self._glue.update_partition(
            DatabaseName=self._database,
            TableName=marker.table,
            PartitionValueList=[marker.day],
            PartitionInput=partition_input(TABLES[marker.table], (marker.day,), marker.location),
        )


def _errors(answer: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Of a batch call's answer: the partitions that failed, by values, each with Glue's code and reason."""
    return {
        tuple(error["PartitionValues"]): f"{error['ErrorDetail']['ErrorCode']}: "
        f"{error['ErrorDetail'].get('ErrorMessage', '')}"
        for error in answer.get("Errors", [])
    }


def _chunks(items: list[Partition], size: int) -> Iterator[list[Partition]]:
    iterator = iter(items)
    take: Callable[[], list[Partition]] = lambda: list(islice(iterator, size))  # noqa: E731
    return iter(take, [])
