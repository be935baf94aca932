"""When is a plan over? When readers see all of its work: then, and only then, the planner may forget it.

Its batches stand in the newest marker of every day they touch, the catalog points there, the generations are booked,
and the marker is older than any request that could still be on its way. Where the catalog lags, the marker is
announced again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from jobs.access import Access
from jobs.books import to_be_booked
from jobs.publish import newest, newest_of
from lake import keys
from lake.books import Ledger, Marker, Plan

_BOOKS = ("lake_generations", "lake_quarantine")  # published from markers too, on the day of publishing
LAG = 600  # seconds after which a marker that the catalog does not show counts as lost on its way


class Settling:
    """The judge. glue, sqs: boto3 clients; now: the run's time. Without sqs it only looks, and announces nothing."""

    def __init__(self, lake: Access, glue: Any, sqs: Any | None, now: datetime) -> None:
        self._lake, self._glue, self._sqs, self._now = lake, glue, sqs, now

    def __call__(self, plan: Plan, ledgers: list[Ledger]) -> bool:
        """Whether readers see all that the plan's ledgers name."""
        days: dict[tuple[str, str], set[str]] = {}
        for ledger in ledgers:
            for piece in ledger.pieces:
                days.setdefault((piece.table, piece.day), set()).add(ledger.batch)
        markers = newest_of(self._lake, sorted(days))
        booked = [(table, day) for day in self._booked_on(plan, markers.values()) for table in _BOOKS]
        over = [self._shows(*day, marker, days[day]) for day, marker in markers.items()]
        over += [self._shows(*day, newest(self._lake, *day), set()) for day in booked if day not in days]
        return all(over) and not to_be_booked(self._lake, days)

    def _booked_on(self, plan: Plan, markers: Iterable[Marker | None]) -> list[str]:
        """The days on which the plan's generations can have been booked. The one before, too: the newest plan is looked
        at by every run, so no day of the books goes unwatched between two plans."""
        first = datetime.fromisoformat(plan.planned).date() - timedelta(days=1)
        latest = max((datetime.fromisoformat(one.at) for one in markers if one), default=self._now)
        return [str(first + timedelta(days=n)) for n in range((min(latest, self._now).date() - first).days + 1)]

    def _shows(self, table: str, day: str, marker: Marker | None, batches: set[str]) -> bool:
        if marker is None or not batches <= set(marker.batches):
            return not batches
        age = (self._now - datetime.fromisoformat(marker.at)).total_seconds()
        if self._location(table, day) != marker.location:
            if age > LAG and self._sqs:
                announce(self._lake, self._sqs, marker)
            return False
        # Where a later plan brought the newest generation, that plan stays open until the day has settled.
        return batches.isdisjoint(marker.new) or age > self._lake.settings.bounds.settle_seconds

    def _location(self, table: str, day: str) -> str | None:
        try:
            found = self._glue.get_partition(
                DatabaseName=self._lake.settings.lake.database, TableName=table, PartitionValues=[day]
            )
        except self._glue.exceptions.EntityNotFoundException:
            return None
        return str(found["Partition"]["StorageDescriptor"]["Location"])


def announce(lake: Access, sqs: Any, marker: Marker) -> None:
    """What S3 should have said, said again: AddAPart remains the only writer of partitions. sqs: a boto3 client."""
    url = sqs.get_queue_url(QueueName=lake.settings.lake.queue)["QueueUrl"]
    key = keys.marker(marker.table, marker.day, marker.generation)
    s3 = {"bucket": {"name": lake.books}, "object": {"key": key}}
    record = {"eventName": "ObjectCreated:Put", "eventTime": marker.at, "s3": s3}
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"Records": [record]}))
