"""What the crowd does: the ordinary calls, how often each is made and by whom, in the shapes that AWS documents.

`@ACCOUNT@` and `@REGION@` stand for the trail's own, `@TOKEN@` (once at most) for something new in each event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from examples.company.people import SECRET
from examples.company.record import Json

Who = Literal["person", "instance", "lambda", "service", "nobody"]


@dataclass(frozen=True, slots=True)
class Action:
    """One kind of call. service: its short name. weight: how often, against the others'. fields: further ones of Call.

    invoker: the service that calls, where `who` is "service" or "nobody" (no userIdentity.type at all).
    strange: the callers' software has names that somebody meant to do harm with.
    """

    service: str
    name: str
    weight: float
    who: Who = "person"
    request: Any = None
    response: Any = None
    invoker: str = ""
    strange: bool = False
    fields: Json | None = None


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:@REGION@:@ACCOUNT@:{rest}"


_KEY = [
    {"accountId": "@ACCOUNT@", "type": "AWS::KMS::Key", "ARN": _arn("kms", "key/1b2c3d4e-0000-4000-8000-000000000001")}
]
_BUCKET = "payments-@ACCOUNT@-@REGION@"
_OBJECT: Json = {
    "category": "Data",
    "readonly": True,
    "resources": [
        {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{_BUCKET}/invoices/2026"},
        {"accountId": "@ACCOUNT@", "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{_BUCKET}"},
    ],
    "additional": {
        "SignatureVersion": "SigV4",
        "CipherSuite": "ECDHE-RSA-AES128-GCM-SHA256",
        "bytesTransferredIn": 0,
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": "EXAMPLE/eftixk72aD6Ap51TnqcoF8eFidJG9Z/2mkiDFu8yU9AS1ed4OpIszj7UDNEHGran=",
        "bytesTransferredOut": 20511,
    },
}
_READ: Json = {"readonly": True}
_INSTANCE_REQUEST = {"instancesSet": {"items": [{"instanceId": "i-@TOKEN@"}]}, "filterSet": {}}
_SERVICE_ROLE = "arn:aws:iam::@ACCOUNT@:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS"

ACTIONS = (
    Action("ec2", "DescribeInstances", 9, request=_INSTANCE_REQUEST, fields=_READ),
    Action("ec2", "DescribeVolumes", 4, request={"volumeSet": {}, "filterSet": {}, "maxResults": 500}, fields=_READ),
    Action("ec2", "DescribeSecurityGroups", 3, request={"securityGroupSet": {}, "filterSet": {}}, fields=_READ),
    Action(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        0.6,
        request={
            "groupId": "sg-@TOKEN@",
            "ipPermissions": {
                "items": [{"ipProtocol": "tcp", "fromPort": 22, "ipRanges": {"items": [{"cidrIp": "203.0.113.7/32"}]}}]
            },
        },
        response={"requestId": "59dbff89-35bd-4eac-99ed-be587EXAMPLE", "_return": True},
    ),
    Action(
        "ec2",
        "TerminateInstances",
        0.4,
        request={"instancesSet": {"items": [{"instanceId": "i-@TOKEN@"}]}},
        fields={"error": ("Client.UnauthorizedOperation", "You are not authorized to perform this operation.")},
    ),
    Action(
        "s3", "GetObject", 16, "lambda", {"bucketName": _BUCKET, "key": "invoices/2026/@TOKEN@.pdf"}, fields=_OBJECT
    ),
    Action(
        "s3",
        "PutObject",
        7,
        "instance",
        {"bucketName": _BUCKET, "x-amz-acl": "private", "key": "exports/@TOKEN@ #1 100%.csv", "Tag": "a", "tag": ["a"]},
        {"x-amz-server-side-encryption": "aws:kms"},
        fields=_OBJECT | {"readonly": False},
    ),
    Action("s3", "GetBucketAcl", 5, "service", {"bucketName": _BUCKET, "acl": ""}, None, "cloudtrail.amazonaws.com"),
    Action("s3", "ListBuckets", 2, request={"Host": "s3.@REGION@.amazonaws.com"}, strange=True, fields=_READ),
    Action(
        "kms",
        "Decrypt",
        13,
        "lambda",
        {"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": {"aws:s3:arn": f"{_BUCKET}/@TOKEN@"}},
        fields={"readonly": True, "resources": _KEY},
    ),
    Action(
        "kms",
        "GenerateDataKey",
        5,
        "instance",
        {"keyId": "alias/payments", "keySpec": "AES_256", "encryptionContext": {"aws:ebs:id": "vol-@TOKEN@"}},
        fields={"readonly": True, "resources": _KEY},
    ),
    Action(
        "sts",
        "AssumeRole",
        1.4,
        "service",
        {
            "roleArn": _SERVICE_ROLE,
            "roleSessionName": "SLRManagement",
            "policy": '{\n  "Version": "2012-10-17",\n  "Statement": []\n}',
        },
        {
            "credentials": {
                "accessKeyId": "ASIA@TOKEN@",
                "sessionToken": SECRET + "aCXVzLWVhc3QtMSJIMEYCIQ" * 6,
                "expiration": "Mar 2, 2026, 11:59:59 PM",
            },
            "assumedRoleUser": {"assumedRoleId": "AROAEXAMPLE:SLRManagement", "arn": _SERVICE_ROLE},
        },
        "rds.amazonaws.com",
        fields={"readonly": True, "resources": [{"type": "AWS::IAM::Role", "ARN": _SERVICE_ROLE}]},
    ),
    Action("sts", "GetCallerIdentity", 3, fields=_READ),
    Action(
        "ssm", "UpdateInstanceInformation", 8, "instance", {"instanceId": "i-@TOKEN@", "agentVersion": "3.2.2303.0"}
    ),
    Action("ssm", "GetParameter", 4, request={"name": "/payments/url", "withDecryption": True}, fields=_READ),
    Action("ssm", "DescribeInstanceInformation", 3, request={"maxResults": 50}, fields=_READ),
    Action(
        "ssm",
        "DescribeParameters",
        1.5,
        request={"maxResults": 10},
        fields={"readonly": True, "error": ("ThrottlingException", "Rate exceeded")},
    ),
    Action("secretsmanager", "GetSecretValue", 2, "lambda", {"secretId": "payments/db-@TOKEN@"}, fields=_READ),
    Action("lambda", "Invoke", 3, "lambda", {"functionName": "payments-api"}, fields={"category": "Data"}),
    Action(
        "logs", "CreateLogStream", 3, "lambda", {"logGroupName": "/aws/lambda/payments-api", "logStreamName": "@TOKEN@"}
    ),
    Action("monitoring", "DescribeAlarms", 3, request={"maxRecords": 100}, fields=_READ),
    Action(
        "signin",
        "ConsoleLogin",
        0.7,
        response={"ConsoleLogin": "Success"},
        fields={
            "kind": "AwsConsoleSignIn",
            "additional": {
                "LoginTo": "https://console.example.com/?a=1&b=<i>",
                "MobileVersion": "No",
                "MFAUsed": "Yes",
            },
        },
    ),
    Action(
        "athena",
        "StartSession",
        0.6,
        request={"workGroup": "notebooks", "engineConfiguration": {"maxConcurrentDpus": 20}},
        response={"sessionId": "@TOKEN@-0a1b-2c3d-4e5f-60718293a4b5", "state": "CREATING"},
    ),
    Action("glue", "StartSession", 0.3, request={"sessionId": "@TOKEN@"}, fields={"error": ("AccessDenied", "no")}),
    Action(
        "kms",
        "RotateKey",
        0.2,
        "nobody",
        invoker="kms.amazonaws.com",
        fields={
            "kind": "AwsServiceEvent",
            "resources": _KEY,
            "others": {
                "serviceEventDetails": {"keyId": "1b2c3d4e-0000-4000-8000-000000000001", "rotationType": "AUTOMATIC"}
            },
        },
    ),
    Action(
        "dynamodb",
        "GetItem",
        3,
        "lambda",
        {"tableName": "orders", "key": {"id": "@TOKEN@"}},
        fields={
            "category": "Data",
            "readonly": True,
            "others": {
                "eventProvenance": {"hops": 2, "exact": 1.10, "seen": ["edge", None]},
                "vpcEndpointId": "vpce-0a1b2c3d",
            },
        },
    ),
    Action(
        "bedrock",
        "InvokeModel",
        1,
        "lambda",
        {"modelId": "example.model-v1:0"},
        fields={
            "readonly": True,
            "others": {"newTopLevelField": "@ACCOUNT@"},
        },
    ),
)

STRANGE_AGENTS = (
    "curl/8.5.0 \x1b[2J\x1b[1;1Hall is well\x07",
    "<script>alert('user agent')</script>",
    'scanner/0.1 }{ "eventName":"StartSession" ]}',
    "probe 🦊 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \u202egnol\u202c",
    "line one\nline two\r\n\tline three\x00end",
)
