"""The whole of a verification: what raw holds of some days, what CloudTrail signed, what the lake read, and locks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from jobs.access import Access
from jobs.asking import Ask
from jobs.deliveries import delivered
from jobs.listing import Wanted, objects
from lake.settings import Source
from verify import ledger
from verify.chain import Coverage, Window, gaps, links
from verify.checks import Locks, Logs, against_ledger
from verify.digests import (
    DIGESTS,
    LOGS,
    Digest,
    Previous,
    Unreadable,
    folder_of,
    judge,
    named,
)
from verify.digests import read as read_digest
from verify.findings import Finding
from verify.keys import Keys
from verify.ledger import Place
from verify.reread import AT_ONCE, Reader, Refused, reread

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
        logs = Logs(inside, signed)
        yield from self._chains(inside, read, (place for place in raw if place not in logs.named))
        books = ledger.booked(self.ask, self.wanted)
        locks = Locks()
        # What a control dropped and nobody put into raw's days (digest files are such) is no object of the lake's.
        places = sorted({*raw, *logs.named, *(place for place, one in books.items() if one.outcome != "dropped")})
        for number, (place, now) in enumerate(reread(self.reader, places), 1):
            self.told("reading objects again", number, len(places))
            yield from logs.check(place, now, raw.get(place))
            if place in raw or place in books:
                yield against_ledger(place, now, books.get(place), raw.get(place))
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
