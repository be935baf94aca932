"""A folder in S3, by boto3: where an export goes, and where what is on its way to it lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

from botocore.exceptions import ClientError

_THERE_IS_ONE = ("PreconditionFailed", "412")
_NONE = ("NoSuchKey", "404")


@dataclass(frozen=True, slots=True)
class Place:
    """s3://bucket/prefix; prefix ends with '/' or is ''. s3: boto3's client. Keys are relative to it."""

    s3: Any
    bucket: str
    prefix: str

    @property
    def url(self) -> str:
        """As people write it."""
        return f"s3://{self.bucket}/{self.prefix}"

    def inside(self, folder: str) -> Place:
        """A folder in it; it ends with '/'."""
        return replace(self, prefix=self.prefix + folder)

    def names(self, beginning: str = "") -> Iterator[str]:
        """All keys that begin so, in order."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + beginning)
        for page in pages:
            for one in page.get("Contents", []):
                yield one["Key"].removeprefix(self.prefix)

    def get(self, key: str) -> bytes | None:
        """A small object, or None."""
        try:
            content: bytes = self.s3.get_object(Bucket=self.bucket, Key=self.prefix + key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _NONE:
                return None
            raise
        return content

    def create(self, key: str, content: bytes) -> bool:
        """The create-only PUT: False if there is one already."""
        try:
            self.s3.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=content, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in _THERE_IS_ONE:
                return False
            raise
        return True

    def download(self, key: str, file: IO[bytes]) -> None:
        """An object of any size, into a file."""
        self.s3.download_fileobj(self.bucket, self.prefix + key, file)
        file.flush()

    def upload(self, file: IO[bytes], key: str) -> None:
        """A file of any size."""
        self.s3.upload_fileobj(file, self.bucket, self.prefix + key)

    def delete(self, keys: list[str]) -> None:
        """Objects; those that are gone already are no error."""
        for start in range(0, len(keys), 1000):
            some = [{"Key": self.prefix + key} for key in keys[start : start + 1000]]
            self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": some, "Quiet": True})
