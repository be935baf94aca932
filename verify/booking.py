"""What a verification found, left in the lake's books: so that reports can say when raw was verified, with what result.

For each of the days that it was about, a row of lake_verified a kind of finding, published as the jobs publish.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from jobs.access import Access
from jobs.listing import Wanted
from jobs.mapping import PlainMap
from jobs.publish import publish
from jobs.slices import Input
from lake import keys
from verify.findings import FAILED, KINDS, Finding

TABLE = "lake_verified"
EXAMPLES = 20  # of what fails, named in a row: all of them are in the command's own json and csv
_FEW = 3  # of all else


class NotBooked(Exception):
    """The books did not take it. The message says why."""


@dataclass(slots=True)
class Result:
    """What was found, by kind. examples: where some of it lies."""

    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, one: Finding) -> None:
        """One finding more."""
        self.counts[one.kind] = self.counts.get(one.kind, 0) + 1
        some = self.examples.setdefault(one.kind, [])
        if len(some) < (EXAMPLES if one.state == FAILED else _FEW):
            some.append(one.where)


def book(lake: Access, found: Result, wanted: Wanted, sources: tuple[str, ...], now: datetime) -> None:
    """Leave the result in the books of each of the days. sources: those that were asked for, none for all.

    Raises NotBooked.
    """
    name = f"{now:%Y%m%dT%H%M%S}-{keys.unique()}"
    rows: list[dict[str, object]] = [
        {
            "verification": name,
            "verifiedat": now.astimezone(UTC).replace(tzinfo=None),
            "firstday": wanted.first,
            "lastday": wanted.last,
            "sources": ",".join(sorted(sources)) or None,
            "accounts": ",".join(sorted(wanted.accounts)) or None,
            "checkname": KINDS[kind][0],
            "kind": kind,
            "state": KINDS[kind][1],
            "findings": number,
            "examples": json.dumps(found.examples[kind]),
        }
        for kind, number in sorted(found.counts.items())
    ]
    inputs = {(TABLE, day): [Input(f"verify/{name}", rows=rows)] for day in _days(wanted)}
    try:
        _, wrong = publish(lake, inputs, PlainMap(lake), lambda: now)
    except Exception as error:
        raise NotBooked(_last(str(error))) from error
    if wrong:
        raise NotBooked(_last(wrong[0].why))


def _days(wanted: Wanted) -> Iterator[str]:
    day = date.fromisoformat(wanted.first)
    while str(day) <= wanted.last:
        yield str(day)
        day += timedelta(days=1)


def _last(said: str) -> str:
    """Of a traceback what it ends with."""
    return (said.strip().splitlines() or ["no reason was given"])[-1]
