"""`loglake managers`: each team's view in AWS and who may ask it, as statements to review and run."""

from __future__ import annotations

import json

import click

from cli import show
from cli.athena import Answer, Column
from cli.errors import CODES, NOT_FOUND, Failure
from cli.reach import Reach, reach_options
from infra.managers import ManagersError, Team, TeamView, team_views

_TEAMS = "SELECT DISTINCT team, coalesce(principal, '') FROM teams WHERE team IS NOT NULL"


@click.command(epilog=CODES)
@show.option
@reach_options
def managers(at: Reach, form: str) -> None:
    """The views that teams' managers have in AWS, and the grants to them, made from the table teams.

    A table names the views and who may ask them. json and csv also give, of each, `statement`, the SQL for Athena, and
    `grant`, what Lake Formation's GrantPermissions takes; null where the team has no principal. Nothing is run: a view
    is made with the rights of the role that runs its statement.

    \b
      loglake managers --aws
      loglake managers --aws --format json | jq -r 'select(.view == "weekly_review_of_payments").statement'
      loglake managers --aws --format json | jq -r '.grant // empty'

    What AWS needs before they can be run, and how to run them: docs/manager.md.
    """
    teams = [Team(str(team), str(principal)) for team, principal in at.athena.ask(_TEAMS).rows]
    if not teams:
        raise Failure("the table teams has no team", "docs/manager.md says how it is written.", NOT_FOUND)
    try:
        views = team_views(at.settings, teams)
    except ManagersError as error:
        raise Failure(str(error), "No statement is given: one of the views would show the wrong rows.") from None
    names = ("view", "principal") if form == "table" else ("view", "principal", "statement", "grant")
    rows = (_row(one, at.settings.lake.database)[: len(names)] for one in views)
    show.show(Answer([Column(name, "varchar") for name in names], rows), form)
    if form == "table":
        click.echo("Nothing is run. With --format json: the statements and the grants.", err=True)


def _row(view: TeamView, database: str) -> list[str | None]:
    grant = json.dumps(view.grant(database)) if view.principal else None
    return [view.name, view.principal or None, view.statement, grant]
