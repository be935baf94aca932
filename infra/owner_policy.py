"""What the owner of a bucket that is brought must allow: statements to add to policies that are theirs.

Nothing here replaces anything: each statement is added to those that are there. Roles are named by the beginning of
their names, under the lake's account as principal, so that the statements can be added before the lake is deployed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lake.settings import Settings

MODES = ("sns", "eventbridge", "listing")
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A document for the owner. what: what to do with it. document: JSON."""

    what: str
    document: Document


@dataclass(frozen=True, slots=True)
class Lake:
    """The lake, as others' policies name it. account: 12 digits. prefix: what the names of its roles begin with."""

    settings: Settings
    account: str
    prefix: str = "loglake-"

    @property
    def partition(self) -> str:
        """The part of AWS that the Region is in."""
        region = self.settings.lake.region
        return next(
            (name for start, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")) if region.startswith(start)), "aws"
        )

    def arn(self, service: str, name: str) -> str:
        """A resource of the lake in its Region."""
        return f"arn:{self.partition}:{service}:{self.settings.lake.region}:{self.account}:{name}"

    @property
    def principal(self) -> Document:
        """The lake's account."""
        return {"AWS": f"arn:{self.partition}:iam::{self.account}:root"}

    @property
    def roles(self) -> Document:
        """A condition that a lake's role asks."""
        return {"ArnLike": {"aws:PrincipalArn": f"arn:{self.partition}:iam::{self.account}:role/{self.prefix}*"}}


def texts(lake: Lake, bucket: str, mode: str, key: str = "", topic: str = "") -> list[Text]:
    """What the bucket's owner is asked for. mode: of MODES. key: ARN of the KMS key of its objects, topic: of the SNS
    topic to which S3 announces them; '' where there is none."""
    found = [Text(f"Add these statements to the policy of the bucket {bucket}.", _bucket(lake, bucket))]
    if key:
        what = f"Add this statement to the policy of the KMS key {key}: without it every object is refused."
        found.append(Text(what, _key(lake)))
    if mode == "sns":
        what = f"Add this statement to the access policy of the SNS topic {topic}. Notifications stay as they are."
        found.append(Text(what, _topic(lake, topic)))
    if mode == "eventbridge":
        found += _rule(lake, bucket)
    return found


def _bucket(lake: Lake, bucket: str) -> Document:
    arn = f"arn:{lake.partition}:s3:::{bucket}"
    reads = {"Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": f"{arn}/*"}
    lists = {"Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": arn}
    return {
        "Statement": [
            {"Sid": sid, "Effect": "Allow", "Principal": lake.principal, **rights, "Condition": lake.roles}
            for sid, rights in (("LogLakeReads", reads), ("LogLakeLists", lists))
        ]
    }


def _key(lake: Lake) -> Document:
    through_s3 = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com*"}}
    statement = {
        "Sid": "LogLakeDecrypts",
        "Effect": "Allow",
        "Principal": lake.principal,
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": lake.roles | through_s3,
    }
    return {"Statement": [statement]}


def _topic(lake: Lake, topic: str) -> Document:
    queue = lake.arn("sqs", lake.settings.lake.queue)
    statement = {
        "Sid": "LogLakeSubscribes",
        "Effect": "Allow",
        "Principal": lake.principal,
        "Action": "sns:Subscribe",
        "Resource": topic,
        "Condition": {"StringEquals": {"sns:Protocol": "sqs", "sns:Endpoint": queue}},
    }
    return {"Statement": [statement]}


def _rule(lake: Lake, bucket: str) -> list[Text]:
    """Of a bucket in another account: events of S3 come to the bucket's own account, and are passed on from there."""
    bus = lake.arn("events", "event-bus/default")
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": [bucket]}}}
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    sends = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    version = "2012-10-17"
    return [
        Text(
            "Only if the bucket is of another account: make a role there with this trust policy ...",
            {"Version": version, "Statement": [trust]},
        ),
        Text("... and this policy,", {"Version": version, "Statement": [sends]}),
        Text(
            f"and an EventBridge rule, in the bucket's Region, with this pattern, that role and the target {bus}.",
            pattern,
        ),
    ]
