"""A day's raw objects, decoded under two lake.toml: what the second keeps otherwise than the first. It only reads.

By the jobs' own decoders, so that what is said here is what a run would do. Records are told apart by their object and
position, session starts by their event id (one delivered twice is lost only if all its copies are).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from obstore.exceptions import BaseError

from addapart.controls import Decision, NotOurs, decide
from forecast.comparison import Comparison, Start
from forecast.sides import Row, Side
from jobs.cloudtrail_filter import EventFilter
from jobs.listing import Wanted, objects
from jobs.rows import Outcome
from lake.settings import JOBS, Settings
from lake.store import Gone, Store

AT_ONCE = 16
_SOME = 64  # objects whose rows are compared at a time
_STARTS = (("ssm.amazonaws.com", "StartSession"), ("ecs.amazonaws.com", "ExecuteCommand"))


class Object(NamedTuple):
    """A raw object, and what the controls of both say to it; None where its bucket is no source's."""

    bucket: str
    key: str
    etag: str
    now: Decision | None
    then: Decision | None

    @property
    def url(self) -> str:
        """What rows know it by."""
        return f"s3://{self.bucket}/{self.key}"


def silent(now: Settings, then: Settings) -> list[str]:
    """The session starts that `then` drops wherever they are, and `now` does not: no day has to be looked at."""
    before, after = EventFilter(now.jobs["cloudtrail"]), EventFilter(then.jobs["cloudtrail"])
    return [
        f"{source.removesuffix('.amazonaws.com')}:{name}"
        for source, name in _STARTS
        if _takes(before, source, name) and not _takes(after, source, name)
    ]


def _takes(one: EventFilter, source: str, name: str) -> bool:
    return not one.by_event or one.event(source, name)


def of_day(store: Store, now: Settings, then: Settings, day: str) -> list[Object]:
    """The objects delivered on the day that either of the two takes, in the order of their keys."""
    places = {
        (source.bucket, one.key): one.etag
        for source in dict.fromkeys([*now.sources, *then.sources])
        for one in objects(store, source.bucket, source.layout, Wanted(day, day))
    }
    found = [
        Object(bucket, key, etag, _decide(now, bucket, key), _decide(then, bucket, key))
        for (bucket, key), etag in sorted(places.items())
    ]
    return [one for one in found if _taken(one.now) or _taken(one.then)]


def _decide(settings: Settings, bucket: str, key: str) -> Decision | None:
    try:
        return decide(settings, bucket, key)
    except NotOurs:
        return None


def _taken(one: Decision | None) -> bool:
    return one is not None and not one.rule


def sample(every: Sequence[Object], most: int) -> list[Object]:
    """At most so many of them, evenly spread over accounts, Regions and hours, as keys are."""
    if len(every) <= most:
        return list(every)
    return [every[number * len(every) // most] for number in range(most)]


def compare(
    store: Store,
    now: Settings,
    then: Settings,
    every: Sequence[Object],
    most: int,
    told: Callable[[int, int], None] = lambda *_: None,
) -> Comparison:
    """Read and decode up to `most` of the objects under both. told: hears how many of how many are done."""
    work = _Work(now, then)
    some = sample(every, most)
    work.result.objects = len(every)
    rest = iter(some)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while chunk := list(islice(rest, _SOME)):
            for one, data in zip(chunk, pool.map(lambda one: _get(store, one), chunk), strict=True):
                work.add(one, data)
            work.settle()
            told(work.result.read + work.result.unread, len(some))
    return work.done()


def _get(store: Store, one: Object) -> bytes | None:
    try:
        return store.get(one.bucket, one.key, one.etag)
    except (Gone, OSError, BaseError):  # overwritten meanwhile, AccessDenied, time-outs: said at the end
        return None


class _Work:
    def __init__(self, now: Settings, then: Settings) -> None:
        self.result = Comparison()
        self._now, self._then = Side(now), Side(then)
        self._controls: dict[str, tuple[str, str]] = {}  # object: the control that drops it now, and then
        self._starts: dict[str, Start] = {}
        self._started: tuple[set[str], set[str]] = (set(), set())
        self._typed: tuple[Counter[str], Counter[str]] = (Counter(), Counter())

    def add(self, one: Object, data: bytes | None) -> None:
        """One object, under both."""
        if data is None:
            self.result.unread += 1
            return
        self.result.read += 1
        controls = (_control(one.now), _control(one.then))
        self._controls[one.url] = controls
        sides = ((self._now, one.now), (self._then, one.then))
        outcomes = [side.add(one.url, one.etag, decision, data) for side, decision in sides]
        for number, found in enumerate(outcomes):
            if found is None:  # a control of this side dropped what the other read: all of its records
                job, outcome = outcomes[1 - number] or ("", Outcome())
                dropped = {controls[number]: outcome.records}
            else:
                job, outcome = found
                dropped = outcome.filtered
            for rule, records in dropped.items():
                self.result.jobs[job].rules[rule].count(number, records)
        for job, records in {found[0]: found[1].records for found in outcomes if found}.items():
            self.result.jobs[job].records += records

    def settle(self) -> None:
        """Compare the rows of the objects since the last time."""
        for job in JOBS:
            now, then = self._now.take(job), self._then.take(job)
            kept = self.result.jobs[job]
            kept.now += now.num_rows
            kept.then += then.num_rows
            if not now.num_rows and not then.num_rows:
                continue
            lost, gained = _without(now, then), _without(then, now)
            for row in lost:
                rule = self._controls[row["sourceobject"]][1] or self._then.rule(job, row)
                kept.lost += 1
                kept.rules[rule].lost += 1
                kept.lostwhat[_what(job, row)] += 1
            for row in gained:
                rule = self._controls[row["sourceobject"]][0] or self._now.rule(job, row)
                kept.gained += 1
                kept.rules[rule].gained += 1
                kept.gainedwhat[_what(job, row)] += 1
            self._sessions(job, now, 0)
            self._sessions(job, then, 1)
        self._controls.clear()

    def _sessions(self, job: str, rows: pa.Table, side: int) -> None:
        if job == "cloudwatch":
            self._typed[side].update(rows["sessionid"].drop_null().to_pylist())
        if job != "cloudtrail":
            return
        names = pa.array([name for _, name in _STARTS])
        for row in rows.filter(pc.fill_null(pc.is_in(rows["eventname"], names), False)).to_pylist():
            if (row["eventsource"], row["eventname"]) in _STARTS:
                start = _start(row)
                self._starts[start.eventid] = start
                self._started[side].add(start.eventid)

    def done(self) -> Comparison:
        """The result, finished."""
        lost = self._started[0] - self._started[1]
        self.result.starts = sorted((self._starts[one] for one in lost), key=lambda one: (one.time, one.eventid))
        for session, number in sorted(self._typed[0].items()):
            if (left := self._typed[1][session]) < number:
                self.result.keystrokes[session] = (number, number - left)
        return self.result


def _control(one: Decision | None) -> str:
    if one is None:
        return "control: no source"
    return f"control: {one.rule}" if one.rule else ""


def _without(rows: pa.Table, others: pa.Table) -> Iterable[Row]:
    """The rows whose record has none among the others."""
    missing = pc.invert(pc.is_in(_names(rows), _names(others)))
    return _rows(rows.filter(missing))


def _rows(rows: pa.Table) -> Iterator[Row]:
    for batch in rows.to_batches(max_chunksize=1000):
        yield from batch.to_pylist()


def _names(rows: pa.Table) -> pa.Array:
    numbers = rows["sourcerecord"].cast(pa.string())
    return pc.binary_join_element_wise(rows["sourceobject"], numbers, "\n").combine_chunks()


def _what(job: str, row: Row) -> str:
    if job == "cloudtrail":
        return f"{(row['eventsource'] or '').removesuffix('.amazonaws.com')}:{row['eventname']}"
    return row["loggroup"] or "no log group" if "loggroup" in row else "record"


def _start(row: Row) -> Start:
    time: datetime = row["eventtime"]
    return Start(
        eventid=row["eventid"] or f"{row['sourceobject']} {row['sourcerecord']}",
        sessionid=row["sessionid"] or "",
        time=f"{time:%Y-%m-%d %H:%M:%S}",
        account=row["recipientaccountid"] or row["useridentityaccountid"] or "",
        who=row["useridentityarn"] or "",
        event=row["eventname"],
        outcome=row["errorcode"] or "started",
    )
