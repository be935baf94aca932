"""Custom resource: the partition indexes of the lake's tables, which CloudFormation has no resource for.

    Type: Custom::PartitionIndexes
    Properties:
      DatabaseName: loglake
      Tables: [{TableName: from_cloudtrail_raw, PartitionIndexes: [{IndexName: by_day, Keys: [calendarday]}]}]

Glue makes or deletes one index of a table at a time, a catalog's only a few: each is made, waited for until it is
ACTIVE, and only then the next. Indexes that somebody else made stay. Calling it again changes nothing, so a create, an
update, its rollback and a delete are all the same work: some indexes shall be, others not.
Source: AWS Glue developer guide, "Creating partition indexes"; API reference, PartitionIndexDescriptor.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.functions.custom import Answer, Later, resource

POLL = 5.0  # seconds; an index of an empty table takes some ten
MARGIN = 60.0  # seconds before Lambda's end at which a wait is handed on
BUSY = ("CREATING", "DELETING")
Wanted = dict[str, dict[str, list[str]]]  # table -> index -> keys


class NotMade(RuntimeError):
    """Glue could not make an index. The message says which, why and what to do."""


class Waiting:
    """Sleeps, and raises Later where this run has no time left."""

    def __init__(self, context: Any, sleep: Callable[[float], None] = time.sleep) -> None:
        self._context, self._sleep = context, sleep

    def __call__(self) -> None:
        if self._context.get_remaining_time_in_millis() / 1000 < MARGIN:
            raise Later
        self._sleep(POLL)


def reconcile(glue: Any, database: str, wanted: Wanted, unwanted: Wanted, wait: Callable[[], None]) -> None:
    """Deletes the indexes of `unwanted` that `wanted` does not have, then makes those of `wanted` that are missing."""
    for table, indexes in unwanted.items():
        for name in indexes.keys() - wanted.get(table, {}).keys():
            _remove(glue, database, table, name, wait)
    for table, indexes in wanted.items():
        for name, keys in indexes.items():
            _make(glue, database, table, name, keys, wait)


def _make(glue: Any, database: str, table: str, name: str, keys: list[str], wait: Callable[[], None]) -> None:
    created = False
    while True:
        there = _described(glue, database, table)
        mine = there.get(name)
        if mine and mine["IndexStatus"] == "ACTIVE" and _keys(mine) == keys:
            return
        if any(one["IndexStatus"] in BUSY for one in there.values()):
            wait()
        elif mine and created and mine["IndexStatus"] == "FAILED":
            raise NotMade(f"{database}.{table}: index {name} failed: {_why(mine)}")
        elif mine:  # failed earlier, or has other keys
            _remove(glue, database, table, name, wait)
        elif any(_keys(one) == keys and one["IndexStatus"] == "ACTIVE" for one in there.values()):
            return  # somebody has made the same under another name, and Glue takes no second
        else:
            created = _create(glue, database, table, name, keys)
            wait()


def _create(glue: Any, database: str, table: str, name: str, keys: list[str]) -> bool:
    """False if Glue is busy with as many indexes of other tables as it takes at once."""
    try:
        glue.create_partition_index(
            DatabaseName=database, TableName=table, PartitionIndex={"IndexName": name, "Keys": keys}
        )
    except ClientError as error:
        message = error.response["Error"].get("Message", "")
        # "Max concurrent limit for indexing reached for catalog", "Only 1 index can be created or deleted
        # simultaneously per table"; but not "Partition index limit exceeded. Maximum: 3", which no waiting helps.
        if (
            "concurrent" in message
            or "simultaneously" in message
            or error.response["Error"]["Code"].startswith("Concur")
        ):
            return False
        raise
    return True


def _remove(glue: Any, database: str, table: str, name: str, wait: Callable[[], None]) -> None:
    """An index that is being made cannot be deleted, nor can its table: both wait."""
    while there := _described(glue, database, table):
        if name not in there:
            return
        if not any(one["IndexStatus"] in BUSY for one in there.values()):
            glue.delete_partition_index(DatabaseName=database, TableName=table, IndexName=name)
        wait()


def _described(glue: Any, database: str, table: str) -> dict[str, dict[str, Any]]:
    """Glue's PartitionIndexDescriptors by name; none of a table that is not there (then making one says so)."""
    try:
        pages = glue.get_paginator("get_partition_indexes").paginate(DatabaseName=database, TableName=table)
        return {one["IndexName"]: one for page in pages for one in page["PartitionIndexDescriptorList"]}
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            return {}
        raise


def _keys(index: dict[str, Any]) -> list[str]:
    return [one["Name"] for one in index["Keys"]]


def _why(index: dict[str, Any]) -> str:
    """Glue's BackfillErrors in words."""
    codes = [one["Code"] for one in index.get("BackfillErrors", [])]
    if "ENCRYPTED_PARTITION_ERROR" in codes:
        return "the Data Catalog's metadata is encrypted, of which Glue makes no index: deploy with PartitionIndexes=no"
    return ", ".join(codes) or "Glue says no reason"


def _declared(properties: dict[str, Any]) -> Wanted:
    return {
        table["TableName"]: {one["IndexName"]: one["Keys"] for one in table["PartitionIndexes"]}
        for table in properties["Tables"]
    }


def work(event: dict[str, Any], context: Any, glue: Any = None, sleep: Callable[[float], None] = time.sleep) -> Answer:
    """One request of CloudFormation."""
    properties = event["ResourceProperties"]
    database = properties["DatabaseName"]
    before = event.get("OldResourceProperties", properties)
    # Of another database, CloudFormation takes the old resource away itself, by a Delete of its own.
    old = _declared(before) if before["DatabaseName"] == database else {}
    new = {} if event["RequestType"] == "Delete" else _declared(properties)
    glue = glue or boto3.client("glue", config=Config(retries={"mode": "standard", "max_attempts": 8}))
    reconcile(glue, database, new, old, Waiting(context, sleep))
    return Answer(f"{database}-partition-indexes")


handler = resource(work)
