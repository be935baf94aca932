"""The lake's tables and its kinds of logs, each declared once, in a module of this package that is found by itself.

`TABLES` holds the tables by name: raw ones, those that people ask, the books, what people's tools write. `LOGS` holds
the kinds of logs by the name of their job.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from schemas.table import Column, Logs, Setting, Table

HELPERS = ("arrow", "docs", "drift", "glue", "history", "table")  # they declare nothing, and some import this


def raw_table(job: str) -> str:
    """The table of the job's raw objects."""
    return f"from_{job}_raw"


def readready_table(job: str) -> str:
    """The table that the job fills."""
    return f"from_{job}_readready"


def _rank(table: Table) -> tuple[bool, bool, bool, str]:
    return table.people, table.books, table.layout == "orc", table.name


def _modules() -> list[ModuleType]:
    return [import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__) if one.name not in HELPERS]


_DECLARED = _modules()
TABLES: dict[str, Table] = {
    table.name: table for table in sorted((module.TABLE for module in _DECLARED if hasattr(module, "TABLE")), key=_rank)
}
LOGS: dict[str, Logs] = {module.LOGS.name: module.LOGS for module in _DECLARED if hasattr(module, "LOGS")}

__all__ = ["LOGS", "TABLES", "Column", "Logs", "Setting", "Table", "raw_table", "readready_table"]
