"""A consumer's account: what is shared with it, what it is granted, and views that need nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from infra import consumer
from infra.grants import OF_ACCOUNTS, with_tables
from infra.template import TEMPLATES, load, resources
from infra.views import view_definition
from schemas import TABLES
from tests.lakes import SETTINGS

NAMED = re.compile(r"\b(?:FROM|JOIN)\s+([a-z]\w*)")
OF_A_QUERY = re.compile(r"\b(\w+)(?:\s*\([\w\s,]*\))?\s+AS\s*\(")  # WITH name AS (
SHARED = {one.name for one in TABLES.values() if not one.name.endswith("_raw")}
GRANTS = "AWS::LakeFormation::PrincipalPermissions"


def views() -> dict[str, dict[str, Any]]:
    """By name, what Athena reads of each view."""
    tables = [one["TableInput"] for one in resources(load(consumer.PATH), "AWS::Glue::Table").values()]
    return {one["Name"]: view_definition(one["ViewOriginalText"]) for one in tables}


def granted(file: str) -> set[str]:
    """The tables that a template grants to be read."""
    made = resources(load(TEMPLATES / file), GRANTS).values()
    named = [next(iter(one["Resource"].values())) for one in made if "SELECT" in one["Permissions"]]
    for one in named:
        columns = TABLES[one["Name"]].sensitive if "Name" in one else ()
        assert one.get("ColumnWildcard", {}).get("ExcludedColumnNames", []) == list(columns)
    return {one["Name"] for one in named if "Name" in one}


@pytest.mark.parametrize(("file", "prefix"), OF_ACCOUNTS.items())
def test_the_grants_between_the_marks_are_those_of_the_declarations(file: str, prefix: str) -> None:
    template = (TEMPLATES / file).read_text(encoding="utf-8")
    assert with_tables(template, prefix) == template, "stale: python -m infra.grants"


def test_the_views_are_made_of_the_declarations_of_now() -> None:
    assert consumer.PATH.read_text(encoding="utf-8") == consumer.text(SETTINGS), "python -m infra.consumer"


def test_every_view_of_the_lake_is_there_with_its_columns() -> None:
    lake = resources(load(TEMPLATES / "catalog.yaml"), "AWS::Glue::Table").values()
    theirs = {one["TableInput"]["Name"]: one["TableInput"] for one in lake}
    found = views()
    assert set(found) == {name for name, one in theirs.items() if one["TableType"] == "VIRTUAL_VIEW"}
    for name, one in found.items():
        assert one["columns"] == view_definition(theirs[name]["ViewOriginalText"])["columns"]


def test_a_view_names_tables_that_are_shared_and_nothing_else() -> None:
    for name, one in views().items():
        sql = re.sub(r"--.*", "", one["originalSql"])
        own = set(OF_A_QUERY.findall(sql))
        assert set(NAMED.findall(sql)) - own <= SHARED, name


def test_views_name_the_database_to_which_the_link_leads() -> None:
    link = load(TEMPLATES / "consumer.yaml")["Resources"]["Link"]["Properties"]["DatabaseInput"]
    assert link["Name"] == link["TargetDatabase"]["DatabaseName"] == {"Ref": "Database"}
    default = load(TEMPLATES / "consumer.yaml")["Parameters"]["Database"]["Default"]
    assert {one["schema"] for one in views().values()} == {default}


def test_what_is_shared_is_what_is_granted_there_and_no_raw_table() -> None:
    assert granted("share.yaml") == granted("consumer.yaml") == SHARED
    for one in resources(load(TEMPLATES / "share.yaml"), GRANTS).values():
        assert one["PermissionsWithGrantOption"] == one["Permissions"]
