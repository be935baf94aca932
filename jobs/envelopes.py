"""What one JSON object in a Firehose object is: CloudWatch Logs' document, a session's record without one, or neither.

First read as it should be, in one pass; where anything is missing or of another type, field by field, so that one
damaged log event costs no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from jobs import keystrokes
from jobs.documents import UNREADABLE
from jobs.json_text import elements_of, walk

_EARLIEST, _LATEST = (int(time.timestamp() * 1000) for time in (keystrokes.EARLIEST, keystrokes.LATEST))
_AT_ONCE = 16 << 20  # bytes of a document that is read in one go; CloudWatch Logs never writes so much
_WANTED = ("messageType", "owner", "logGroup", "logStream", "logEvents", "sessionId", "sessionData")
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
    """A document of CloudWatch Logs. Texts that it lacks are ''. control: a heartbeat; its log events are no data.

    events: to be gone through once.
    """

    control: bool
    owner: str
    loggroup: str
    logstream: str
    events: Iterable[Event | Trouble]


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


def count(data: bytes | memoryview) -> Count | None:
    """How many log events a document has, at a quarter of `read`'s price. None: only `read` can tell."""
    if len(data) > _AT_ONCE:
        return None
    try:
        found = _count(data)
    except UNREADABLE:
        return None
    return Count(_is_control(found.messageType), _account(found.owner), found.logGroup, len(found.logEvents))


def read(data: bytes) -> Document | Bare | Trouble | None:
    """What the JSON object is; None if it is nothing of CloudWatch Logs' or Session Manager's."""
    try:
        if len(data) > _AT_ONCE:
            return _by_field(data, _members(data))
        found = _document(data)
        if all(_EARLIEST <= event.timestamp < _LATEST for event in found.logEvents):
            control = _is_control(found.messageType)
            return Document(control, _account(found.owner), found.logGroup, found.logStream, found.logEvents)
    except UNREADABLE:
        pass
    try:
        return _by_field(data, {name: bytes(value) for name, value in _fields(data).items() if name in _WANTED})
    except UnicodeDecodeError:
        return Trouble("not-utf8", "what tells whose the log events are is not UTF-8", data)
    except UNREADABLE as error:
        return Trouble("not-json", str(error), data)


def _members(data: bytes) -> dict[str, bytes]:
    """The wanted members of a large object that is known to be well-formed, without a list of them all."""
    names = {f'"{name}"'.encode(): name for name in _WANTED}
    return {names[data[a:b]]: data[c:d] for a, b, c, d in walk(data, 0) if data[a:b] in names}


def _by_field(data: bytes, fields: dict[str, bytes]) -> Document | Bare | Trouble | None:
    if "messageType" in fields or "logEvents" in fields:
        return _loose_document(data, fields)
    if "sessionId" in fields and "sessionData" in fields:
        return _bare(data)
    return None


def _loose_document(data: bytes, fields: dict[str, bytes]) -> Document | Trouble:
    control = _is_control(_text(fields, "messageType") or "")
    events = fields.get("logEvents", b"")
    if not events.startswith(b"["):
        if not control:
            return Trouble("not-a-record", "a document without a list of logEvents", data)
        events = b"[]"
    return Document(
        control=control,
        owner=_account(_text(fields, "owner") or ""),
        loggroup=_text(fields, "logGroup") or "",
        logstream=_text(fields, "logStream") or "",
        events=map(_loose_event, _list_of(events)),
    )


def _list_of(array: bytes) -> Iterator[bytes]:
    """A well-formed array's elements."""
    return map(bytes, _list(array)) if len(array) <= _AT_ONCE else elements_of(array)


def _loose_event(data: bytes) -> Event | Trouble:
    """One log event. A message that is not text is taken as its JSON text."""
    try:
        fields = {name: bytes(value) for name, value in _fields(data).items()}
        message, other = _text(fields, "message"), fields.get("message", b"null")
        if message is None:
            if other == b"null":
                return Trouble("not-a-record", "a log event without a message", data)
            message = other.decode()
        identifier, timestamp = _text(fields, "id"), _whole_number(fields, "timestamp")
    except UnicodeDecodeError as error:
        return Trouble("not-utf8", str(error), data)
    except UNREADABLE:
        return Trouble("not-a-record", "a log event that is no JSON object", data)
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


def _text(fields: dict[str, bytes], name: str) -> str | None:
    value = fields.get(name, b"")
    return msgspec.json.decode(value, type=str) if value.startswith(b'"') else None


def _whole_number(fields: dict[str, bytes], name: str) -> int | None:
    try:
        return msgspec.json.decode(fields.get(name, b""), type=int)
    except msgspec.DecodeError:
        return None
