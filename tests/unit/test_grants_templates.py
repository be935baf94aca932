"""Lake Formation takes one grant at a time, and CloudFormation makes what it can at once: so each waits for another."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pytest

from infra.template import TEMPLATES, load

GRANT = "AWS::LakeFormation::PrincipalPermissions"
GRANTING = [path.name for path in sorted(TEMPLATES.glob("*.yaml")) if GRANT in path.read_text()]


def _grants(file: str) -> dict[str, dict[str, Any]]:
    """The grants, each with those that it waits for: by DependsOn, and by what its metadata refer to."""
    grants = {name: one for name, one in load(TEMPLATES / file)["Resources"].items() if one["Type"] == GRANT}
    for one in grants.values():
        waits = one.get("DependsOn", [])
        perhaps = [after["Fn::If"][1]["Ref"] for after in one.get("Metadata", {}).get("After", [])]
        one["DependsOn"] = [*([waits] if isinstance(waits, str) else waits), *perhaps]
    return grants


def _before(name: str, grants: Mapping[str, Mapping[str, Any]]) -> int:
    """How many of these grants are made before one, in the longest row that leads to it."""
    return max((1 + _before(one, grants) for one in grants[name]["DependsOn"] if one in grants), default=0)


@pytest.mark.parametrize("file", GRANTING)
def test_grants_are_made_one_after_the_other_whatever_the_parameters(file: str) -> None:
    grants = _grants(file)
    conditions = sorted({one["Condition"] for one in grants.values() if "Condition" in one})
    for count in range(len(conditions) + 1):
        for held in combinations(conditions, count):
            made = {name: one for name, one in grants.items() if one.get("Condition") in (None, *held)}
            assert sorted(_before(name, made) for name in made) == list(range(len(made))), held


def test_these_templates_grant() -> None:
    assert [one for one in GRANTING if not one.startswith("source-")] == [
        "consumer.yaml",
        "grants-people.yaml",
        "grants.yaml",
        "manager.yaml",
        "share.yaml",
    ]
