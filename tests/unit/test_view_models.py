"""The views on calls of models: rows written by hand in, rows written by hand out."""

from __future__ import annotations

import pytest

from tests.views_lake import Row, ViewLake, at, event, start

ARN = "arn:aws:sts::111122223333:assumed-role/admin/alice"
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"


def log(time: str, request: str, **columns: object) -> Row:
    """A row of from_bedrock_readready, of alice's."""
    common = {
        "requestid": request,
        "eventtime": at(time),
        "accountid": "111122223333",
        "awsregion": "eu-west-1",
        "operation": "Converse",
        "modelid": f"eu.{HAIKU}",
        "model": HAIKU,
        "useridentityarn": ARN,
        "username": "alice",
        "inputtokens": 1_000_000,
        "outputtokens": 500_000,
        "sourceobject": "s3://raw/bedrock-1",
    }
    return {**common, **columns, "calendarday": time[:10]}


def call(time: str, request: str | None, **columns: object) -> Row:
    """CloudTrail's event of a call."""
    return event(time, "Converse", eventsource="bedrock.amazonaws.com", requestid=request, **columns)


def lake(logs: list[Row], events: list[Row], prices: list[Row] | None = None) -> ViewLake:
    return ViewLake(events, [], further={"from_bedrock_readready": logs, "model_prices": prices or []})


def test_a_call_is_one_row_whether_its_log_its_event_or_both_are_here() -> None:
    logs = [log("2026-03-02 10:00:00", "both"), log("2026-03-02 11:00:00", "log")]
    events = [
        call("2026-03-02 10:00:01", "both", eventid="e1", sourceidentity="alice@example.com"),
        call("2026-03-02 12:00:00", "event", eventid="e2", errorcode="AccessDenied"),
        event("2026-03-02 12:00:00", "StartSession", requestid="log"),
    ]
    found = lake(logs, events).ask("SELECT requestid, seen, eventid, errorcode, sourceidentity FROM model_invocations")
    assert sorted(tuple(one.values()) for one in found) == [
        ("both", "log and event", "e1", None, "alice@example.com"),
        ("event", "event only", "e2", "AccessDenied", None),
        ("log", "log only", None, None, None),
    ]


@pytest.mark.parametrize(("logged", "called"), [("03", "02"), ("02", "03")])
def test_a_log_and_its_event_on_two_sides_of_midnight_are_one_call_on_the_logs_day(logged: str, called: str) -> None:
    one = lake([log(f"2026-03-{logged} 00:00:00", "r")], [call(f"2026-03-{called} 23:59:59", "r", eventid="e")])
    found = one.ask("SELECT calendarday, seen FROM model_invocations")
    assert [tuple(row.values()) for row in found] == [(f"2026-03-{logged}", "log and event")]


def test_two_events_of_one_request_are_one_call() -> None:
    events = [call("2026-03-02 10:00:00", "r", eventid=name) for name in ("b", "a")]
    found = lake([log("2026-03-02 10:00:00", "r")], events).ask("SELECT seen, eventid FROM model_invocations")
    assert [tuple(row.values()) for row in found] == [("log and event", "a")]


def test_a_log_without_a_request_id_is_a_call_too_and_matches_nothing() -> None:
    found = lake([log("2026-03-02 10:00:00", "x", requestid=None)], [call("2026-03-02 10:00:00", None)])
    assert sorted(row["seen"] for row in found.ask("SELECT seen FROM model_invocations")) == ["event only", "log only"]


def price(first: str, dollars: int, region: str | None = None) -> Row:
    return {
        "model": HAIKU,
        "awsregion": region,
        "validfrom": first,
        "inputprice": dollars * 1_000_000,
        "outputprice": 2 * dollars * 1_000_000,
        "pricesource": "a list",
        "pricedate": first,
    }


@pytest.mark.parametrize(
    ("day", "prices", "dollars", "source"),
    [
        ("2026-03-02", [], None, None),
        ("2026-03-02", [price("2026-03-03", 1)], None, None),
        ("2026-03-02", [price("2026-01-01", 1)], 2.0, "a list, 2026-01-01"),
        ("2026-03-02", [price("2026-01-01", 1), price("2026-03-02", 3)], 6.0, "a list, 2026-03-02"),
        ("2026-03-02", [price("2026-03-01", 1), price("2026-01-01", 5, "eu-west-1")], 10.0, "a list, 2026-01-01"),
        ("2026-03-02", [price("2026-03-01", 1), price("2026-01-01", 5, "us-east-1")], 2.0, "a list, 2026-03-01"),
    ],
)
def test_tokens_cost_what_the_price_of_that_day_and_region_says(
    day: str, prices: list[Row], dollars: float | None, source: str | None
) -> None:
    (row,) = lake([log(f"{day} 10:00:00", "r")], [], prices).ask("SELECT * FROM model_costs")
    assert (row["dollars"], row["pricefrom"]) == (dollars, source)
    assert (row["inputtokens"], row["outputtokens"], row["invocations"]) == (1_000_000, 500_000, 1)


def test_costs_are_by_principal_and_model_and_failed_calls_are_counted() -> None:
    logs = [
        log("2026-03-02 10:00:00", "a"),
        log("2026-03-02 11:00:00", "b", errorcode="ThrottlingException", inputtokens=None, outputtokens=None),
        log("2026-03-02 11:00:00", "c", username="bob", useridentityarn="arn:aws:iam::111122223333:user/bob"),
    ]
    found = lake(logs, []).ask("SELECT username, invocations, failed, inputtokens FROM model_costs ORDER BY username")
    assert [tuple(row.values()) for row in found] == [("alice", 2, 1, 1_000_000), ("bob", 1, 0, 1_000_000)]


def test_what_a_sessions_person_asked_of_models_is_near_it_by_principal_or_by_name() -> None:
    begun = start("2026-03-02 23:30:00", "s", eventid="e")
    logs = [
        log("2026-03-02 23:20:00", "before"),
        log("2026-03-03 00:10:00", "after", useridentityarn="arn:aws:sts::111122223333:assumed-role/other/alice"),
        log("2026-03-02 23:40:00", "somebody else", username="bob"),
        log("2026-03-03 12:00:01", "too late"),
    ]
    found = lake(logs, [begun]).ask(
        "SELECT requestid, calendarday, sessionid, secondsfromstart, foundby FROM model_use_around_session ORDER BY 4"
    )
    assert [tuple(row.values()) for row in found] == [
        ("before", "2026-03-02", "s", -600, "principal"),
        ("after", "2026-03-02", "s", 2400, "user name"),
    ]
