"""moto's Glue, answering as Glue does where readers of the catalog depend on it (moto 5.2.5; Trino 435 and Athena's
clients are such readers)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.glue import models, responses, utils

# Glue always answers these; without NumberOfBuckets and SerdeInfo Trino fails with a NullPointerException.
STORAGE_DEFAULTS: dict[str, Any] = {
    "NumberOfBuckets": 0,
    "Compressed": False,
    "StoredAsSubDirectories": False,
    "BucketColumns": [],
    "SortColumns": [],
    "Parameters": {},
    "SerdeInfo": {},
}


def install() -> None:
    """Change moto in this process."""
    for kind in (models.FakeTable, models.FakePartition):
        kind.as_dict = _with_storage_defaults(kind.as_dict)
    utils._cast = _without_length(utils._cast)
    glue = responses.GlueResponse
    glue.batch_get_partition = _with_unprocessed_keys(glue.batch_get_partition)
    glue.get_partitions = _first_segment_only(glue.get_partitions)
    for kind_of in ("table", "partition"):  # not in moto: a 500 that SDKs retry for half a minute
        setattr(glue, f"get_column_statistics_for_{kind_of}", _no_statistics)
        setattr(glue, f"update_column_statistics_for_{kind_of}", _no_statistics)  # CREATE TABLE AS writes some
        setattr(glue, f"delete_column_statistics_for_{kind_of}", _no_statistics)


def _without_length(cast: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """A partition key that CREATE TABLE AS makes is a varchar(1), which moto's GetPartitions does not know."""
    return lambda kind, value: cast(kind.partition("(")[0], value)


def _no_statistics(_self: Any) -> Any:
    return ActionResult({"ColumnStatisticsList": [], "Errors": []})


def _with_storage_defaults(as_dict: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        answer = as_dict(self, *args, **kwargs)
        if answer.get("StorageDescriptor") is not None:
            answer["StorageDescriptor"] = {**STORAGE_DEFAULTS, **answer["StorageDescriptor"]}
        if answer.get("TableType") == "VIRTUAL_VIEW":
            answer.setdefault("Owner", "hadoop")  # else Trino: "Run-as identity must be set"
        return answer

    return wrapped


def _with_unprocessed_keys(batch_get_partition: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def wrapped(self: Any) -> Any:
        answer = batch_get_partition(self)
        answer.result.setdefault("UnprocessedKeys", [])
        return answer

    return wrapped


def _first_segment_only(get_partitions: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def wrapped(self: Any) -> Any:
        segment = self.parameters.get("Segment") or {}
        if int(segment.get("SegmentNumber", 0)) > 0:  # moto ignores Segment: partitions would repeat
            return ActionResult({"Partitions": []})
        return get_partitions(self)

    return wrapped
