"""The protocol under fire: processes of a small lake whose calls a test may kill, repeat, hold or reorder.

`Part` is one process's view of a `World`: a run of a job, or AddAPart. `calm` lets everything run again until nothing
changes; `verify` then holds all that a reader can ask against the company's truth, which no code of the lake made.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol

from addapart.handler import AddAPart
from jobs.access import Access
from lake import keys
from lake.books import load_marker, load_plan
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

    def deliver(self) -> None:
        """AddAPart takes what is in the queue. What it refuses stays there, as with Lambda's partial batch response."""
        while messages := self.receive():
            event = {"Records": [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]}
            failed = {one["itemIdentifier"] for one in self.addapart.handle(event, self.now)["batchItemFailures"]}
            for one in messages:
                if one["MessageId"] not in failed:
                    self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])


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
        if location not in {load_marker(one).location for one in _commits(world, keys.markers(table, day))}:
            yield f"{call}: {location} is shown, and no marker names it"
    if call.what == "delete":
        bucket, key = call.where
        if key.startswith(COMMITS):
            yield f"{call}: a commit is deleted"
        shown = (one["StorageDescriptor"]["Location"] for one in world.partitions.values())
        if any(f"s3://{bucket}/{key}".startswith(one) for one in shown):
            yield f"{call}: readers see it"


def _last(name: tuple[str, str]) -> str:
    """An object, as a message calls it."""
    return name[0].rsplit("_", 1)[-1].rsplit("/", 1)[-1]


def _commits(world: World, folder: str) -> list[bytes]:
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


def go_on(world: World, done: int) -> None:
    """The rest of the story, from the step after `done`: what has not landed lands; then calm, and the truth."""
    if second_lands in STORY[done + 1 :]:
        second_lands(world)
    calm(world)
    verify(world)


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


def verify(world: World) -> None:
    """Every table, the books and the catalog against the truth. Raises Broken."""
    if world.broken:
        raise Broken(world.broken[0])
    Verdict(world).all()


class Verdict:
    """The comparison. wide: the objects (url, ETag) whose landed batches kept what only the wide filter keeps."""

    def __init__(self, world: World) -> None:
        self.world, self.part = world, Part(world)
        self.rows = {table: self.part.rows(table).to_pylist() for table in TABLES if TABLES[table].layout == "orc"}
        self.objects = {(one.url, one.etag): one for one in company.EVERYTHING}
        self.landed: dict[tuple[str, str], set[bool]] = defaultdict(set)  # object -> the filters under which it was

    def all(self) -> None:
        self.plans()
        self.ledger()
        self.tables()
        self.quarantine()
        self.generations()
        self.catalog()

    def expect(self, found: object, expected: object, what: str) -> None:
        if found != expected:
            raise Broken(f"{what}: {found!r}, but it should be {expected!r}")

    def plans(self) -> None:
        """Each object of each plan has its row in lake_ledger, and no other has one."""
        planned = Counter(
            (f"{job}/{number.number}-{position}", arrival.key, arrival.etag)
            for job in JOBS
            for number in map(load_plan, _commits(self.world, keys.plans(job)))
            for position, batch in enumerate(number.batches)
            for arrival in batch
        )
        waiting = "/waiting"  # a batch that failed once has such rows besides, under a batch id of their own
        booked = Counter((row["batch"], row["objectkey"], row["etag"]) for row in self.rows["lake_ledger"])
        self.expect(max(booked.values()), 1, "an object twice in a batch")
        waited = {one for one in booked if one[0].endswith(waiting)}
        self.expect(Counter(booked.keys() - waited), planned, "lake_ledger's objects are not the plans'")
        self.expect({(one.removesuffix(waiting), *rest) for one, *rest in waited} - planned.keys(), set(), "waiting")

    def ledger(self) -> None:
        """Each object has its outcome, each row's numbers are one filter's, and one batch has one filter."""
        outcomes: dict[tuple[str, str], set[str]] = defaultdict(set)
        filters: dict[str, set[bool]] = {}
        for row in self.rows["lake_ledger"]:
            name = (f"s3://{row['bucket']}/{row['objectkey']}", row["etag"])
            raw = self.objects[name]
            outcomes[name].add(row["outcome"])
            numbers = tuple(row[column] for column in ("recordsin", "kept", "filtered", "quarantined"))
            if row["outcome"] != "ok":
                self.expect(numbers, (0, 0, 0, 0), f"the numbers of {row['outcome']} {_last(name)}")
                continue
            fits = {wide for wide in (False, True) if raw.counts(wide) == numbers}
            if not fits:
                raise Broken(f"lake_ledger says {numbers} of {_last(name)}, which holds {raw.counts(False)}")
            filters[row["batch"]] = filters.get(row["batch"], {False, True}) & fits
            if not filters[row["batch"]]:
                raise Broken(f"batch {row['batch']} was landed under two filters")
            self.landed[name] |= {min(fits)}
        for name, raw in self.objects.items():
            found = outcomes[name] - {"undone", "waiting"}
            if raw.outcome == "gone" and name in self.landed:
                found.discard("ok")  # it was read before it was overwritten: then its rows are looked for as well
                found.add("gone")
            self.expect(found, {raw.outcome}, f"the outcome of {_last(name)}")

    def tables(self) -> None:
        """Each row is what its origin says, and each identity is there once."""
        for job in JOBS:
            expected: Counter[tuple[str, object]] = Counter()
            for name, filters in self.landed.items():
                raw = self.objects[name]
                for at, record in enumerate(raw.records if raw.job == job else ()):
                    if record.fate == "kept" or (record.fate == "optional" and True in filters):
                        expected[record.day, record.identity or (*name, at)] = 1
            found: Counter[tuple[str, object]] = Counter()
            for row in self.rows[f"from_{job}_readready"]:
                name, at = (row["sourceobject"], row["sourceetag"]), row["sourcerecord"]
                record = self.objects[name].records[at]
                shown = {column: row[column] for column in record.row}
                self.expect(shown, record.row, f"the row of {_last(name)}, record {at}")
                found[row["calendarday"], record.identity or (*name, at)] += 1
                if record.identity == company.SHOWN_OF_CONFLICT.identity:
                    self.expect(shown, company.SHOWN_OF_CONFLICT.row, "of a conflict is shown")
            self.expect(found - expected, Counter(), f"shown by {job}, and should not be")
            self.expect(expected - found, Counter(), f"not shown by {job}")

    def quarantine(self) -> None:
        expected = {
            (*name, at, record.reason)
            for name in self.landed
            for at, record in enumerate(self.objects[name].records)
            if record.fate == "bad"
        } | {(*company.HIDDEN, "conflict")}
        rows = self.rows["lake_quarantine"]
        found = {(row["sourceobject"], row["sourceetag"], row["sourcerecord"], row["reason"]) for row in rows}
        self.expect(found, expected, "lake_quarantine")
        for row in rows:
            bucket, _, key = row["storedin"].removeprefix("s3://").partition("/")
            stored = self.world.objects[bucket, key].data
            self.expect(len(stored[row["storedat"] :][: row["storedbytes"]]), row["storedbytes"], f"bytes of {row}")

    def generations(self) -> None:
        """Every generation is booked once, they follow on each other, and no batch is in two of them."""
        days: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for row in self.rows["lake_generations"]:
            days[row["tablename"], row["publishedday"]].append(row)
        came = Counter[str]()
        for (table, day), rows in days.items():
            rows.sort(key=lambda row: int(row["generation"]))
            self.expect([one["generation"] for one in rows], list(range(1, len(rows) + 1)), f"{table} {day}")
            before = 0
            for one in rows:
                self.expect(one["rowsbefore"], before, f"{table} {day} {one['generation']}: rows before")
                gone = one["duplicates"] + one["conflicts"] + one["removed"]
                before = one["rowsout"]
                self.expect(one["rowsbefore"] + one["rowsnew"], before + gone, f"the balance of {table} {day}")
                came[table] += one["rowsnew"]
            shown = sum(row["calendarday"] == day for row in self.rows[table])
            self.expect(before, shown, f"{table} {day}: rows of the last generation")
            batches = Counter(batch for one in rows for batch in json.loads(one["batches"]))
            self.expect(max(batches.values()), 1, f"{table} {day}: a batch in two generations")
        for job in JOBS:
            kept = sum(row["kept"] for row in self.rows["lake_ledger"] if row["job"] == job)
            self.expect(came[f"from_{job}_readready"], kept, f"rows that came to {job}'s days")

    def catalog(self) -> None:
        """Raw partitions are those of the objects."""
        raw = {at: where for at, where in self.locations().items() if TABLES[at[0]].layout != "orc"}
        self.expect(raw, company.RAW_PARTITIONS, "raw partitions")
        self.shown(self.rows)

    def locations(self) -> dict[tuple[str, tuple[str, ...]], str]:
        return {at: made["StorageDescriptor"]["Location"] for at, made in self.world.partitions.items()}

    def shown(self, tables: Collection[str]) -> None:
        """Every published day of these tables is shown, whole, at its newest generation."""
        newest: dict[tuple[str, tuple[str, ...]], str] = {}
        for table in tables:
            for folder in self.part.access.store.folders(BOOKS, keys.markers_of(table)):
                day = folder.rstrip("/").rsplit("/", 1)[-1]
                marker = load_marker(_commits(self.world, keys.markers(table, day))[0])
                newest[table, (day,)] = marker.location
                files = {one.removeprefix(marker.folder) for one in self.world.list(READREADY, marker.folder)}
                self.expect(files, {one.name for one in marker.files}, f"files of {marker.id}")
        shown = {at: where for at, where in self.locations().items() if at[0] in tables}
        self.expect(shown, newest, "the catalog is not at the newest generations")
