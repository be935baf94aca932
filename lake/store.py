"""S3, as the jobs use it: whole objects, ranges, listings, and the create-only PUT that every commit is.

By obstore: one GET an object, one PUT a file, threads that do not wait for Python. (boto3 as Glue ships it does not
know If-None-Match, and is ten times slower.) Where the environment names an endpoint (AWS_ENDPOINT_URL), that is where
it goes: so a local lake is reached by the same code.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import BytesIO
from threading import Lock
from typing import IO, Any, NamedTuple

import boto3
import obstore
from botocore.config import Config
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import AlreadyExistsError, NotFoundError, PreconditionError
from obstore.store import S3Store

_AT_ONCE = 32
_CREATES = 8  # attempts at a commit that S3 answers with 409: another one of the same name is under way
_ODD = re.compile(r"(^|/)(\.{0,2})(/|$)|[\x00-\x1f\x7f]")  # keys that S3 allows and obstore refuses, or changes


class Listed(NamedTuple):
    """An object as a LIST tells of it: size in bytes, ETag without quotes, when it was written, in UTC."""

    key: str
    size: int
    etag: str
    modified: datetime


class Page(NamedTuple):
    """A LIST's answer. folders: with the delimiter, the beginnings of further keys, up to it and with it."""

    objects: list[Listed]
    folders: list[str]


class Gone(Exception):
    """The object version that was asked for is not there: overwritten or deleted."""


class Store:
    """Objects by bucket and key. Safe to share between threads; made anew in each process."""

    def __init__(self, region: str, session: boto3.session.Session | None = None) -> None:
        self._region = region
        self._session = session or boto3.session.Session(region_name=region)
        self._buckets: dict[str, S3Store] = {}
        self._boto: Any = None
        self._making = Lock()

    def _bucket(self, name: str) -> S3Store:
        if name not in self._buckets:
            endpoint = os.environ.get("AWS_ENDPOINT_URL")
            options: dict[str, Any] = {"endpoint": endpoint} if endpoint else {}
            self._buckets[name] = S3Store(
                name,
                region=self._region,
                credential_provider=Boto3CredentialProvider(self._session),
                client_options={"allow_http": bool(endpoint), "timeout": timedelta(seconds=120)},
                retry_config={"max_retries": 8, "retry_timeout": timedelta(seconds=180)},
                checksum_algorithm="sha256",  # a bucket with Object Lock refuses a PUT without one
                **options,
            )
        return self._buckets[name]

    def get(self, bucket: str, key: str, etag: str = "", version: str = "", most: int | None = None) -> bytes:
        """The object's bytes: of this version, else only if its ETag still is `etag`. Raises Gone.

        most: no more bytes than this are read, from the beginning.
        """
        if _ODD.search(key):
            return self._get_odd(bucket, key, etag, version, most)
        options: dict[str, Any] = {}
        if version:
            options["version"] = version
        if etag:  # with a version as well: version "null" can be overwritten
            options["if_match"] = f'"{etag}"'
        try:
            found = obstore.get(self._bucket(bucket), key, options=options)  # type: ignore[arg-type]
            if most is None or found.meta["size"] <= most:
                return bytes(found.bytes())
            return _beginning(found.stream(min_chunk_size=1 << 20), most)
        except (NotFoundError, PreconditionError, FileNotFoundError) as error:
            if "NoSuchBucket" in str(error):  # also a 404: nothing is said about the object
                raise OSError(f"s3://{bucket}: there is no such bucket") from error
            raise Gone(f"s3://{bucket}/{key}: {_first_line(error)}") from error

    def get_all(self, bucket: str, keys: Sequence[str]) -> list[bytes]:
        """Many small objects, in the order of `keys`: their latencies overlap."""
        if len(keys) < 2:
            return [self.get(bucket, key) for key in keys]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda key: self.get(bucket, key), keys))

    def _get_odd(self, bucket: str, key: str, etag: str, version: str, most: int | None) -> bytes:
        """A key with empty parts, which S3 allows and obstore does not."""
        client = self._client()
        only = ({"VersionId": version} if version else {}) | ({"IfMatch": etag} if etag else {})
        try:
            body: bytes = client.get_object(Bucket=bucket, Key=key, **only)["Body"].read(most)
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion", "PreconditionFailed", "404", "412"):
                raise Gone(f"s3://{bucket}/{key}: {error}") from error
            raise
        return body

    def _client(self) -> Any:
        """boto3's: made once, because that takes 20 ms, and by one thread, because a session is not thread-safe."""
        with self._making:
            if self._boto is None:
                self._boto = self._session.client("s3", config=Config(max_pool_connections=_AT_ONCE))
            return self._boto

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        """`length` bytes of the object from `start`."""
        return bytes(obstore.get_range(self._bucket(bucket), key, start=start, length=length))

    def put(self, bucket: str, key: str, data: bytes | IO[bytes], metadata: Mapping[str, str] | None = None) -> None:
        """Write a private object: its name is nobody else's. A large file goes up in parts.

        metadata: what S3 keeps with it, names without x-amz-meta-.
        """
        file = BytesIO(data) if isinstance(data, bytes) else data
        obstore.put(self._bucket(bucket), key, file, attributes=dict(metadata) if metadata else None)

    def create(self, bucket: str, key: str, data: bytes) -> bool:
        """The commit: True if this call created the object, False if there is one already."""
        for attempt in range(_CREATES):
            try:
                obstore.put(self._bucket(bucket), key, data, mode="create", use_multipart=False)
            except (AlreadyExistsError, FileExistsError):
                # obstore says the same to 412 (it exists) and to 409 (another PUT of it is under way, nothing written).
                if self._exists(bucket, key):
                    return False
                time.sleep(0.1 * 2**attempt)
            else:
                return True
        raise OSError(f"s3://{bucket}/{key}: S3 answers 409 again and again")

    def _exists(self, bucket: str, key: str) -> bool:
        try:
            obstore.head(self._bucket(bucket), key)
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    def copy(self, bucket: str, source: str, target: str) -> None:
        """Copy inside the bucket: no byte passes through here."""
        obstore.copy(self._bucket(bucket), source, target)

    def delete(self, bucket: str, keys: list[str]) -> None:
        """Delete objects; those that are gone already are no error."""
        if keys:
            obstore.delete(self._bucket(bucket), keys)

    def list(self, bucket: str, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, in order. A LIST per thousand that are taken."""
        for chunk in obstore.list(self._bucket(bucket), prefix, chunk_size=1000):
            for entry in chunk:
                yield entry["path"]

    def objects(self, bucket: str, prefix: str) -> Iterator[Listed]:
        """What `list` finds, with what S3's LIST says of it."""
        for page in self.pages(bucket, prefix):
            yield from page.objects

    def pages(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Iterator[Page]:
        """What begins with `prefix` and sorts behind `after`, up to a thousand at a time: one LIST a page taken.

        delimiter: "/" for what lies right below `prefix`, and the folders there.
        """
        # By boto3, slower: obstore cannot say every key that S3 allows.
        listing = self._client().get_paginator("list_objects_v2")
        for page in listing.paginate(Bucket=bucket, Prefix=prefix, StartAfter=after, Delimiter=delimiter):
            yield Page(
                [
                    Listed(one["Key"], one["Size"], one["ETag"].strip('"'), one["LastModified"])
                    for one in page.get("Contents", [])
                ],
                [one["Prefix"] for one in page.get("CommonPrefixes", [])],
            )

    def has(self, bucket: str) -> bool:
        """Whether there is such a bucket; one that may not be looked at is there."""
        client = self._client()
        try:
            client.list_objects_v2(Bucket=bucket, MaxKeys=1)
        except client.exceptions.ClientError as error:
            return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] != 404)
        return True

    def head(self, bucket: str, key: str) -> Listed | None:
        """What a LIST would tell of the object, None if it is not there."""
        client = self._client()
        try:
            found = client.head_object(Bucket=bucket, Key=key)
        except client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise
        return Listed(key, found["ContentLength"], found["ETag"].strip('"'), found["LastModified"])

    def folders(self, bucket: str, prefix: str) -> Sequence[str]:
        """What begins with `prefix`, up to the next "/" and with it."""
        found = obstore.list_with_delimiter(self._bucket(bucket), prefix)
        return [f"{one.rstrip('/')}/" for one in found["common_prefixes"]]

    def first(self, bucket: str, prefix: str) -> str | None:
        """The first key that begins with `prefix`: one LIST."""
        return next(self.list(bucket, prefix), None)


def _beginning(chunks: Iterable[Any], most: int) -> bytes:
    """The first `most` bytes of a body; the rest of it is not read."""
    found = bytearray()
    for chunk in chunks:
        found += memoryview(chunk)[: most - len(found)]
        if len(found) >= most:
            break
    return bytes(found)


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0][:300]
