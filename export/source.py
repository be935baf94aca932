"""What is exported: SQL for one day, and which days of which tables its answer depends on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sql.question import marks, with_marks

_SHIFT = re.compile(r"date_add\(\s*'day'\s*,\s*(-?\d+)\s*,|INTERVAL\s+'(\d+)'\s+DAY", re.I)
_WORD = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|\b([A-Za-z_]\w*)\b", re.S)


class SourceError(ValueError):
    """There is nothing of that name to export, or the SQL does not say which day."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is exported.

    sql: the query; each `?` is the day. tables: those that it reads, through views too. around: so many days before and
    after a day may have a part in its rows; 0 for a table.
    """

    name: str
    sql: str
    tables: tuple[str, ...]
    around: int

    def of_day(self, day: str) -> str:
        """The query about one day, yyyy-mm-dd."""
        return with_marks(self.sql, f"'{day}'")

    @property
    def is_table(self) -> bool:
        """Whether a day's rows are exactly one table's."""
        return self.tables == (self.name,)


def of_name(name: str, catalog: Mapping[str, str]) -> Source:
    """A table or a view. catalog: the database's tables and views, with a view's SQL, '' for a table."""
    if name not in catalog:
        raise SourceError(f"there is no table or view {name}; there are {', '.join(sorted(catalog))}")
    tables, around = _reads(f"SELECT * FROM {name}", catalog)
    return Source(name, f"SELECT * FROM {name} WHERE calendarday = ?", tables, around)


def of_sql(sql: str, catalog: Mapping[str, str]) -> Source:
    """A query of one's own, with `?` where the day stands."""
    if not marks(sql):
        raise SourceError("the SQL has no ? for the day: WHERE calendarday = ?")
    tables, around = _reads(sql, catalog)
    if not tables:
        raise SourceError("the SQL reads no table of the lake")
    return Source("sql", sql, tables, around)


def _reads(sql: str, catalog: Mapping[str, str]) -> tuple[tuple[str, ...], int]:
    """The tables that SQL reads, and how far around a day.

    Every word that is a name of the catalog counts, and every shift by days: rather a table or a day too many, which
    exports a day that did not change, than one too few.
    """
    words = {match[1].lower() for match in _WORD.finditer(sql) if match[1]}
    around = max((abs(int(one[1] or one[2])) for one in _SHIFT.finditer(sql)), default=0)
    tables: set[str] = set()
    deepest = 0
    for name in words & set(catalog):
        if not catalog[name]:
            tables.add(name)
            continue
        inner, further = _reads(catalog[name], {other: text for other, text in catalog.items() if other != name})
        tables.update(inner)
        deepest = max(deepest, further)
    return tuple(sorted(tables)), around + deepest
