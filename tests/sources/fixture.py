"""What a kind of logs must bring along to be tested: `FIXTURE` of tests/sources/<job>.py, made by no decoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import import_module
from typing import Any

from lake.settings import Filters


@dataclass(frozen=True)
class Fixture:
    """key: of an object of this name, delivered on that day: one that lake.toml's [[sources]] take.

    record: the n-th record that is kept under `filters` and under lake.toml, of that time, as it lies in an object.
    pack: an object of such records. unpack: its records again, by a reader of the test's own.
    filters, dropped, rule: a record that these drop, by which rule. account: whose the records are.
    bad, reason: a record that cannot be read, and what quarantine calls it.
    full: whole records, each with (at least some of) the columns of its row. A row's columns must be filled by these,
    all but those in `unfilled`, each with the reason.
    questions: those of sql/questions that are about these logs alone, whose answers a test of its own compares.
    name: of logs whose objects are one record each, which says less than its key: the key of a record's object.
    reach: the views on these logs: of each, the days of tables, counted from the one asked for, that its Cost names. A
    test of its own holds Trino to them.
    """

    key: Callable[[date, str], str]
    record: Callable[[int, datetime], bytes]
    pack: Callable[[Sequence[bytes]], bytes]
    unpack: Callable[[bytes], list[bytes]]
    filters: Filters
    dropped: bytes
    rule: str
    account: str
    bad: bytes
    reason: str
    full: Sequence[tuple[bytes, dict[str, Any]]]
    unfilled: dict[str, str] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    name: Callable[[bytes], str] | None = None
    reach: dict[str, dict[str, set[int]]] = field(default_factory=dict)

    def laid(self, day: date, name: str, records: Sequence[bytes]) -> list[tuple[str, bytes]]:
        """Objects with these records, by key: one of this name, delivered on that day, or one for each record."""
        if self.name is None:
            return [(self.key(day, name), self.pack(records))]
        return [(self.name(one), self.pack([one])) for one in records]


def fixture(job: str) -> Fixture:
    """The job's."""
    found: Fixture = import_module(f"tests.sources.{job}").FIXTURE
    return found
