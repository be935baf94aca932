"""The views `access_denied` and `late_arrivals`."""

from __future__ import annotations

import pytest

from tests.views_lake import Row, ViewLake, at, event, start, typed

TEXT = (
    "User: arn:aws:sts::111122223333:assumed-role/admin/alice is not authorized to perform: ssm:StartSession on "
    "resource: arn:aws:ec2:us-east-1:111122223333:instance/i-0aaa because no identity-based policy allows the "
    "ssm:StartSession action"
)


def test_a_refusal_says_which_right_was_missing_and_why() -> None:
    refused = start("2026-03-02 09:00:00", None, errorcode="AccessDenied", errormessage=TEXT)
    (row,) = ViewLake([refused, start("2026-03-02 09:01:00", "s")], []).ask("SELECT * FROM access_denied")
    assert row["action"] == "ssm:StartSession"
    assert row["because"] == "no identity-based policy allows the ssm:StartSession action"
    assert (row["target"], row["username"], row["accountid"]) == ("i-0aaa", "alice", "111122223333")


@pytest.mark.parametrize(
    ("code", "denied"),
    [
        ("AccessDenied", True),
        ("AccessDeniedException", True),
        ("Client.UnauthorizedOperation", True),
        ("NotAuthorized", True),
        ("AuthFailure", True),
        ("ThrottlingException", False),
        ("TargetNotConnected", False),
        (None, False),
    ],
)
def test_services_word_refusals_differently_and_other_errors_are_none(code: str | None, denied: bool) -> None:
    found = ViewLake([event("2026-03-02 09:00:00", "GetObject", errorcode=code)], []).ask("SELECT * FROM access_denied")
    assert len(found) == denied


def delivered(key: str, day: str, late: int | None, **columns: object) -> Row:
    """A ledger's row of an object that was read."""
    common: Row = {"bucket": "raw", "objectkey": key, "etag": "e", "outcome": "ok", "calendarday": "2026-05-01"}
    return common | {"deliveryday": day, "arrived": at(f"{day} 12:00:00"), "late": late} | columns


def of(key: str) -> Row:
    return {"sourceobject": f"s3://raw/{key}", "sourceetag": "e", "sourcerecord": 3}


def test_an_event_is_late_when_its_day_was_over_for_a_whole_day_at_delivery() -> None:
    lake = ViewLake(
        [
            start("2026-03-02 23:59:59", "on time", eventid="1", **of("next-day")),
            start("2026-03-02 09:00:00", "late", eventid="2", **of("two-days")),
            start("2026-03-04 09:00:00", "same object, on time", eventid="3", **of("two-days")),
        ],
        [typed("2025-03-02 09:00:00", "old", "x", sourceetag="e", sourceobject="s3://raw/year")],
        ledger=[
            delivered("next-day", "2026-03-03", 0),
            delivered("two-days", "2026-03-04", 1),
            delivered("two-days", "2026-03-05", 1, calendarday="2026-06-01", why="replay"),
            delivered("year", "2026-03-02", None),
            delivered("two-days", "2026-03-01", 1, etag="before it was overwritten"),
        ],
    )
    found = lake.ask("SELECT tablename, sessionid, deliveryday, dayslate, arrived FROM late_arrivals ORDER BY 4")
    assert [tuple(row.values()) for row in found] == [
        ("from_cloudtrail_readready", "late", "2026-03-04", 2, at("2026-03-04 12:00:00")),
        ("from_cloudwatch_readready", "old", "2026-03-02", 365, at("2026-03-02 12:00:00")),
    ]
