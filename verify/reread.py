"""S3, read once more: objects hashed as they lie there now, digest files with their metadata, and locks.

By boto3: an object's metadata and lock are in the answer that brings its bytes. In memory is a chunk of each object.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from isal import isal_zlib

from jobs.unpack import MAGIC

AT_ONCE = 16  # objects on their way at any time
_WINDOW = 64 * AT_ONCE  # objects whose hashes wait for their turn
_CHUNK = 1 << 16
_SMALL = 16 << 20  # bytes of a digest file, packed: it names some thousand log files at most
_GZIP = 31  # zlib's wbits for "a gzip member"
_NOT_THERE = ("NoSuchKey", "NoSuchVersion", "404")
_NO_LOCK = ("ObjectLockConfigurationNotFoundError",)
_DAMAGED: tuple[type[Exception], ...] = (isal_zlib.IsalError, zlib.error, EOFError, ValueError)  # type: ignore[assignment]
T = TypeVar("T")


class Refused(Exception):
    """S3 did not give what was asked for: no right to it, archived, out of reach. The message is S3's."""


class Lock(NamedTuple):
    """An object's. mode: GOVERNANCE or COMPLIANCE, '' for none; until: its end. hold: a legal hold."""

    mode: str
    until: datetime | None
    hold: bool


@dataclass(frozen=True, slots=True)
class Now:
    """An object as it lies in S3 now. sha256: hexadecimal, of its bytes; content: of what they unpack to, '' if they
    cannot be unpacked. appended: how many bytes follow the one gzip member."""

    etag: str
    sha256: str
    content: str
    appended: int
    lock: Lock


class Reader:
    """s3: a boto3 client. Used by many threads."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def whole(self, bucket: str, key: str) -> tuple[bytes, dict[str, str]] | None:
        """A small object's bytes (of a large one the first) and metadata, None if it is not there. Raises Refused."""
        found = self._get(bucket, key)
        try:
            return None if found is None else (found["Body"].read(_SMALL), found["Metadata"])
        except BotoCoreError as error:
            raise Refused(str(error)) from None

    def hashed(self, bucket: str, key: str) -> Now | None:
        """An object, read and hashed; None if it is not there. Raises Refused."""
        found = self._get(bucket, key)
        if found is None:
            return None
        hashes = _Hashes()
        try:
            for chunk in found["Body"].iter_chunks(_CHUNK):
                hashes.add(chunk)
        except BotoCoreError as error:
            raise Refused(str(error)) from None
        mode = found.get("ObjectLockMode", "")
        lock = Lock(mode, found.get("ObjectLockRetainUntilDate"), found.get("ObjectLockLegalHoldStatus") == "ON")
        return Now(found["ETag"].strip('"'), *hashes.done(), lock)

    def _get(self, bucket: str, key: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._s3.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_THERE:
                return None
            raise Refused(f"{error.response['Error']['Code']}: {error.response['Error'].get('Message', '')}") from None
        except BotoCoreError as error:
            raise Refused(str(error)) from None
        return found

    def bucket_lock(self, bucket: str) -> str:
        """What the bucket locks new objects with, in words; '' if Object Lock is off. Raises Refused."""
        try:
            found = self._s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _NO_LOCK:
                return ""
            raise Refused(error.response["Error"]["Code"]) from None
        except BotoCoreError as error:
            raise Refused(str(error)) from None
        rule = found.get("Rule", {}).get("DefaultRetention")
        if rule is None:
            return "on, with no retention by default: only objects that were given one are locked"
        long = f"{rule['Years']} years" if rule.get("Years") else f"{rule['Days']} days"
        return f"on: new objects are locked for {long} ({rule['Mode']})"


class _Hashes:
    """The hashes of bytes that come in chunks, and of what they unpack to."""

    def __init__(self) -> None:
        self._packed, self._content = sha256(), sha256()
        self._member: Any = None
        self._begun = self._damaged = False
        self._appended = 0

    def add(self, chunk: bytes) -> None:
        self._packed.update(chunk)
        if not self._begun and chunk:
            self._begun = True
            # What is not packed is its own content. A chunk shorter than the magic is a whole object.
            self._member = isal_zlib.decompressobj(_GZIP) if chunk.startswith(MAGIC) else None
        if self._member is None:
            self._content.update(chunk)
        elif self._member.eof:
            self._appended += len(chunk)
        elif not self._damaged:
            self._unpack(chunk)

    def _unpack(self, chunk: bytes) -> None:
        try:
            self._content.update(self._member.decompress(chunk))
        except _DAMAGED:
            self._damaged = True
            return
        if self._member.eof:
            self._appended = len(self._member.unused_data)

    def done(self) -> tuple[str, str, int]:
        whole = self._member is None or (self._member.eof and not self._damaged)
        return self._packed.hexdigest(), self._content.hexdigest() if whole else "", self._appended


def reread(reader: Reader, places: Iterable[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], Now | Refused | None]]:
    """Each place (bucket, key) with what lies there now, in their order; None if nothing does."""

    def look(place: tuple[str, str]) -> Now | Refused | None:
        try:
            return reader.hashed(*place)
        except Refused as error:
            return error

    rest = iter(places)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(rest, _WINDOW)):
            yield from zip(some, pool.map(look, some), strict=True)
