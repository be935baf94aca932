"""What a rule of the quality gates found: of one file, of all files of a day, and as a row of lake_quality."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

RULES = {
    "columns": "Every file has the declared columns in the declared order; old files may lack the last ones.",
    "type": "A column has its declared type. No declared type is nested, so none is.",
    "not null": "A column that every row must have is never null.",
    "identity": "No two rows are the same event: the table's identity, such as eventid with eventtime, is unique.",
    "record": "No record of a raw object became two rows.",
    "day": "A row's eventtime lies on its day, and in the stretch of it that its file holds.",
    "session id": "A session id is 17 to 40 digits and lower case letters.",
    "secrets": "No key that names a secret has a value in the clear (jobs/redact.py says which are secrets).",
    "rows": "The day's files hold as many rows as its marker, and so lake_generations, says.",
    "completeness": "Of the objects delivered on the day, thresholds.completeness per cent are processed.",
    "volume": "The day has no more rows, and once it is over no fewer, than the 28 days before let expect.",
}
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rule's. rule: a key of RULES. column: '' where it is about rows or the day as a whole.

    expectation: as Great Expectations calls it. success: None where it could not be judged; observed says why. rows:
    how many were looked at, unexpected: how many break it, both None where it is not about rows. examples: where some
    of these were read from. No part of it is a value of a row, which could be a secret.
    """

    rule: str
    column: str
    expectation: str
    expected: str
    success: bool | None
    observed: str
    rows: int | None = None
    unexpected: int | None = None
    examples: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How a person is told of it."""
        return f"{self.rule} of {self.column}" if self.column else self.rule


@dataclass(slots=True)
class Check:
    """What was found. results: the same in Great Expectations' own form."""

    outcomes: list[Outcome] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)

    def __add__(self, other: Check) -> Check:
        """Both, the same rules' outcomes as one: those of a day's files are the day's."""
        return Check(together([self.outcomes, other.outcomes]), [*self.results, *other.results])


def together(files: Sequence[Sequence[Outcome]]) -> list[Outcome]:
    """The same rules' outcomes of a day's files, as those of the day."""
    found: dict[tuple[str, str], Outcome] = {}
    for one in (one for outcomes in files for one in outcomes):
        key = (one.rule, one.column)
        found[key] = _both(found[key], one) if key in found else one
    return list(found.values())


def _both(one: Outcome, other: Outcome) -> Outcome:
    rows, unexpected = _sum(one.rows, other.rows), _sum(one.unexpected, other.unexpected)
    worse = other if one.success and not other.success else one
    return replace(
        worse,
        success=bool(one.success and other.success),
        rows=rows,
        unexpected=unexpected,
        observed=counted(unexpected, rows) if rows is not None and unexpected is not None else worse.observed,
        examples=(*one.examples, *other.examples)[:EXAMPLES],
    )


def _sum(one: int | None, other: int | None) -> int | None:
    """Of two files; None where either could not be looked at."""
    return None if one is None or other is None else one + other


def examples(rows: pa.Table, places: Sequence[int]) -> tuple[str, ...]:
    """Where the rows at these places were read from; nothing where the table does not say."""
    if not {"sourceobject", "sourcerecord"} <= set(rows.column_names):
        return ()
    said = [rows.slice(place, 1).select(["sourceobject", "sourcerecord"]).to_pylist()[0] for place in places[:EXAMPLES]]
    return tuple(f"{one['sourceobject']}#{one['sourcerecord']}" for one in said)


def counted(unexpected: int, rows: int) -> str:
    """How many rows break a rule, in words."""
    return f"{unexpected:,} of {rows:,} rows break it" if unexpected else f"all of {rows:,} rows keep it"


def failed(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those that are broken. What could not be judged is not."""
    return [one for one in outcomes if one.success is False]


def rows_of(
    outcomes: Iterable[Outcome], table: str, generation: int, over: bool, now: datetime
) -> list[dict[str, object]]:
    """As rows of lake_quality."""
    return [
        {
            "tablename": table,
            "generation": generation,
            "rule": one.rule,
            "columnname": one.column or None,
            "expectation": one.expectation,
            "expected": one.expected,
            "success": one.success,
            "observed": one.observed,
            "rowschecked": one.rows,
            "unexpected": one.unexpected,
            "examples": json.dumps(one.examples) if one.examples else None,
            "dayover": over,
            "checkedat": now.astimezone(UTC).replace(tzinfo=None),
        }
        for one in outcomes
    ]
