"""The view `weekly_review`: sessions by team, out of hours, overdue; never what was typed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lake.settings import parse
from tests.views_lake import SETTINGS, Row, ViewLake, at, start, typed, view

MONDAY, SATURDAY = "2026-03-02", "2026-03-07"
ACCOUNT = "111122223333"


def team(name: str, accountid: str | None = None, username: str | None = None) -> Row:
    return {"team": name, "manager": f"{name}'s manager", "accountid": accountid, "username": username}


def review(session: str, decision: str, when: str, **columns: object) -> Row:
    return {"sessionid": session, "reviewer": "grace", "decision": decision, "reviewedat": at(when)} | columns


def teams_of(rows: list[Row], **session: object) -> list[str | None]:
    lake = ViewLake([start(f"{MONDAY} 09:00:00", "s", **session)], [], teams=rows)
    return [row["team"] for row in lake.ask("SELECT team FROM weekly_review ORDER BY team")]


def test_a_session_is_its_accounts_and_its_persons_and_of_two_teams_it_is_two_rows() -> None:
    rows = [team("payments", ACCOUNT), team("payments", "444455556666"), team("operations", username="alice")]
    assert teams_of(rows) == ["operations", "payments"]
    assert teams_of(rows, username="bob") == ["payments"]
    assert teams_of(rows, username="alice", recipientaccountid="777788889999") == ["operations"]


def test_a_team_that_a_session_is_of_in_two_ways_has_it_once() -> None:
    assert teams_of([team("payments", ACCOUNT), team("payments", username="alice")]) == ["payments"]


def test_a_row_of_both_means_that_person_in_that_account_and_a_row_of_neither_means_nobody() -> None:
    assert teams_of([team("payments", ACCOUNT, "alice")]) == ["payments"]
    assert teams_of([team("payments", ACCOUNT, "bob"), team("all", None, None)]) == [None]


@pytest.mark.parametrize(
    ("begin", "end", "offset", "out"),
    [
        (f"{MONDAY} 07:00:00", None, "+00:00", False),
        (f"{MONDAY} 06:59:59", None, "+00:00", True),
        (f"{MONDAY} 18:59:59", None, "+00:00", False),
        (f"{MONDAY} 19:00:00", None, "+00:00", True),
        (f"{MONDAY} 18:00:00", f"{MONDAY} 19:30:00", "+00:00", True),
        (f"{SATURDAY} 12:00:00", None, "+00:00", True),
        (f"{MONDAY} 06:00:00", None, "+01:00", False),
        (f"{MONDAY} 18:30:00", None, "+01:00", True),
        (f"{SATURDAY} 00:29:00", None, "-05:30", False),  # Friday, 18:59
        (f"{SATURDAY} 00:30:00", None, "-05:30", True),
    ],
)
def test_out_of_hours_is_by_the_set_days_hours_and_clocks(begin: str, end: str | None, offset: str, out: bool) -> None:
    text = SETTINGS.text.replace('utcoffset = "+00:00"', f'utcoffset = "{offset}"')
    lake = ViewLake([start(begin, "s")], [typed(end, "s", "x")] if end else [], parse(text))
    assert lake.ask("SELECT outofhours FROM weekly_review") == [{"outofhours": out}]


def test_the_last_review_counts_and_only_what_nobody_reviewed_is_overdue_after_the_set_days() -> None:
    today = datetime.now(UTC).replace(tzinfo=None)
    old, young = ((today - timedelta(days=days)).strftime("%Y-%m-%d 09:00:00") for days in (9, 3))
    lake = ViewLake(
        [
            start(old, "reviewed"),
            start(old, "forgotten"),
            start(young, "young"),
            start(old, None, errorcode="AccessDenied"),
        ],
        [],
        reviews=[
            review("reviewed", "confirmed", "2026-03-03 10:00:00"),
            review("reviewed", "denied", "2026-03-04 10:00:00", comment="nobody knew of it", reviewer="heidi"),
        ],
    )
    found = lake.ask("SELECT sessionid, decision, reviewer, comment, overdue FROM weekly_review ORDER BY 1 NULLS LAST")
    assert [tuple(row.values()) for row in found] == [
        ("forgotten", None, None, None, True),
        ("reviewed", "denied", "heidi", "nobody knew of it", False),
        ("young", None, None, None, False),
        (None, None, None, None, False),
    ]


def test_a_sessions_week_begins_on_monday_and_its_duration_is_to_the_last_keystroke() -> None:
    keys = [typed(f"{SATURDAY} 09:00:01", "s", "x"), typed(f"{SATURDAY} 09:10:00.900", "s", "y", number=2)]
    lake = ViewLake([start(f"{SATURDAY} 09:00:00", "s"), start(f"{MONDAY} 09:00:00", "none")], keys)
    found = lake.ask("SELECT sessionid, week, durationseconds FROM weekly_review ORDER BY 1")
    assert [tuple(row.values()) for row in found] == [("none", MONDAY, None), ("s", MONDAY, 600)]


def test_what_was_typed_is_not_in_it() -> None:
    assert not {"line", "sessiondata"} & {one.name for one in view("weekly_review").columns}
    assert "sessiondata" not in view("weekly_review").sql
