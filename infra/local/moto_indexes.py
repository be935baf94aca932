"""Partition indexes for moto's Glue (moto 5.2.5 knows none), with the states and refusals of Glue's own.

An index is CREATING the first time that one looks, then ACTIVE; DELETING the first time, then gone. While one is
either, its table takes no other and gives none up. Source: Glue's API reference, PartitionIndexDescriptor; its messages
as quoted in aws/aws-cdk issue 24813 and floci-io/floci pull request 3551.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.exceptions import EntityNotFoundException, GlueClientError
from moto.glue.responses import GlueResponse

MOST = 3


@dataclass(slots=True)
class Index:
    """An index. then: what GetPartitionIndexes says of it after each look, '' for gone."""

    name: str
    keys: list[dict[str, str]]
    status: str
    then: list[str] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        """True while Glue is at work on it."""
        return self.status in ("CREATING", "DELETING")

    def looked_at(self) -> dict[str, Any]:
        """Its PartitionIndexDescriptor; the next look finds it further."""
        described = {
            "IndexName": self.name,
            "Keys": self.keys,
            "IndexStatus": self.status,
            "BackfillErrors": self.errors if self.status == "FAILED" else [],
        }
        if self.then:
            self.status = self.then.pop(0)
        return described


def install() -> None:
    """Change moto in this process."""
    GlueResponse.create_partition_index = _create
    GlueResponse.get_partition_indexes = _get
    GlueResponse.delete_partition_index = _delete
    GlueResponse.create_table = _with_indexes(GlueResponse.create_table)


def indexes_of(table: Any) -> dict[str, Index]:
    """The indexes of one of moto's tables, by name."""
    found: dict[str, Index] = table.__dict__.setdefault("loglake_indexes", {})
    return found


def _table(request: Any) -> Any:
    parameters = request.parameters
    return request.glue_backend.get_table(parameters["DatabaseName"], parameters["TableName"])


def _new(table: Any, wanted: dict[str, Any], status: str) -> Index:
    types = {key["Name"]: key["Type"] for key in table.as_dict().get("PartitionKeys", [])}
    if unknown := [key for key in wanted["Keys"] if key not in types]:
        raise GlueClientError(
            "InvalidInputException",
            f"IndexKeys not a part of PartitionColumns. Verify the indexKeys : [{', '.join(unknown)}]",
        )
    return Index(wanted["IndexName"], [{"Name": key, "Type": types[key]} for key in wanted["Keys"]], status)


def _create(request: Any) -> Any:
    table = _table(request)
    there, wanted = indexes_of(table), request.parameters["PartitionIndex"]
    made = _new(table, wanted, "CREATING")
    made.then = ["ACTIVE"]
    _refuse_while_busy(there)
    for one in there.values():
        same = "name" if one.name == made.name else "keys" if one.keys == made.keys else ""
        if same:
            message = f"Partition Index {one.name} already exists with the same {same}."
            raise GlueClientError("AlreadyExistsException", message)
    if len(there) == MOST:
        raise GlueClientError(
            "ResourceNumberLimitExceededException", f"Partition index limit exceeded. Maximum: {MOST}"
        )
    there[made.name] = made
    return EmptyResult()


def _get(request: Any) -> Any:
    there = indexes_of(_table(request))
    answer = [one.looked_at() for one in list(there.values())]
    for name in [name for name, one in there.items() if not one.status]:
        del there[name]
    return ActionResult({"PartitionIndexDescriptorList": answer})


def _delete(request: Any) -> Any:
    there, name = indexes_of(_table(request)), request.parameters["IndexName"]
    if name not in there:
        raise EntityNotFoundException(f"Index with the given indexName : {name} does not exist")
    _refuse_while_busy(there)
    there[name].status, there[name].then = "DELETING", [""]
    return EmptyResult()


def _refuse_while_busy(there: dict[str, Index]) -> None:
    for one in there.values():
        if one.busy:
            message = f"Index {one.name} is in {one.status} state. "
            message += "Only 1 index can be created or deleted simultaneously per table."
            raise GlueClientError("OperationNotAllowedException", message)


def _with_indexes(create_table: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """CreateTable's own PartitionIndexes; those of a table without partitions are there at once."""

    def wrapped(self: Any) -> Any:
        answer = create_table(self)
        parameters = self.parameters
        table = self.glue_backend.get_table(parameters["DatabaseName"], parameters["TableInput"]["Name"])
        for wanted in parameters.get("PartitionIndexes", []):
            indexes_of(table)[wanted["IndexName"]] = _new(table, wanted, "ACTIVE")
        return answer

    return wrapped
