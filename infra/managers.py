"""What a team's manager may see in AWS: views of their own, with the rights of whoever made them (docs/decisions/0014).

A Glue Data Catalog view ("multi dialect view") reads its tables with its definer's rights, so its reader needs none to
them. It may name no other view: those that it is made from are written out inside it. Pure functions; the deployment,
or an administrator of Lake Formation, runs what they give.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.views import FOLDER, View, read_view
from lake.settings import Settings

SHOWN = ("weekly_review",)  # what of a team's sessions its manager sees
TABLES = 10  # a Data Catalog view names no more (Athena, "Use Data Catalog views")
QUERY = 262_144  # bytes of a query (Athena, "Service Quotas")
_NAMES = re.compile(r"\b(?:FROM|JOIN)\s+([a-z]\w*)")


class ManagersError(ValueError):
    """The rows of `teams` cannot be made into views. The message says which and why."""


@dataclass(frozen=True, slots=True)
class Team:
    """A team of the table `teams`. principal: the ARN of whoever may see its sessions, '' for nobody."""

    name: str
    principal: str = ""


@dataclass(frozen=True, slots=True)
class TeamView:
    """A view of one team's rows. sql: the SELECT alone, which names tables only; principal: who may ask it, or ''."""

    name: str
    sql: str
    principal: str

    @property
    def statement(self) -> str:
        """The statement for Athena, to be run by the definer's role."""
        return f"CREATE OR REPLACE PROTECTED MULTI DIALECT VIEW {self.name}\nSECURITY DEFINER\nAS\n{self.sql}"

    def grant(self, database: str) -> dict[str, Any]:
        """Lake Formation's GrantPermissions: the view and nothing else, not to be handed on."""
        return {
            "Principal": {"DataLakePrincipalIdentifier": self.principal},
            "Resource": {"Table": {"DatabaseName": database, "Name": self.name}},
            "Permissions": ["SELECT", "DESCRIBE"],
        }


def team_views(settings: Settings, teams: Iterable[Team], folder: Path = FOLDER) -> list[TeamView]:
    """The views of all teams, by name. Raises ManagersError where two names of teams would be one, or one none."""
    made: dict[str, tuple[Team, TeamView]] = {}
    for team in sorted(set(teams), key=lambda one: (one.name, one.principal)):
        for shown in SHOWN:
            name = f"{shown}_of_{_word(team.name)}"
            if name in made:
                other = made[name][0]
                what = "two principals" if other.name == team.name else f"the same view's name as team {other.name!r}"
                raise ManagersError(f"teams: team {team.name!r} has {what}; change its rows")
            sql = f"{written_out(settings, shown, folder)}\nWHERE team = {_literal(team.name)}"
            if len(sql.encode()) > QUERY:
                raise ManagersError(f"{name}: {len(sql.encode()):,} bytes of SQL; Athena takes {QUERY:,}")
            made[name] = (team, TeamView(name, sql, team.principal))
    return [one for _, one in made.values()]


def written_out(settings: Settings, name: str, folder: Path = FOLDER) -> str:
    """`SELECT * FROM` a view, with it and the views that it is made from as a WITH: only tables are named."""
    views = _made_from(settings, name, folder)
    whole = ",\n".join(f"{one.name} AS (\n{one.sql}\n)" for one in views.values())
    return f"WITH\n{whole}\nSELECT * FROM {name}"


def _made_from(settings: Settings, name: str, folder: Path) -> dict[str, View]:
    """The view and all below it, each after those that it names."""
    view = read_view((folder / f"{name}.sql").read_text(), settings, name)
    found: dict[str, View] = {}
    for below in _named(view.sql):
        if (folder / f"{below}.sql").exists():
            found |= _made_from(settings, below, folder)
    return found | {name: view}


def _named(sql: str) -> Iterator[str]:
    without_comments = re.sub(r"--.*", "", sql)
    yield from dict.fromkeys(_NAMES.findall(without_comments))


def _word(team: str) -> str:
    """A team's name as part of a view's: lower case letters, digits and _."""
    word = re.sub(r"[^a-z0-9]+", "_", team.lower()).strip("_")
    if not word:
        raise ManagersError(
            f"teams: team {team!r} has neither a letter a to z nor a digit: a view needs one in its name"
        )
    return word


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
