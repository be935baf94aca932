"""Which CloudTrail records the settings keep.

The first rule that drops one is counted: removal, event, account, region.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from operator import attrgetter

import msgspec

from jobs.cloudtrail_records import NULL
from lake.settings import Filters

_HOST = ".amazonaws.com"
_NAME = attrgetter("eventName")


class Event(msgspec.Struct, gc=False):
    """All that the event filter needs of a record, and where it lies."""

    eventSource: str
    eventName: str
    eventVersion: msgspec.Raw = NULL


class PlacedEvent(msgspec.Struct, gc=False):
    """The same, and all that tells whose record it is."""

    eventSource: str
    eventName: str
    eventVersion: msgspec.Raw = NULL
    recipientAccountId: str | None = None
    userIdentity: msgspec.Raw = NULL


class EventFilter:
    """by_event, by_place: whether there is anything to compare at all. by_account: whether that needs the account.

    removed: the accounts that no row may be of. whole: the accounts of which everything is kept.
    """

    def __init__(self, filters: Filters) -> None:
        on = not filters.everything
        events = [tuple(event.split(":", 1)) for event in filters.events if on]
        self._services = {service for service, action in events if action == "*"}
        self._events = {(service, action) for service, action in events}
        self._names = frozenset(action for _, action in events)
        self._accounts = frozenset(filters.accounts if on else ())
        self._regions = frozenset(filters.regions if on else ())
        self.removed = frozenset(filters.removed)  # whatever else is kept
        self.whole = frozenset(filters.everything_accounts if on else ()) - self.removed
        self.by_account = bool(self.removed or self.whole)
        self.by_event = bool(events)
        self.by_place = bool(self.removed or self._accounts or self._regions)

    def event(self, source: str | None, name: str | None) -> bool:
        """Whether this call is wanted: eventSource `ssm.amazonaws.com` is the service `ssm`."""
        service = (source or "").removesuffix(_HOST)
        return service in self._services or (service, name) in self._events

    def select(self, events: Sequence[Event | PlacedEvent]) -> list[int]:
        """The positions of those whose call is wanted. A million times an hour: the name alone decides on most."""
        if self._services:
            return [at for at, one in enumerate(events) if self.event(one.eventSource, one.eventName)]
        wanted = map(self._names.__contains__, map(_NAME, events))
        some = compress(range(len(events)), wanted)
        return [at for at in some if self.event(events[at].eventSource, events[at].eventName)]

    def rule(self, source: str | None, name: str | None, account: str | None, region: str | None) -> str:
        """The rule that drops a record, or ''. account: asked for only if `by_account` or `by_place`."""
        if self.by_account:
            if account in self.removed:
                return "removal"
            if account in self.whole:
                return ""
        if self.by_event and not self.event(source, name):
            return "event"
        return self.place(account, region) if self.by_place else ""

    def place(self, account: str | None, region: str | None) -> str:
        """The rule that drops a record of this account and Region, or ''."""
        if account in self.removed:
            return "removal"
        if account in self.whole:
            return ""
        if self._accounts and account not in self._accounts:
            return "account"
        if self._regions and region not in self._regions:
            return "region"
        return ""
