"""The protocol under fire: processes of a small lake whose calls a test may kill, repeat, hold or reorder.

`Part` is one process's view of a `World`: a run of a job, or AddAPart. `calm` lets everything run again until nothing
changes; tests/verdict.py then says whether the lake has told the truth.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

from addapart.handler import AddAPart
from jobs.access import Access
from lake import keys
from lake.books import load_marker
from lake.settings import JOBS, Settings, parse
from schemas import TABLES
from tests import small_company as company
from tests.lakes import SETTINGS, Lake
from tests.memory_aws import Call, Clients, Read, Through, World

SMALL = parse(SETTINGS.text.replace("batch_files = 2000", "batch_files = 2"))
WIDE = parse(SMALL.text.replace('keep = "filtered"', 'keep = "everything"'))
CHANGED = parse(
    WIDE.text.replace("batch_files = 2", "batch_files = 1").replace("slice_rows = 200_000", "slice_rows = 2")
)
BOOKS, READREADY = SMALL.buckets.books, SMALL.buckets.readready
COMMITS = ("plans/", "ledger/", keys.MARKERS)
CALM = 12  # rounds after which a lake that still changes never comes to rest


class Broken(AssertionError):
    """A promise of the lake was broken: what a reader sees, or what the books say, is not the truth."""


class Part(Lake):
    """One process on a world. A process that dies takes its memory along: the next one is another Part."""

    def __init__(self, world: World, through: Through = World.apply, read: Read = None) -> None:
        self.world, self.clients = world, Clients(world, through, read)
        self.s3, self.glue, self.sqs = self.clients.s3, self.clients.glue, self.clients.sqs
        self.queue = "queue"
        self.under(world.settings)

    def under(self, settings: Settings) -> None:
        self.settings = settings
        self.access = Access(settings, self.clients.store)
        self.addapart = AddAPart(self.s3, self.glue, settings)

    @property
    def now(self) -> datetime:  # type: ignore[override]
        return self.world.now

    @now.setter
    def now(self, moment: datetime) -> None:
        self.world.now = moment

    def deliver(self) -> None:
        """AddAPart takes what is in the queue. What it refuses stays there, as with Lambda's partial batch response."""
        while messages := self.receive():
            event = {"Records": [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]}
            failed = {one["itemIdentifier"] for one in self.addapart.handle(event, self.now)["batchItemFailures"]}
            for one in messages:
                if one["MessageId"] not in failed:
                    self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])


def in_memory(settings: Settings = SETTINGS) -> Part:
    """An empty lake on the AWS in memory, its changes watched: some ten times as fast as on the embedded one."""
    world = World(settings, watch=unbroken)
    world.apply(Call("put", (settings.buckets.books, keys.SETTINGS), settings.text.encode()))
    return Part(world)


def land(world: World, objects: Iterable[company.Raw]) -> None:
    """Objects land in the raw buckets."""
    for one in objects:
        world.apply(Call("put", (company.BUCKETS[one.job], one.key), one.data))


def pass_time(world: World, **by: float) -> None:
    world.now += timedelta(**by)


def unbroken(world: World, call: Call) -> Iterator[str]:
    """What must never be, whatever else happens: looked for before every change. An object that the lake wrote is never
    written again with other bytes, since a commit may name it; a commit is never deleted, nor what readers see."""
    if call.what in ("put", "copy") and call.where[0] in (BOOKS, READREADY) and not call.where[1].startswith("inbox/"):
        there = world.objects.get((call.where[0], call.where[-1]))
        written = call.value if call.what == "put" else world.objects[call.where[0], call.where[1]].data
        if there and there.data != written:
            yield f"{call}: it is there already, with other bytes"
    if call.what == "create" and call.where[1].startswith(keys.MARKERS):
        marker = json.loads(call.value)
        for one in marker["files"]:
            found = world.objects.get((READREADY, marker["folder"] + one["name"]))
            if found is None or len(found.data) != one["bytes"]:
                yield f"{call}: it names {one['name']}, which is not there as it says"
    if call.what in ("register", "point") and TABLES[call.where[0]].layout == "orc":
        table, (day,) = call.where
        location = call.value["StorageDescriptor"]["Location"]
        if location not in {load_marker(one).location for one in commits(world, keys.markers(table, day))}:
            yield f"{call}: {location} is shown, and no marker names it"
    if call.what == "delete":
        bucket, key = call.where
        if key.startswith(COMMITS):
            yield f"{call}: a commit is deleted"
        shown = (one["StorageDescriptor"]["Location"] for one in world.partitions.values())
        if any(f"s3://{bucket}/{key}".startswith(one) for one in shown):
            yield f"{call}: readers see it"


def commits(world: World, folder: str) -> list[bytes]:
    """The commits in a folder, as they lie there: newest first where they are numbered."""
    return [world.objects[BOOKS, key].data for key in world.list(BOOKS, folder)]


def new_world() -> World:
    return World(SMALL, watch=unbroken)


class Process(Protocol):
    """A process from its beginning to its end. through, read: see Clients."""

    __name__: str

    def __call__(self, world: World, through: Through = ..., read: Read = ..., /) -> None: ...


def deliver(world: World, through: Through = World.apply, read: Read = None) -> None:
    """AddAPart takes what was announced."""
    Part(world, through, read).deliver()


def cloudtrail(world: World, through: Through = World.apply, read: Read = None) -> None:
    """A run of CloudTrail's job."""
    Part(world, through, read).run("cloudtrail")


def cloudwatch(world: World, through: Through = World.apply, read: Read = None) -> None:
    """A run of CloudWatch Logs' job."""
    Part(world, through, read).run("cloudwatch")


def first_lands(world: World, *_: object) -> None:
    """The company's first objects land; S3 refuses one of them."""
    world.refused.add(company.REFUSED)
    land(world, company.FIRST)


def second_lands(world: World, *_: object) -> None:
    """Its late ones land."""
    world.refused.discard(company.REFUSED)
    pass_time(world, minutes=20)
    land(world, company.SECOND)


ROUND: tuple[Process, ...] = (deliver, cloudtrail, cloudwatch, deliver)
STORY: tuple[Process, ...] = (first_lands, *ROUND, second_lands, *ROUND)


def calm(world: World) -> None:
    """Everything runs, undisturbed, until a whole round changes nothing. Raises Broken if that never comes."""
    world.refused.clear()
    for _ in range(CALM):
        pass_time(world, hours=2)
        before = world.calls
        for process in ROUND:
            process(world)
        if world.calls == before:
            return
    failed = [one.why.strip().splitlines()[-1] for job in JOBS for one in Part(world).run(job).failed]
    raise Broken(f"never comes to rest: after {CALM} rounds, runs still write; tasks that fail: {failed}")
