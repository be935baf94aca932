"""`infra/templates/lake.yaml`: the root, which nests the templates of one lake and feeds each of their parameters.

`python -m infra.root` writes it. A child's parameter is fed, in this order: by what is said here; by what the output of
an earlier child that has its name will be (`infra.names`); by a parameter of the root, which is the child's own, word
for word. So a new parameter of a child is the root's without another word, and no description is written twice.

The keys (keys.yaml) are no child: their ARNs cannot be told before they are made, so they have a stack of their own,
which `loglake deploy` makes before this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from infra.names import told
from infra.source import further, logical, path
from infra.template import TEMPLATES, dump, load, with_comments
from lake import keys

PATH = TEMPLATES / "lake.yaml"
HEADER = "# Made by `python -m infra.root` of the templates that it nests: change those, or infra/root.py, not this.\n"


@dataclass(frozen=True, slots=True)
class Child:
    """A nested stack. feeds: what its parameters get; renamed: which of them the root calls otherwise.

    after: the stacks that must be there before; perhaps: those that may not be there, each behind its condition.
    """

    name: str
    file: str
    breaks: str
    feeds: dict[str, Any] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    condition: str = ""
    perhaps: tuple[tuple[str, str], ...] = ()


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _output(child: str, name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [child, f"Outputs.{name}"]}


def _will_be(file: str, name: str) -> Any:
    return told(load(TEMPLATES / file), name)


def _if(condition: str, then: Any, otherwise: Any = None) -> dict[str, list[Any]]:
    return {"Fn::If": [condition, then, _ref("AWS::NoValue") if otherwise is None else otherwise]}


def _list(*parts: Any) -> dict[str, Any]:
    """Parts that are there, with commas between them."""
    return {"Fn::Join": [",", list(parts)]}


def _more(what: str) -> dict[str, list[Any]]:
    """What further raw buckets, of which each is a stack of its own, add to a list."""
    return _if(f"More{what}Given", _ref(f"More{what}"))


_RAWS = ("CloudTrailRaw", "SessionLogsRaw")
_REPLICATION = {"ReplicationRoleArn": _if("Copies", _will_be("access.yaml", "ReplicationRoleArn"), "")}
_TOPICS = {"TopicArns": _list(*(_if(f"{raw}BySns", _ref(f"{raw}TopicArn")) for raw in _RAWS), _more("TopicArns"))}
_SETTINGS = {"SettingsKey": keys.SETTINGS}
_COPIED = {
    "CloudTrailRaw": "CloudTrailRawBucket",
    "SessionLogsRaw": "SessionLogsRawBucket",
    "Books": "BooksBucket",
    "Readready": "ReadreadyBucket",
}


def _raw(name: str, what: str, **more: Any) -> Child:
    own = ("Mode", "TopicArn", "OwnerAccount", "ReplicaArn", "ReplicaKeyArn", "LockMode")
    shared = ("LockDays", "ColdClass", "ColdDays", "ExpireDays")
    return Child(
        name,
        "raw.yaml",
        f"Breaks: {what} of the lake's own bucket are not kept or not heard of. Do: see its resources.",
        feeds={"RawKeyArn": _if(f"{name}HasKey", _ref(f"{name}KeyArn"), _ref("RawKeyArn"))}
        | _REPLICATION
        | {"SessionWriters": "", "SessionPrefix": ""},  # session log files lie in a bucket of their own
        renamed={"RawBucket": f"{name}Bucket"}
        | {one: f"{name}{one}" for one in own}
        | {one: f"Raw{one}" for one in shared},
        after=("Storage",),
        **more,
    )


_RAW_KEYS = {
    "RawKeyArns": _list(
        _ref("RawKeyArn"),
        *(_if(f"{raw}HasKey", _ref(f"{raw}KeyArn")) for raw in _RAWS),
        _more("RawKeyArns"),
    )
}
CHILDREN = (
    Child(
        "Access",
        "access.yaml",
        "Breaks: components and people are refused what they need. Do: see its resources.",
        feeds={
            **_SETTINGS,
            "WorkGroup": _ref("Database"),  # lake.settings: workgroup
            **_RAW_KEYS,
            "ReplicatedBuckets": _list(*(_if(f"Copies{one}", _ref(bucket)) for one, bucket in _COPIED.items())),
            "ReplicaArns": _list(*(_if(f"Copies{one}", _ref(f"{one}ReplicaArn")) for one in _COPIED)),
            "ReplicaKeyArns": _list(*(_if(f"Copies{one}", _ref(f"{one}ReplicaKeyArn")) for one in _COPIED)),
        },
    ),
    Child(
        "Ingest",
        "ingest.yaml",
        "Breaks: what arrives is not heard of; it is kept. Do: see its resources.",
        feeds={**_SETTINGS, **_TOPICS, "InboxLockDays": _if("Locks", _ref("InboxLockDays"), "0")},
        after=("Access",),
    ),
    Child(
        "Storage",
        "storage.yaml",
        "Breaks: books and tables are neither written nor read. Do: see its resources.",
        feeds=_REPLICATION,
        after=("Ingest",),
    ),
    _raw("CloudTrailRaw", "CloudTrail's files"),
    _raw("SessionLogsRaw", "session logs", condition="TwoRawBuckets"),
    Child(
        "Catalog",
        "catalog.yaml",
        "Breaks: nobody can ask, and days stop turning up. Do: see its resources.",
        after=("Storage",),
    ),
    Child(
        "Grants",
        "grants.yaml",
        "Breaks: who reads by Lake Formation's grants is refused. Do: see its resources.",
        after=("Catalog",),
        condition="Granted",
    ),
    Child(
        "People",
        "grants-people.yaml",
        "Breaks: people who read by Lake Formation's grants are refused tables. Do: see its resources.",
        after=("Catalog", "Grants"),
        condition="Granted",
    ),
    Child(
        "Watch",
        "watch.yaml",
        "Breaks: nobody is told when the lake falls behind. Do: see its resources.",
        feeds={
            "AddAPartFunctionName": _will_be("ingest.yaml", "FunctionName"),
            "AddAPartMaximumConcurrency": _ref("MaximumConcurrency"),
            # Named, not fed by outputs: its log groups are there before the first run.
            "CloudTrailJobName": {"Fn::Sub": "${RolePrefix}cloudtrail"},
            "SessionLogsJobName": {"Fn::Sub": "${RolePrefix}sessionlogs"},
            "TendJobName": {"Fn::Sub": "${RolePrefix}tend"},
            "ListRawJobName": {"Fn::Sub": "${RolePrefix}list-raw"},
            "QualityJobName": {"Fn::Sub": "${RolePrefix}quality"},
        },
        after=("Ingest",),
    ),
    Child(
        "Jobs",
        "jobs.yaml",
        "Breaks: new logs are in no table; they wait. Do: see its resources.",
        feeds={
            **_SETTINGS,
            "ListedBuckets": _list(
                *(_if(f"{raw}Lists", _ref(f"{raw}Bucket")) for raw in _RAWS), _more("ListedBuckets")
            ),
        },
        after=("Storage", "CloudTrailRaw", "Catalog", "Watch"),
    ),
    *(
        Child(
            logical(logs),
            path(logs).name,
            f"Breaks: new {logs.title} are in no table; they wait. Do: see its resources.",
            feeds={
                **_SETTINGS,
                **_RAW_KEYS,
                "AlarmTopicArn": {
                    "Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${RolePrefix}alarms"
                },
            },
            after=("Jobs",),
            condition=f"Takes{logical(logs)}",
            perhaps=(  # one stack at a time grants
                ("Granted", "People"),
                *((f"Takes{logical(one)}", logical(one)) for one in further()[:at]),
            ),
        )
        for at, logs in enumerate(further())
    ),
)

_PACKAGED = {
    "cfn-lint": {"config": {"ignore_checks": ["W3002"]}, "reason": "loglake deploy uploads the child and names it here"}
}
_TEXT = {"Type": "String", "Default": ""}
OWN = {
    "CloudTrailRawKeyArn": _TEXT | {"Description": "The key of a brought CloudTrail bucket. Empty: ours (keys.yaml)."},
    "SessionLogsRawKeyArn": _TEXT
    | {"Description": "The key of a brought session logs bucket. Empty: ours (keys.yaml)."},
    "MoreTopicArns": _TEXT | {"Description": "SNS topics of further raw buckets in mode sns, by commas."},
    "MoreRawKeyArns": _TEXT | {"Description": "Keys of further raw buckets, by commas."},
    "MoreListedBuckets": _TEXT | {"Description": "Further raw buckets in mode listing, by commas."},
}


def _has(name: str) -> dict[str, Any]:
    return {"Fn::Not": [{"Fn::Equals": [_ref(name), ""]}]}


CONDITIONS: dict[str, Any] = {
    "TwoRawBuckets": {"Fn::Not": [{"Fn::Equals": [_ref("CloudTrailRawBucket"), _ref("SessionLogsRawBucket")]}]},
    **{f"{raw}HasKey": _has(f"{raw}KeyArn") for raw in _RAWS},
    **{
        f"{raw}BySns": {"Fn::And": [{"Fn::Equals": [_ref(f"{raw}Mode"), "sns"]}, _has(f"{raw}TopicArn")]}
        for raw in _RAWS
    },
    **{f"{more}Given": _has(more) for more in OWN if more.startswith("More")},
    "Granted": {"Fn::Equals": [_ref("LakeFormation"), "yes"]},
    **{f"{raw}Lists": {"Fn::Equals": [_ref(f"{raw}Mode"), "listing"]} for raw in _RAWS},
    **{
        f"Takes{logical(logs)}": {
            "Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", _ref(f"{logical(logs)}RawBuckets")]}, ""]}]
        }
        for logs in further()
    },
    "Locks": {"Fn::Not": [{"Fn::Equals": [_ref("LockMode"), "NONE"]}]},
    **{f"Copies{one}": _has(f"{one}ReplicaArn") for one in _COPIED},
    "Copies": {"Fn::Or": [{"Condition": f"Copies{one}"} for one in _COPIED]},
}


def text(children: Iterable[Child] = CHILDREN) -> str:
    """The whole file."""
    parameters: dict[str, Any] = dict(OWN)
    groups: list[dict[str, Any]] = []
    outputs: dict[str, Any] = {}  # of the children so far: what it will be
    stacks: list[tuple[str, str, dict[str, Any]]] = []
    for child in children:
        template = load(TEMPLATES / child.file)
        known = set(parameters)
        fed = {name: _fed(child, name, one, outputs, parameters) for name, one in template["Parameters"].items()}
        if added := [name for name in parameters if name not in known]:
            groups.append({"Label": {"default": child.file}, "Parameters": added})
        for output in template.get("Outputs", {}):
            outputs[output] = told(template, output) or _output(child.name, output)
        stacks.append((child.name, child.breaks, _stack(child, fed)))
    groups.append({"Label": {"default": "Brought raw buckets"}, "Parameters": list(OWN)})
    head = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Log Lake: the whole of it. loglake deploy fills and deploys this.",
        "Metadata": {"AWS::CloudFormation::Interface": {"ParameterGroups": groups}},
        "Parameters": parameters,
        "Conditions": CONDITIONS,
    }
    return HEADER + dump(head) + with_comments(stacks) + dump({"Outputs": _outputs()})


def _fed(child: Child, name: str, one: dict[str, Any], outputs: dict[str, Any], parameters: dict[str, Any]) -> Any:
    """What a child's parameter gets; where that is the root's, the root has it from now on."""
    if name in child.feeds:
        value = child.feeds[name]
        for inner in _refs(value):
            if inner == name:
                parameters.setdefault(name, one)
        return value
    if name in outputs and name not in child.renamed:
        return outputs[name]
    roots = child.renamed.get(name, name)
    parameters.setdefault(roots, one)
    return {"Fn::Join": [",", _ref(roots)]} if one["Type"] == "CommaDelimitedList" else _ref(roots)


def _refs(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        if "Ref" in value:
            yield value["Ref"]
        for inner in value.values():
            yield from _refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _refs(inner)


def _stack(child: Child, fed: dict[str, Any]) -> dict[str, Any]:
    return (
        {"Type": "AWS::CloudFormation::Stack"}
        | ({"Condition": child.condition} if child.condition else {})
        | ({"DependsOn": list(child.after)} if child.after else {})
        | {"Metadata": _PACKAGED | _perhaps(child)}
        | {"Properties": {"TemplateURL": f"./{child.file}", "Parameters": fed}}
    )


def _perhaps(child: Child) -> dict[str, Any]:
    """A Ref makes an order wherever it stands; DependsOn is refused for what a condition may leave out."""
    after = [{"Fn::If": [condition, _ref(name), ""]} for condition, name in child.perhaps]
    return {"After": after} if after else {}


def _outputs() -> dict[str, Any]:
    wanted = (("Watch", "AlarmTopicArn"), ("Ingest", "QueueArn"))
    said = {name: load(TEMPLATES / file).get("Outputs", {}) for name, file in ((c.name, c.file) for c in CHILDREN)}
    return {
        output: {"Description": said[child][output]["Description"], "Value": _output(child, output)}
        for child, output in wanted
    }


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
