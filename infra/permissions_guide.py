"""The generated part of `docs/permissions.md`: every right in access.yaml, manager.yaml and source-*.yaml, with who
makes use of it.
`python -m infra.permissions_guide` renews it; a test fails when it is stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.permissions import MADE_BY_AWS
from infra.source import further, path
from infra.template import TEMPLATES, load

TARGET = Path(__file__).parents[1] / "docs" / "permissions.md"
FILES = ("access.yaml", "manager.yaml", *(path(logs).name for logs in further()))
_PART = re.compile(r"(?<=<!-- made: rights -->\n).*?(?=<!-- end -->)", re.S)
_BEFORE = re.compile(r"arn:(?:\$\{AWS::Partition\}|\*):(\w+):[^/]*?:(?=[^:]*$|log-group:)")
_ARNS = re.compile(r",?arn:\*:s3:::")


def render(page: str) -> str:
    """The page with its table made anew."""
    return _PART.sub(lambda _: f"\n{table()}\n", page)


def table() -> str:
    """All rights, a section for each role or policy."""
    parts = []
    for file in FILES:
        for name, statements in _holders(load(TEMPLATES / file)):
            lines = [f"### {name}", "", "| right | may | on | |", "|---|---|---|---|"]
            lines += [_line(*one) for one in statements]
            parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _holders(template: dict[str, Any]) -> Iterator[tuple[str, list[tuple[dict[str, Any], str]]]]:
    """Roles and policies with statements: name, and each with the word for when it is there."""
    for name, one in template["Resources"].items():
        properties = one["Properties"]
        if one["Type"] == "AWS::IAM::ManagedPolicy":
            documents = [properties["PolicyDocument"]]
        elif one["Type"] == "AWS::IAM::Role":
            documents = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
        else:
            continue
        if documents:
            yield name, [_statement(one) for document in documents for one in document["Statement"]]


def _statement(one: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """A statement, and under which condition it is there."""
    if "Fn::If" not in one:
        return one, ""
    condition, then, otherwise = one["Fn::If"]
    if condition == "Granted":
        return (then, "Lake Formation") if "Sid" in then else (otherwise, "no Lake Formation")
    return then, condition


def _line(one: dict[str, Any], when: str) -> str:
    reason = MADE_BY_AWS.get(one["Sid"])
    said = f"{reason.who}: {reason.why} ({reason.source})" if reason else ""
    only = f"*{when}*. " if when else ""
    prefixes = one.get("Condition", {}).get("StringLike", {}).get("s3:prefix", [])
    under = f" under {', '.join(f'`{prefix}`' for prefix in prefixes)}" if prefixes else ""
    actions = ", ".join(f"`{action}`" for action in _list(one["Action"]))
    places = ", ".join(f"`{place}`" for place in dict.fromkeys(map(_place, _list(one["Resource"]))))
    return f"| {one['Sid']} | {actions} | {places}{under} | {only}{said} |"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _place(resource: Any) -> str:
    """A resource as people say it: without what all ARNs have in common, parameters by name."""
    if isinstance(resource, str):
        return resource
    ((function, argument),) = resource.items()
    if function == "Ref":
        return f"${{{argument}}}"
    if function == "Fn::Split":
        return _place(argument[1])
    assert function == "Fn::Sub", resource
    text, names = argument if isinstance(argument, list) else (argument, {})
    for name, value in names.items():
        said = f"${{{value['Fn::Join'][1]['Ref']}}}" if "Fn::Join" in value else value["Fn::Sub"]
        text = text.replace(f"${{{name}}}", said)
    return _ARNS.sub(" ", _BEFORE.sub("", text) if "arn:*" not in text else text).strip()


if __name__ == "__main__":
    TARGET.write_text(render(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
