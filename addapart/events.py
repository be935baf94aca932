"""SQS messages -> the objects they announce: S3's own (by SNS or not), EventBridge's, or the lake's.

Sources: AWS, "Event message structure" (S3: keys are url-encoded, '+' is a space), "Using EventBridge" (not encoded).
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

from lake import announce
from lake.announce import Announced


class NotAnEvent(ValueError):
    """The message is none of the shapes that announce objects. It goes to the dead-letter queue, for a person."""


def announced(body: str) -> list[Announced]:
    """The objects that an SQS message's body announces; none for S3's test message. Raises NotAnEvent."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAnEvent(f"not JSON: {error}: {body[:200]!r}") from None
    if isinstance(message, dict) and message.get("Type") == "Notification" and isinstance(message.get("Message"), str):
        return announced(message["Message"])
    try:
        found = _read(message)
        for one in found:
            announce.check(one)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise NotAnEvent(f"not an S3 event ({type(error).__name__}: {error}): {body[:200]!r}") from None
    return found


def _read(message: dict[str, Any]) -> list[Announced]:
    if message.get("Event") == "s3:TestEvent":
        return []
    if (ours := announce.read(message)) is not None:
        return ours
    if message.get("detail-type") == "Object Created":
        detail, made = message["detail"], message["detail"]["object"]
        return [
            Announced(
                bucket=detail["bucket"]["name"],
                key=made["key"],
                etag=str(made.get("etag", "")).strip('"'),
                size=int(made.get("size", 0)),
                version=str(made.get("version-id", "")),
                arrived=str(message["time"]),
            )
        ]
    if not isinstance(message["Records"], list):
        raise TypeError("Records is no list")
    return [_record(one) for one in message["Records"] if not str(one["eventName"]).startswith("ObjectRemoved")]


def _record(one: dict[str, Any]) -> Announced:
    s3 = one["s3"]
    return Announced(
        bucket=s3["bucket"]["name"],
        key=unquote_plus(s3["object"]["key"]),
        etag=str(s3["object"].get("eTag", "")).strip('"'),
        size=int(s3["object"].get("size", 0)),
        version=str(s3["object"].get("versionId") or ""),
        arrived=str(one["eventTime"]),
    )
