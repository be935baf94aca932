"""A CloudFormation stack, changed by change sets: made, looked at, executed, watched until its end.

All functions take boto3's CloudFormation client. Sources: CloudFormation user guide, "Stack status codes", "Change sets
for nested stacks"; API reference, CreateChangeSet, DescribeStackEvents.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from infra.changes import STACK

POLL = 5.0  # seconds
_UNCHANGED = ("didn't contain changes", "No updates are to be performed")
_FOLLOWS = ("Resource creation cancelled", "Resource update cancelled")  # because of another's failure

Sleep = Callable[[float], None]


class DeploymentError(Exception):
    """A stack is not as it should be. The message says how it is, `hint` what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that is there. parameters, outputs: by name."""

    arn: str
    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """One that can be executed; empty: there is nothing to do. creates: the stack is not there yet."""

    arn: str
    stack: str
    creates: bool
    empty: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a resource. stack: the nested stack's logical id, '' of the root; when: in UTC;
    physical: what AWS calls it, '' as long as it has no name."""

    when: datetime
    stack: str
    resource: str
    kind: str
    physical: str
    status: str
    reason: str

    @property
    def failed(self) -> bool:
        """Whether this is a failure of its own, and not one that another's brought about."""
        return self.status.endswith("_FAILED") and not self.reason.startswith(_FOLLOWS)


@dataclass(slots=True)
class Course:
    """What is known of a change under way. nested: the logical ids of nested stacks by ARN, the root's is ''."""

    nested: dict[str, str]
    seen: set[str] = field(default_factory=set)
    first: Event | None = None


def stack(client: Any, name: str) -> Stack | None:
    """The stack of that name, or None; one that only was looked at and never made is None, too."""
    try:
        (found,) = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    if found["StackStatus"] == "REVIEW_IN_PROGRESS":
        return None
    return Stack(
        found["StackId"],
        found["StackStatus"],
        {one["ParameterKey"]: one.get("ParameterValue", "") for one in found.get("Parameters", [])},
        {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])},
    )


def ready(found: Stack | None, name: str) -> None:
    """Raises DeploymentError where the stack can take no change now."""
    status = found.status if found else ""
    if status == "ROLLBACK_COMPLETE":
        delete = f"aws cloudformation delete-stack --stack-name {name}"
        raise DeploymentError(
            f"stack {name}: its creation failed and was rolled back; such a stack can only be deleted",
            f"{delete}; then again.",
        )
    if status == "UPDATE_ROLLBACK_FAILED":
        raise DeploymentError(
            f"stack {name}: an update failed, and going back failed, too",
            f"aws cloudformation continue-update-rollback --stack-name {name}; then again.",
        )
    if status in ("ROLLBACK_FAILED", "DELETE_FAILED"):
        delete = f"aws cloudformation delete-stack --stack-name {name}"
        raise DeploymentError(
            f"stack {name} is {status}: something that it made could not be deleted, most often a bucket with objects",
            f"{delete}; if that fails, too, with --deletion-mode FORCE_DELETE_STACK. What is left then: "
            "docs/deploy.md, A first deployment that fails.",
        )
    if status.endswith("_IN_PROGRESS"):
        raise DeploymentError(f"stack {name} is {status}", "Wait for its end, or look at its events in the console.")


def propose(client: Any, name: str, creates: bool, request: dict[str, Any], sleep: Sleep = time.sleep) -> ChangeSet:
    """Makes a change set and waits until it is computed. request: TemplateURL or TemplateBody, Parameters, Tags, ..."""
    try:
        made = client.create_change_set(
            StackName=name,
            ChangeSetName=f"loglake-{time.time_ns()}",
            ChangeSetType="CREATE" if creates else "UPDATE",
            Capabilities=["CAPABILITY_NAMED_IAM"],
            IncludeNestedStacks=True,
            **request,
        )
    except ClientError as error:  # AWS makes such a change set, and it fails; moto refuses to make it
        if any(one in str(error) for one in _UNCHANGED):
            return ChangeSet("", name, creates, empty=True)
        raise
    while True:
        answer = client.describe_change_set(ChangeSetName=made["Id"])
        if answer["Status"] == "CREATE_COMPLETE":
            return ChangeSet(made["Id"], made["StackId"], creates, empty=False)
        if answer["Status"] == "FAILED":
            reason = answer.get("StatusReason", "")
            proposed = ChangeSet(made["Id"], made["StackId"], creates, empty=True)
            withdraw(client, name, proposed)
            if any(one in reason for one in _UNCHANGED):
                return proposed
            raise DeploymentError(f"stack {name}: CloudFormation cannot say what would change: {reason}")
        sleep(POLL)


def withdraw(client: Any, name: str, proposed: ChangeSet) -> None:
    """Forgets a change set; and the empty stack that one makes where there was none."""
    client.delete_change_set(ChangeSetName=proposed.arn)
    if proposed.creates:
        with contextlib.suppress(ClientError):  # not while nested change sets go; a stack in review is no stack
            client.delete_stack(StackName=name)


def execute(client: Any, name: str, proposed: ChangeSet, sleep: Sleep = time.sleep) -> Iterator[Event]:
    """Does it. Yields what happens, oldest first, until the stack's end; raises Failed if that is a bad one."""
    course = Course({proposed.stack: ""})
    for _ in _news(client, course):
        pass  # what happened before
    client.execute_change_set(ChangeSetName=proposed.arn)
    while True:
        yield from _noted(client, course)
        found = stack(client, proposed.stack)
        status = found.status if found else "DELETE_COMPLETE"
        if not status.endswith("_IN_PROGRESS"):
            break
        sleep(POLL)
    yield from _noted(client, course)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise Failed(name, status, course.first)


class Failed(DeploymentError):
    """A change did not work out. first: the first resource that failed, of whichever stack."""

    def __init__(self, name: str, status: str, first: Event | None) -> None:
        what = f"{_place(first)} ({first.kind}): {first.reason}" if first else "no resource says why"
        super().__init__(f"stack {name} ended as {status}. First to fail: {what}")
        self.first = first


def _noted(client: Any, course: Course) -> Iterator[Event]:
    """The news; the first failure is remembered, that of a nested stack only where nothing inside it says why."""
    for event in _news(client, course):
        if event.failed and (course.first is None or (course.first.kind == STACK and event.kind != STACK)):
            course.first = event
        yield event


def _place(event: Event) -> str:
    return f"{event.stack}.{event.resource}" if event.stack else event.resource


def _news(client: Any, course: Course) -> list[Event]:
    """Events that were not seen yet, of all known stacks, oldest first; nested stacks become known by theirs."""
    found: list[Event] = []
    todo = list(course.nested)
    while todo:
        arn = todo.pop()
        for one in _events(client, arn, course.seen):
            kind, physical = one["ResourceType"], one.get("PhysicalResourceId", "")
            if kind == STACK and physical and physical != arn and physical not in course.nested:
                course.nested[physical] = one["LogicalResourceId"]
                todo.append(physical)
            found.append(
                Event(
                    one["Timestamp"],
                    course.nested[arn],
                    one["LogicalResourceId"],
                    kind,
                    physical,
                    one.get("ResourceStatus", ""),
                    one.get("ResourceStatusReason", ""),
                )
            )
    return sorted(found, key=lambda event: event.when)


def _events(client: Any, arn: str, seen: set[str]) -> list[dict[str, Any]]:
    """DescribeStackEvents tells the newest first: read until one that is known."""
    new: list[dict[str, Any]] = []
    for page in client.get_paginator("describe_stack_events").paginate(StackName=arn):
        for one in page["StackEvents"]:
            if one["EventId"] in seen:
                break
            new.append(one)
        else:
            continue
        break
    seen.update(one["EventId"] for one in new)
    return new[::-1]
