"""Asking through Athena's API: start a query, wait for it, page through its rows. AWS and the local lake alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import Failure

Row = list[str | None]
_FIRST_POLL, _SLOWER, _LAST_POLL = 0.03, 1.4, 1.0  # seconds, factor, seconds


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer. type: as Athena names it (varchar, bigint, timestamp, ...)."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave. rows: as they come, page by page, each value as Athena writes it, None for null."""

    columns: list[Column]
    rows: Iterator[Row]


def literal(text: str) -> str:
    """Text as an SQL literal: Trino knows no escape inside quotes but the doubled quote."""
    return "'" + text.replace("'", "''") + "'"


class Athena:
    """A thin client. client: boto3's for Athena."""

    def __init__(self, client: Any, database: str, workgroup: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client, self._sleep = client, sleep
        self.database, self.workgroup = database, workgroup

    def ask(self, sql: str, parameters: Sequence[str] = ()) -> Answer:
        """Run a query and wait for its end. Raises Failure in Athena's words. Ctrl-C stops the query in Athena too.

        parameters: a literal for each `?`, in their order.
        """
        given = {"ExecutionParameters": list(parameters)} if parameters else {}
        try:
            started = self._client.start_query_execution(
                QueryString=sql, QueryExecutionContext={"Database": self.database}, WorkGroup=self.workgroup, **given
            )
            query = started["QueryExecutionId"]
            try:
                done = self._wait(query)
            except KeyboardInterrupt:
                self._client.stop_query_execution(QueryExecutionId=query)
                raise
            first = self._client.get_query_results(QueryExecutionId=query)
        except (BotoCoreError, ClientError) as error:
            raise Failure(f"Athena: {error}", _what_now(error)) from error
        described = first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        columns = [Column(one["Name"], one["Type"]) for one in described]
        # Only a SELECT's first page begins with the columns' names; SHOW and DESCRIBE have none.
        header = done.get("StatementType", "DML") == "DML"
        return Answer(columns, self._rows(query, first, header))

    def values(self, sql: str) -> list[Row]:
        """The rows of a small answer."""
        return list(self.ask(sql).rows)

    def _wait(self, query: str) -> dict[str, Any]:
        pause = _FIRST_POLL
        while True:
            execution: dict[str, Any] = self._client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            state = execution["Status"]["State"]
            if state == "SUCCEEDED":
                return execution
            if state in ("FAILED", "CANCELLED"):
                why = execution["Status"].get("StateChangeReason", "Athena gives no reason")
                raise Failure(f"the query {'failed' if state == 'FAILED' else 'was cancelled'}: {why}")
            self._sleep(pause)
            pause = min(pause * _SLOWER, _LAST_POLL)

    def _rows(self, query: str, page: dict[str, Any], header: bool) -> Iterator[Row]:
        while True:
            rows = page["ResultSet"]["Rows"]
            for row in rows[1:] if header else rows:
                yield [one.get("VarCharValue") for one in row["Data"]]
            header = False
            if not page.get("NextToken"):
                return
            try:
                page = self._client.get_query_results(QueryExecutionId=query, NextToken=page["NextToken"])
            except (BotoCoreError, ClientError) as error:
                raise Failure(f"Athena: {error}", _what_now(error)) from error


def _what_now(error: Exception) -> str:
    """A hint for the errors that people meet first."""
    text = f"{type(error).__name__} {error}"
    for sign, hint in _HINTS.items():
        if sign in text:
            return hint
    return ""


_HINTS = {
    "NoCredentials": "AWS credentials are missing: aws sso login, or name a profile with --profile.",
    "ExpiredToken": "The AWS session is over: aws sso login again.",
    "ProfileNotFound": "See the profiles that there are: aws configure list-profiles.",
    "WorkGroup": "Name the workgroup that you may use with --workgroup.",
    "EndpointConnectionError": "Is the lake still up? loglake status.",
}


def where(conditions: Sequence[str]) -> str:
    """A WHERE clause of all conditions, or nothing."""
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
