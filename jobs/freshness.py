"""How long it took from an object's arrival until its rows could be read: what a freshness SLA is about."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from lake import keys
from lake.books import Arrival, Ledger, Marker, Plan

_LIVE = ("event", "doctor")  # whoever backfills, rebuilds or replays has chosen how old its objects are


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds from the arrival of `objects` objects to the publishing of their rows. p50, p99: by nearest rank.

    AddAPart points the catalog at the new generation some seconds later; if it does not, its queue's age says so.
    """

    objects: int
    p50: int
    p99: int
    max: int


def freshness(plans: Iterable[Plan], ledgers: Iterable[Ledger], made: Iterable[Marker]) -> Freshness | None:
    """Of the objects whose rows these generations brought; None if they brought none that had arrived by themselves.

    plans, ledgers: the open ones. made: generations of data tables that this run published. Rows that an earlier run
    landed and died with count here, from their arrival: that is how late they are. An object without a row that was
    kept counts if its batch has any.
    """
    published: dict[str, datetime] = {}
    for marker in made:
        at = datetime.fromisoformat(marker.at)
        for batch in marker.new:
            published[batch] = max(at, published.get(batch, at))
    undone = {one.batch: {arrival.identity for arrival in one.undone} for one in ledgers}
    ages: list[float] = []
    for plan in plans:
        for position, batch_ in enumerate(plan.batches):
            name = f"{plan.job}/{keys.batch_id(plan.number, position)}"
            if at_ := published.get(name):
                left = undone.get(name, set())
                ages += (age for one in batch_ if one.identity not in left and (age := _age(one, at_)) is not None)
    return _summary(sorted(ages)) if ages else None


def _age(one: Arrival, published: datetime) -> float | None:
    """Seconds; never below 0, because S3's clock is not ours. None where the question makes no sense."""
    if one.rule or one.why not in _LIVE:
        return None
    try:
        arrived = datetime.fromisoformat(one.arrived)
    except ValueError:
        return None  # an announcement in somebody's own words
    return max(0.0, (published - (arrived if arrived.tzinfo else arrived.replace(tzinfo=UTC))).total_seconds())


def _summary(ages: list[float]) -> Freshness:
    def rank(share: float) -> int:
        return round(ages[max(0, math.ceil(share * len(ages)) - 1)])

    return Freshness(len(ages), rank(0.5), rank(0.99), round(ages[-1]))
