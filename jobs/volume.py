"""How many rows a day should have, as the days before it say: robust, so that one odd day among them changes nothing.

Counts are compared by their logarithms: a lake that doubles and one that halves are equally odd, and a day without rows
is far from any busy one. The measure is the median and its absolute deviation (MAD), of the days that are alike:
workdays with workdays, by `sessions.workdays` of lake.toml. A day without a generation counts as one without rows, from
the first day on that has any.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from lake.settings import WEEKDAYS, Settings

WINDOW = 28  # days before a day that it is compared with: four of each day of the week
_NORMAL = 1.4826  # times the MAD is the standard deviation, where values are normal
_LEAST = 0.1  # the deviation is taken for at least so much, about 10 %: who is always equal must not alarm by a hair


@dataclass(frozen=True, slots=True)
class Volume:
    """What the days before say. days: those that are alike and have rows. low, high: the rows that are in order, both
    included; None where `days` are too few to say."""

    days: int
    low: int | None = None
    high: int | None = None


def volume(day: str, rows: Mapping[str, int], settings: Settings) -> Volume:
    """How many rows the day should have. rows: of each day, by yyyy-mm-dd; what is of no day before this is ignored."""
    thresholds = settings.thresholds
    past = _past(date.fromisoformat(day), rows, settings.sessions.workdays)
    days = sum(count > 0 for count in past)
    if days < thresholds.volume_days:
        return Volume(days)
    logs = [math.log1p(count) for count in past]
    middle = median(logs)
    mad = median(abs(one - middle) for one in logs)
    # Few rows scatter by chance, and more so the fewer they are (Poisson: by the root of their number).
    chance = 1 / math.sqrt(math.exp(middle))
    reach = thresholds.volume_deviations * max(_NORMAL * mad, chance, _LEAST)
    return Volume(days, max(0, math.ceil(math.expm1(middle - reach))), math.floor(math.expm1(middle + reach)))


def _past(day: date, rows: Mapping[str, int], workdays: tuple[str, ...]) -> list[int]:
    """The rows of the days of the window that are like this one, from the first on that has any."""
    window = [day - timedelta(days=n) for n in range(WINDOW, 0, -1)]
    counts = [(one, rows.get(str(one), 0)) for one in window]
    first = next((n for n, (_, count) in enumerate(counts) if count), len(counts))
    return [count for one, count in counts[first:] if _works(one, workdays) == _works(day, workdays)]


def _works(day: date, workdays: tuple[str, ...]) -> bool:
    return WEEKDAYS[day.weekday()] in workdays
