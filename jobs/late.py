"""Which records came late: their day was over for a whole day and more when their object was delivered.

One day is no lateness: an event of 23:59 is delivered on the next day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import date

import numpy as np
import pyarrow as pa

from jobs.rows import Source

ON_TIME = 1  # days from an event's day to its object's
_DAY = 86_400_000_000  # microseconds
_EPOCH = date(1970, 1, 1)
_SOURCE = ["sourceobject", "sourceetag", "edition"]


def late(rows: pa.Table, delivered: Mapping[Source, str]) -> Counter[Source]:
    """How many of the rows of each object came late. delivered: the objects' delivery days, yyyy-mm-dd.

    Of an object whose key names a day that no calendar has, none can be late.
    """
    found: Counter[Source] = Counter()
    due: dict[Source, int] = {}
    for source, day in delivered.items():
        with suppress(ValueError):
            due[source] = (date.fromisoformat(day) - _EPOCH).days - ON_TIME
    if not rows.num_rows or not due:
        return found
    days = rows["eventtime"].cast(pa.int64()).to_numpy() // _DAY
    candidates = np.flatnonzero(days < max(due.values()))  # few: most batches hold objects of one day
    some = rows.select(_SOURCE).take(pa.array(candidates)).append_column("day", pa.array(days[candidates]))
    for one in some.group_by([*_SOURCE, "day"]).aggregate([([], "count_all")]).to_pylist():
        source = Source(*(one[name] for name in _SOURCE))
        if source in due and one["day"] < due[source]:
            found[source] += one["count_all"]
    return found
