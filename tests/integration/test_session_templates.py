"""The templates for session logs, deployed on the embedded AWS: what they make there is what the guide says.

moto runs functions in Docker; here, the template's function runs in this process. What moto's CloudFormation lacks,
tests/moto_session_logs.py makes with moto's services. moto judges no policy: that CloudWatch Logs, Firehose and KMS
accept those of the templates is not shown here.
"""

from __future__ import annotations

import base64
import gzip
import importlib.util
import io
import json
import re
import sys
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from addapart.controls import decide
from infra.template import TEMPLATES, load
from lake.settings import parse
from tests.custom_resources import Calls

SETTINGS = parse((Path(__file__).parents[2] / "lake.toml").read_text())
MEMBER, DESTINATION = TEMPLATES / "session-manager.yaml", TEMPLATES / "session-logs-destination.yaml"
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS..CloudWatch..Alarm")
DOCUMENT = "SSM-SessionManagerRunShell"
ORGANIZATION, LOG_ACCOUNT = "o-a1b2c3d4e5", "444455556666"
RAW_KEY = "arn:aws:kms:eu-west-1:444455556666:key/5e55-10"


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def functions(aws: str, calls: Calls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """moto's Lambda runs custom resources' functions at once and in this process."""
    assert aws
    from moto.awslambda.models import LambdaFunction
    from moto.cloudformation import cloudformation_backends, custom_model

    import tests.moto_session_logs  # noqa: F401 - moto learns the types that it lacks

    def run(function: LambdaFunction, body: str, *_: Any) -> None:
        event = json.loads(body)
        region = event["StackId"].split(":")[3]
        zipfile.ZipFile(io.BytesIO(base64.b64decode(function.code["ZipFile"]))).extract("index.py", tmp_path)
        specification = importlib.util.spec_from_file_location("deployed_index", tmp_path / "index.py")
        assert specification
        assert specification.loader
        module: Any = importlib.util.module_from_spec(specification)
        monkeypatch.setitem(sys.modules, "deployed_index", module)
        specification.loader.exec_module(module)

        def client(service: str, config: Any) -> Any:
            return calls.watch(boto3.client(service, region_name=region, config=config))

        def respond(_event: dict[str, Any], status: str, answer: Any, reason: str = "") -> None:
            assert status == "SUCCESS", reason
            stack = cloudformation_backends[function.account_id][region].get_stack(event["StackId"])
            stack.get_custom_resource(event["LogicalResourceId"]).set_data(answer.data)

        monkeypatch.setattr(module, "boto3", SimpleNamespace(client=client))
        monkeypatch.setattr(module, "respond", respond)
        module.handler(event, None)

    class Now:
        def __init__(self, target: Any, args: Any) -> None:
            self.start = lambda: target(*args)

    monkeypatch.setattr(LambdaFunction, "invoke", run)
    monkeypatch.setattr(custom_model, "threading", SimpleNamespace(Thread=Now))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


def deploy(template: Path, region: str, **parameters: str) -> dict[str, str]:
    """The outputs of a new stack."""
    client = boto3.client("cloudformation", region_name=region)
    client.create_stack(
        StackName=template.stem,
        TemplateBody=template.read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    [stack] = client.describe_stacks(StackName=template.stem)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {one["OutputKey"]: one.get("OutputValue", "") for one in stack.get("Outputs", [])}


@pytest.mark.usefixtures("functions")
def test_a_member_account_records_its_sessions_and_sends_them() -> None:
    outputs = deploy(MEMBER, "us-east-1", LogAccountId=LOG_ACCOUNT, LinuxShellProfile="cd ~; exec bash")
    kms, ssm, logs = (boto3.client(name, region_name="us-east-1") for name in ("kms", "ssm", "logs"))
    assert {"alias/loglake-session-logs", "alias/loglake-session-data"} <= {
        one["AliasName"] for one in kms.list_aliases()["Aliases"]
    }
    about = [kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in kms.list_keys()["Keys"]]
    keys = {"data" if "session data" in one["Description"] else "logs": one["Arn"] for one in about}
    assert all(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] for key in keys.values())
    [group] = logs.describe_log_groups(logGroupNamePrefix="/aws/ssm/sessionlogs")["logGroups"]
    assert (group["retentionInDays"], group["kmsKeyId"]) == (90, keys["logs"])
    assert json.loads(ssm.get_document(Name=DOCUMENT)["Content"]) == {
        "schemaVersion": "1.0",
        "description": "Document to hold regional settings for Session Manager",
        "sessionType": "Standard_Stream",
        "inputs": {
            "cloudWatchLogGroupName": "/aws/ssm/sessionlogs",
            "cloudWatchEncryptionEnabled": True,
            "cloudWatchStreamingEnabled": True,
            "s3BucketName": "",
            "s3KeyPrefix": "",
            "s3EncryptionEnabled": True,
            "kmsKeyId": keys["data"],
            "runAsEnabled": False,
            "runAsDefaultUser": "",
            "idleSessionTimeout": "15",
            "maxSessionDuration": "",
            "shellProfile": {"linux": "cd ~; exec bash", "windows": ""},
        },
    }
    found = ssm.get_parameters_by_path(Path="/loglake/session-manager")["Parameters"]
    values = {one["Name"].rsplit("/", 1)[1]: one["Value"] for one in found}
    assert (values["log-key-id"], values["session-key-id"]) == (keys["logs"], keys["data"])
    assert set(values) == {"before", "log-key-id", "session-key-id"}
    assert outputs["SessionKeyArn"] == keys["data"]
    [sent] = logs.describe_subscription_filters(logGroupName="/aws/ssm/sessionlogs")["subscriptionFilters"]
    assert sent["destinationArn"] == f"arn:aws:logs:us-east-1:{LOG_ACCOUNT}:destination:loglake-session-logs"
    assert (sent["filterPattern"], sent["roleArn"].rsplit("/", 1)[1]) == ("", "loglake-session-subscription-us-east-1")


@pytest.mark.usefixtures("functions")
def test_a_second_region_shares_the_instance_policy_and_no_name() -> None:
    first = deploy(MEMBER, "us-east-1", LogAccountId=LOG_ACCOUNT)
    second = deploy(MEMBER, "eu-west-1", LogAccountId=LOG_ACCOUNT)
    iam = boto3.client("iam")
    assert "InstancePolicyArn" in first
    assert not second.get("InstancePolicyArn")
    assert len(iam.list_policies(Scope="Local")["Policies"]) == 1
    assert {one["RoleName"] for one in iam.list_roles()["Roles"]} == {
        f"loglake-session-{what}-{region}"
        for what in ("preferences", "subscription")
        for region in ("us-east-1", "eu-west-1")
    }
    assert json.loads(boto3.client("ssm", region_name="eu-west-1").get_document(Name=DOCUMENT)["Content"])


@pytest.mark.usefixtures("functions")
def test_a_first_deployment_can_leave_the_preferences_alone() -> None:
    deploy(MEMBER, "us-east-1", SetPreferences="no", SessionDataKey="none", LogGroupKey="none")
    ssm = boto3.client("ssm")
    with pytest.raises(ssm.exceptions.InvalidDocument):
        ssm.get_document(Name=DOCUMENT)
    assert not boto3.client("kms").list_keys()["Keys"]
    [group] = boto3.client("logs").describe_log_groups(logGroupNamePrefix="/aws/ssm/sessionlogs")["logGroups"]
    assert (group["retentionInDays"], group.get("kmsKeyId")) == (90, None)


# Systems Manager, "Create a custom IAM role for Session Manager", the policy with logging to S3 and CloudWatch Logs;
# and kms:Decrypt of the one before it, for session data. kms:Decrypt and kms:GenerateDataKey are also for the log
# group's key: CloudWatch Logs, "Encrypt log data in CloudWatch Logs using AWS KMS".
DOCUMENTED = {
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "s3:GetEncryptionConfiguration",
    "s3:PutObject",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
TO_S3 = {"s3:GetEncryptionConfiguration", "s3:PutObject"}


@pytest.mark.parametrize(
    ("parameters", "allowed"),
    [
        ({}, DOCUMENTED - TO_S3),
        ({"SessionDataKey": "none"}, DOCUMENTED - TO_S3),
        ({"S3BucketName": "sessions", "S3KeyArn": RAW_KEY}, DOCUMENTED),
    ],
    ids=["CloudWatch Logs", "no session data key", "S3, too"],
)
@pytest.mark.usefixtures("functions")
def test_an_instance_may_do_what_aws_documents_and_no_more(parameters: dict[str, str], allowed: set[str]) -> None:
    outputs = deploy(MEMBER, "us-east-1", SetPreferences="no", **parameters)
    iam = boto3.client("iam")
    version = iam.get_policy_version(PolicyArn=outputs["InstancePolicyArn"], VersionId="v1")["PolicyVersion"]
    assert actions(version["Document"]) == allowed


def actions(policy: dict[str, Any], *but: str) -> set[str]:
    """What a policy allows, except by the statements named."""
    found = [one["Action"] for one in policy["Statement"] if one.get("Sid") not in but]
    return {action for one in found for action in ([one] if isinstance(one, str) else one)}


@pytest.mark.usefixtures("functions")
def test_the_destination_takes_logs_of_the_organisation_into_the_layout_that_the_lake_reads() -> None:
    bucket = next(one.bucket for one in SETTINGS.sources if one.job == "cloudwatch")
    deploy(DESTINATION, "us-east-1", OrganizationId=ORGANIZATION, RawKeyArn=RAW_KEY)
    boto3.client("s3").create_bucket(Bucket=bucket)
    firehose, logs = boto3.client("firehose"), boto3.client("logs")
    [found] = logs.describe_destinations()["destinations"]
    [statement] = json.loads(found["accessPolicy"])["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    assert statement["Resource"] == found["arn"]
    stream = found["targetArn"].rsplit("/", 1)[1]
    sent = gzip.compress(b'{"messageType":"DATA_MESSAGE"}')
    firehose.put_record_batch(DeliveryStreamName=stream, Records=[{"Data": sent}, {"Data": sent}])
    [object_] = boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    body = boto3.client("s3").get_object(Bucket=bucket, Key=object_["Key"])["Body"].read()
    assert body == sent + sent  # not compressed again, nothing between


def key_of(expression: str, when: datetime) -> str:
    """The object's key that Firehose makes of a prefix at that time (Firehose, "Custom prefixes for S3 objects")."""
    java = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H"}
    text = expression.replace("!{firehose:error-output-type}", "processing-failed")

    def stamp(match: re.Match[str]) -> str:
        return when.strftime(re.sub("|".join(java), lambda one: java[one[0]], match[1]))

    prefix = re.sub(r"!\{timestamp:(.*?)\}", stamp, text)
    return f"{prefix}loglake-session-logs-1-{when:%Y-%m-%d-%H-%M-%S}-55239a3d-622e-40c0-9615-ad4f5d4381fa"


@pytest.mark.parametrize(("prefix", "named"), [("", "eu-west-1"), ("a/b=c/", "a/b=c/eu-west-1")])
@pytest.mark.usefixtures("functions")
def test_addapart_takes_what_firehose_delivers_and_drops_its_errors(prefix: str, named: str) -> None:
    deploy(DESTINATION, "eu-west-1", OrganizationId=ORGANIZATION, KeyPrefix=prefix)
    firehose = boto3.client("firehose", region_name="eu-west-1")
    about = firehose.describe_delivery_stream(DeliveryStreamName="loglake-session-logs")["DeliveryStreamDescription"]
    to_s3 = about["Destinations"][0]["ExtendedS3DestinationDescription"]
    bucket = to_s3["BucketARN"].removeprefix("arn:aws:s3:::")
    when = datetime(2026, 3, 2, 7, 25, 2, tzinfo=UTC)
    taken = decide(SETTINGS, bucket, key_of(to_s3["Prefix"], when))
    assert (taken.source.name, taken.rule) == ("sessionlogs", "")
    assert taken.values == (f"sessionlogs/{named}", "2026-03-02")
    assert decide(SETTINGS, bucket, key_of(to_s3["ErrorOutputPrefix"], when)).rule == "layout"


def test_what_the_lake_and_the_templates_both_say_they_say_alike() -> None:
    def default(template: Path, parameter: str) -> Any:
        return load(template)["Parameters"][parameter]["Default"]

    assert default(MEMBER, "LogGroupName") in SETTINGS.jobs["cloudwatch"].loggroups
    assert default(MEMBER, "IdleSessionTimeout") == 15  # lake.toml: ended_minutes is 15 + 90
    assert default(DESTINATION, "SessionLogsRawBucket") in {s.bucket for s in SETTINGS.sources if s.job == "cloudwatch"}
    assert default(MEMBER, "DestinationName") == default(DESTINATION, "DestinationName")
