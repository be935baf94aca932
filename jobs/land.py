"""Landing: one batch's objects are fetched, decoded and written to a private file; the batch's ledger is the commit.

A batch whose ledger exists is done, whoever did it. Every object of the batch gets an outcome in the books. What a task
holds in memory is bounded by the settings: objects are cut at `object_bytes`, rows written out at `task_bytes`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

import pyarrow as pa

from jobs import remake
from jobs.access import Access
from jobs.decoders import decoder, table_of
from jobs.late import late
from jobs.ledger import delivery_day, ledger_row
from jobs.pieces import PieceWriter, rows_of
from jobs.quarantine import Quarantine
from jobs.rows import Arrived, Listens, Outcome, Source
from lake import keys
from lake.books import Arrival, Ledger, dump, load_ledger
from lake.store import Gone

AHEAD = 16  # objects fetched ahead of the decoder: hides S3's latency
AHEAD_BYTES = 64_000_000  # and no more bytes than these, but for one object
FLUSH = 100_000  # rows of any kind kept in memory before they are written


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch of a plan, as a task gets it. planned: the plan's time; its day is the books' day."""

    job: str
    number: int
    position: int
    planned: str
    arrivals: list[Arrival]

    @property
    def id(self) -> str:
        """How the books call it: unique among all jobs."""
        return f"{self.job}/{keys.batch_id(self.number, self.position)}"

    @property
    def day(self) -> str:
        """The books' day."""
        return self.planned[:10]


class _Broken(Exception):
    """The decoder raised, which it never may: the batch is done again, each object by a decoder of its own."""


class _Fetched(NamedTuple):
    data: bytes | None
    outcome: str = "ok"
    detail: str = ""


def land(batch: Batch, lake: Access) -> Ledger:
    """Land the batch, unless it is landed already. Returns the ledger that counts: maybe another attempt's."""
    key = keys.ledger(batch.job, batch.number, batch.position)
    try:
        return load_ledger(lake.store.get(lake.books, key))
    except Gone:
        pass
    try:
        ledger = _attempt(batch, lake, alone=False)
    except _Broken:
        ledger = _attempt(batch, lake, alone=True)
    if lake.store.create(lake.books, key, dump(ledger)):
        return ledger
    return load_ledger(lake.store.get(lake.books, key))


def _attempt(batch: Batch, lake: Access, alone: bool) -> Ledger:
    attempt = _Attempt(batch, lake, alone)
    try:
        return attempt.run()
    finally:
        attempt.close()


class _Attempt:
    def __init__(self, batch: Batch, lake: Access, alone: bool) -> None:
        self.batch, self.lake, self.alone = batch, lake, alone
        self.bounds = lake.settings.bounds
        self.table = table_of(batch.job)
        self.decoder = decoder(batch.job, lake.settings)
        self.listens = isinstance(self.decoder, Listens)  # asked once: the question takes 20 microseconds
        # A name made here, inside the task: Spark's retries of a task share what the driver made.
        short = keys.batch_id(batch.number, batch.position)
        self.writer = PieceWriter(lake.settings.buckets.readready, keys.landed(batch.job, short))
        self.quarantine = Quarantine(lake, batch.job, batch.id, short)
        self.rows: list[pa.Table] = []  # of decoders that served one object
        self.pending = 0  # bytes, unpacked, of which rows may be in memory
        self.objects: list[dict[str, object]] = []
        self.read: list[Source] = []  # as the objects of outcome ok, in their order
        self.anew: defaultdict[str, list[Source]] = defaultdict(list)  # of these, the rebuilds', by their interval
        self.delivered: dict[Source, str] = {}
        self.late: Counter[Source] = Counter()
        self.undone: list[Arrival] = []
        self.counts: Counter[str] = Counter()

    def close(self) -> None:
        self.writer.close()
        self.quarantine.close()

    def run(self) -> Ledger:
        taken: list[Arrival] = []
        for one in self.batch.arrivals:
            if one.rule:
                self.book(one, "dropped")
            elif one.why == "removal":
                self.book(one, "requested", detail=one.key)
            else:
                taken.append(one)
        for one, fetched in _fetch_all(taken, self.lake):
            self.take(one, fetched)
            if self.decoder.pending >= FLUSH or self.pending >= self.bounds.task_bytes:
                self.flush()
            if len(self.quarantine.rows) >= FLUSH:
                self.flush_quarantine()
        self.flush()
        self.flush_quarantine()
        self.quarantine.store()
        self.book_late()
        self.writer.add("lake_ledger", self.batch.day, rows_of("lake_ledger", self.objects))
        self.make_days_anew()
        rows = sum(piece.rows for piece in self.writer.pieces if piece.table == self.table)
        if rows != self.counts["kept"]:
            raise AssertionError(f"{self.batch.id}: {self.counts['kept']} records were kept, {rows} became rows")
        self.writer.store(self.lake.store)
        return Ledger(
            job=self.batch.job,
            batch=self.batch.id,
            attempt=keys.unique(),
            settings=hashlib.sha256(self.lake.settings.text.encode()).hexdigest(),
            pieces=self.writer.pieces,
            undone=self.undone,
            counts=dict(self.counts),
        )

    def make_days_anew(self) -> None:
        """What the batch's rebuilds and removals take out: a rebuild, of its days, what its own objects showed."""
        for interval, sources in sorted(self.anew.items()):
            days = remake.touched(self.lake, self.batch.job, interval)
            self.writer.add_remade(self.table, days, remake.objects(sources))
        if accounts := sorted({one.accountid for one in self.batch.arrivals if one.why == "removal"}):
            days = remake.touched(self.lake, self.batch.job, "")
            self.writer.add_remade(self.table, days, remake.objects([], accounts))

    def take(self, one: Arrival, fetched: _Fetched) -> None:
        """One object: its rows to the decoder, its outcome to the books."""
        if fetched.data is None:
            self.missing(one, fetched)
            return
        source = Source(f"s3://{one.bucket}/{one.key}", one.etag, one.edition)
        try:
            outcome = self.decode(source, one, fetched.data)
        except Exception as error:
            if not self.alone:
                raise _Broken from error
            detail = f"the decoder failed: {type(error).__name__}: {error}"
            self.missing(one, _Fetched(None, "undone", detail))
            return
        self.read.append(source)
        if one.remake:
            self.anew[one.remake].append(source)
        if day := delivery_day(one):
            self.delivered[source] = day
        for bad in outcome.bad:
            self.quarantine.add(source, *bad)
        whole = len(fetched.data) <= self.bounds.object_bytes
        self.book(
            one,
            "ok",
            recordsin=outcome.records,
            kept=outcome.kept,
            filtered=sum(outcome.filtered.values()),
            filteredby=json.dumps(outcome.filtered) if outcome.filtered else None,
            quarantined=len(outcome.bad),
            sha256=hashlib.sha256(fetched.data).hexdigest() if whole else None,
        )

    def decode(self, source: Source, one: Arrival, data: bytes) -> Outcome:
        """The object's outcome, its rows in the decoder or taken from one of its own. Raises whatever the decoder does,
        and ValueError if its records are not all accounted for."""
        mine = decoder(self.batch.job, self.lake.settings) if self.alone else self.decoder
        if self.listens:
            arrived = Arrived(one.arrived, one.accountid, one.region, one.day)
            outcome = cast(Listens, mine).add_arrived(source, arrived, data)
        else:
            outcome = mine.add(source, data)
        accounted = outcome.kept + sum(outcome.filtered.values()) + len(outcome.bad)
        if outcome.records != accounted:
            raise ValueError(f"{source.object}: {outcome.records} records in, {accounted} accounted for: {outcome}")
        if self.alone:
            self.rows.append(mine.take())
        self.pending += max(outcome.unpacked, len(data))
        return outcome

    def flush(self) -> None:
        """Rows out of memory, into the landed file."""
        try:
            self.rows.append(self.decoder.take())
        except Exception as error:
            raise _Broken from error
        rows = pa.concat_tables(self.rows)
        self.late.update(late(rows, self.delivered))
        self.writer.add_by_day(self.table, rows)
        self.rows, self.pending = [], 0

    def flush_quarantine(self) -> None:
        """Rows about bad records out of memory, into the landed file."""
        if rows := self.quarantine.take():
            self.writer.add("lake_quarantine", self.batch.day, rows_of("lake_quarantine", rows))

    def missing(self, one: Arrival, fetched: _Fetched) -> None:
        """An object without bytes: gone for good, or to be tried again by the next plan, or given up."""
        again = replace(one, attempts=one.attempts + 1)
        outcome = fetched.outcome
        if outcome == "undone":
            if again.attempts >= self.bounds.attempts:
                outcome = "givenup"
            else:
                self.undone.append(again)
        self.book(again, outcome, detail=fetched.detail[:1000])

    def book(self, one: Arrival, outcome: str, **more: Any) -> None:
        """The object's row of lake_ledger."""
        self.counts[outcome] += 1
        for name in ("recordsin", "kept", "filtered", "quarantined"):
            self.counts[name] += more.get(name, 0)
        self.objects.append(ledger_row(self.batch.job, self.batch.id, one, outcome, **more))

    def book_late(self) -> None:
        """Which records came late is known when all rows are there. Versions of equal content share their rows."""
        times = Counter(self.read)
        ok = (row for row in self.objects if row["outcome"] == "ok")
        for row, source in zip(ok, self.read, strict=True):
            row["late"] = self.late[source] // times[source]


def _fetch_all(arrivals: list[Arrival], lake: Access) -> Iterator[tuple[Arrival, _Fetched]]:
    """Objects in order, fetched ahead by threads."""
    waiting = deque(arrivals)
    window: deque[tuple[Arrival, Future[_Fetched]]] = deque()
    ahead = 0
    with ThreadPoolExecutor(AHEAD) as pool:
        while waiting or window:
            while waiting and (not window or (len(window) < AHEAD and ahead + waiting[0].size <= AHEAD_BYTES)):
                one = waiting.popleft()
                ahead += one.size
                window.append((one, pool.submit(_fetch, one, lake)))
            one, future = window.popleft()
            ahead -= one.size
            yield one, future.result()


def _fetch(one: Arrival, lake: Access) -> _Fetched:
    # Of one that is too large a byte more than the bound is read: so that the decoder finds that it is.
    most = lake.settings.bounds.object_bytes + 1
    try:
        return _Fetched(lake.store.get(one.bucket, one.key, one.etag, one.version, most))
    except Gone as error:
        return _Fetched(None, "gone", str(error))
    except Exception as error:  # noqa: BLE001 - AccessDenied, SlowDown, time-outs: the next plan tries again
        return _Fetched(None, "undone", f"{type(error).__name__}: {error}")
