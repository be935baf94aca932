"""Templates deployed on the embedded AWS: moto's CloudFormation, and what moto 5.2.5 leaves out of it.

moto makes a bucket with its encryption and nothing else, and knows no policies of buckets and queues, no subscriptions.
Here a bucket's other properties are put by S3's own API, as CloudFormation puts them: so a property that S3 does not
know fails. moto enforces no keys and no TLS, has no Rules, and of a policy reads no conditions; it trips over access
logs. So what a bucket's policy denies, and where its access is logged, is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from infra.template import TEMPLATES

_kinds: list[type] = []  # moto finds them as subclasses, as long as somebody holds them
ONCE = Config(retries={"total_max_attempts": 1})  # what fails in moto shall fail at once
Properties = dict[str, Any]


@cache
def _client(service: str, **options: Any) -> Any:
    return boto3.client(service, config=ONCE, **options)


def _create(cls: Any, resource_name: str, cloudformation_json: Any, *_: Any, **__: Any) -> Any:
    cls.make(_without_nothing(cloudformation_json["Properties"]))
    made = cls()
    made.name = resource_name
    return made


def _kind(kind: str, make: Callable[[Properties], None]) -> type:
    """A kind of resource that moto's CloudFormation does not know, made by a function of its properties."""
    from moto.core.common_models import CloudFormationModel

    methods = {
        "cloudformation_type": staticmethod(lambda: kind),
        "cloudformation_name_type": staticmethod(lambda: ""),
        "create_from_cloudformation_json": classmethod(_create),
        "physical_resource_id": property(lambda self: self.name),
        "make": staticmethod(make),
    }
    return type(kind.replace("::", ""), (CloudFormationModel,), methods)


def _without_nothing(value: Any) -> Any:
    """Without what AWS::NoValue left in lists, where moto leaves None."""
    if isinstance(value, dict):
        return {name: _without_nothing(one) for name, one in value.items() if one is not None}
    return [_without_nothing(one) for one in value if one is not None] if isinstance(value, list) else value


def _bucket_policy(properties: Properties) -> None:
    """Without what it denies: moto reads no conditions, and would deny everything to everybody."""
    policy = properties["PolicyDocument"]
    allowed = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
    if allowed:
        document = json.dumps(policy | {"Statement": allowed})
        _client("s3").put_bucket_policy(Bucket=properties["Bucket"], Policy=document)


def _queue_policy(properties: Properties) -> None:
    for url in properties["Queues"]:
        policy = json.dumps(properties["PolicyDocument"])
        _client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def _subscription(properties: Properties) -> None:
    attributes = {
        "RawMessageDelivery": str(properties["RawMessageDelivery"]).lower(),
        "FilterPolicyScope": properties["FilterPolicyScope"],
        "FilterPolicy": json.dumps(properties["FilterPolicy"]),
    }
    _client("sns", region_name=properties["Region"]).subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties["Endpoint"],
        Attributes=attributes,
    )


def _event_bus_policy(properties: Properties) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Sid": properties["StatementId"], **properties["Statement"]}]}
    _client("events").put_permission(EventBusName="default", Policy=json.dumps(policy))


def _put(bucket: str, properties: Properties) -> None:
    """A bucket's properties, but for its encryption."""
    s3 = _client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=properties["VersioningConfiguration"])
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"]
    )
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=properties["OwnershipControls"])
    rules = [_lifecycle_rule(one) for one in properties["LifecycleConfiguration"]["Rules"]]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    if lock := properties.get("ObjectLockConfiguration", {}).get("Rule"):
        default = lock["DefaultRetention"]
        rule = {"DefaultRetention": {"Mode": default["Mode"], "Days": int(default["Days"])}}
        configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
    if told := properties.get("NotificationConfiguration"):
        queues = [_notification(one) for one in told["QueueConfigurations"]]
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": queues}
        )
    if copied := properties.get("ReplicationConfiguration"):
        rules = [{"ID" if name == "Id" else name: value for name, value in one.items()} for one in copied["Rules"]]
        s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration={"Role": copied["Role"], "Rules": rules})


def _lifecycle_rule(rule: Properties) -> Properties:
    made = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "ExpiredObjectDeleteMarker" in rule:
        made["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    if "Transitions" in rule:
        made["Transitions"] = [
            {"StorageClass": one["StorageClass"], "Days": int(one["TransitionInDays"])} for one in rule["Transitions"]
        ]
    if "NoncurrentVersionExpiration" in rule:
        made["NoncurrentVersionExpiration"] = {
            "NoncurrentDays": int(rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        }
    if "AbortIncompleteMultipartUpload" in rule:
        made["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    assert len(made) > 3, rule  # a rule that does nothing: a property that is not translated here
    return made


def _notification(told: Properties) -> Properties:
    made = {"QueueArn": told["Queue"], "Events": [told["Event"]]}
    if "Filter" in told:
        made["Filter"] = {"Key": {"FilterRules": told["Filter"]["S3Key"]["Rules"]}}
    return made


@cache
def install() -> None:
    """Change moto in this process. (Not when this module is imported: moto must be made by infra.local.server.)"""
    from moto.awslambda.models import EventSourceMapping
    from moto.cloudformation import parsing
    from moto.s3.models import FakeBucket, s3_backends
    from moto.s3.responses import S3Response
    from moto.sqs.models import sqs_backends
    from werkzeug.datastructures import Headers

    plain_bucket = FakeBucket.create_from_cloudformation_json.__func__
    plain_mapping = EventSourceMapping.create_from_cloudformation_json.__func__

    def bucket(cls: Any, name: str, template: Any, account: str, region: str, **more: Any) -> Any:
        made = plain_bucket(cls, name, template, account, region, **more)
        properties = _without_nothing(template["Properties"])
        s3_backends[account]["aws"].get_bucket(name).object_lock_enabled = bool(properties.get("ObjectLockEnabled"))
        _put(name, properties)
        return made

    def mapping(cls: Any, name: str, template: Any, account: str, region: str, **more: Any) -> Any:
        """moto would run the function in Docker as soon as a message comes; `infra.local.worker` polls instead."""
        made = plain_mapping(cls, name, template, account, region, **more)
        queue = sqs_backends[account][region].get_queue(made.event_source_arn.rsplit(":", 1)[-1])
        queue.lambda_event_source_mappings.clear()
        return made

    plain_put = S3Response._key_response_put

    def put(self: Any, query: dict[str, Any], key_name: str) -> Any:
        """moto refuses a PUT to a locked bucket without a checksum, as S3 does, but looks for boto3's only, and asks a
        copy for one, too."""
        if "x-amz-copy-source" in self.headers or "x-amz-checksum-sha256" in self.headers:
            self.headers = Headers(self.headers)
            self.headers["x-amz-sdk-checksum-algorithm"] = "SHA256"
        return plain_put(self, query, key_name)

    S3Response._key_response_put = put
    FakeBucket.create_from_cloudformation_json = classmethod(bucket)
    EventSourceMapping.create_from_cloudformation_json = classmethod(mapping)
    global _kinds
    _kinds = [
        _kind("AWS::S3::BucketPolicy", _bucket_policy),
        _kind("AWS::SQS::QueuePolicy", _queue_policy),
        _kind("AWS::SNS::Subscription", _subscription),
        _kind("AWS::Events::EventBusPolicy", _event_bus_policy),
    ]
    for kept in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        kept.cache_clear()


def deploy(name: str, template: str, parameters: dict[str, str]) -> dict[str, str]:
    """Make a stack of a template, by its file's name in infra/templates. Returns its outputs."""
    install()
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    client = _client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=text, Parameters=given)
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
