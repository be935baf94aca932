"""What people read by Lake Formation: every table and view by name, and no sensitive column but by one role."""

from __future__ import annotations

from typing import Any

import pytest

from infra.grants import PATH, PEOPLE, text
from infra.template import load, resources
from infra.views import FOLDER
from schemas import TABLES

GRANTS = resources(load(PATH), "AWS::LakeFormation::PrincipalPermissions")
VIEWS = {path.stem for path in FOLDER.glob("*.sql")}
SENSITIVE = {name: table.sensitive for name, table in TABLES.items() if table.sensitive}


def granted(who: str) -> dict[str, Any]:
    """By table or view, what is granted to them."""
    mine = [one for one in GRANTS.values() if one["Principal"]["DataLakePrincipalIdentifier"] == {"Ref": f"{who}Arn"}]
    found = {next(iter(one["Resource"].values()))["Name"]: one for one in mine}
    assert len(found) == len(mine)
    return found


def test_the_committed_template_is_what_the_declarations_make() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "stale: python -m infra.grants"


@pytest.mark.parametrize("who", PEOPLE)
def test_people_read_every_table_and_view_but_no_sensitive_column(who: str) -> None:
    found = granted(who)
    assert set(found) == {*TABLES, *VIEWS}
    for name, one in found.items():
        if name in SENSITIVE:
            (columns,) = [one["Resource"]["TableWithColumns"]["ColumnWildcard"]["ExcludedColumnNames"]]
            assert columns == list(SENSITIVE[name])
            assert one["Permissions"] == ["SELECT"]
        else:
            assert "ColumnWildcard" not in str(one)
            assert one["Permissions"] == ["DESCRIBE", "SELECT"]


def test_one_role_reads_the_sensitive_columns() -> None:
    assert SENSITIVE
    found = granted("SensitiveReader")
    assert set(found) == set(SENSITIVE)
    assert all(list(one["Resource"]) == ["Table"] for one in found.values())


@pytest.mark.parametrize("name", SENSITIVE)
def test_no_view_shows_a_sensitive_column(name: str) -> None:
    for view in sorted(VIEWS):
        sql = (FOLDER / f"{view}.sql").read_text()
        if f"FROM {name}" in sql:
            shown = {line.strip().rstrip(",").rpartition(".")[2] for line in sql.splitlines()}
            assert not shown & set(SENSITIVE[name]), view
