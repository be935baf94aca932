"""The client of Athena's API, against a client that answers as Athena documents it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.athena import Athena, Column, literal
from cli.errors import Failure


class FakeClient:
    """boto3's Athena client, as far as it is used. states: what get_query_execution says, one after the other."""

    def __init__(self, states: list[str], pages: list[list[list[str | None]]], statement: str = "DML") -> None:
        self.states, self.pages, self.statement = states, pages, statement
        self.started: dict[str, Any] = {}
        self.stopped: list[str] = []

    def start_query_execution(self, **asked: Any) -> dict[str, str]:
        self.started = asked
        return {"QueryExecutionId": "q-1"}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:
        state = self.states.pop(0)
        if state == "CTRL-C":
            raise KeyboardInterrupt
        status = {"State": state, "StateChangeReason": "SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved"}
        return {
            "QueryExecution": {
                "QueryExecutionId": QueryExecutionId,
                "StatementType": self.statement,
                "Status": status,
            }
        }

    def get_query_results(self, QueryExecutionId: str, NextToken: str = "0") -> dict[str, Any]:
        assert QueryExecutionId == "q-1"
        number = int(NextToken)
        rows = [
            {"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in self.pages[number]
        ]
        info = [{"Name": "who", "Type": "varchar"}, {"Name": "n", "Type": "bigint"}]
        page: dict[str, Any] = {"ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": info}}}
        if number + 1 < len(self.pages):
            page["NextToken"] = str(number + 1)
        return page

    def stop_query_execution(self, QueryExecutionId: str) -> None:
        self.stopped.append(QueryExecutionId)


def athena(client: FakeClient, pauses: list[float] | None = None) -> Athena:
    return Athena(client, "loglake", "group", sleep=(pauses if pauses is not None else []).append)


def test_the_header_of_the_first_page_is_no_row_and_all_pages_are_read() -> None:
    client = FakeClient(["SUCCEEDED"], [[["who", "n"], ["alice", "1"]], [["who", "n"], [None, "2"]]])
    answer = athena(client).ask("SELECT 1")
    assert answer.columns == [Column("who", "varchar"), Column("n", "bigint")]
    assert list(answer.rows) == [["alice", "1"], ["who", "n"], [None, "2"]]


def test_show_and_describe_have_no_header() -> None:
    client = FakeClient(["SUCCEEDED"], [[["sessions", ""]]], statement="UTILITY")
    assert athena(client).values("SHOW TABLES") == [["sessions", ""]]


def test_a_query_is_asked_in_the_lakes_database_and_workgroup() -> None:
    client = FakeClient(["SUCCEEDED"], [[["who", "n"]]])
    athena(client).values("SELECT 1")
    assert client.started["QueryExecutionContext"] == {"Database": "loglake"}
    assert client.started["WorkGroup"] == "group"
    assert client.started["QueryString"] == "SELECT 1"


def test_waiting_asks_ever_less_often_but_at_least_once_a_second() -> None:
    pauses: list[float] = []
    client = FakeClient(["QUEUED", *["RUNNING"] * 30, "SUCCEEDED"], [[["who", "n"]]])
    athena(client, pauses).values("SELECT 1")
    assert len(pauses) == 31
    assert pauses == sorted(pauses)
    assert pauses[0] < 0.1
    assert pauses[-1] == 1.0


def test_a_failed_query_is_told_in_athenas_own_words() -> None:
    with pytest.raises(Failure, match=r"SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved") as failed:
        athena(FakeClient(["RUNNING", "FAILED"], [])).ask("SELECT x")
    assert failed.value.exit_code == 1


def test_ctrl_c_stops_the_query_in_athena_too() -> None:
    client = FakeClient(["RUNNING", "CTRL-C"], [])
    with pytest.raises(KeyboardInterrupt):
        athena(client).ask("SELECT 1")
    assert client.stopped == ["q-1"]


def test_an_expired_login_says_what_to_do() -> None:
    class Expired(FakeClient):
        def start_query_execution(self, **asked: Any) -> dict[str, str]:  # noqa: ARG002 - boto3's signature
            error = {"Error": {"Code": "ExpiredTokenException", "Message": "The security token is expired"}}
            raise ClientError(error, "StartQueryExecution")

    with pytest.raises(Failure) as failed:
        athena(Expired([], [])).ask("SELECT 1")
    assert "aws sso login" in failed.value.hint


@pytest.mark.parametrize(
    ("text", "sql"),
    [("alice", "'alice'"), ("o'brien", "'o''brien'"), ("x' OR '1'='1", "'x'' OR ''1''=''1'"), ("a\\'", "'a\\'''")],
)
def test_text_becomes_an_sql_literal_that_it_cannot_leave(text: str, sql: str) -> None:
    assert literal(text) == sql
