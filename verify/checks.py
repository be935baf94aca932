"""One object against each of its witnesses: digest files, the ledger, its own lock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from jobs.deliveries import Delivered
from verify.chain import Coverage
from verify.digests import Digest, Log, delivered_at, folder_of
from verify.findings import Finding
from verify.ledger import Booked, Place
from verify.reread import Now, Reader, Refused


class Logs:
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


def against_ledger(place: Place, now: Now | Refused | None, booked: Booked | None, raw: Delivered | None) -> Finding:
    """The object against the hash that the lake took of it. raw: its listing, None if it lies elsewhere."""
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


class Locks:
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
