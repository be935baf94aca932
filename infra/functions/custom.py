"""What every custom resource of the templates shares: CloudFormation always gets its answer.

A function that ends without one leaves a stack waiting for an hour. `resource` calls the handler and answers SUCCESS,
or FAILED with the reason, whatever happens. There is no alarm clock in here: CloudFormation calls asynchronously, so
Lambda calls again, twice, where a run crashed or ran out of time; what a handler does must bear that.
Runs on AWS Lambda with what its Python has (boto3). Source: CloudFormation, "Custom resource reference".
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3

REASON = 500  # characters, of up to six bytes in JSON; a whole answer may have 4,096
ATTEMPTS = 5


@dataclass(frozen=True)
class Answer:
    """What a handler did. physical_id: what it made is called; another one after an update is a replacement, of which
    CloudFormation deletes the old. data: what the template may ask for with GetAtt."""

    physical_id: str
    data: dict[str, str] = field(default_factory=dict)


class Later(Exception):
    """A handler is not done and has no time left: it is called again with the same request, in a fresh run."""


Handler = Callable[[dict[str, Any], Any], Answer]


def resource(handler: Handler) -> Callable[[dict[str, Any], Any], None]:
    """The Lambda handler of a custom resource. Retries nothing: `handler` must bear being called again."""

    def answered(event: dict[str, Any], context: Any) -> None:
        # A failed update keeps its id: a new one would be a replacement, and the old resource would be deleted.
        physical_id = event.get("PhysicalResourceId") or f"{event['LogicalResourceId']}-{event['RequestId']}"
        try:
            answer = handler(event, context)
        except Later:
            _again(event, context)
        except Exception as error:  # noqa: BLE001 - whatever it is, CloudFormation must hear of it
            print(f"FAILED {event['RequestType']} {event['LogicalResourceId']}: {error!r}")
            respond(event, "FAILED", Answer(physical_id), f"{type(error).__name__}: {error}")
        else:
            # What is deleted keeps its id as well, be it the one of a create that failed.
            kept = physical_id if event["RequestType"] == "Delete" else answer.physical_id
            respond(event, "SUCCESS", Answer(kept, answer.data))

    return answered


def respond(event: dict[str, Any], status: str, answer: Answer, reason: str = "") -> None:
    """PUT the answer to where the request says. If that fails for good, Lambda calls the whole function again."""
    body = {
        "Status": status,
        "Reason": reason[:REASON] or status,
        "PhysicalResourceId": answer.physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": answer.data,
    }
    _put(event["ResponseURL"], json.dumps(body).encode())


def _put(url: str, body: bytes) -> None:
    """To a presigned URL of S3, which is signed for an empty content type; urllib would send one of its own."""
    for attempt in range(1, ATTEMPTS + 1):
        request = urllib.request.Request(url, data=body, headers={"Content-Type": ""}, method="PUT")
        try:
            urllib.request.urlopen(request, timeout=30).close()
        except (urllib.error.URLError, TimeoutError):
            if attempt == ATTEMPTS:
                raise
            time.sleep(2**attempt)
        else:
            return


def _again(event: dict[str, Any], context: Any) -> None:
    """Lambda ends a run after 15 minutes; CloudFormation waits for an hour."""
    boto3.client("lambda").invoke(
        FunctionName=context.invoked_function_arn, InvocationType="Event", Payload=json.dumps(event).encode()
    )
