"""A CloudTrail record as an object with an attribute a top-level field: quickly if it is as expected, or loosely.

Nested values stay the source's own text (msgspec.Raw). Types of fields: AWS, "CloudTrail record contents", and what
real files hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from jobs.json_text import members, without_lone_surrogates

# Fields by the JSON names; the column of each is its name in lower case.
TEXTS = (
    "eventID", "eventSource", "eventName", "awsRegion", "recipientAccountId", "errorCode", "errorMessage",
    "sourceIPAddress", "userAgent", "eventType", "eventCategory", "eventVersion", "apiVersion", "requestID",
    "sharedEventID", "vpcEndpointId",
)  # fmt: skip
FLAGS = ("readOnly", "managementEvent", "sessionCredentialFromConsole")  # the last one comes as "true"
OPEN_ENDED = ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails")  # any keys
JSONS = (*OPEN_ENDED, "resources", "tlsDetails", "userIdentity")
# A record has one of these, or it is something else's: Insight events have neither a source nor a name.
MARKS = ("eventSource", "eventName", "eventID", "eventType", "eventCategory")

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # Spark cannot read ORC timestamps before it that have a fraction
LATEST = datetime(2262, 1, 1, tzinfo=UTC)  # what readers that count nanoseconds can hold

NULL = msgspec.Raw(b"null")  # of an absent field; a null that stands there is another object
Record: TypeAlias = Any  # an instance of Shape.type: made at run time, as fields are learnt

_TIME = msgspec.json.Decoder(Annotated[datetime, msgspec.Meta(tz=True)])
_TEXT = msgspec.json.Decoder(str)
_UNKNOWN = re.compile(r"unknown field `([A-Za-z][A-Za-z0-9_.-]{0,63})` - at `\$\[(?:\d+|\.\.\.)\]`")
_MOST_LEARNT = 24


class Shape:
    """The type of records: the known fields and those learnt (`extras`, JSON names, sorted).

    A record also has `others`: None, or {JSON name: text} of what found no place, which only `loose` sets.
    """

    def __init__(self, extras: tuple[str, ...] = ()) -> None:
        self.extras = tuple(sorted(extras))
        self.extra_attributes = tuple(f"extra{number}" for number in range(len(extras)))
        # A learnt name may be no identifier. "" is a name that CloudTrail does not give; null is all it could hold.
        rename = {"others": "", **dict(zip(self.extra_attributes, self.extras, strict=True))}
        required = ("eventSource", "eventName")
        self.type: Any = msgspec.defstruct(
            "Record",
            [
                ("eventTime", Annotated[datetime, msgspec.Meta(tz=True)]),
                *((name, str) for name in required),
                *((name, str | None, None) for name in TEXTS if name not in required),
                *((name, bool | Literal["true", "false"] | None, None) for name in FLAGS),
                *((name, msgspec.Raw, NULL) for name in (*JSONS, *self.extra_attributes)),
                ("others", None, None),
            ],
            rename=rename,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._many: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(list[self.type])  # type: ignore[name-defined]  # made at run time
        self._one: msgspec.json.Decoder[Any] = msgspec.json.Decoder(self.type)

    def decode(self, array: bytes | memoryview) -> list[Record] | None:
        """The records of an array, if each of them is as expected; None if any is not. `array` must be UTF-8.

        Raises UnknownField for a top-level field that can be learnt.
        """
        try:
            records = self._many.decode(array)
        except msgspec.ValidationError as error:
            unknown = _UNKNOWN.fullmatch(str(error).removeprefix("Object contains "))
            if unknown and unknown[1] != "Records" and len(self.extras) < _MOST_LEARNT:
                raise UnknownField(unknown[1]) from None
            return None
        except (msgspec.DecodeError, RecursionError):
            return None
        times = [record.eventTime for record in records]
        return records if not times or (min(times) >= EARLIEST and max(times) < LATEST) else None

    def decode_one(self, data: bytes) -> Record:
        """One record, whatever the types of its fields; eventTime is None if it is no time. `data` must be UTF-8.

        Raises msgspec.DecodeError or RecursionError if it is no object that can be read.
        """
        try:
            record = self._one.decode(data)
        except msgspec.DecodeError:
            record = self._loose(data)
        if record.eventTime is not None and not EARLIEST <= record.eventTime < LATEST:
            record.eventTime = None
        return record

    def learn(self, name: str) -> Shape:
        """A shape that knows one more field."""
        return Shape((*self.extras, name))

    def _loose(self, data: bytes) -> Record:
        """Nothing is lost: what has no place in its field's column, or not as it is, goes to `others` as its text."""
        values: dict[str, Any] = {"eventSource": None, "eventName": None, "eventTime": None}
        others: dict[str, bytes] = {}
        for name, text in members(data).items():
            read = _READERS.get(name)
            if read is None:
                others[name] = text
                continue
            values[name], exact = read(text)
            if not exact:
                others[name] = text
        record = self.type(**values)
        record.others = others or None
        return record


class UnknownField(Exception):
    """A top-level field that the shape does not know: `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _text(text: bytes) -> tuple[str | None, bool]:
    """A scalar's text, and whether the column then says all; a lone surrogate becomes U+FFFD: UTF-8 has none."""
    if text[:1] == b'"':
        readable = without_lone_surrogates(text)
        return _TEXT.decode(readable), readable is text
    if text[:1] in (b"{", b"["):
        return None, False
    return (None if text == b"null" else text.decode()), True


def _flag(text: bytes) -> tuple[bool | None, bool]:
    known = {b"true": True, b'"true"': True, b"false": False, b'"false"': False, b"null": None}
    return known.get(text), text in known


def _json(text: bytes) -> tuple[msgspec.Raw, bool]:
    return msgspec.Raw(text), True


def _time(text: bytes) -> tuple[datetime | None, bool]:
    try:
        return _TIME.decode(text), True
    except (msgspec.DecodeError, ValueError):
        return None, False


_READERS: dict[str, Callable[[bytes], tuple[Any, bool]]] = {
    "eventTime": _time,
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(FLAGS, _flag),
    **dict.fromkeys(JSONS, _json),
}
