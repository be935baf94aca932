"""A team's view: that team's rows, from tables alone, under its definer's rights."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from infra.managers import TABLES, ManagersError, Team, team_views
from schemas import TABLES as DECLARED
from tests.unit.test_view_weekly_review import team
from tests.views_lake import SETTINGS, ViewLake, start, typed

PAYMENTS = Team("Payments & Co.", "arn:aws:iam::111122223333:role/payments-manager")
OTHERS = Team("it's others'", "")
ROWS = [team(PAYMENTS.name, "111122223333"), team(OTHERS.name, "444455556666")]


def test_a_teams_view_has_its_teams_sessions_and_no_other() -> None:
    events = [start("2026-03-02 09:00:00", "ours"), start("2026-03-02 10:00:00", "theirs", recipientaccountid="4" * 12)]
    keystrokes = [typed("2026-03-02 09:00:05", "ours", "$ id"), typed("2026-03-02 11:00:00", "lost", "$ id", number=2)]
    rows = [*ROWS, team(OTHERS.name, "4" * 12)]
    lake = ViewLake(events, keystrokes, teams=rows)
    for one in team_views(SETTINGS, [PAYMENTS, OTHERS]):
        lake.define(one.name, one.sql)
    shown = {
        name: {row["sessionid"] for row in lake.ask(f"SELECT sessionid, team FROM {name}")}
        for name in ("weekly_review_of_payments_co", "weekly_review_of_it_s_others")
    }
    assert shown == {
        "weekly_review_of_payments_co": {"ours", "lost"},
        "weekly_review_of_it_s_others": {"theirs"},
    }
    whole = lake.ask(f"SELECT * FROM weekly_review WHERE team = '{PAYMENTS.name}' ORDER BY sessionid")
    assert lake.ask("SELECT * FROM weekly_review_of_payments_co ORDER BY sessionid") == whole


def test_a_teams_view_names_tables_alone_and_no_more_than_aws_takes() -> None:
    for one in team_views(SETTINGS, [PAYMENTS]):
        named = {
            source.name
            for scope in traverse_scope(sqlglot.parse_one(one.sql, read="athena"))
            for source in scope.sources.values()
            if isinstance(source, exp.Table)
        }
        logs = {"from_cloudtrail_readready", "from_cloudwatch_readready", "from_sessionfiles_readready"}
        assert named == {*logs, "session_reviews", "teams"}
        assert named <= set(DECLARED)
        assert len(named) <= TABLES


def test_it_is_made_with_its_definers_rights_and_granted_to_the_teams_principal_alone() -> None:
    (view,) = team_views(SETTINGS, [PAYMENTS])
    assert view.statement.startswith(
        "CREATE OR REPLACE PROTECTED MULTI DIALECT VIEW weekly_review_of_payments_co\nSECURITY DEFINER\nAS\nWITH\n"
    )
    assert view.grant("loglake") == {
        "Principal": {"DataLakePrincipalIdentifier": PAYMENTS.principal},
        "Resource": {"Table": {"DatabaseName": "loglake", "Name": "weekly_review_of_payments_co"}},
        "Permissions": ["SELECT", "DESCRIBE"],
    }


@pytest.mark.parametrize(
    ("teams", "says"),
    [
        ([Team("a b"), Team("A-B")], "the same view's name"),
        ([Team("a", "x"), Team("a", "y")], "two principals"),
        ([Team("検査")], "neither a letter"),
    ],
)
def test_teams_that_no_views_can_be_made_of_are_refused(teams: list[Team], says: str) -> None:
    with pytest.raises(ManagersError, match=says):
        team_views(SETTINGS, teams)
