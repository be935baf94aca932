"""CloudFormation templates, read as values: short tags (!Ref, !Sub, ...) become their long forms.

Source: CloudFormation's "Intrinsic function reference"; `!GetAtt A.B.C` is `Fn::GetAtt: [A, B.C]`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

TEMPLATES = Path(__file__).parent / "templates"
_PLAIN = ("Ref", "Condition")  # all others are Fn::...
_Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times faster, where PyYAML was built with it


class TemplateError(ValueError):
    """A template that cannot be read. The message has the file, the line and the reason."""


class _Loader(_Safe):  # type: ignore[valid-type,misc]  # PyYAML has no types
    """YAML as CloudFormation reads it: dates stay text, a key is given once."""


# `2010-09-09` is a template's version and `2012-10-17` a policy's, not days.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
        seen.add(key.value)
    loader.flatten_mapping(node)
    found: dict[Any, Any] = _Safe.construct_mapping(loader, node, deep=True)
    return found


def _short(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = _mapping(loader, node)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in _PLAIN else f"Fn::{suffix}": value}


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_multi_constructor("!", _short)


def load(path: Path) -> dict[str, Any]:
    """A template from its file. Raises TemplateError."""
    return parse(path.read_text(encoding="utf-8"), str(path))


def parse(text: str, name: str = "template") -> dict[str, Any]:
    """A template from its text. Raises TemplateError; `name` is what its message calls the file."""
    try:
        found = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise TemplateError(f"{name}: {error}") from None
    if not isinstance(found, dict):
        raise TemplateError(f"{name}: not a template: it holds no keys")
    return found


def resources(template: dict[str, Any], kind: str) -> dict[str, Any]:
    """The properties of all resources of one type, by logical id."""
    found: dict[str, Any] = template.get("Resources", {})
    return {name: one.get("Properties", {}) for name, one in found.items() if one["Type"] == kind}


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML has no types
    """SQL as people write it: one line a line. No anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _lines(dumper: yaml.SafeDumper, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _lines)


def dump(value: dict[str, Any]) -> str:
    """YAML of (a part of) a template, in the order of its keys; `parse` reads it back the same."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def with_comments(resources: Iterable[tuple[str, str, dict[str, Any]]]) -> str:
    """YAML of a template's Resources: (logical id, comment, resource), each comment right above its resource."""
    lines = ["Resources:"]
    for name, comment, resource in resources:
        lines += [f"  # {line}" for line in textwrap.wrap(comment, 110, break_on_hyphens=False)]
        lines += [f"  {line}" if line else "" for line in dump({name: resource}).splitlines()]
    return "\n".join(lines) + "\n"
