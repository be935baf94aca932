"""The few things inside a record's nested objects that have columns of their own.

Read as lists: one call for the objects of a thousand records. An object of another shape than AWS documents is read
loosely and never fails: its whole text has a column anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, get_args

import msgspec

from jobs.json_text import loads

Buffer = bytes | msgspec.Raw


class Issuer(msgspec.Struct, gc=False):
    """userIdentity.sessionContext.sessionIssuer"""

    arn: str | None = None
    userName: str | None = None


class Attributes(msgspec.Struct, gc=False):
    """userIdentity.sessionContext.attributes"""

    mfaAuthenticated: str | bool | None = None


class Context(msgspec.Struct, gc=False):
    """userIdentity.sessionContext"""

    sessionIssuer: Issuer | None = None
    attributes: Attributes | None = None
    sourceIdentity: str | None = None


class Identity(msgspec.Struct, gc=False):
    """userIdentity"""

    type: str | None = None
    arn: str | None = None
    principalId: str | None = None
    accountId: str | None = None
    accessKeyId: str | None = None
    userName: str | None = None
    invokedBy: str | None = None
    sessionContext: Context | None = None


class Request(msgspec.Struct, gc=False):
    """requestParameters"""

    sessionId: str | None = None
    sourceIdentity: str | None = None


class Session(msgspec.Struct, gc=False):
    """responseElements.session"""

    sessionId: str | None = None


class Credentials(msgspec.Struct, gc=False):
    """responseElements.credentials"""

    accessKeyId: str | None = None


class Response(msgspec.Struct, gc=False):
    """responseElements"""

    sessionId: str | None = None
    session: Session | None = None
    credentials: Credentials | None = None


T = TypeVar("T", bound=msgspec.Struct)


class Reader(Generic[T]):
    """Reads JSON texts as one kind of part. `null`, and what is no object at all, is an empty part."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._empty = kind()
        self._many = msgspec.json.Decoder(list[kind | None])  # type: ignore[valid-type]  # of a TypeVar
        self._one = msgspec.json.Decoder(kind | None)

    def many(self, texts: Sequence[Buffer]) -> list[T]:
        """A part for each text."""
        try:
            parts: list[T | None] = self._many.decode(b"[" + b",".join(texts) + b"]")
        except (msgspec.DecodeError, RecursionError):
            return [self.one(text) for text in texts]
        return [self._empty if part is None else part for part in parts]

    def one(self, text: Buffer) -> T:
        """The part that is this text."""
        try:
            part: T | None = self._one.decode(text)
        except (msgspec.DecodeError, RecursionError):
            part = _loosely(self._kind, loads(bytes(text)))
        return self._empty if part is None else part


IDENTITIES = Reader(Identity)
REQUESTS = Reader(Request)
RESPONSES = Reader(Response)


def _loosely(kind: type[T], value: Any) -> T | None:
    """A part from any value: scalars as their text; what is of another shape is left out."""
    if not isinstance(value, dict):
        return None
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        inner = value.get(field.name)
        nested = [one for one in get_args(field.type) if isinstance(one, type) and issubclass(one, msgspec.Struct)]
        if nested:
            found[field.name] = _loosely(nested[0], inner)
        elif isinstance(inner, bool):
            found[field.name] = "true" if inner else "false"
        elif isinstance(inner, str):
            found[field.name] = inner
    return kind(**found)
