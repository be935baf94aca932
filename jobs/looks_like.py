"""What an object is that is no log of ours, in words for the person who put it there."""

from __future__ import annotations

_HEAD = 1 << 16  # bytes that are looked at
# A text that has the left is what the right says. The first that fits wins.
_MARKS = (
    (b'"digestStartTime"', "a CloudTrail digest file: hashes of log files, no events"),
    (b'"configurationItems"', "an AWS Config file"),
    (b'"configSnapshotId"', "an AWS Config file"),
    (b'"aws:s3"', "an S3 event notification"),
    (b'"aws:sqs"', "a message from SQS"),
    (b'"aws:sns"', "a message from SNS"),
    (b'"logEvents"', "a CloudWatch Logs document"),
    (b'"sessionData"', "a Session Manager session's log"),
    (b'"ModelInvocationLog"', "a Bedrock model invocation log"),
    (b'"detail-type"', "an EventBridge event"),
    (b'"awslogs"', "a CloudWatch Logs event as Lambda gets it"),
)


def looks_like(text: bytes) -> str:
    """A short description, e.g. "an HTML page". Never fails."""
    head = text[:_HEAD]
    for mark, words in _MARKS:
        if mark in head:
            return words
    begin = head.lstrip()[:15].lower()
    if begin.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if begin.startswith(b"<"):
        return "XML"
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text in UTF-16"
    if begin.startswith((b"{", b"[")):
        return "JSON of another kind"
    if b"\0" in head:
        return "binary data"
    return "plain text"
