"""The whole of a verification: what raw holds of some days, what CloudTrail signed, what the lake read, and locks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from jobs.access import Access
from jobs.asking import Ask
from jobs.deliveries import Delivered, delivered
from jobs.listing import Wanted, objects
from lake.settings import Source
from verify import ledger
from verify.chain import Coverage, Window, gaps, links
from verify.digests import (
    DIGESTS,
    LOGS,
    Digest,
    Log,
    Previous,
    Unreadable,
    delivered_at,
    folder_of,
    judge,
    named,
)
from verify.digests import read as read_digest
from verify.findings import Finding
from verify.keys import Keys
from verify.ledger import Booked, Place
from verify.reread import AT_ONCE, Now, Reader, Refused, reread

MOST = 200_000  # objects, and as many digest files, that one verification holds in memory: some hundred megabytes
LATE = timedelta(hours=2)  # after a time, its digest file is there; so long after a day, one can speak of its log files
Progress = Callable[[str, int, int | None], None]  # what is done, how much of it, of how much
T = TypeVar("T")
KeysFor = Callable[[Iterable[Digest]], Keys]


class TooMuch(ValueError):
    """There is more than one verification may hold. Nothing was looked at."""


def _bounded(some: Iterable[T]) -> Iterator[T]:
    for number, one in enumerate(some):
        if number >= MOST:
            raise TooMuch(f"these days have more than {MOST:,} objects or digest files")
        yield one


@dataclass(frozen=True, slots=True)
class Verification:
    """keys: the public keys for these digest files. wanted: days of delivery. told: hears of the progress."""

    lake: Access
    reader: Reader
    ask: Ask
    keys: KeysFor
    sources: tuple[Source, ...]
    wanted: Wanted
    now: datetime
    told: Progress = lambda *_: None

    def run(self) -> Iterator[Finding]:
        """Everything that was looked at, each thing as soon as it is known. Raises TooMuch before the first."""
        self.told("looking through raw", 0, None)
        found = _bounded(delivered(self.lake, self.sources, self.wanted))
        raw = {(one.bucket, one.listed.key): one for one in found}
        read = self._digests()
        yield from read.findings
        signed = set[str]()
        keys = self.keys(read.digests)
        for digest in read.digests:
            finding = judge(digest, keys)
            if finding.kind == "digest-signed":
                signed.add(digest.url)
            yield finding
        inside = [one for one in read.digests if one.says == (one.bucket, one.key)]
        logs = _Logs(inside, signed)
        yield from self._chains(inside, read, (place for place in raw if place not in logs.named))
        books = ledger.booked(self.ask, self.wanted)
        locks = _Locks()
        # What a control dropped and nobody put into raw's days (digest files are such) is no object of the lake's.
        places = sorted({*raw, *logs.named, *(place for place, one in books.items() if one.outcome != "dropped")})
        for number, (place, now) in enumerate(reread(self.reader, places), 1):
            self.told("reading objects again", number, len(places))
            yield from logs.check(place, now, raw.get(place))
            if place in raw or place in books:
                yield _against_ledger(place, now, books.get(place), raw.get(place))
            locks.note(place, now)
        yield from locks.findings(self.reader, self._buckets())

    def _chains(self, digests: list[Digest], read: _Read, unnamed: Iterable[Place]) -> Iterator[Finding]:
        first, last = self._days()
        yield from links(digests, lambda one: (one.bucket, one.key) in read.lost, self._fetch)
        yield from gaps(digests, Window(first, min(last, self.now - LATE)))
        known = Coverage(digests).folders()
        files = Counter(folder for bucket, key in unnamed if (folder := folder_of(bucket, key)))
        for folder, number in sorted(files.items()):
            if folder not in known:
                bucket, root, region = folder
                where = f"s3://{bucket}/{root}CloudTrail-Digest/{region}/"
                yield Finding("no-digests", where, f"of {number:,} log files of these days")

    def _days(self) -> tuple[datetime, datetime]:
        """Midnight before the first day, and after the last."""
        first, last = (
            datetime.combine(date.fromisoformat(one), datetime.min.time(), UTC)
            for one in (self.wanted.first, self.wanted.last)
        )
        return first, last + timedelta(days=1)

    def _digests(self) -> _Read:
        """The digest files that can speak of log files of these days."""
        self.told("looking through digest files", 0, None)
        first, last = self._days()
        days = Wanted(self.wanted.first, str(last.date()), self.wanted.accounts)
        places = list(_bounded(self._digest_places(days, first, last + LATE)))
        found = _Read()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number, (place, one) in enumerate(zip(places, pool.map(self._digest, places), strict=True), 1):
                self.told("reading digest files", number, len(places))
                found.take(place, one)
        return found

    def _digest_places(self, days: Wanted, first: datetime, last: datetime) -> Iterator[Place]:
        """Those that end after the first time, and not after the last. What has no digest file's name is looked at."""
        for source in self.sources:
            if LOGS in source.layout:
                for one in objects(self.lake.store, source.bucket, source.layout.replace(LOGS, DIGESTS), days):
                    name = named(source.bucket, one.key)
                    if name is None or first < name.end <= last:
                        yield source.bucket, one.key

    def _digest(self, place: Place) -> Digest | Unreadable | Refused | None:
        try:
            found = self.reader.whole(*place)
            return None if found is None else read_digest(*place, *found)
        except (Unreadable, Refused) as error:
            return error

    def _fetch(self, one: Previous) -> Digest | Finding | None:
        """The digest file before the first of these days."""
        place = (one.bucket, one.key)
        found = self._digest(place)
        return _told(place, found) if isinstance(found, Exception) else found

    def _buckets(self) -> list[str]:
        mine = self.lake.settings.buckets
        return sorted({*(one.bucket for one in self.sources), mine.books, mine.readready})


@dataclass(slots=True)
class _Read:
    """Digest files as they were read. lost: those that are there, and tell nothing."""

    digests: list[Digest] = field(default_factory=list)
    lost: set[Place] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def take(self, place: Place, one: Digest | Unreadable | Refused | None) -> None:
        """One more. None: it is gone since it was listed; the next digest file misses it."""
        if isinstance(one, Digest):
            self.digests.append(one)
        elif one is not None:
            self.lost.add(place)
            self.findings.append(_told(place, one))


def _told(place: Place, error: Unreadable | Refused) -> Finding:
    kind = "digest-unreadable" if isinstance(error, Unreadable) else "digest-not-read"
    return Finding(kind, f"s3://{place[0]}/{place[1]}", str(error))


class _Logs:
    """What digest files say of log files."""

    def __init__(self, digests: Iterable[Digest], signed: set[str]) -> None:
        every = list(digests)
        self.named: defaultdict[Place, list[tuple[Log, Digest, bool]]] = defaultdict(list)
        for digest in sorted(every, key=lambda one: one.end):
            for log in digest.logs:
                self.named[log.bucket, log.key].append((log, digest, digest.url in signed))
        self._coverage = Coverage(every)

    def check(self, place: Place, now: Now | Refused | None, raw: Delivered | None) -> Iterator[Finding]:
        """The object against all that names it; one that nothing names, against what should."""
        where = f"s3://{place[0]}/{place[1]}"
        if place in self.named:
            yield self._named(where, now, self.named[place])
        elif raw is not None and now is not None:
            yield self._unnamed(where, place, raw)

    def _named(self, where: str, now: Now | Refused | None, said: list[tuple[Log, Digest, bool]]) -> Finding:
        trusted = [one for one in said if one[2]]
        believed = trusted or said
        by = believed[-1][1].url
        if now is None:
            return Finding("log-missing", where, f"named by {by}")
        if isinstance(now, Refused):
            return Finding("log-not-read", where, str(now))
        if now.appended:
            return Finding("log-appended", where, f"{now.appended:,} bytes")
        for log, digest, _ in believed:
            if log.sha256 != now.content:
                other = "it cannot be unpacked" if not now.content else f"SHA-256 {now.content} of its content"
                return Finding("log-changed", where, f"{other}; {digest.url} names {log.sha256}")
        return Finding("log-intact" if trusted else "log-on-trust", where, f"named by {by}")

    def _unnamed(self, where: str, place: Place, raw: Delivered) -> Finding:
        folder = folder_of(*place)
        if folder is None:
            return Finding("log-never-signed", where)
        at = delivered_at(place[1]) or raw.listed.modified
        if self._coverage.covers(folder, at):
            return Finding("log-undeclared", where, f"delivered {at:%Y-%m-%d %H:%M}, {raw.listed.size:,} bytes")
        return Finding("log-uncovered", where, f"delivered {at:%Y-%m-%d %H:%M}")


def _against_ledger(place: Place, now: Now | Refused | None, booked: Booked | None, raw: Delivered | None) -> Finding:
    where = f"s3://{place[0]}/{place[1]}"
    if isinstance(now, Refused):
        return Finding("ledger-not-read", where, str(now))
    if now is None:
        outcome = f"outcome {booked.outcome}" if booked else "it was there a moment ago"
        return Finding("ledger-gone", where, outcome)
    if booked is None:
        if raw is not None and raw.decision.rule:
            return Finding("ledger-dropped", where, f"by {raw.decision.rule}")
        return Finding("ledger-unknown", where, "not announced, or not run yet: loglake doctor")
    if booked.outcome == "dropped":
        return Finding("ledger-dropped", where, f"by {booked.rule}")
    if booked.outcome != "ok" or not booked.sha256:
        why = "larger than bounds.object_bytes" if booked.outcome == "ok" else f"outcome {booked.outcome}"
        return Finding("ledger-without-hash", where, why)
    if now.sha256 == booked.sha256:
        return Finding("ledger-same", where, f"SHA-256 {now.sha256}")
    which = "an earlier content that the lake read" if now.sha256 in booked.others else "the lake never read this"
    return Finding("ledger-changed", where, f"SHA-256 {now.sha256}, ledger {booked.sha256}: {which}")


class _Locks:
    """Object Lock, as the objects that were read again say it."""

    def __init__(self) -> None:
        self._objects: Counter[str] = Counter()
        self._locked: Counter[str] = Counter()
        self._held: Counter[str] = Counter()
        self._until: dict[str, datetime] = {}

    def note(self, place: Place, now: Now | Refused | None) -> None:
        """One object more."""
        if not isinstance(now, Now):
            return
        bucket = place[0]
        self._objects[bucket] += 1
        self._locked[bucket] += bool(now.lock.mode)
        self._held[bucket] += now.lock.hold
        if now.lock.until:
            self._until[bucket] = min(now.lock.until, self._until.get(bucket, now.lock.until))

    def findings(self, reader: Reader, buckets: Iterable[str]) -> Iterator[Finding]:
        """A line a bucket on what it does, and one on its objects."""
        for bucket in buckets:
            where = f"s3://{bucket}"
            try:
                said = reader.bucket_lock(bucket)
            except Refused as error:
                yield Finding("lock-unknown", where, str(error))
                continue
            yield Finding("lock-on" if said else "lock-off", where, said or "Object Lock is off")
            if said and self._objects[bucket]:
                yield self._of_objects(where, bucket)

    def _of_objects(self, where: str, bucket: str) -> Finding:
        locked, every, held = self._locked[bucket], self._objects[bucket], self._held[bucket]
        what = f"{locked:,} of {every:,} objects read say that they are locked"
        if bucket in self._until:
            what += f", the first until {self._until[bucket]:%Y-%m-%d %H:%M}"
        if held:
            what += f"; {held:,} under legal hold"
        return Finding("lock-on" if locked == every else "lock-off", f"{where}/*", what)
