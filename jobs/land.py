"""Landing: one batch's objects are fetched, decoded and written to a private file; the batch's ledger is the commit.

A batch whose ledger exists is done, whoever did it. Every object of the batch gets an outcome in the books.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from jobs.access import Access
from jobs.decoders import decoder, table_of
from jobs.pieces import PieceWriter, rows_of
from jobs.rows import Bad, Decoder, Source
from lake import keys
from lake.books import Arrival, Ledger, dump, load_ledger
from lake.store import Gone

AHEAD = 16  # objects fetched ahead of the decoder: hides S3's latency, bounds memory
FLUSH = 100_000  # rows kept in memory before they are written
STORED = 1 << 20  # bytes kept of one quarantined record


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
    """The decoder raised on an object, which it never may: the batch is done again without it."""

    def __init__(self, arrival: Arrival, why: str) -> None:
        super().__init__(why)
        self.arrival, self.why = arrival, why


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
    broken: dict[Arrival, str] = {}
    while True:
        attempt = _Attempt(batch, lake, broken)
        try:
            ledger = attempt.run()
            break
        except _Broken as error:
            broken[error.arrival] = error.why
        finally:
            attempt.close()
    if lake.store.create(lake.books, key, dump(ledger)):
        return ledger
    return load_ledger(lake.store.get(lake.books, key))


class _Attempt:
    def __init__(self, batch: Batch, lake: Access, broken: dict[Arrival, str]) -> None:
        self.batch, self.lake, self.broken = batch, lake, broken
        self.table = table_of(batch.job)
        self.decoder: Decoder = decoder(batch.job, lake.settings)
        # A name made here, inside the task: Spark's retries of a task share what the driver made.
        short = keys.batch_id(batch.number, batch.position)
        self.writer = PieceWriter(lake.settings.buckets.readready, keys.landed(batch.job, short))
        self.stored_in = keys.quarantined(batch.job, short)
        self.stored = bytearray()
        self.objects: list[dict[str, object]] = []
        self.quarantine: list[dict[str, object]] = []
        self.undone: list[Arrival] = []
        self.counts: Counter[str] = Counter()

    def close(self) -> None:
        self.writer.close()

    def run(self) -> Ledger:
        taken = [one for one in self.batch.arrivals if not one.rule]
        for one in self.batch.arrivals:
            if one.rule:
                self.book(one, "dropped")
        for one, fetched in _fetch_all(taken, self.lake):
            self.take(one, fetched)
            if self.decoder.pending >= FLUSH:
                self.writer.add_by_day(self.table, self.decoder.take())
        self.writer.add_by_day(self.table, self.decoder.take())
        self.writer.add("lake_ledger", self.batch.day, rows_of("lake_ledger", self.objects))
        if self.quarantine:
            self.writer.add("lake_quarantine", self.batch.day, rows_of("lake_quarantine", self.quarantine))
            self.lake.store.put(self.lake.books, self.stored_in, bytes(self.stored))
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

    def take(self, one: Arrival, fetched: _Fetched) -> None:
        """One object: its rows to the decoder, its outcome to the books."""
        if one in self.broken:
            fetched = _Fetched(None, "undone", self.broken[one])
        if fetched.data is None:
            self.missing(one, fetched)
            return
        source = Source(f"s3://{one.bucket}/{one.key}", one.etag, one.edition)
        try:
            outcome = self.decoder.add(source, fetched.data)
        except Exception as error:
            raise _Broken(one, f"the decoder failed: {type(error).__name__}: {error}") from error
        for bad in outcome.bad:
            self.quarantine.append(self.quarantined(source, bad))
        filtered = sum(outcome.filtered.values())
        if outcome.records != outcome.kept + filtered + len(outcome.bad):
            raise _Broken(one, f"{source.object}: {outcome.records} records in, but {outcome.kept} kept, "
                               f"{filtered} filtered, {len(outcome.bad)} bad")  # fmt: skip
        self.book(
            one,
            "ok",
            recordsin=outcome.records,
            kept=outcome.kept,
            filtered=filtered,
            filteredby=json.dumps(outcome.filtered) if outcome.filtered else None,
            quarantined=len(outcome.bad),
            sha256=hashlib.sha256(fetched.data).hexdigest(),
        )

    def missing(self, one: Arrival, fetched: _Fetched) -> None:
        """An object without bytes: gone for good, or to be tried again by the next plan, or given up."""
        again = replace(one, attempts=one.attempts + 1)
        outcome = fetched.outcome
        if outcome == "undone":
            if again.attempts >= self.lake.settings.bounds.attempts:
                outcome = "givenup"
            else:
                self.undone.append(again)
        self.book(again, outcome, detail=fetched.detail[:1000])

    def book(self, one: Arrival, outcome: str, **more: Any) -> None:
        """The object's row of lake_ledger."""
        self.counts[outcome] += 1
        for name in ("recordsin", "kept", "filtered", "quarantined"):
            self.counts[name] += more.setdefault(name, 0)
        self.objects.append(
            {
                "job": self.batch.job,
                "batch": self.batch.id,
                "source": one.source,
                "bucket": one.bucket,
                "objectkey": one.key,
                "etag": one.etag,
                "versionid": one.version or None,
                "objectbytes": one.size,
                "arrived": _time(one.arrived),
                "why": one.why,
                "edition": one.edition,
                "outcome": outcome,
                "rule": one.rule or None,
                "attempts": one.attempts + (outcome == "ok"),
                **more,
            }
        )

    def quarantined(self, source: Source, bad: Bad) -> dict[str, object]:
        """The bad record's row of lake_quarantine; its bytes join the restricted object."""
        kept = bad.data[:STORED]
        at = len(self.stored)
        self.stored += kept
        return {
            "job": self.batch.job,
            "batch": self.batch.id,
            "sourceobject": source.object,
            "sourceetag": source.etag,
            "sourcerecord": bad.record,
            "edition": source.edition,
            "reason": bad.reason,
            "detail": bad.detail,
            "sha256": hashlib.sha256(bad.data).hexdigest(),
            "recordbytes": len(bad.data),
            "storedin": f"s3://{self.lake.books}/{self.stored_in}",
            "storedat": at,
            "storedbytes": len(kept),
        }


def _fetch_all(arrivals: list[Arrival], lake: Access) -> Iterator[tuple[Arrival, _Fetched]]:
    """Objects in order, fetched ahead by threads."""
    with ThreadPoolExecutor(AHEAD) as pool:
        rest = iter(arrivals)
        window: list[tuple[Arrival, Future[_Fetched]]] = [
            (one, pool.submit(_fetch, one, lake)) for one in islice(rest, AHEAD)
        ]
        while window:
            one, future = window.pop(0)
            for following in islice(rest, 1):
                window.append((following, pool.submit(_fetch, following, lake)))
            yield one, future.result()


def _fetch(one: Arrival, lake: Access) -> _Fetched:
    try:
        return _Fetched(lake.store.get(one.bucket, one.key, one.etag, one.version))
    except Gone as error:
        return _Fetched(None, "gone", str(error))
    except Exception as error:  # noqa: BLE001 - AccessDenied, SlowDown, time-outs: the next plan tries again
        return _Fetched(None, "undone", f"{type(error).__name__}: {error}")


def _time(text: str) -> datetime | None:
    """ISO 8601 to naive UTC, None if it is none: a clock that is wrong must not stop a batch."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
