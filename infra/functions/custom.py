"""Answers CloudFormation for a custom resource, whatever happens in it: a stack must not wait an hour for a bug.

There is no alarm clock in here. CloudFormation calls a function asynchronously, so Lambda calls again, twice, if it
crashed or ran out of time before it had answered; the answer then comes from the repetition. What a handler does must
therefore be repeatable. `ServiceTimeout` on the resource bounds how long the stack waits for all of that.

Source: CloudFormation, "Custom resource reference" (request and response objects).
"""

from __future__ import annotations

import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
_LONGEST_REASON = 500  # characters, of up to six bytes in JSON; a whole answer may have 4,096
_ATTEMPTS = 5


def answering(act: Callable[[Event], dict[str, Any] | None]) -> Callable[[Event, Any], None]:
    """The Lambda handler of a custom resource that `act` makes, changes or removes.

    act: takes CloudFormation's event, returns the resource's attributes (`Data`), if it has any. What it raises becomes
    the reason of a FAILED. A resource's PhysicalResourceId is given to it when it is created, and never changes: so
    CloudFormation never replaces the resource, and a Delete after a failed Create names the same one.
    """

    def handler(event: Event, context: Any) -> None:
        logging.getLogger().setLevel(logging.INFO)
        logging.info("%s %s", event["RequestType"], event["LogicalResourceId"])
        first = f"{event['LogicalResourceId']}-{event['RequestId']}"
        answer = {
            "PhysicalResourceId": event.get("PhysicalResourceId") or first,
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
        }
        try:
            answer |= {"Status": "SUCCESS", "Data": act(event) or {}}
        except Exception as error:
            logging.exception("FAILED")
            seen = getattr(context, "log_stream_name", "")
            answer |= {"Status": "FAILED", "Reason": f"{error}"[:_LONGEST_REASON] + f" (log stream {seen})"}
        _put(event["ResponseURL"], json.dumps(answer).encode())

    return handler


def _put(url: str, body: bytes) -> None:
    """To the presigned URL of S3, whose signature is over no Content-Type."""
    for attempt in range(1, _ATTEMPTS + 1):
        request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})
        try:
            with urllib.request.urlopen(request, timeout=10):
                return
        except (urllib.error.URLError, TimeoutError):
            if attempt == _ATTEMPTS:
                raise
            time.sleep(2**attempt)
