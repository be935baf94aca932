"""What Session Manager's agent writes into CloudWatch Logs: a message's text -> what it says of a session.

Streamed while the session runs, a message is JSON (AWS, "Streaming session data using Amazon CloudWatch Logs"):
`eventVersion, eventTime, awsRegion, target.id, userIdentity.arn, runAsUser, sessionId, sessionData`. Uploaded once at
the session's end it is the screen's plain text, and only the log stream's name tells the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from jobs.documents import UNREADABLE, mend

# CloudWatch Logs began in 2014 and takes nothing from days ahead: a time outside is none, or in another unit.
EARLIEST = datetime(2014, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Record(NamedTuple):
    """What a message says, in columns of `schemas.from_cloudwatch_readready`. uploadtime: microseconds since 1970."""

    sessionid: str | None = None
    username: str | None = None
    sessiondata: str | None = None
    linecount: int | None = None
    awsregion: str | None = None
    target: str | None = None
    useridentityarn: str | None = None
    runasuser: str | None = None
    uploadtime: int | None = None
    streamed: bool | None = None
    message: str | None = None


class _Target(msgspec.Struct, gc=False):
    id: str | None = None


class _Identity(msgspec.Struct, gc=False):
    arn: str | None = None


class _Message(msgspec.Struct, gc=False):
    """The agent's message. Both session fields must be there; null is what Go writes for an empty list."""

    sessionId: str | None
    sessionData: list[str] | str | None
    eventTime: str | None = None
    awsRegion: str | None = None
    target: _Target | None = None
    userIdentity: _Identity | None = None
    runAsUser: str | None = None


_decode = msgspec.json.Decoder(_Message).decode


def record(text: str, logstream: str | None, session: bool) -> Record:
    """What a log event's message says. session: its log group is one of sessions, so plain text is a session's."""
    return streamed(text, logstream) or (uploaded(text, logstream) if session else Record(message=text))


def streamed(text: str, logstream: str | None) -> Record | None:
    """The record of a streamed session, or None if the text is none: no JSON object with sessionId and sessionData.

    The log stream's name stands in for a sessionId without an id. Where sessionData is neither a list of lines nor
    text, the record's sessiondata is the whole JSON text: a reader sees what there is. Other fields of a wrong type are
    None.
    """
    if "sessionData" not in text or not text.lstrip().startswith("{"):
        return None
    try:
        message = _read(text)
    except UNREADABLE:
        mended = mend(text.encode()).decode()
        return streamed(mended, logstream) if mended != text else None
    if message is None:
        return None
    sessionid, username = split_name(message.sessionId, logstream)
    lines = message.sessionData
    return Record(
        sessionid=sessionid,
        username=username,
        sessiondata=lines if isinstance(lines, str) else "\n".join(lines or ()),
        linecount=count_lines(lines) if isinstance(lines, str) else _count_joined(lines or ()),
        awsregion=message.awsRegion,
        target=message.target.id if message.target else None,
        useridentityarn=message.userIdentity.arn if message.userIdentity else None,
        runasuser=message.runAsUser,
        uploadtime=read_time(message.eventTime),
        streamed=True,
    )


def uploaded(text: str, logstream: str | None) -> Record:
    """The record of a session that was uploaded once, at its end: the text as it is."""
    sessionid, username = split_name(logstream)
    return Record(sessionid, username, sessiondata=text, linecount=count_lines(text), streamed=False)


def _read(text: str) -> _Message | None:
    try:
        return _decode(text)
    except msgspec.ValidationError:
        return _lenient(text, msgspec.json.decode(text))


def _lenient(text: str, fields: dict[str, Any]) -> _Message | None:
    """The message, field by field, for types that are not the agent's."""
    if "sessionId" not in fields or "sessionData" not in fields:
        return None
    target, identity, data = fields.get("target"), fields.get("userIdentity"), fields["sessionData"]
    lines = isinstance(data, list) and all(isinstance(line, str) for line in data)
    return _Message(
        sessionId=_text(fields["sessionId"]),
        sessionData=data if lines or data is None or isinstance(data, str) else text,
        eventTime=_text(fields.get("eventTime")),
        awsRegion=_text(fields.get("awsRegion")),
        target=_Target(_text(target.get("id"))) if isinstance(target, dict) else None,
        userIdentity=_Identity(_text(identity.get("arn"))) if isinstance(identity, dict) else None,
        runAsUser=_text(fields.get("runAsUser")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def split_name(*names: str | None) -> tuple[str | None, str | None]:
    """(sessionid, username) from the first name that holds an id: what follows the last '-', and what precedes it."""
    for name in names:
        user, _, session = (name or "").rpartition("-")
        if session:
            return session, user or None
    return None, None


def count_lines(text: str) -> int:
    """How many lines the text has; a newline at its end begins none."""
    return text.count("\n") + (text != "" and not text.endswith("\n"))


def _count_joined(lines: Sequence[str]) -> int:
    """How many lines the joined text has: an entry with newlines inside is several, as whoever reads the text sees."""
    if not lines:
        return 0
    inside = sum(line.count("\n") for line in lines)
    return len(lines) + inside - lines[-1].endswith("\n")


def read_time(text: str | None) -> int | None:
    """Microseconds since 1970 of an ISO 8601 time (UTC where it names no zone), or None if it is no credible time."""
    if text is None or len(text) < len("2024-03-03T22:22:55"):
        return None  # a day alone is no time
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (time - _EPOCH) // _MICROSECOND if EARLIEST <= time < LATEST else None
