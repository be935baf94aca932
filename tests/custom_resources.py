"""What CloudFormation and Lambda do with one custom resource: requests, Lambda's repetitions, rollbacks.

From AWS's own pages: CloudFormation's "Custom resource reference", Lambda's "Asynchronous invocation" (twice more after
an error). A request that nobody answers counts as failed: that is what ServiceTimeout is for.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from botocore.awsrequest import AWSResponse, HeadersDict

RUNS = 3
STACK = "arn:aws:cloudformation:us-east-1:111122223333:stack/StackSet-session-manager/5e55"


class Crash(BaseException):
    """The function's process is gone, without a word."""


class Calls:
    """A function's calls of AWS (`service:Action`). It may crash at one, once or in every run; some may be refused."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As new; the clients that are watched stay watched."""
        self.made: list[str] = []
        self.in_run = 0
        self.crash_before = self.crash_after = self.crash_always_after = -1
        self.errors: dict[str, list[tuple[int, str]]] = {}  # by action: (HTTP status, code) of its next calls
        self.answers: dict[str, Callable[[dict[str, Any]], None]] = {}  # by action: what the embedded AWS does not know

    def watch(self, client: Any) -> Any:
        client.meta.events.register("before-call", self._before)
        client.meta.events.register("before-send", self._send)
        client.meta.events.register("after-call", self._after)
        return client

    def _before(self, model: Any, params: dict[str, Any], **_: Any) -> Any:
        self.made.append(f"{model.service_model.service_name}:{model.name}")
        self.in_run += 1
        if len(self.made) - 1 == self.crash_before:
            raise Crash
        if model.name in self.answers:
            self.answers[model.name](params)
            return response(200, ""), {}
        return None

    def _send(self, event_name: str, **_: Any) -> Any:
        waiting = self.errors.get(event_name.rsplit(".", 1)[-1], [])
        return response(*waiting.pop(0)) if waiting else None

    def _after(self, **_: Any) -> None:
        if len(self.made) - 1 == self.crash_after or self.in_run - 1 == self.crash_always_after:
            raise Crash


class Body(io.BytesIO):
    """What botocore takes for urllib3's answer."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def response(status: int, code: str) -> AWSResponse:
    """AWS's answer with an error, in the JSON protocol."""
    body = Body(json.dumps({"__type": code, "message": "made for a test"}).encode())
    return AWSResponse("http://localhost/", status, HeadersDict({}), body)


@dataclass
class CustomResource:
    """One custom resource of a stack. `index`: the module that the function runs."""

    index: ModuleType
    kind: str
    logical: str = "Preferences"
    stack: str = STACK
    physical: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    data: dict[str, str] = field(default_factory=dict)
    _requests: Any = field(default_factory=itertools.count)

    def create(self, properties: dict[str, Any]) -> bool:
        """False: it failed, and the stack was rolled back."""
        if self.request("Create", properties):
            self.properties = properties
            return True
        self.delete(properties)
        return False

    def update(self, properties: dict[str, Any]) -> bool:
        """False: it failed, and the stack was rolled back."""
        if self.request("Update", properties, self.properties):
            self.properties = properties
            return True
        assert self.request("Update", self.properties, properties), "UPDATE_ROLLBACK_FAILED"
        return False

    def delete(self, properties: dict[str, Any] | None = None) -> None:
        assert self.request("Delete", properties or self.properties), "DELETE_FAILED"

    def request(self, kind: str, properties: dict[str, Any], old: dict[str, Any] | None = None) -> bool:
        event = {
            "RequestType": kind,
            "ResourceType": self.kind,
            "LogicalResourceId": self.logical,
            "StackId": self.stack,
            "RequestId": f"request-{next(self._requests)}",
            "ResponseURL": "https://cloudformation.example/answer",
            "ResourceProperties": {"ServiceToken": "arn", **properties},
        }
        if kind != "Create":
            event["PhysicalResourceId"] = self.physical or "made-up-by-cloudformation"
        if old is not None:
            event["OldResourceProperties"] = {"ServiceToken": "arn", **old}
        answer = self._answer(event)
        if answer.get("PhysicalResourceId"):
            assert self.physical in ("", answer["PhysicalResourceId"]) or kind == "Create", "a replacement"
            self.physical = answer["PhysicalResourceId"]
        self.data = answer.get("Data") or self.data
        if answer.get("Status") == "FAILED":
            self.reasons.append(answer["Reason"])
        return bool(answer.get("Status") == "SUCCESS")

    def _answer(self, event: dict[str, Any]) -> dict[str, Any]:
        for _ in range(RUNS):
            answers = self.index.ANSWERS
            answers.clear()
            try:
                self.index.handler(event, None)
            except Crash:
                continue
            assert len(answers) == 1
            found: dict[str, Any] = answers[0]
            return found
        return {}
