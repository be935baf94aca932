"""The doctor: compares S3, books, generations and catalog, names every difference, and repairs what can be repaired.

Repairs go by the lake's own ways: what was never heard of is announced to AddAPart, by which alone partitions are
written; what nothing can need any more is condemned and, a retention later, deleted (`jobs.collect`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import islice
from typing import Any

from jobs import check_raw, check_work, collect
from jobs.access import Access
from jobs.check_catalog import Catalog
from jobs.check_days import Days
from jobs.collect import Notes
from jobs.findings import Condemn, Delete, Finding
from jobs.settle import Settling
from jobs.settle import announce as announce_marker
from lake.announce import Announced, announce
from lake.books import Marker
from schemas import TABLES

Check = Callable[[], Iterable[Finding]]
LAST_DAYS = 3  # of delivery, in which raw objects are looked for that were never announced
DAYS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Doctor:
    """One look at a lake. glue, sqs: boto3 clients. declared: the TableInputs that the catalog should hold.

    first, last: days of delivery (both included) whose raw objects are compared. at_once: days looked at at a time.
    """

    lake: Access
    glue: Any
    sqs: Any
    declared: Iterable[dict[str, Any]]
    clock: Callable[[], datetime]
    first: date
    last: date
    at_once: int = 16

    def look(self) -> Iterator[Finding]:
        """Everything that is found. Reads only. A part that cannot be looked at is a finding, and the others go on."""
        now = self.clock()
        lake, catalog = self.lake, Catalog(self.glue, self.lake.settings.lake.database)
        settled = Settling(lake, self.glue, None, now)
        notes = Notes(lake, now)
        whole = True
        checks: dict[str, Check] = {
            "tables": lambda: catalog.tables(self.declared),
            "work": lambda: check_work.work(lake, settled, now),
            "raw objects": lambda: check_raw.raw(lake, catalog, self.first, self.last, now),
            "raw partitions": lambda: check_raw.retired(lake, catalog, now),
            "accounts": lambda: check_work.silent_accounts(lake, now),
            **{f"days of {name}": partial(self._days, name, catalog, notes) for name in _published()},
            "private files": lambda: collect.private_files(lake, settled, notes, now),
        }
        for name, check in checks.items():
            try:
                yield from check()
            except Exception as error:  # noqa: BLE001 - one thing that cannot be read must not hide the others
                whole = False
                yield Finding("not-checked", name, f"{type(error).__name__}: {error}", "see to that, and look again")
        if whole:
            yield from notes.spent()

    def _days(self, table: str, catalog: Catalog, notes: Notes) -> Iterator[Finding]:
        seen = self.clock()
        days = Days(self.lake, table, catalog.partitions(table), seen, notes)
        every = iter(days.all())
        while some := list(islice(every, DAYS_AT_ONCE)):
            for findings in _each(days.look, some, self.at_once):
                yield from findings

    def fix(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings, each passed on when its repair is done or, to be done with others, is waiting at the end."""
        announced: list[Announced] = []
        condemned: list[str] = []
        for one in findings:
            match one.repair:
                case Marker() as marker:
                    announce_marker(self.lake, self.sqs, marker)
                case Delete() as item:
                    collect.delete(self.lake, item)
                case Condemn(item):
                    condemned.append(item)
                case Announced() as known:
                    announced.append(known)
            if len(announced) >= collect.AT_ONCE or len(condemned) >= collect.AT_ONCE:
                self._flush(announced, condemned)
            yield one
        self._flush(announced, condemned)

    def _flush(self, announced: list[Announced], condemned: list[str]) -> None:
        if announced:
            announce(self.sqs, self.lake.settings.lake.queue, announced)
        collect.condemn(self.lake, condemned, self.clock())
        announced.clear()
        condemned.clear()


def _published() -> list[str]:
    return [table.name for table in TABLES.values() if table.layout == "orc"]


def _each(function: Callable[[str], list[Finding]], items: list[str], at_once: int) -> Iterator[list[Finding]]:
    """The function's answers, in order; `at_once` 1 keeps to this thread."""
    if at_once == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(function, items)
