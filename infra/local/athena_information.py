"""SHOW and DESCRIBE: what Athena says of the catalog.

Athena gives DESCRIBE's rows as one text of padded, tab-separated parts; here they are three values a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa

from infra.local.athena_catalog import Catalog, CatalogTable, presto_type
from infra.local.athena_errors import QueryError
from infra.local.athena_results import Result
from infra.views import view_definition

_NAME = r"""[`"]?(?:(?P<db>[\w-]+)[`"]?\.[`"]?)?(?P<table>[\w$-]+)[`"]?"""
_IN = r"""(?:\s+(?:IN|FROM)\s+[`"]?(?P<db>[\w-]+)[`"]?)?"""
_LIKE = r"(?:\s+(?:LIKE\s+)?'(?P<like>[^']*)')?"


def is_information(sql: str) -> bool:
    """Whether the statement is one for `answer`: Athena's StatementType UTILITY."""
    return re.match(r"\s*(SHOW|DESC|DESCRIBE)\b", sql, re.I) is not None


def answer(sql: str, schema: str, catalog: Catalog) -> Result:
    """What SHOW or DESCRIBE says. schema: the database of unqualified names. Raises QueryError."""
    statement = sql.strip().rstrip(";").strip()
    for pattern, show in _STATEMENTS:
        if match := re.fullmatch(pattern, statement, re.I | re.S):
            return show(catalog, schema, match.groupdict())
    raise QueryError(f"NOT_SUPPORTED: {' '.join(statement.split()[:3])}, in the local engine")


def system_table(catalog: Catalog, database: str, name: str) -> pa.Table | None:
    """The rows of a table that no one declares: "<table>$partitions", information_schema.tables and .columns."""
    if name.endswith("$partitions"):
        _, table = _table(catalog, database, {"table": name.removesuffix("$partitions")})
        found = sorted(one.values for one in catalog.partitions(database, table.name))
        return _strings(found, *(key for key, _, _ in table.keys))
    if database != "information_schema" or name not in ("tables", "columns"):
        return None
    rows: list[tuple[str, ...]] = []
    for schema in catalog.databases():
        for table in catalog.tables(schema):
            kind = "VIEW" if table.view else "BASE TABLE"
            if name == "tables":
                rows.append(("awsdatacatalog", schema, table.name, kind))
            else:
                every = [*table.columns, *table.keys]
                rows += [("awsdatacatalog", schema, table.name, one, presto_type(hive)) for one, hive, _ in every]
    names = ["table_catalog", "table_schema", "table_name"]
    return _strings(rows, *names, *(["table_type"] if name == "tables" else ["column_name", "data_type"]))


def _strings(rows: list[tuple[str, ...]], *names: str) -> pa.Table:
    columns = [pa.array([row[number] for row in rows], pa.string()) for number in range(len(names))]
    return pa.table(columns, names=list(names))


_Parts = dict[str, str | None]


def _result(rows: list[tuple[str, ...]], *names: str) -> Result:
    return Result(list(names), ["string"] * len(names), _strings(rows, *names), 0, header=False)


def _tables(catalog: Catalog, database: str) -> list[CatalogTable]:
    try:
        return catalog.tables(database)
    except KeyError:
        raise QueryError(f"SCHEMA_NOT_FOUND: Schema '{database}' does not exist") from None


def _table(catalog: Catalog, schema: str, parts: _Parts) -> tuple[str, CatalogTable]:
    database, name = (parts.get("db") or schema).lower(), str(parts["table"]).lower()
    for table in _tables(catalog, database):
        if table.name == name:
            return database, table
    raise QueryError(f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{database}.{name}' does not exist")


def _show_databases(catalog: Catalog, _schema: str, parts: _Parts) -> Result:
    return _result([(one,) for one in catalog.databases() if _like(one, parts)], "database_name")


def _show_tables(catalog: Catalog, schema: str, parts: _Parts) -> Result:
    found = _tables(catalog, (parts["db"] or schema).lower())
    return _result([(one.name,) for one in found if _like(one.name, parts)], "tab_name")


def _show_views(catalog: Catalog, schema: str, parts: _Parts) -> Result:
    found = _tables(catalog, (parts["db"] or schema).lower())
    return _result([(one.name,) for one in found if one.view and _like(one.name, parts)], "views")


def _like(name: str, parts: _Parts) -> bool:
    """SHOW's patterns are regular expressions in which * is any text and | is or (Athena, "SHOW TABLES")."""
    pattern = parts.get("like")
    if not pattern:
        return True
    return any(re.fullmatch(one.replace("*", ".*").replace("%", ".*"), name, re.I) for one in pattern.split("|"))


def _describe(catalog: Catalog, schema: str, parts: _Parts) -> Result:
    _, table = _table(catalog, schema, parts)
    rows: list[tuple[str, ...]] = list(table.columns + table.keys)
    if table.keys:
        rows += [("", "", ""), ("# Partition Information", "", ""), ("# col_name", "data_type", "comment"), *table.keys]
    return _result(rows, "col_name", "data_type", "comment")


def _show_columns(catalog: Catalog, schema: str, parts: _Parts) -> Result:
    _, table = _table(catalog, schema, parts)
    return _result([(name,) for name, _, _ in table.columns + table.keys], "field")


def _show_partitions(catalog: Catalog, schema: str, parts: _Parts) -> Result:
    database, table = _table(catalog, schema, parts)
    if not table.keys:
        raise QueryError(f"INVALID_TABLE: {table.name} is not a partitioned table")
    names = [name for name, _, _ in table.keys]
    found = sorted(one.values for one in catalog.partitions(database, table.name))
    return _result([("/".join(map("=".join, zip(names, one, strict=True))),) for one in found], "partition")


def _show_create_view(catalog: Catalog, schema: str, parts: _Parts) -> Result:
    database, table = _table(catalog, schema, parts)
    if not table.view:
        raise QueryError(f"NOT_SUPPORTED: {table.name} is no view")
    lines = f"CREATE VIEW {database}.{table.name} AS\n{view_definition(table.view)['originalSql']}".splitlines()
    return _result([(line,) for line in lines], "create view")


_STATEMENTS: tuple[tuple[str, Callable[[Catalog, str, _Parts], Result]], ...] = (
    (rf"SHOW\s+(?:DATABASES|SCHEMAS){_LIKE}", _show_databases),
    (rf"SHOW\s+TABLES{_IN}{_LIKE}", _show_tables),
    (rf"SHOW\s+VIEWS{_IN}{_LIKE}", _show_views),
    (rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_NAME}", _show_columns),
    (rf"SHOW\s+PARTITIONS\s+{_NAME}", _show_partitions),
    (rf"SHOW\s+CREATE\s+VIEW\s+{_NAME}", _show_create_view),
    (rf"DESC(?:RIBE)?\s+(?:EXTENDED\s+|FORMATTED\s+)?{_NAME}", _describe),
)
