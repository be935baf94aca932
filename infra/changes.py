"""What a CloudFormation change set would do, nested stacks included, and what of it is refused.

Source: CloudFormation API reference, ResourceChange; user guide, "Change sets for nested stacks".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

STACK = "AWS::CloudFormation::Stack"
EVIDENCE = {
    "AWS::S3::Bucket": "what is in it would be left without its lock, policy and notifications, or be deleted",
    "AWS::KMS::Key": "what it encrypted could never be read again, once it is deleted",
    "AWS::SQS::Queue": "nobody would take what waits in it",
    "AWS::Glue::Database": "every partition of the lake would be gone with it",
}
"""What a deployment never replaces or removes, and why."""


@dataclass(frozen=True, slots=True)
class Change:
    """One resource's. stack: the nested stack's logical id, '' in the root. action: add, modify, remove, import.

    replaced: no, yes, or perhaps, where it depends on a value that is only known while it is done.
    because: the properties that change.
    """

    stack: str
    resource: str
    kind: str
    action: str
    replaced: str
    because: str

    @property
    def lost(self) -> bool:
        """Whether the resource that is there now would go."""
        return self.action == "remove" or self.replaced == "yes"


def changes(client: Any, change_set: str, stack: str = "") -> Iterator[Change]:
    """All changes of a change set (its ARN) and of those that it nests. client: boto3's CloudFormation."""
    for one in _described(client, change_set):
        nested = one.get("ChangeSetId")
        if not nested or one["Action"] == "Remove":
            yield _change(one, stack)
        else:
            inner = list(changes(client, nested, one["LogicalResourceId"]))
            if one["Action"] == "Add":
                yield _change(one, stack)
            yield from inner


def _described(client: Any, change_set: str) -> Iterator[dict[str, Any]]:
    more: dict[str, str] = {}
    while True:
        answer = client.describe_change_set(ChangeSetName=change_set, **more)
        yield from (one["ResourceChange"] for one in answer.get("Changes", []) if one["Type"] == "Resource")
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}


def _change(one: dict[str, Any], stack: str) -> Change:
    replaced = {"True": "yes", "Conditional": "perhaps"}.get(one.get("Replacement", ""), "no")
    targets = (detail.get("Target", {}) for detail in one.get("Details", []))
    because = dict.fromkeys(target.get("Name") or target.get("Attribute", "") for target in targets)
    return Change(
        stack,
        one["LogicalResourceId"],
        one["ResourceType"],
        one["Action"].lower(),
        replaced,
        ", ".join(filter(None, because)),
    )


def refused(found: Iterable[Change], holding: Iterable[str]) -> list[tuple[Change, str]]:
    """The changes that a deployment does not make, each with its reason. holding: the nested stacks (logical ids) that
    hold evidence, which are not removed either."""
    stacks = set(holding)
    answer = []
    for one in found:
        if one.lost and one.kind in EVIDENCE:
            answer.append((one, EVIDENCE[one.kind]))
        elif one.lost and one.kind == STACK and one.resource in stacks:
            answer.append((one, "it holds buckets, keys, queues or the database"))
    return answer


def holding_evidence(templates: dict[str, dict[str, Any]], root: dict[str, Any]) -> list[str]:
    """The root's nested stacks whose template declares what is never removed. templates: by file name."""
    found = []
    for name, one in root["Resources"].items():
        if one["Type"] == STACK:
            child = templates[one["Properties"]["TemplateURL"].removeprefix("./")]
            if any(inner["Type"] in EVIDENCE for inner in child["Resources"].values()):
                found.append(name)
    return found
