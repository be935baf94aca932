"""The AWS in memory answers as the embedded one does: the tests under fire stand on it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest

from infra import resources
from jobs.check_catalog import Catalog
from lake import keys
from lake.store import Gone, Listed, Page, Store
from schemas import TABLES
from schemas.glue import partition_input
from schemas.table import ORIGIN
from tests import small_company as company
from tests.fire import SMALL, Part, land
from tests.lakes import Lake
from tests.memory_aws import Call, World

BOOKS, READREADY = SMALL.buckets.books, SMALL.buckets.readready
READY, RAW = "from_cloudtrail_readready", "from_cloudtrail_raw"


CALLS: dict[str, Callable[[Store, str, str, str, bytes], Any]] = {
    "put": lambda store, key, _other, _prefix, data: store.put(BOOKS, key, data),
    "create": lambda store, key, _other, _prefix, data: store.create(BOOKS, key, data),
    "get": lambda store, key, *_: store.get(BOOKS, key, most=5),
    "get of another version": lambda store, key, *_: store.get(BOOKS, key, etag="0" * 32),
    "get_range": lambda store, key, *_: store.get_range(BOOKS, key, 2, 3),
    "delete": lambda store, key, other, *_: store.delete(BOOKS, [key, other]),
    "list": lambda store, _key, _other, prefix, _data: store.list(BOOKS, prefix),
    "first": lambda store, _key, _other, prefix, _data: store.first(BOOKS, prefix),
    "folders": lambda store, _key, _other, prefix, _data: store.folders(BOOKS, prefix),
    "pages": lambda store, key, _other, prefix, _data: said(store.pages(BOOKS, prefix, key)),
    "pages of folders": lambda store, _key, _other, prefix, _data: said(store.pages(BOOKS, prefix, "", "/")),
    "head": lambda store, key, *_: str(timeless(found) if (found := store.head(BOOKS, key)) else None),
    "copy": lambda store, key, other, *_: store.copy(BOOKS, key, other),
}


def said(pages: Iterable[Page]) -> list[Any]:
    """All of a listing but when things were written."""
    return [(page.folders, list(map(timeless, page.objects))) for page in pages]


def timeless(one: Listed) -> tuple[Any, ...]:
    """What is said of an object, of its time only what kind of time it is."""
    return one.key, one.size, one.etag, one.modified.utcoffset(), one.modified.microsecond


@pytest.fixture
def lakes(aws: str) -> tuple[Lake, Part]:
    del aws
    embedded = Lake(SMALL)
    embedded.work_queue()  # S3's test messages
    world = World(SMALL)
    world.apply(Call("put", (BOOKS, keys.SETTINGS), SMALL.text.encode()))
    return embedded, Part(world)


def answer(call: Callable[[], Any]) -> Any:
    """What it returns, or the kind of error that the lake tells apart."""
    try:
        found = call()
    except Gone:
        return Gone
    except FileNotFoundError:
        return FileNotFoundError
    except Exception as error:  # noqa: BLE001 - boto3's are made at run time
        return type(error).__name__
    return found if isinstance(found, bytes | bool | str | None) else list(found)


def test_both_stores_answer_the_same_to_any_calls(lakes: tuple[Lake, Part]) -> None:
    dice = random.Random(7)
    names = [f"{folder}{name}" for folder in ("a/", "a/b/", "c/") for name in ("1", "2", "%20", "é")]
    told = 0
    for _ in range(300):
        key, other, data = dice.choice(names), dice.choice(names), bytes([dice.randrange(4)]) * 9
        prefix = dice.choice(("a/", "a/b/", "c/", "d/", ""))
        what = dice.choice(list(CALLS))
        there = {*lakes[0].access.store.list(BOOKS, "")}
        if what == "copy" and (key not in there or key == other):
            continue  # S3 refuses it, and the lake never asks for it
        answers = [answer(partial(CALLS[what], one.access.store, key, other, prefix, data)) for one in lakes]
        assert answers[0] == answers[1], (what, key, other, prefix)
        told += answers[0] is not None
    assert told > 100
    whole = [{key: one.access.store.get(BOOKS, key) for key in one.access.store.list(BOOKS, "")} for one in lakes]
    assert whole[0] == whole[1]


def test_partitions_are_created_once_and_updated_only_where_they_are(lakes: tuple[Lake, Part]) -> None:
    def made(folder: str) -> dict[str, Any]:
        return partition_input(TABLES[READY], ("2024-05-31",), f"s3://{READREADY}/{folder}/")

    where = {"DatabaseName": SMALL.lake.database, "TableName": READY}
    answers = []
    for one in lakes:
        update = {**where, "PartitionValueList": ["2024-05-31"], "PartitionInput": made("b")}
        found: list[Any] = [answer(partial(one.glue.get_partition, **where, PartitionValues=["2024-05-31"]))]
        found.append(answer(partial(one.glue.update_partition, **update)))
        for _ in range(2):
            errors = one.glue.batch_create_partition(**where, PartitionInputList=[made("a")]).get("Errors", [])
            found.append([(error["PartitionValues"], error["ErrorDetail"]["ErrorCode"]) for error in errors])
        found.append(one.partitions(READY))
        one.glue.update_partition(**update)
        found.append(one.partitions(READY))
        answers.append(found)
    assert answers[0] == answers[1]


def test_partitions_and_tables_are_found_alike(lakes: tuple[Lake, Part]) -> None:
    days = ("2024-05-30", "2024-05-31", "2024-06-01")
    where = {"DatabaseName": SMALL.lake.database, "TableName": READY}
    answers = []
    for one in lakes:
        inputs = [partition_input(TABLES[READY], (day,), f"s3://{READREADY}/{day}/") for day in days]
        one.glue.batch_create_partition(**where, PartitionInputList=inputs)
        raw = [partition_input(TABLES[RAW], ("a", "1", "r", day), f"s3://raw/{day}/") for day in days]
        one.glue.batch_create_partition(DatabaseName=SMALL.lake.database, TableName=RAW, PartitionInputList=raw)
        catalog = Catalog(one.glue, SMALL.lake.database)
        found: list[Any] = [sorted(catalog.older(READY, days[1])), catalog.some(READY, [(days[0],), ("2024-01-01",)])]
        found += [sorted(catalog.older(RAW, days[2])), list(catalog.older("nothing", days[2]))]
        for _ in range(2):
            gone = answer(partial(one.glue.delete_partition, **where, PartitionValues=[days[0]]))
            found.append(gone == "EntityNotFoundException")
            found.append(catalog.partitions(READY))
        found.append(list(catalog.tables(resources.table_inputs(SMALL))))
        found.append([found.kind for found in catalog.tables([{"Name": "nothing"}])])
        answers.append(found)
    assert answers[0] == answers[1]
    assert answers[0][-1] == ["table-missing"]


def test_a_message_is_hidden_once_received_and_gone_once_deleted(lakes: tuple[Lake, Part]) -> None:
    answers = []
    for one in lakes:
        one.sqs.send_message(QueueUrl=one.queue, MessageBody="a")
        (first,) = one.receive()
        found: list[Any] = [first["Body"], one.receive()]
        one.sqs.delete_message(QueueUrl=one.queue, ReceiptHandle=first["ReceiptHandle"])
        answers.append([*found, one.receive()])
    assert answers[0] == answers[1] == ["a", [], []]


def test_the_same_story_ends_in_the_same_tables(lakes: tuple[Lake, Part]) -> None:
    embedded, memory = lakes
    embedded.now = memory.world.now
    for objects in (company.FIRST[:5] + company.FIRST[6:], company.SECOND):
        for one in objects:
            embedded.put(one.job, one.key, one.data)
        land(memory.world, objects)
        for lake in lakes:
            lake.work("cloudtrail", "cloudwatch")
    tables = [table for table in TABLES if TABLES[table].layout == "orc"]
    # S3's own clock and words; with its clock, which object is in which batch, and which of two copies came first.
    changing = {"arrived", "deliveryday", "detail", "batch", "batches", "folder", "filebytes", "storedin", "storedat"}
    changing |= {one.name for one in ORIGIN}
    for table in tables:
        rows = [lake.rows(table).to_pylist() for lake in lakes]
        plain = [[{name: row[name] for name in row if name not in changing} for row in found] for found in rows]
        assert sorted(map(str, plain[0])) == sorted(map(str, plain[1]))
    for table in ("from_cloudtrail_raw", "from_cloudwatch_raw"):
        assert embedded.partitions(table) == memory.partitions(table)
