"""Digest files in their order: whether each has the predecessor that it names, and which hours none covers.

A digest file that is taken away is told by the next one, which names it. Where the newest are taken away, or logging
was stopped, nothing names what is not there: these hours are told as gaps, which nothing proves and nothing refutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from verify.digests import Chain, Digest, Folder, Previous, named, span
from verify.findings import Finding

EARLY = timedelta(hours=1)  # a log file's name has a minute; its digest file is that of the time when it was written


class Window(NamedTuple):
    """A time, UTC: [first, last)."""

    first: datetime
    last: datetime


Fetch = Callable[[Previous], Digest | Finding | None]  # the digest file, what is wrong with it, None if it is not in S3


def links(digests: Iterable[Digest], lost: Callable[[Previous], bool], fetch: Fetch) -> Iterator[Finding]:
    """Each digest file's predecessor. fetch: for one that was not read with these. lost: one that was, and is told."""
    every = list(digests)
    known = {(one.bucket, one.key): one for one in every}
    for one in sorted(every, key=lambda digest: (digest.chain, digest.end)):
        before = one.previous
        if before is None or lost(before):
            continue
        found = known.get((before.bucket, before.key)) or fetch(before)
        where = f"s3://{before.bucket}/{before.key}"
        if found is None:
            yield Finding("digest-missing", where, f"named by {one.url}")
        elif isinstance(found, Finding):
            yield found
        elif (found.sha256, found.signature) != (before.sha256, before.signature):
            what = "content" if found.sha256 != before.sha256 else "signature"
            yield Finding("chain-broken", where, f"its {what} is not what {one.url} names")
        else:
            yield Finding("chain-linked", one.url)


def gaps(digests: Iterable[Digest], asked: Window) -> Iterator[Finding]:
    """The hours of the window of which a chain has no digest file. Backfill digest files have no hours of their own."""
    chains: defaultdict[Chain, list[Digest]] = defaultdict(list)
    for one in digests:
        if not one.chain.backfill:
            chains[one.chain].append(one)
    for chain, some in sorted(chains.items()):
        at, last = asked.first, ("", "")
        some.sort(key=lambda digest: digest.end)
        for one in some:
            follows = one.previous is not None and (one.previous.bucket, one.previous.key) == last
            if one.start > at and not follows:
                yield _gap(chain, at, one.start, _why(one))
            at, last = max(at, one.end), (one.bucket, one.key)
        if at < asked.last:
            yield _gap(chain, at, asked.last, "no later one was found: logging was stopped, or they were taken away")


def _gap(chain: Chain, first: datetime, last: datetime, why: str) -> Finding:
    hours = round((last - first).total_seconds() / 3600, 1)
    return Finding("chain-gap", str(chain), f"{span(first, last)} ({hours:g} h): {why}")


def _why(after: Digest) -> str:
    if after.previous is None:
        return "the next one begins a new chain: logging or validation was off"
    name = named(after.previous.bucket, after.previous.key)
    known = f" and ends {name.end:%Y-%m-%d %H:%M:%S}" if name else ""
    return f"the one before the next is s3://{after.previous.bucket}/{after.previous.key}{known}"


class Coverage:
    """Of which times digest files speak, by the folder of the log files."""

    def __init__(self, digests: Iterable[Digest]) -> None:
        self._windows: defaultdict[Folder, list[Window]] = defaultdict(list)
        for one in digests:
            if not one.chain.backfill:
                self._windows[one.chain.folder].append(Window(one.start, one.end))
        for windows in self._windows.values():
            windows.sort()

    def folders(self) -> set[Folder]:
        """Those that any digest file speaks of."""
        return set(self._windows)

    def covers(self, folder: Folder, delivered: datetime) -> bool:
        """Whether a log file delivered then must be named: all of the time until EARLY after it is covered."""
        at = delivered
        for first, last in self._windows.get(folder, ()):
            if first <= at < last:
                at = last
        return at >= delivered + EARLY
