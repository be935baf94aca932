"""The protocol's rules taken away one by one: each function changes the real code, in the test's process, and no more.

Named as in the protocol's model. What is taken away stands in docs/protocol.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pytest import MonkeyPatch  # noqa: PT013

from addapart.catalog import Catalog
from addapart.handler import AddAPart
from jobs import merge as merging
from jobs import plan as planning
from jobs.access import Access
from jobs.mapping import Map
from jobs.plan import cut
from jobs.publish import Day, publish
from jobs.slices import Input
from lake import keys
from lake.books import Arrival, Ledger, Piece, Plan, dump, load_arrivals, load_ledger, load_marker, load_plan
from lake.settings import JOBS
from schemas import TABLES
from schemas.arrow import arrow_schema
from tests import fire
from tests.memory_aws import S3, Glue, MemoryStore
from tests.verdict import Verdict


def plan_derived(number: Callable[[list[Arrival]], str]) -> Callable[[MonkeyPatch], None]:
    """No plan is kept: each run cuts what no ledger holds into batches, named after their objects."""

    def plan(lake: Access, job: str, now: datetime, _settled: object, tasks: int) -> list[Plan]:
        store, books = lake.store, lake.books
        kept = [load_plan(store.get(books, key)) for key in store.list(books, keys.plans(job))]
        landed = [one for one in kept if list(store.list(books, keys.ledgers(job, one.number)))]
        undone = {arrival for one in landed for arrival in _ledger(lake, one).undone}
        done = {arrival.identity for one in landed for batch in one.batches for arrival in batch}
        done -= {arrival.identity for arrival in undone}
        inbox = [store.get(books, key) for key in store.list(books, keys.inbox(job))]
        arrivals = {one.identity: one for data in inbox for one in load_arrivals(data) if one.identity not in done}
        bounds = lake.settings.bounds
        for batch in cut(arrivals.values(), tasks, bounds.batch_files, bounds.batch_bytes):
            name = int(hashlib.md5(number(batch).encode(), usedforsecurity=False).hexdigest()[:7], 16)
            derived = Plan(job, name, "", now.isoformat(), [], [], [batch])
            if not store.first(books, keys.plan(job, name)):
                store.create(books, keys.plan(job, name), dump(derived))
            landed = [one for one in landed if one.number != name] + [derived]
        return landed

    def weaken(patch: MonkeyPatch) -> None:
        patch.setattr("jobs.run.plan", plan)
        patch.setattr(Verdict, "plans", lambda _: None)  # what is under plans/ is only this function's memory

    return weaken


def _ledger(lake: Access, plan: Plan) -> Ledger:
    return load_ledger(lake.store.get(lake.books, keys.ledger(plan.job, plan.number, 0)))


def _objects(batch: list[Arrival]) -> str:
    return str(sorted((one.key, one.etag) for one in batch))


def _first_object(batch: list[Arrival]) -> str:
    return str((batch[0].key, batch[0].etag))


def _not_twice(patch: MonkeyPatch, beginning: str) -> None:
    """PUTs of shared names are create-only, and an object that is there counts as written."""
    original = MemoryStore.put

    def put(self: MemoryStore, bucket: str, key: str, data: Any) -> None:
        if not (key.startswith(beginning) and self.first(bucket, key)):
            original(self, bucket, key, data)

    patch.setattr(MemoryStore, "put", put)


def landkey_batch(patch: MonkeyPatch) -> None:
    """A landed file is named after its batch: two attempts share it."""
    patch.setattr(keys, "landed", lambda job, batch: f"landed/{job}/{batch}.arrows")
    _not_twice(patch, "landed/")


def genkey_number(patch: MonkeyPatch) -> None:
    """A generation's folder is named after its number: two attempts share it."""
    patch.setattr(keys, "generation", lambda table, day, number: f"readready/{table}/calendarday={day}/{number:010}/")
    _not_twice(patch, "readready/")


def pick_listing(patch: MonkeyPatch) -> None:
    """Publishing takes whatever was landed, whether a ledger names it or not."""

    def publish_all(lake: Access, days: Mapping[Day, Iterable[Input]], mapper: Map, clock: Any) -> Any:
        if any(TABLES[table].books for table, _ in days):
            return publish(lake, days, mapper, clock)
        taken = {day: {one.batch: one for one in inputs} for day, inputs in days.items()}
        for job in JOBS:
            for key in lake.store.list(lake.settings.buckets.readready, f"landed/{job}/"):
                for piece in _pieces(lake, job, key):
                    batch = f"{job}/{'-'.join(key.rsplit('/', 1)[-1].split('-')[:2])}"
                    its = taken.setdefault((piece.table, piece.day), {}).setdefault(batch, Input(batch))
                    if (key, piece.offset) not in {(one.key, one.offset) for one in its.pieces}:
                        its.pieces.append(piece)
        return publish(lake, {day: list(inputs.values()) for day, inputs in taken.items()}, mapper, clock)

    patch.setattr("jobs.run.publish", publish_all)


def _pieces(lake: Access, job: str, key: str) -> Iterator[Piece]:
    """The pieces of a landed file that are rows of the job's table."""
    bucket, table = lake.settings.buckets.readready, f"from_{job}_readready"
    file = BytesIO(lake.store.get(bucket, key))
    while (start := file.tell()) < len(file.getvalue()):
        rows = pa.ipc.open_stream(file).read_all()
        if rows.schema.equals(arrow_schema(TABLES[table])):
            day = str(rows["eventtime"][0].as_py().date())
            yield Piece(table, day, bucket, key, start, file.tell() - start, rows.num_rows)


def idless_none(patch: MonkeyPatch) -> None:
    """A record without an id has no identity: its object's key, ETag and position say nothing."""
    original = merging.merge

    def merge(table: str, base: pa.Table, new: pa.Table, *rest: Any) -> merging.Merged:
        name = TABLES[table].identity[0]
        with_id, without = zip(*(_parted(rows, pc.is_null(rows[name])) for rows in (base, new)), strict=True)
        merged = original(table, *with_id, *rest)
        rows = pa.concat_tables([merged.rows, *without])
        return merged._replace(rows=rows, changed=merged.changed or without[1].num_rows > 0)

    patch.setattr("jobs.slices.merge", merge)


def _parted(rows: pa.Table, mask: pa.ChunkedArray) -> tuple[pa.Table, pa.Table]:
    return rows.filter(pc.invert(mask)), rows.filter(mask)


def get_current(patch: MonkeyPatch) -> None:
    """An object is fetched by its key alone."""
    original = MemoryStore.get

    def get(self: MemoryStore, bucket: str, key: str, *_: Any, most: int | None = None, **__: Any) -> bytes:
        return original(self, bucket, key, most=most)

    patch.setattr(MemoryStore, "get", get)


def undone_drop(patch: MonkeyPatch) -> None:
    """What could not be fetched is not carried on."""
    patch.setattr("jobs.plan.load_ledger", lambda data: replace(load_ledger(data), undone=[]))


def retried_early(patch: MonkeyPatch) -> None:
    """A plan says that it carries what failed once in every batch of an open plan, also in one that is not landed."""
    original = planning._close

    def close(lake: Access, job: str, last: Plan | None, settled: planning.Settled) -> planning._Earlier:
        found = original(lake, job, last, settled)
        batches = [keys.batch_id(one.number, position) for one in found.open for position in range(len(one.batches))]
        return found._replace(retried=[f"{job}/{batch}" for batch in batches])

    patch.setattr(planning, "_close", close)


def close_marker(patch: MonkeyPatch) -> None:
    """A plan is closed when its markers are written, wherever the catalog points."""

    def get_partition(self: Glue, TableName: str, PartitionValues: list[str], **_: str) -> Any:
        store = self._clients.store
        newest = store.first(fire.BOOKS, keys.markers(TableName, PartitionValues[0]))
        location = load_marker(store.get(fire.BOOKS, newest)).location if newest else None
        return {"Partition": {"StorageDescriptor": {"Location": location}}}

    patch.setattr(Glue, "get_partition", get_partition)


def settle_now(patch: MonkeyPatch) -> None:
    """A plan is closed as soon as the catalog shows it, whatever requests are still on their way."""
    for name in ("SMALL", "WIDE", "CHANGED"):
        settings = getattr(fire, name)
        patch.setattr(fire, name, replace(settings, bounds=replace(settings.bounds, settle_seconds=-1)))


def point_once(patch: MonkeyPatch) -> None:
    """AddAPart points at the newest marker, and does not look again."""

    def point(self: Any, table: str, day: str) -> None:
        if key := self._newest(table, day):
            self._point_at(load_marker(self._s3.get_object(Bucket=self._books, Key=key)["Body"].read()))

    patch.setattr(Catalog, "point", point)


def point_own(patch: MonkeyPatch) -> None:
    """AddAPart points at the marker that it has just heard of."""
    heard: dict[tuple[str, str], int] = {}
    read_marker = keys.read_marker

    def remember(key: str) -> keys.MarkerKey | None:
        if marker := read_marker(key):
            heard[marker.table, marker.day] = marker.generation
        return marker

    def point(self: Any, table: str, day: str) -> None:
        key = keys.marker(table, day, heard[table, day])
        self._point_at(load_marker(self._s3.get_object(Bucket=self._books, Key=key)["Body"].read()))

    patch.setattr(keys, "read_marker", remember)
    patch.setattr(Catalog, "point", point)


def ack_first(patch: MonkeyPatch) -> None:
    """Messages are acknowledged before their work is done."""

    def deliver(self: fire.Part) -> None:
        while messages := self.receive():
            for one in messages:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
            event = {"Records": [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]}
            self.addapart.handle(event, self.now)

    patch.setattr(fire.Part, "deliver", deliver)


def failures_swallowed(patch: MonkeyPatch) -> None:
    """AddAPart does not say which messages it could not do."""
    original = AddAPart.handle

    def handle(self: AddAPart, event: Any, now: datetime) -> dict[str, list[dict[str, str]]]:
        original(self, event, now)
        return {"batchItemFailures": []}

    patch.setattr(AddAPart, "handle", handle)


def arrkey_first(patch: MonkeyPatch) -> None:
    """An inbox file is named after the first object in it, and created once."""
    original = S3.put_object

    def put_object(self: S3, Bucket: str, Key: str, Body: bytes, ChecksumAlgorithm: str) -> Any:
        if Key.startswith("inbox/"):
            first = json.loads(Body.splitlines()[0])
            folder, name = Key.rsplit("/", 1)
            Key = f"{folder}/{name[:15]}-{first['key'].rsplit('/', 1)[-1]}-{first['etag']}.jsonl"
            Key = f"{folder}/{Key.rsplit('/', 1)[-1][16:]}"
            if self._clients.store.first(Bucket, Key):
                return {}
        return original(self, Bucket, Key, Body, ChecksumAlgorithm)

    patch.setattr(S3, "put_object", put_object)


def inbox_folders(patch: MonkeyPatch) -> None:
    """The planner looks at the inbox's last hour, by the clock of whoever wrote there."""
    original = MemoryStore.list

    def list_(self: MemoryStore, bucket: str, prefix: str) -> Iterator[str]:
        found = original(self, bucket, prefix)
        now = f"{self._clients.world.now:%Y%m%dT%H}"
        recent = (key for key in found if key.removeprefix(prefix)[:11] == now)
        return recent if prefix.startswith("inbox/") else found

    patch.setattr(MemoryStore, "list", list_)


def commit_put(patch: MonkeyPatch) -> None:
    """A commit is an ordinary PUT: whoever is last wins."""

    def create(self: MemoryStore, bucket: str, key: str, data: bytes) -> bool:
        self.put(bucket, key, data)
        return True

    patch.setattr(MemoryStore, "create", create)


def delete_first(patch: MonkeyPatch) -> None:
    """The planner deletes the inbox files that it is about to plan, before its plan is written."""
    original = MemoryStore.create

    def create(self: MemoryStore, bucket: str, key: str, data: bytes) -> bool:
        if key.startswith("plans/"):
            self.delete(bucket, load_plan(data).consumed)
        return original(self, bucket, key, data)

    patch.setattr(MemoryStore, "create", create)


plan_hash = plan_derived(_objects)
plan_pos = plan_derived(_first_object)
