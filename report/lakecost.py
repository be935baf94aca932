"""What the period cost, about: the model of `infra.costs`, fed with what the books say of each day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from infra.costs import EVERY, SCANS, Day, components
from infra.prices import DATED, REGION, S3_GB_MONTH
from report.lakefacts import Cost, Daily, Period, Size

BASIS = (
    "A model, not a bill: infra/costs.py, fed with each day's own objects, records, rows, accounts and Regions as the "
    f"books have them. It assumes a run of each job every {EVERY} minutes, and {SCANS} questions over all of a day's "
    f"rows. Days on which nothing arrived cost their runs, too; days that are still to come are left out. AWS's list "
    f"prices in {REGION}, of {DATED} (infra/prices.py), without free tiers, discounts and taxes."
)


@dataclass(frozen=True, slots=True)
class Load(Day):
    """A day's load whose rows are known."""

    kept: int = 0

    @property
    def rows(self) -> float:
        """What was kept of the events."""
        return self.kept


def costs(period: Period, daily: Iterable[Daily], today: date) -> tuple[Cost, ...]:
    """US dollars by component, of the period's days up to today."""
    loads = {one: Load(one, 0, 0, 0) for one in _days(period, today)}
    for one in daily:
        if before := loads.get(one.calendarday):
            events, kept = before.events + one.records, before.kept + one.kept
            loads[one.calendarday] = Load(
                name=before.name,
                events=events,
                files=before.files + one.objects,
                partitions=before.partitions + one.partitions,
                # What most of the records met: a day's filters are not in the books, what they did is.
                keep="everything" if 2 * kept > events else "filtered",
                kept=kept,
            )
    found: dict[str, float] = {}
    for load in loads.values():
        for name, terms in components(load).items():
            found[name] = found.get(name, 0.0) + sum(term.usd for term in terms)
    return tuple(Cost(name, usd) for name, usd in found.items())


def keeping(sizes: Iterable[Size]) -> tuple[Cost, ...]:
    """US dollars for each month that the period's objects and files are kept in S3 Standard."""
    every = list(sizes)
    raw, files = sum(one.raw for one in every), sum(one.bytes for one in every)
    return (
        Cost("the raw objects", raw / 1e9 * S3_GB_MONTH.usd),
        Cost("the tables' files", files / 1e9 * S3_GB_MONTH.usd),
    )


def _days(period: Period, today: date) -> Iterable[str]:
    first = date.fromisoformat(period.first)
    every = (first + timedelta(number) for number in range(period.days))
    return (one.isoformat() for one in every if one <= today)
