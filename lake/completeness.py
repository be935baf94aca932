"""The seed's question: of what arrived, how much was read? As the view `completeness` answers it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ARRIVED = ("ok", "waiting", "undone", "gone", "givenup")  # outcomes in lake_ledger of objects that the controls let in


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the view `completeness` counts, of whatever: each as the view says."""

    objects: int
    processed: int
    waiting: int
    undone: int
    gone: int
    givenup: int
    dropped: int
    records: int
    kept: int
    filtered: int
    quarantined: int
    late: int

    @property
    def accounted(self) -> int:
        """Records whose fate is known: must be all of them."""
        return self.kept + self.filtered + self.quarantined

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return self.processed == self.objects and self.accounted == self.records


COUNTS = Counts.__slots__


def total(every: Iterable[Counts]) -> Counts:
    """All of them together."""
    some = list(every)
    return Counts(**{name: sum(getattr(one, name) for one in some) for name in COUNTS})


def per_cent(part: int, whole: int) -> float | None:
    """The part in per cent of the whole, rounded down to two places: 100 means all. None of nothing."""
    return 10_000 * part // whole / 100 if whole else None


def enough(processed: int, arrived: int, least: int) -> bool:
    """Whether at least so many per cent of the objects that arrived are processed. Nothing is enough of nothing."""
    return 100 * processed >= least * arrived
