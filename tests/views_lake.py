"""The two readready tables and the books from rows written by hand, and the views over them, on DuckDB.

The views' SQL is Athena's; the local engine says it in DuckDB's. Nothing else of the embedded AWS takes part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pyarrow as pa

from infra.local import athena_sql
from infra.local.athena_catalog import presto_type
from infra.local.athena_to_duckdb import to_duckdb
from infra.local.duck import database
from infra.views import FOLDER, View, read_view
from lake.settings import Settings, parse
from schemas import TABLES
from schemas.arrow import arrow_schema

Row = dict[str, Any]
SETTINGS = parse((Path(__file__).parents[1] / "lake.toml").read_text())


def _ordered() -> tuple[str, ...]:
    """All views: each reads the tables and those before it."""
    texts = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.sql"))}
    reads = {name: sorted({*re.findall(r"(?:FROM|JOIN) (\w+)", text)} & texts.keys()) for name, text in texts.items()}
    return tuple(TopologicalSorter(reads).static_order())


VIEWS = _ordered()
ADMIN = "arn:aws:iam::111122223333:role/admin"


def settings(**lake: object) -> Settings:
    """lake.toml with other values in [lake]."""
    text = SETTINGS.text
    for name, value in lake.items():
        line = next(one for one in text.splitlines() if one.startswith(f"{name} = "))
        text = text.replace(line, f"{name} = {value}")
    return parse(text)


def view(name: str, of: Settings = SETTINGS) -> View:
    """A view as the catalog gets it."""
    return read_view((FOLDER / f"{name}.sql").read_text(), of, name)


def at(time: str) -> datetime:
    """A moment as a table holds it: 'yyyy-mm-dd hh:mm:ss[.mmm]', UTC."""
    return datetime.fromisoformat(time)


def event(time: str, name: str, **columns: object) -> Row:
    """A row of from_cloudtrail_readready, by alice in the role admin where nothing else is said."""
    common = {
        "eventtime": at(time),
        "eventsource": "ssm.amazonaws.com",
        "eventname": name,
        "awsregion": "us-east-1",
        "recipientaccountid": "111122223333",
        "sourceipaddress": "192.0.2.7",
        "username": "alice",
        "useridentityarn": "arn:aws:sts::111122223333:assumed-role/admin/alice",
        "sessionissuerarn": ADMIN,
        "requestparameters": '{"target":"i-0aaa"}',
    }
    return {**common, **columns, "calendarday": time[:10]}


def start(time: str, session: str | None, **columns: object) -> Row:
    """A StartSession."""
    return event(time, "StartSession", sessionid=session, **columns)


def typed(time: str, session: str, *lines: str, number: int = 0, **columns: object) -> Row:
    """A row of from_cloudwatch_readready: a streamed record of alice's."""
    common = {
        "eventtime": at(time),
        "sessionid": session,
        "sessiondata": "\n".join(lines),
        "linecount": len(lines),
        "accountid": "111122223333",
        "username": "alice",
        "awsregion": "us-east-1",
        "target": "i-0aaa",
        "useridentityarn": "arn:aws:sts::111122223333:assumed-role/admin/alice",
        "logeventid": f"{number:056}",
        "streamed": True,
        "degraded": False,
        "sourceobject": "s3://raw/firehose-1",
        "sourcerecord": number,
    }
    return {**common, **columns, "calendarday": time[:10]}


def verification(name: str, kind: str, state: str, findings: int, day: str, **columns: object) -> Row:
    """A row of lake_verified: what a verification of that day found. name: when it ended, on the 9th of March."""
    common = {"verification": name, "verifiedat": at(f"2026-03-09 {name}:00"), "firstday": day, "lastday": day}
    mine = {"kind": kind, "state": state, "findings": findings, "calendarday": day, "examples": f'["s3://raw/{kind}"]'}
    return {**common, **mine, **columns}


@cache
def duckdb_sql(sql: str) -> str:
    """Athena's SQL on these tables and views in DuckDB's. Lakes here have the same views: each is translated once."""
    columns = {name: {one.name: one.type for one in view(name).columns} for name in VIEWS}
    for name in TABLES:
        declared = (*TABLES[name].columns, *TABLES[name].partition_keys)
        columns[name] = {one.name: presto_type(one.type) for one in declared}
    return to_duckdb(athena_sql.parse(sql), columns)


class ViewLake:
    """Both tables and the books with these rows, and the views."""

    def __init__(
        self,
        events: Sequence[Row],
        keystrokes: Sequence[Row],
        of: Settings = SETTINGS,
        *,
        ledger: Sequence[Row] = (),
        generations: Sequence[Row] = (),
        quarantine: Sequence[Row] = (),
        reviews: Sequence[Row] = (),
        teams: Sequence[Row] = (),
        quality: Sequence[Row] = (),
        verified: Sequence[Row] = (),
        further: Mapping[str, Sequence[Row]] | None = None,
        views: Sequence[str] = VIEWS,
    ) -> None:
        self.duck = database()
        tables: dict[str, Sequence[Row]] = {name: () for name in TABLES if TABLES[name].layout == "orc"}
        tables |= further or {}
        tables |= {
            "from_cloudtrail_readready": events,
            "from_cloudwatch_readready": keystrokes,
            "lake_generations": generations,
            "lake_ledger": ledger,
            "lake_quarantine": quarantine,
            "session_reviews": reviews,
            "teams": teams,
            "lake_quality": quality,
            "lake_verified": verified,
        }
        for name, rows in tables.items():
            self.duck.register(name, arrow_table(name, rows))
        for name in views:
            self.define(name, view(name, of).sql)

    def define(self, name: str, sql: str) -> None:
        """One more view, in Athena's SQL."""
        self.duck.execute(f"CREATE VIEW {name} AS {duckdb_sql(sql)}")

    def ask(self, sql: str) -> list[Row]:
        """The answer to DuckDB's own SQL, a row a dict."""
        answer = self.duck.execute(sql)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def athena(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer to Athena's SQL, a row a tuple."""
        rows: list[tuple[Any, ...]] = self.duck.execute(duckdb_sql(sql)).fetchall()
        return rows

    def types(self, name: str) -> list[tuple[str, str]]:
        """A view's columns and their types, as DuckDB finds them."""
        return [(one["column_name"], one["column_type"]) for one in self.ask(f"DESCRIBE {name}")]

    def declared(self, name: str) -> list[tuple[str, str]]:
        """A view's columns and their types, as its file declares them, in DuckDB's words."""
        nulls = ", ".join(f"CAST(NULL AS {one.type}) AS {one.name}" for one in view(name).columns)
        sql = to_duckdb(athena_sql.parse(f"SELECT {nulls}"), {})
        return [(one["column_name"], one["column_type"]) for one in self.ask(f"DESCRIBE {sql}")]


def arrow_table(name: str, rows: Sequence[Row]) -> pa.Table:
    """The rows as the table's files hold them, the partition key, if there is one, last."""
    schema = arrow_schema(TABLES[name])
    if TABLES[name].partition_keys:
        schema = schema.append(pa.field("calendarday", pa.string()))
    for row in rows:
        assert set(row) <= set(schema.names), set(row) - set(schema.names)
    return pa.Table.from_pylist(list(rows), schema=schema)
