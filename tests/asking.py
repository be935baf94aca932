"""Athena asked as any client asks it, with boto3, and all that it answers."""

from __future__ import annotations

import json
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from tests.lakes import SETTINGS, WORKGROUP

if TYPE_CHECKING:
    from infra.local.trino.engine import Engine

Texts = list[str | None]
PATIENCE = 120.0  # seconds


@dataclass(frozen=True)
class Asked:
    """A query that has ended. rows: without the header. execution: GetQueryExecution's answer."""

    execution: dict[str, Any]
    columns: list[tuple[str, str]]
    rows: list[Texts]
    updated: int = 0

    @property
    def state(self) -> str:
        return str(self.execution["Status"]["State"])

    @property
    def reason(self) -> str:
        return str(self.execution["Status"].get("StateChangeReason", ""))

    @property
    def scanned(self) -> int:
        """Bytes."""
        return int(self.execution["Statistics"]["DataScannedInBytes"])

    @property
    def manifest(self) -> str:
        return str(self.execution["Statistics"].get("DataManifestLocation", ""))


def start(sql: str, *parameters: str, database: str = SETTINGS.lake.database) -> str:
    """The id of a query that now runs."""
    more = {"ExecutionParameters": list(parameters)} if parameters else {}
    context = {"Database": database}
    athena = boto3.client("athena")
    answer = athena.start_query_execution(QueryString=sql, QueryExecutionContext=context, WorkGroup=WORKGROUP, **more)
    return str(answer["QueryExecutionId"])


def ended(query: str) -> dict[str, Any]:
    """The execution, once it has ended."""
    athena = boto3.client("athena")
    late, pause = time.monotonic() + PATIENCE, 0.02
    while True:
        execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
            return execution
        assert time.monotonic() < late, f"it has not ended: {execution}"
        time.sleep(pause)
        pause = min(1.4 * pause, 0.3)  # the engine needs the processor more than who waits for it


def ask(sql: str, *parameters: str, database: str = SETTINGS.lake.database) -> Asked:
    """The query's end, and all rows of its answer."""
    query = start(sql, *parameters, database=database)
    execution = ended(query)
    if execution["Status"]["State"] != "SUCCEEDED":
        return Asked(execution, [], [])
    pages = list(boto3.client("athena").get_paginator("get_query_results").paginate(QueryExecutionId=query))
    described = pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    rows = [[one.get("VarCharValue") for one in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
    columns = [(one["Name"], one["Type"]) for one in described]
    header = execution["StatementType"] == "DML" and rows and rows[0] == [name for name, _ in columns]
    return Asked(execution, columns, rows[1:] if header else rows, pages[0]["UpdateCount"])


def answered(sql: str, *parameters: str) -> Asked:
    """The same, of a query that must succeed."""
    found = ask(sql, *parameters)
    assert found.state == "SUCCEEDED", found.reason
    return found


def partitions_read(engine: Engine, sql: str) -> set[tuple[str, str]]:
    """By Trino's own account: (table, day) of every partition that its newest query of that text read."""
    url = f"http://127.0.0.1:{engine.process.port}/v1/query"
    headers = {"X-Trino-User": "test"}

    def get(path: str) -> Any:
        with urllib.request.urlopen(urllib.request.Request(url + path, headers=headers)) as answer:
            return json.load(answer)

    mine = [one for one in get("") if sql in one["query"].replace("''", "'")]
    newest = max(mine, key=lambda one: one["queryStats"]["createTime"])
    inputs = get(f"/{newest['queryId']}")["inputs"]
    named = ((one["table"], name) for one in inputs for name in one["connectorInfo"]["partitionIds"])
    read = {(table, name.split("=")[1]) for table, name in named if "=" in name}  # else its table has none
    assert read
    return read
