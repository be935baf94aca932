"""Asking Athena from a job: start a query, wait for it, page through its rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

_FIRST_POLL, _SLOWER, _LAST_POLL = 0.05, 1.5, 2.0  # seconds, factor, seconds

Row = list[str | None]


class QueryFailed(Exception):
    """Athena's reason."""


def ask(
    client: Any, database: str, workgroup: str, sql: str, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Row]:
    """The rows of a SELECT, each value as Athena writes it, None for null. client: boto3's. Raises QueryFailed."""
    query = client.start_query_execution(
        QueryString=sql, QueryExecutionContext={"Database": database}, WorkGroup=workgroup
    )["QueryExecutionId"]
    pause = _FIRST_POLL
    while (status := client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"])["State"] in (
        "QUEUED",
        "RUNNING",
    ):
        sleep(pause)
        pause = min(pause * _SLOWER, _LAST_POLL)
    if status["State"] != "SUCCEEDED":
        raise QueryFailed(f"{status.get('StateChangeReason', status['State'])}: {sql}")
    header = True
    for page in client.get_paginator("get_query_results").paginate(QueryExecutionId=query):
        rows = page["ResultSet"]["Rows"]
        for row in rows[1:] if header else rows:
            yield [one.get("VarCharValue") for one in row["Data"]]
        header = False
