"""IAM policies of a template, resolved and evaluated: may a role make a call, and which of its rights are never used.

Of IAM's language what access.yaml uses: Allow statements, wildcards in actions and resources, StringEquals and
StringLike on s3:prefix. Anything else is refused, so that nothing is believed to be allowed that was not understood.
Source: AWS IAM user guide, "IAM JSON policy element reference".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.calls import Need

NO_VALUE = object()
_NAME = re.compile(r"\$\{([\w:.]+)\}")
_UNKNOWN = (  # of calls that no recording has
    "aws:SourceAccount",
    "cloudwatch:namespace",
    "iam:PassedToService",
    "kms:EncryptionContext:aws:logs:arn",
    "kms:ViaService",
)


@dataclass(frozen=True)
class Statement:
    """An Allow of a role. prefixes: what a LIST's prefix must match; () is no condition."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    prefixes: tuple[str, ...] = ()

    def allows(self, need: Need) -> list[tuple[str, str]]:
        """The pairs of an action and a resource that allow it."""
        if self.prefixes and (need.prefix is None or not any(_like(one, need.prefix) for one in self.prefixes)):
            return []
        actions = [one for one in self.actions if _like(one.lower(), need.action.lower())]
        return [(action, one) for action in actions for one in self.resources if _like(one, need.resource)]

    def rights(self) -> Iterator[tuple[str, str, str]]:
        """Every right that it gives: its name, an action, a resource."""
        for action in self.actions:
            for resource in self.resources:
                yield self.sid, action, resource


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in text), re.S)


def _like(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


def unallowed(statements: Iterable[Statement], needs: Iterable[Need]) -> list[Need]:
    """The calls that no statement allows."""
    given = list(statements)
    return [need for need in needs if not any(one.allows(need) for one in given)]


def used(statements: Iterable[Statement], needs: Iterable[Need]) -> set[tuple[str, str, str]]:
    """The rights that some call made use of, as `Statement.rights` names them."""
    given, made = list(statements), list(needs)
    return {(one.sid, *right) for one in given for need in made for right in one.allows(need)}


class Template:
    """A template's roles and managed policies under some parameters."""

    def __init__(self, template: Mapping[str, Any], given: Mapping[str, Any], account: str, region: str) -> None:
        self._resources = template["Resources"]
        self._conditions = template["Conditions"]
        self._names = {"AWS::Partition": "aws", "AWS::AccountId": account, "AWS::Region": region}
        for name, one in template["Parameters"].items():
            value = given.get(name, one.get("Default"))
            if value is None:
                raise KeyError(f"parameter {name} has no default and is not given")
            self._names[name] = value.split(",") if one["Type"] == "CommaDelimitedList" else value
        if unknown := given.keys() - template["Parameters"].keys():
            raise KeyError(f"the template has no parameters {sorted(unknown)}")

    def statements(self) -> dict[str, list[Statement]]:
        """Of every role and managed policy that is made: its statements. A role's are its own and its policies'."""
        found: dict[str, list[Statement]] = {}
        for name, one in self._resources.items():
            if one["Type"] == "AWS::IAM::ManagedPolicy" and self._made(one):
                found[name] = self._read(name, one["Properties"]["PolicyDocument"])
        for name, one in self._resources.items():
            if one["Type"] == "AWS::IAM::Role" and self._made(one):
                attached = self._value(one["Properties"].get("ManagedPolicyArns", []))
                own = one["Properties"].get("Policies", [])
                found[name] = [more for policy in own for more in self._read(name, policy["PolicyDocument"])]
                found[name] += [more for policy in attached for more in found[policy]]
        return found

    def _made(self, resource: Mapping[str, Any]) -> bool:
        return "Condition" not in resource or self._holds({"Condition": resource["Condition"]})

    def _read(self, name: str, document: Mapping[str, Any]) -> list[Statement]:
        return [self._statement(name, one) for one in self._value(document["Statement"])]

    def _statement(self, name: str, one: Mapping[str, Any]) -> Statement:
        assert one.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}, f"{name}: {one}"
        assert one["Effect"] == "Allow", f"{name} {one['Sid']}: only Allow is understood here"
        prefixes: list[str] = []
        for operator, keys in one.get("Condition", {}).items():
            assert operator in ("StringEquals", "StringLike"), f"{name} {one['Sid']}: {operator}"
            for key, values in keys.items():
                assert key in ("s3:prefix", *_UNKNOWN), f"{name} {one['Sid']}: {key}"
                prefixes += _list(values) if key == "s3:prefix" else []
        return Statement(one["Sid"], tuple(_list(one["Action"])), tuple(_list(one["Resource"])), tuple(prefixes))

    def _holds(self, condition: Any) -> bool:
        (function, argument), *_ = condition.items()
        match function:
            case "Condition":
                return self._holds(self._conditions[argument])
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And":
                return all(self._holds(one) for one in argument)
            case "Fn::Or":
                return any(self._holds(one) for one in argument)
            case "Fn::Equals":
                first, second = map(self._value, argument)
                return bool(first == second)
        raise NotImplementedError(function)

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [made for one in value if (made := self._value(one)) is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref":
                return NO_VALUE if argument == "AWS::NoValue" else self._names.get(argument, argument)
            if function.startswith("Fn::"):
                return self._function(function.removeprefix("Fn::"), argument)
        return {key: made for key, one in value.items() if (made := self._value(one)) is not NO_VALUE}

    def _function(self, function: str, argument: Any) -> Any:
        match function:
            case "If":
                return self._value(argument[1] if self._holds({"Condition": argument[0]}) else argument[2])
            case "Join":
                return argument[0].join(self._value(argument[1]))
            case "Split":
                return self._value(argument[1]).split(argument[0])
            case "GetAtt":
                return ".".join(argument)
            case "Sub":
                text, more = argument if isinstance(argument, list) else (argument, {})
                names = self._names | {name: self._value(one) for name, one in more.items()}
                return _NAME.sub(lambda match: names[match[1]], text)
        raise NotImplementedError(function)


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
