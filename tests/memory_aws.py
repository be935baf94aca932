"""S3, SQS and Glue in memory, as far as the lake uses them: a whole lake is copied, and run again, in milliseconds.

A `World` is the state, and all that changes it goes through `World.apply`, one `Call` at a time, so that a test can
kill, repeat, hold or reorder any of them. tests/integration/test_memory_aws.py holds it equal to the embedded AWS.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import sys
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from threading import RLock
from typing import IO, Any, NamedTuple
from urllib.parse import quote_plus

from infra import resources
from lake.settings import Settings, parse
from lake.store import Gone, Listed, Page, Store
from schemas import TABLES

Place = tuple[str, str]  # bucket, key


class Call(NamedTuple):
    """A request that changes something. what: the operation; where: its object, partition or message."""

    what: str
    where: tuple[Any, ...]
    value: Any = None

    def __str__(self) -> str:
        return f"{self.what} {'/'.join(map(str, self.where))}"


class Object(NamedTuple):
    """An S3 object. etag: as S3 makes it, without quotes. modified: when it was written."""

    data: bytes
    etag: str
    modified: datetime


class Message(NamedTuple):
    """An SQS message. visible: when it can be received (again)."""

    body: str
    visible: datetime


class EntityNotFoundException(Exception):
    """Glue's."""


@dataclass
class World:
    """What AWS holds. Values never change, so that a copy is cheap. now: its clock, moved by hand."""

    settings: Settings
    now: datetime = datetime(2024, 6, 1, 12, tzinfo=UTC)
    objects: dict[Place, Object] = field(default_factory=dict)
    names: list[Place] = field(default_factory=list)  # of the objects, in order
    partitions: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    refused: set[Place] = field(default_factory=set)  # S3 answers AccessDenied
    most: int = 10  # messages that SQS hands out at once
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    calls: int = 0  # how many calls have changed something, or tried to
    watch: Callable[[World, Call], Iterable[str]] | None = None  # what is wrong with a change that is about to be made
    broken: tuple[str, ...] = ()  # what `watch` found
    lock: RLock = field(default_factory=RLock, compare=False)

    def copy(self) -> World:
        """Another world in the same state."""
        start = next(self.numbers)
        self.numbers = itertools.count(start)
        return World(
            settings=self.settings,
            now=self.now,
            objects=self.objects.copy(),
            names=self.names.copy(),
            partitions=self.partitions.copy(),
            messages=self.messages.copy(),
            refused=self.refused.copy(),
            most=self.most,
            numbers=itertools.count(start),
            calls=self.calls,
            watch=self.watch,
            broken=self.broken,
        )

    def list(self, bucket: str, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, in S3's order, as they are now."""
        with self.lock:
            end = bisect_left(self.names, (bucket, f"{prefix}{chr(sys.maxunicode)}"))
            some = self.names[bisect_left(self.names, (bucket, prefix)) : end]
        return (key for _, key in some)

    def apply(self, call: Call) -> Any:
        """Do it, as AWS does: at once and whole. Returns its answer."""
        with self.lock:  # a doctor looks with many threads
            self.calls += 1
            if self.watch:
                self.broken += tuple(self.watch(self, call))
            return getattr(self, f"_{call.what}")(*call.where, call.value)

    def _put(self, bucket: str, key: str, data: bytes) -> Object:
        made = Object(data, hashlib.md5(data, usedforsecurity=False).hexdigest(), self.now.replace(microsecond=0))
        if (bucket, key) not in self.objects:
            insort(self.names, (bucket, key))
        self.objects[bucket, key] = made
        wanted = resources.notifications(self.settings, "arn").get(bucket, {}).get("QueueConfigurations", [])
        for one in wanted:
            rules = one.get("Filter", {}).get("Key", {}).get("FilterRules", [])
            if all(key.startswith(rule["Value"]) for rule in rules):
                self._announce(bucket, key, made)
        return made

    def _announce(self, bucket: str, key: str, made: Object) -> None:
        s3 = {
            "bucket": {"name": bucket},
            "object": {"key": quote_plus(key, safe="/"), "size": len(made.data), "eTag": made.etag},
        }
        time = self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"eventName": "ObjectCreated:Put", "eventTime": time, "s3": s3}
        self._send("queue", json.dumps({"Records": [record]}))

    def _create(self, bucket: str, key: str, data: bytes) -> bool:
        if (bucket, key) in self.objects:
            return False
        self._put(bucket, key, data)
        return True

    def _copy(self, bucket: str, source: str, target: str, _: None) -> None:
        if (bucket, source) not in self.objects:
            raise FileNotFoundError(f"s3://{bucket}/{source}")
        self._put(bucket, target, self.objects[bucket, source].data)

    def _delete(self, bucket: str, key: str, _: None) -> None:
        if self.objects.pop((bucket, key), None):
            del self.names[bisect_left(self.names, (bucket, key))]

    def _send(self, queue: str, body: str) -> None:
        del queue
        self.messages[f"m{next(self.numbers):06}"] = Message(body, self.now)

    def _acknowledge(self, message: str, _: None) -> None:
        self.messages.pop(message, None)

    def _register(self, table: str, values: tuple[str, ...], made: dict[str, Any]) -> bool:
        if (table, values) in self.partitions:
            return False
        self.partitions[table, values] = made
        return True

    def _drop(self, table: str, values: tuple[str, ...], _: None) -> None:
        if self.partitions.pop((table, values), None) is None:
            raise EntityNotFoundException(f"{table} {values}")

    def _point(self, table: str, values: tuple[str, ...], made: dict[str, Any]) -> None:
        if (table, values) not in self.partitions:
            raise EntityNotFoundException(f"{table} {values}")
        self.partitions[table, values] = made


Through = Callable[[World, Call], Any]
Read = Callable[[str], None] | None


class Clients:
    """What one process speaks to AWS with. through: every call that changes something goes through it.

    read: told the name of every request that only reads, before it is answered.
    """

    def __init__(self, world: World, through: Through = World.apply, read: Read = None) -> None:
        self.world, self._through, self._read = world, through, read
        self.store, self.s3, self.glue, self.sqs = MemoryStore(self), S3(self), Glue(self), SQS(self)

    def change(self, what: str, *where: Any, value: Any = None) -> Any:
        """Ask for a change."""
        return self._through(self.world, Call(what, where, value))

    def reading(self, what: str) -> World:
        """The world, to be read."""
        if self._read:
            self._read(what)
        return self.world


class MemoryStore(Store):
    """lake.store.Store on a World: what AddAPart and the jobs ask of it. The rest says that it is not here."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients  # and none of Store's own: sessions with AWS

    def _bucket(self, name: str) -> Any:
        raise NotImplementedError(f"{name}: Store has this method, and MemoryStore lacks it")

    def _client(self) -> Any:
        raise NotImplementedError("Store has this method, and MemoryStore lacks it")

    def get(self, bucket: str, key: str, etag: str = "", version: str = "", most: int | None = None) -> bytes:
        world = self._clients.reading("get")
        if (bucket, key) in world.refused:
            raise PermissionError(f"AccessDenied: s3://{bucket}/{key}")
        found = world.objects.get((bucket, key))
        if found is None or version or (etag and etag != found.etag):
            raise Gone(f"s3://{bucket}/{key}")
        return found.data if most is None else found.data[:most]

    def get_all(self, bucket: str, keys: Sequence[str]) -> list[bytes]:
        return [self.get(bucket, key) for key in keys]

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        found = self._clients.reading("get_range").objects.get((bucket, key))
        if found is None:
            raise FileNotFoundError(f"s3://{bucket}/{key}")
        return found.data[start : start + length]

    def put(self, bucket: str, key: str, data: bytes | IO[bytes]) -> None:
        self._clients.change("put", bucket, key, value=data if isinstance(data, bytes) else data.read())

    def create(self, bucket: str, key: str, data: bytes) -> bool:
        created: bool = self._clients.change("create", bucket, key, value=data)
        return created

    def copy(self, bucket: str, source: str, target: str) -> None:
        self._clients.change("copy", bucket, source, target)

    def delete(self, bucket: str, keys: Iterable[str]) -> None:
        for key in keys:  # S3's DeleteObjects promises no more than that each is deleted or not
            self._clients.change("delete", bucket, key)

    def list(self, bucket: str, prefix: str) -> Iterator[str]:
        return iter(list(self._clients.reading("list").list(bucket, prefix)))

    def pages(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Iterator[Page]:
        """One page, however long: that more follow is Store's own matter. after: without delimiter only."""
        assert not (after and delimiter)
        world, found, folders = self._clients.reading("pages"), list[Listed](), dict[str, None]()
        for key in world.list(bucket, prefix):
            inside, cut, _ = key.removeprefix(prefix).partition(delimiter or "\0")
            if cut:
                folders[f"{prefix}{inside}{cut}"] = None
            elif key > after and (one := world.objects.get((bucket, key))):
                found.append(_listed(key, one))
        yield Page(found, list(folders))

    def head(self, bucket: str, key: str) -> Listed | None:
        found = self._clients.reading("head").objects.get((bucket, key))
        return _listed(key, found) if found else None

    def has(self, bucket: str) -> bool:
        settings = self._clients.reading("has").settings
        return bucket in {*resources.raw_buckets(settings), *resources.own_buckets(settings)}

    def folders(self, bucket: str, prefix: str) -> Sequence[str]:
        rest = (key.removeprefix(prefix) for key in self._clients.reading("folders").list(bucket, prefix))
        return sorted({f"{prefix}{one.split('/', 1)[0]}/" for one in rest if "/" in one})

    def first(self, bucket: str, prefix: str) -> str | None:
        return next(self._clients.reading("first").list(bucket, prefix), None)


def _listed(key: str, found: Object) -> Listed:
    return Listed(key, len(found.data), found.etag, found.modified)


class S3:
    """boto3's S3, as AddAPart uses it."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def put_object(self, Bucket: str, Key: str, Body: bytes, ChecksumAlgorithm: str = "") -> dict[str, Any]:  # noqa: ARG002
        made: Object = self._clients.change("put", Bucket, Key, value=Body)
        return {"ETag": f'"{made.etag}"'}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        found = self._clients.reading("get").objects.get((Bucket, Key))
        if found is None:
            raise KeyError(f"NoSuchKey: s3://{Bucket}/{Key}")
        return {"Body": BytesIO(found.data), "ETag": f'"{found.etag}"'}

    def list_objects_v2(self, Bucket: str, Prefix: str = "", MaxKeys: int = 1000) -> dict[str, Any]:
        found = itertools.islice(self._clients.reading("list").list(Bucket, Prefix), MaxKeys)
        contents = [{"Key": key} for key in found]
        return {"Contents": contents} if contents else {}


class Glue:
    """boto3's Glue, as AddAPart, the jobs and tests use it."""

    class exceptions:
        EntityNotFoundException = EntityNotFoundException

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def batch_create_partition(
        self, DatabaseName: str, TableName: str, PartitionInputList: list[dict[str, Any]]
    ) -> dict[str, Any]:
        del DatabaseName
        errors = []
        for one in PartitionInputList:  # each for itself: a batch may be done in part
            if not self._clients.change("register", TableName, tuple(one["Values"]), value=one):
                detail = {"ErrorCode": "AlreadyExistsException", "ErrorMessage": "Partition already exists."}
                errors.append({"PartitionValues": one["Values"], "ErrorDetail": detail})
        return {"Errors": errors}

    def update_partition(
        self, DatabaseName: str, TableName: str, PartitionValueList: list[str], PartitionInput: dict[str, Any]
    ) -> dict[str, Any]:
        del DatabaseName
        self._clients.change("point", TableName, tuple(PartitionValueList), value=PartitionInput)
        return {}

    def get_partition(self, DatabaseName: str, TableName: str, PartitionValues: list[str]) -> dict[str, Any]:
        del DatabaseName
        found = self._clients.reading("get_partition").partitions.get((TableName, tuple(PartitionValues)))
        if found is None:
            raise EntityNotFoundException(f"{TableName} {PartitionValues}")
        return {"Partition": found}

    def delete_partition(self, DatabaseName: str, TableName: str, PartitionValues: list[str]) -> dict[str, Any]:
        del DatabaseName
        self._clients.change("drop", TableName, tuple(PartitionValues))
        return {}

    def batch_get_partition(
        self, DatabaseName: str, TableName: str, PartitionsToGet: list[dict[str, Any]]
    ) -> dict[str, Any]:
        del DatabaseName
        partitions = self._clients.reading("batch_get_partition").partitions
        wanted = ((TableName, tuple(one["Values"])) for one in PartitionsToGet)
        return {"Partitions": [partitions[one] for one in wanted if one in partitions]}

    def get_table(self, DatabaseName: str, Name: str) -> dict[str, Any]:
        """As it is declared: in this world nobody changes a table."""
        del DatabaseName
        found = _tables(self._clients.reading("get_table").settings.text).get(Name)
        if found is None:
            raise EntityNotFoundException(Name)
        return {"Table": found}

    def get_paginator(self, operation: str) -> Any:
        """Of get_partitions: one page."""
        assert operation == "get_partitions"
        return self

    def paginate(
        self, DatabaseName: str, TableName: str, Expression: str = "", ExcludeColumnSchema: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Expression: none, or that of days before one."""
        del DatabaseName, ExcludeColumnSchema
        made = [
            one for (table, _), one in self._clients.reading("get_partitions").partitions.items() if table == TableName
        ]
        if Expression:
            before = re.fullmatch(r"calendarday < '(.*)'", Expression)
            assert before
            made = [one for one in made if _day(TableName, one) < before[1]]
        yield {"Partitions": made}


@cache
def _tables(settings: str) -> dict[str, dict[str, Any]]:
    return {one["Name"]: one for one in resources.table_inputs(parse(settings))}


def _day(table: str, partition: dict[str, Any]) -> str:
    names = [key.name for key in TABLES[table].partition_keys]
    day: str = partition["Values"][names.index("calendarday")]
    return day


class SQS:
    """boto3's SQS with the one queue; a message's handle is its id."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def get_queue_url(self, QueueName: str) -> dict[str, str]:
        self._clients.reading("get_queue_url")
        return {"QueueUrl": QueueName}

    def send_message(self, QueueUrl: str, MessageBody: str) -> dict[str, Any]:
        self._clients.change("send", QueueUrl, value=MessageBody)
        return {}

    def receive_message(self, QueueUrl: str, MaxNumberOfMessages: int) -> dict[str, Any]:
        """Hides what it hands out, as the queue's visibility time-out says."""
        del QueueUrl
        world = self._clients.reading("receive_message")
        hidden = world.now + timedelta(seconds=resources.queue(world.settings).visibility)
        found = [name for name, one in world.messages.items() if one.visible <= world.now]
        found = found[: min(MaxNumberOfMessages, world.most)]
        for name in found:
            world.messages[name] = world.messages[name]._replace(visible=hidden)
        messages = [{"MessageId": name, "ReceiptHandle": name, "Body": world.messages[name].body} for name in found]
        return {"Messages": messages} if messages else {}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:
        del QueueUrl
        self._clients.change("acknowledge", ReceiptHandle)
        return {}
