"""The guide to Session Manager says what the templates say, and its commands exist."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from infra import deploy_guide, inline
from infra.template import TEMPLATES, load

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "session-manager.md").read_text()
MEMBER = TEMPLATES / "session-manager.yaml"
SESSION = botocore.session.Session()
GLOBAL = {"region", "query", "output", "max-items"}
COMMANDS = [
    shlex.split(line)
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
    for line in block.replace("\\\n", " ").splitlines()
]


def test_the_template_carries_the_functions_as_they_are_now() -> None:
    text = MEMBER.read_text()
    assert inline.with_code(text) == text, "stale: python -m infra.inline"


def test_the_template_is_short_enough_for_a_command_to_carry() -> None:
    assert len(MEMBER.read_bytes()) <= 51_200  # bytes of --template-body (CloudFormation, "quotas")


def test_the_pages_tables_of_parameters_are_the_templates() -> None:
    assert deploy_guide.render(PAGE) == PAGE, "stale: python -m infra.deploy_guide"
    for name in load(MEMBER)["Parameters"]:
        assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("command", COMMANDS, ids=[" ".join(one[:3]) for one in COMMANDS])
def test_a_command_of_the_page_exists_with_its_options(command: list[str]) -> None:
    program, service, operation, *rest = command
    if program == "python" or service == "s3":
        assert command[:3] in (["python", "-m", "infra.resend"], ["aws", "s3", "cp"])
        return
    assert program == "aws"
    name = {"s3api": "s3"}.get(service, service)
    if operation == "wait":
        assert rest.pop(0).replace("-", "_") in {xform_name(one) for one in SESSION.get_waiter_model(name).waiter_names}
        operation = "describe-stacks"
    model = SESSION.get_service_model(name)
    operations = {xform_name(one, "-"): one for one in model.operation_names}
    shape = model.operation_model(operations[operation]).input_shape
    members = {xform_name(member, "-"): about for member, about in shape.members.items()}
    given = [one.removeprefix("--") for one in rest if one.startswith("--")]
    options = {option.removeprefix("no-") if option not in members else option for option in given} - GLOBAL
    assert options <= members.keys()
    assert set(shape.required_members) <= {members_name(shape, option) for option in options}


def members_name(shape: object, option: str) -> str:
    """The API's name of a command's option."""
    return next(one for one in shape.members if xform_name(one, "-") == option)  # type: ignore[attr-defined]


def test_what_the_page_gives_as_json_is_json_and_names_parameters_that_exist() -> None:
    blocks = [json.loads(one) for one in re.findall(r"^```json\n(.*?)^```", PAGE, re.M | re.S)]
    assert len(blocks) == 3
    [asked] = [one for one in blocks if isinstance(one, list)]
    assert {one["ParameterKey"] for one in asked} <= load(MEMBER)["Parameters"].keys()


def test_roles_that_the_page_names_are_the_templates() -> None:
    roles = [one["Properties"] for one in load(MEMBER)["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
    named = {one["RoleName"]["Fn::Sub"].replace("${RolePrefix}", "loglake-") for one in roles}
    assert "loglake-session-preferences-${AWS::Region}" in named
    assert "role/loglake-session-preferences-*" in PAGE
