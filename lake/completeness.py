"""The seed's question: of what arrived, how much was read? As the view `completeness` answers it."""

from __future__ import annotations

ARRIVED = ("ok", "waiting", "undone", "gone", "givenup")  # outcomes in lake_ledger of objects that the controls let in


def per_cent(part: int, whole: int) -> float | None:
    """The part in per cent of the whole, rounded down to two places: 100 means all. None of nothing."""
    return 10_000 * part // whole / 100 if whole else None


def enough(processed: int, arrived: int, least: int) -> bool:
    """Whether at least so many per cent of the objects that arrived are processed. Nothing is enough of nothing."""
    return 100 * processed >= least * arrived
