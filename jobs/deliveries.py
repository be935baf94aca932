"""Which raw objects a backfill, a rebuild or a replay is about, and announcing them: the lake has no other way in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from addapart.controls import Decision, decide
from jobs.access import Access
from jobs.listing import AT_ONCE, Wanted, objects
from lake.announce import Announced
from lake.settings import Settings, Source
from lake.store import Listed

Place = tuple[str, str, str]  # bucket, key, ETag
_SOME = 1000


class NoSource(ValueError):
    """What was asked for is no source of this lake. The message says which there are."""


class Delivered(NamedTuple):
    """An object as it lies in its raw bucket now, and what AddAPart will say to it."""

    bucket: str
    listed: Listed
    decision: Decision

    @property
    def place(self) -> Place:
        """What the books know it by."""
        return self.bucket, self.listed.key, self.listed.etag

    @property
    def url(self) -> str:
        """What rows know it by, with the ETag."""
        return f"s3://{self.bucket}/{self.listed.key}"

    def announced(self, why: str, edition: int = 0, remake: str = "") -> Announced:
        """It, as the lake announces it."""
        arrived = self.listed.modified.isoformat(timespec="seconds")
        key, size, etag = self.listed.key, self.listed.size, self.listed.etag
        return Announced(self.bucket, key, etag, size, "", arrived, why, edition, remake)


def sources(settings: Settings, names: Sequence[str], by_account: bool) -> list[Source]:
    """The sources of these names, all for none. by_account: only those whose keys name an account. Raises NoSource."""
    known = {one.name: one for one in settings.sources}
    if unknown := sorted(set(names) - set(known)):
        raise NoSource(f"there is no source {', '.join(unknown)} in lake.toml; there are {', '.join(known)}")
    found = [one for one in known.values() if one.name in names or not names]
    if by_account:
        found = [one for one in found if "{accountid}" in one.layout]
        if not found:
            raise NoSource(f"the keys of {', '.join(names) or 'all sources'} name no account: ask without one")
    return found


def delivered(
    lake: Access, some: Iterable[Source], wanted: Wanted, listed: Callable[[], None] = lambda: None
) -> Iterator[Delivered]:
    """The objects of these sources that were delivered on the wanted days. listed: see jobs.listing."""
    for source in some:
        for one in objects(lake.store, source.bucket, source.layout, wanted, listed):
            decision = decide(lake.settings, source.bucket, one.key)
            if decision.source == source:  # not an earlier one's, whose layout fits the key as well
                yield Delivered(source.bucket, one, decision)


def present(lake: Access, places: Iterable[Place]) -> Iterator[tuple[Place, Listed | Exception | None]]:
    """With each place, its object if it lies there still, with that ETag; None if not; the error if S3 does not say."""

    def look(place: Place) -> Listed | Exception | None:
        bucket, key, etag = place
        try:
            found = lake.store.head(bucket, key)
        except Exception as error:  # noqa: BLE001 - AccessDenied, time-outs: of one object, told for that one
            return error
        return found if found and found.etag == etag else None

    rest = iter(places)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(rest, _SOME)):
            yield from zip(some, pool.map(look, some), strict=True)
