"""Raw objects of the last days against what the lake has heard of, and their partitions against the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from addapart.controls import Decision, decide, registered_since, stays
from jobs.access import Access
from jobs.check_catalog import Catalog
from jobs.findings import Finding
from jobs.known import Heard, heard_of
from jobs.listing import Wanted, objects
from lake.announce import Announced
from lake.settings import JOBS, Source
from lake.store import Listed

MOST = 200_000  # objects compared at a time


class Raw(NamedTuple):
    """A raw object as S3 lists it, and what the controls say to it."""

    bucket: str
    listed: Listed
    decision: Decision

    def announced(self) -> Announced:
        """It, as the doctor announces it."""
        arrived = self.listed.modified.isoformat(timespec="seconds")
        size, etag = self.listed.size, self.listed.etag
        return Announced(self.bucket, self.listed.key, etag, size, "", arrived, why="doctor")


def raw(
    lake: Access, catalog: Catalog, first: date, last: date, now: datetime, silent: Sequence[str] = ()
) -> Iterator[Finding]:
    """What the lake never heard of, and what it took without a partition, of the objects of these days of delivery.

    An object younger than a request can be in flight may still be on its way, and is left alone.
    silent: only these buckets, which announce nothing: their objects are on no way, however young.
    """
    settle = timedelta(seconds=lake.settings.bounds.settle_seconds)
    named = [one for one in lake.settings.sources if not silent or one.bucket in silent]
    absent = {bucket for bucket in {one.bucket for one in named} if not lake.store.has(bucket)}
    yield from _absent(named, absent)
    sources = [one for one in named if one.bucket not in absent]
    for job in JOBS:
        checked: set[tuple[str, ...]] = set()
        every = _listed(lake, [one for one in sources if one.job == job], Wanted(str(first), str(last)))
        old = (one for one in every if silent or now - one.listed.modified > settle)
        while some := list(islice(old, MOST)):
            heard = _heard(lake, job, some)
            yield from _unheard(one for one, known in zip(some, heard.known.to_pylist(), strict=True) if not known)
            taken = [one for one, took in zip(some, heard.taken.to_pylist(), strict=True) if took]
            since = registered_since(lake.settings, now.date())
            recent = [one for one in taken if stays(one.decision.place.day, since)]
            yield from _unregistered(catalog, job, recent, checked)


def retired(lake: Access, catalog: Catalog, now: datetime) -> Iterator[Finding]:
    """The raw partitions that the catalog need not know any more."""
    since = registered_since(lake.settings, now.date())
    what = f"of a day before {since}; nothing of the lake reads raw through the catalog"
    for job in JOBS:
        for values in catalog.older(f"from_{job}_raw", since):
            name = "/".join((f"from_{job}_raw", *values))
            request = Announced("", name, "", 0, "", now.isoformat(timespec="seconds"), why="retire")
            yield Finding("old-partition", name, what, "take it out of the catalog; its objects stay", request)


def _absent(sources: Sequence[Source], absent: Iterable[str]) -> Iterator[Finding]:
    """The buckets that lake.toml names and nobody made: the others are looked at all the same."""
    for bucket in sorted(absent):
        names = ", ".join(one.name for one in sources if one.bucket == bucket)
        what = f"there is no such bucket: nothing can arrive at {names}"
        yield Finding("not-checked", f"s3://{bucket}", what, "make it, or take its [[sources]] out of lake.toml")


def _listed(lake: Access, sources: Iterable[Source], wanted: Wanted) -> Iterator[Raw]:
    for source in sources:
        for listed in objects(lake.store, source.bucket, source.layout, wanted):
            decision = decide(lake.settings, source.bucket, listed.key)
            if decision.source == source:  # otherwise an earlier one takes it
                yield Raw(source.bucket, listed, decision)


def _heard(lake: Access, job: str, some: list[Raw]) -> Heard:
    since = min(one.listed.modified for one in some).date() - timedelta(days=1)  # clocks may differ
    return heard_of(lake, job, ((one.bucket, one.listed.key, one.listed.etag) for one in some), since)


def _unheard(some: Iterable[Raw]) -> Iterator[Finding]:
    for one in some:
        where = f"s3://{one.bucket}/{one.listed.key}"
        what = f"in S3 since {one.listed.modified:%Y-%m-%d %H:%M}, in no book, plan or inbox"
        yield Finding("never-announced", where, what, "announce it: the next run takes it", one.announced())


def _unregistered(catalog: Catalog, job: str, taken: list[Raw], checked: set[tuple[str, ...]]) -> Iterator[Finding]:
    """Partitions of these objects that are missing or wrong. checked: values looked at before; those of now are added.

    One object is announced for each: AddAPart registers its partition, and its rows are counted once.
    """
    table = f"from_{job}_raw"
    wanted: dict[tuple[str, ...], tuple[str, Raw]] = {}
    for one in taken:
        values = one.decision.values
        if not one.decision.rule and values not in checked:
            wanted.setdefault(values, (f"s3://{one.bucket}/{one.decision.place.folder}", one))
    checked |= wanted.keys()
    found = catalog.some(table, wanted)
    for values, (location, one) in wanted.items():
        where = f"{table} {'/'.join(values)}"
        there = found.get(values)
        if there is None:
            would = "announce one of its objects: AddAPart registers the partition"
            yield Finding("partition-missing", where, f"objects arrived in {location}", would, one.announced())
        elif there.location != location or there.drift:
            what = "; ".join([f"it points to {there.location}, not to {location}"] * (there.location != location))
            what = "; ".join(filter(None, [what, *there.drift[:5]]))
            yield Finding("partition-wrong", where, what, "delete the partition in Glue, then run loglake doctor --fix")
