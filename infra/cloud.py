"""An AWS account in one Region, as a deployment needs it: who calls, S3's objects, clients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.artefacts import Artefact

PATIENT = Config(retries={"mode": "standard", "max_attempts": 8})


@dataclass(frozen=True, slots=True)
class Account:
    """number: 12 digits. caller: the ARN of who calls. session: boto3's."""

    session: Any
    number: str
    region: str
    caller: str

    def client(self, service: str) -> Any:
        """boto3's client of a service."""
        return self.session.client(service, region_name=self.region, config=PATIENT)

    def url(self, bucket: str) -> str:
        """Of a bucket, with a / at its end, as CloudFormation's TemplateURL wants it."""
        domain = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://s3.{self.region}.{domain}/{bucket}/"

    def text(self, bucket: str, key: str) -> str | None:
        """An object's text, None if there is none."""
        try:
            answer = self.client("s3").get_object(Bucket=bucket, Key=key, ExpectedBucketOwner=self.number)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
                return None
            raise
        return str(answer["Body"].read().decode())

    def has(self, bucket: str) -> bool:
        """Whether there is such a bucket, in any account; one that may not be looked at is there."""
        try:
            self.client("s3").head_bucket(Bucket=bucket)
        except ClientError as error:
            return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] != 404)
        return True

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object, to a bucket of this account and no other's; a locked bucket wants the checksum."""
        s3 = self.client("s3")
        s3.put_object(Bucket=bucket, Key=key, Body=body, ExpectedBucketOwner=self.number, ChecksumAlgorithm="SHA256")

    def upload(self, bucket: str, prefix: str, wanted: Iterable[Artefact]) -> None:
        """Put what is not there yet: a key says what its content is."""
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        there = {one["Key"] for page in pages for one in page.get("Contents", [])}
        for one in wanted:
            if one.key not in there:
                self.put(bucket, one.key, one.body)


def account(profile: str | None, region: str) -> Account:
    """The account that the profile (None: the environment) leads to. Raises botocore's errors."""
    session = boto3.session.Session(profile_name=profile, region_name=region)
    who = session.client("sts", region_name=region, config=PATIENT).get_caller_identity()
    return Account(session, who["Account"], region, who["Arn"])
