"""What moto's CloudFormation lacks for session logs: Firehose streams, destinations, log streams, subscription filters.

Made with moto's own services, by the properties that the stack has; so names and types are AWS's, as boto3 knows them.
Imported once moto is set up (after the fixture `aws`).
"""

from __future__ import annotations

import json
from typing import Any

import boto3
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.kms.models import Key
from moto.logs.models import logs_backends


class Resource(CloudFormationModel):  # type: ignore[misc]
    """A resource that is called `physical_resource_id`; some have an Arn."""

    TYPE = "?"

    def __init__(self, name: str, arn: str = "") -> None:
        self.physical_resource_id, self.arn = name, arn

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.TYPE

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        assert attribute_name == "Arn"
        return self.arn

    @classmethod
    def create_from_cloudformation_json(
        cls, _name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> Resource:
        return cls.make(cloudformation_json["Properties"], account_id, region_name)

    @classmethod
    def make(cls, properties: dict[str, Any], account: str, region: str) -> Resource:
        raise NotImplementedError


class Stream(Resource):
    TYPE = "AWS::KinesisFirehose::DeliveryStream"

    @classmethod
    def make(cls, properties: dict[str, Any], _account: str, region: str) -> Resource:
        hints = properties["ExtendedS3DestinationConfiguration"]["BufferingHints"]
        hints.update({name: int(value) for name, value in hints.items()})  # a parameter's number is text
        answer = boto3.client("firehose", region_name=region).create_delivery_stream(**properties)
        return cls(properties["DeliveryStreamName"], answer["DeliveryStreamARN"])


class Destination(Resource):
    TYPE = "AWS::Logs::Destination"

    @classmethod
    def make(cls, properties: dict[str, Any], _account: str, region: str) -> Resource:
        logs, name = boto3.client("logs", region_name=region), properties["DestinationName"]
        made = logs.put_destination(
            destinationName=name, targetArn=properties["TargetArn"], roleArn=properties["RoleArn"]
        )
        logs.put_destination_policy(destinationName=name, accessPolicy=properties["DestinationPolicy"])
        return cls(name, made["destination"]["arn"])


class LogStream(Resource):
    TYPE = "AWS::Logs::LogStream"

    @classmethod
    def make(cls, properties: dict[str, Any], _account: str, region: str) -> Resource:
        group, name = properties["LogGroupName"], properties["LogStreamName"]
        boto3.client("logs", region_name=region).create_log_stream(logGroupName=group, logStreamName=name)
        return cls(name)


class SubscriptionFilter(Resource):
    """moto's PutSubscriptionFilter refuses destinations; the group itself takes them, two at most."""

    TYPE = "AWS::Logs::SubscriptionFilter"

    @classmethod
    def make(cls, properties: dict[str, Any], account: str, region: str) -> Resource:
        group = logs_backends[account][region].groups[properties["LogGroupName"]]
        words = ("FilterName", "FilterPattern", "DestinationArn", "RoleArn")
        group.put_subscription_filter(*(properties[word] for word in words))
        return cls(properties["FilterName"])


def _clean_json(value: Any, resources: Any) -> Any:
    """moto leaves AWS::NoValue in lists, as None."""
    found = _moto_clean_json(value, resources)
    return [one for one in found if one is not None] if isinstance(found, list) else found


def _make_key(*about: Any, **more: Any) -> Key:
    """moto's CloudFormation leaves a key's policy a value; moto's KMS wants its text."""
    key = _moto_make_key(*about, **more)
    key.policy = json.dumps(key.policy)
    return key


_moto_make_key, Key.create_from_cloudformation_json = Key.create_from_cloudformation_json, _make_key
_moto_clean_json, parsing.clean_json = parsing.clean_json, _clean_json
KINDS = {one.TYPE: one for one in (Stream, Destination, LogStream, SubscriptionFilter)}
parsing.get_model_map().update(KINDS)
