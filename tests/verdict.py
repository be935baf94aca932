"""All that a reader can ask of a small lake at rest, held against a truth that no code of the lake made."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

from lake import keys
from lake.books import load_marker, load_plan
from lake.settings import JOBS
from schemas import TABLES
from tests import small_company as company
from tests.fire import BOOKS, READREADY, Broken, Part, commits
from tests.memory_aws import World


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
            for number in map(load_plan, commits(self.world, keys.plans(job)))
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
                marker = load_marker(commits(self.world, keys.markers(table, day))[0])
                newest[table, (day,)] = marker.location
                files = {one.removeprefix(marker.folder) for one in self.world.list(READREADY, marker.folder)}
                self.expect(files, {one.name for one in marker.files}, f"files of {marker.id}")
        shown = {at: where for at, where in self.locations().items() if at[0] in tables}
        self.expect(shown, newest, "the catalog is not at the newest generations")


def _last(name: tuple[str, str]) -> str:
    """An object, as a message calls it."""
    return name[0].rsplit("_", 1)[-1].rsplit("/", 1)[-1]
