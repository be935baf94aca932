"""What one JSON object in a Firehose object is: CloudWatch Logs' document, a session's record without one, or neither.

First read as it should be, in one pass; where anything is missing or of another type, field by field, so that one
damaged log event costs no other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from jobs import keystrokes
from jobs.documents import UNREADABLE

_EARLIEST, _LATEST = (int(time.timestamp() * 1000) for time in (keystrokes.EARLIEST, keystrokes.LATEST))
_ACCOUNT = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):")


class Trouble(NamedTuple):
    """A record that cannot become a row. reason: a key of jobs.rows.REASONS."""

    reason: str
    detail: str
    data: bytes


class Event(msgspec.Struct, gc=False):
    """A log event. timestamp: milliseconds since 1970."""

    timestamp: int
    message: str
    id: str | None = None


class Document(NamedTuple):
    """A document of CloudWatch Logs. Texts that it lacks are ''. control: a heartbeat; its log events are no data."""

    control: bool
    owner: str
    loggroup: str
    logstream: str
    events: Sequence[Event | Trouble]


class Count(NamedTuple):
    """A document of which only the number of log events is wanted."""

    control: bool
    owner: str
    loggroup: str
    events: int


class Bare(NamedTuple):
    """A session's record without a document: Firehose's message extraction drops owner, group, stream and id."""

    record: keystrokes.Record
    accountid: str | None
    time: int


class _Anything(msgspec.Struct, gc=False):
    """A log event that is only counted."""


class _Counted(msgspec.Struct, gc=False):
    messageType: str
    logEvents: list[_Anything]
    owner: str = ""
    logGroup: str = ""


class _Document(msgspec.Struct, gc=False):
    messageType: str
    logEvents: list[Event]
    owner: str = ""
    logGroup: str = ""
    logStream: str = ""


_count = msgspec.json.Decoder(_Counted).decode
_document = msgspec.json.Decoder(_Document).decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def count(data: bytes) -> Count | None:
    """How many log events a document has, at a quarter of `read`'s price. None: only `read` can tell."""
    try:
        found = _count(data)
    except UNREADABLE:
        return None
    return Count(_is_control(found.messageType), _account(found.owner), found.logGroup, len(found.logEvents))


def read(data: bytes) -> Document | Bare | Trouble | None:
    """What the JSON object is; None if it is nothing of CloudWatch Logs' or Session Manager's."""
    try:
        found = _document(data)
        if all(_EARLIEST <= event.timestamp < _LATEST for event in found.logEvents):
            control = _is_control(found.messageType)
            return Document(control, _account(found.owner), found.logGroup, found.logStream, found.logEvents)
    except UNREADABLE:
        pass
    try:
        return _by_field(data)
    except UnicodeDecodeError:
        return Trouble("not-utf8", "what tells whose the log events are is not UTF-8", data)
    except UNREADABLE as error:
        return Trouble("not-json", str(error), data)


def _by_field(data: bytes) -> Document | Bare | Trouble | None:
    fields = _fields(data)
    if "messageType" in fields or "logEvents" in fields:
        return _loose_document(data, fields)
    if "sessionId" in fields and "sessionData" in fields:
        return _bare(data)
    return None


def _loose_document(data: bytes, fields: dict[str, msgspec.Raw]) -> Document | Trouble:
    control = _is_control(_text(fields, "messageType") or "")
    try:
        events = _list(fields.get("logEvents", b""))
    except msgspec.DecodeError:
        if not control:
            return Trouble("not-a-record", "a document without a list of logEvents", data)
        events = []
    return Document(
        control=control,
        owner=_account(_text(fields, "owner") or ""),
        loggroup=_text(fields, "logGroup") or "",
        logstream=_text(fields, "logStream") or "",
        events=[_loose_event(bytes(event)) for event in events],
    )


def _loose_event(data: bytes) -> Event | Trouble:
    """One log event. A message that is not text is taken as its JSON text."""
    try:
        fields = _fields(data)
        message = _text(fields, "message")
        other = bytes(fields.get("message", b"null"))
        if message is None and other != b"null":
            message = other.decode()
        identifier, timestamp = _text(fields, "id"), _whole_number(fields, "timestamp")
    except UnicodeDecodeError as error:
        return Trouble("not-utf8", str(error), data)
    except UNREADABLE:
        return Trouble("not-a-record", "a log event that is no JSON object", data)
    if message is None:
        return Trouble("not-a-record", "a log event without a message", data)
    if timestamp is None or not _EARLIEST <= timestamp < _LATEST:
        detail = f"timestamp {timestamp} is no time in milliseconds since 1970 between 2014 and 2100"
        return Trouble("no-time", detail, data)
    return Event(timestamp, message, identifier)


def _bare(data: bytes) -> Bare | Trouble:
    record = keystrokes.streamed(data.decode(), None)
    if record is None:
        return Trouble("not-a-record", "a session's record that cannot be read", data)
    if record.sessionid is None:
        return Trouble("no-session", "a session's record without a session's id", data)
    if record.uploadtime is None:
        return Trouble("no-time", "the eventTime of a session's record is no time between 2014 and 2100", data)
    account = _ACCOUNT.match(record.useridentityarn or "")
    return Bare(record, account[1] if account else None, record.uploadtime)


def _is_control(message_type: str) -> bool:
    return message_type == "CONTROL_MESSAGE"


def _account(owner: str) -> str:
    """Accounts have 12 digits; whoever took one for a number dropped the zeros in front."""
    return owner.zfill(12) if owner.isdecimal() else owner


def _text(fields: dict[str, msgspec.Raw], name: str) -> str | None:
    value = bytes(fields.get(name, b""))
    return msgspec.json.decode(value, type=str) if value.startswith(b'"') else None


def _whole_number(fields: dict[str, msgspec.Raw], name: str) -> int | None:
    try:
        return msgspec.json.decode(fields.get(name, b""), type=int)
    except msgspec.DecodeError:
        return None
