"""What no deployment of keys, buckets and queues may lack: how evidence is kept, and from whom. By the templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra import lint, locks, resources
from infra.template import TEMPLATES, load
from infra.template import resources as of_kind
from lake import keys
from lake.settings import parse

SETTINGS = parse((Path(__file__).parents[2] / "lake.toml").read_text())
OURS = ("keys", "ingest", "storage", "raw", "replica")
LOADED = {name: load(TEMPLATES / f"{name}.yaml") for name in OURS}
BUCKETS = [(name, bucket) for name in OURS for bucket in of_kind(LOADED[name], "AWS::S3::Bucket")]
READ_AT_ONCE = {"STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "ONEZONE_IA"}


def _properties(template: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = LOADED[template]["Resources"][name]["Properties"]
    return found


def _statements(template: str, kind: str, document: str = "PolicyDocument") -> dict[str, list[dict[str, Any]]]:
    """Every policy's statements, those under a condition included, by its resource's name."""
    found = {}
    for name, properties in of_kind(LOADED[template], kind).items():
        statements = properties[document]["Statement"]
        found[name] = [one["Fn::If"][1] if "Fn::If" in one else one for one in statements]
    return found


@pytest.mark.parametrize(("template", "name"), BUCKETS)
def test_every_bucket_is_closed_versioned_and_encrypted(template: str, name: str) -> None:
    bucket = _properties(template, name)
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (default,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    wanted = "AES256" if name == "AccessLogs" else "aws:kms"
    assert default["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == wanted


@pytest.mark.parametrize(("template", "name"), BUCKETS)
def test_every_bucket_is_reached_by_tls_only(template: str, name: str) -> None:
    policies = of_kind(LOADED[template], "AWS::S3::BucketPolicy")
    policy = next(one for one, its in policies.items() if its["Bucket"] == {"Ref": name})
    denied = [one for one in _statements(template, "AWS::S3::BucketPolicy")[policy] if one["Effect"] == "Deny"]
    tls = [one for one in denied if one["Action"] == "s3:*" and one["Principal"] == "*"]
    assert [one["Condition"] for one in tls] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
    ]
    whole = [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]
    assert all(one["Resource"] == whole for one in tls)


KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
CALLERS = "s3:x-amz-server-side-encryption-customer-algorithm"


def _holds(operator: str, wanted: Any, found: str | None) -> bool:
    """IAM's rule: a negated operator holds where the key is missing, and so does every ...IfExists."""
    if operator == "Null":
        return (found is None) == (wanted == "true")
    assert operator in ("StringNotEquals", "StringNotEqualsIfExists")
    return found != wanted


@pytest.mark.parametrize("name", ["Books", "Readready", "Results"])
def test_a_writer_names_our_key_or_none_and_brings_none(name: str) -> None:
    """S3 asks the policy before it applies the bucket's default, so a PUT without a word on keys has none to show."""
    denials = [
        one["Condition"]
        for one in _statements("storage", "AWS::S3::BucketPolicy")[f"{name}Policy"]
        if one["Action"] == "s3:PutObject" and one["Effect"] == "Deny"
    ]

    def denied(**request: str) -> bool:
        headers = {KEY: request.get("key"), CALLERS: request.get("callers")}
        ours = {"Ref": f"{name}KeyArn"}
        return any(
            all(
                _holds(operator, "ours" if wanted == ours else wanted, headers[header])
                for operator, keys_ in condition.items()
                for header, wanted in keys_.items()
            )
            for condition in denials
        )

    assert not denied()
    assert not denied(key="ours")
    assert denied(key="another's")
    assert denied(callers="AES256")


def test_a_trail_that_names_our_key_can_be_made() -> None:
    """The raw bucket has a bucket key, for which CloudTrail asks KMS to decrypt, too."""
    allowed = {
        action
        for one in _statements("keys", "AWS::KMS::Key", "KeyPolicy")["RawKey"]
        if one["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    assert allowed == {"kms:GenerateDataKey*", "kms:Decrypt", "kms:DescribeKey"}


def test_an_instance_writes_session_logs_below_its_own_account_and_reads_none() -> None:
    allowed = [
        one
        for one in _statements("raw", "AWS::S3::BucketPolicy")["BucketPolicy"]
        if one["Effect"] == "Allow" and one["Principal"] == "*"
    ]
    organisation = {"aws:PrincipalOrgID": {"Ref": "SessionWriters"}}
    assert all(one["Condition"] == {"StringEquals": organisation} for one in allowed)
    writes, looks = allowed
    assert writes["Action"] == ["s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"]
    # A policy variable: CloudFormation must leave it as it is.
    assert writes["Resource"]["Fn::If"] == [
        "HasSessionPrefix",
        {"Fn::Sub": "${Bucket.Arn}/${SessionPrefix}/${!aws:PrincipalAccount}/*"},
        {"Fn::Sub": "${Bucket.Arn}/${!aws:PrincipalAccount}/*"},
    ]
    assert (looks["Action"], looks["Resource"]) == (
        "s3:GetEncryptionConfiguration",
        {"Fn::GetAtt": ["Bucket", "Arn"]},
    )


def test_an_instance_uses_the_raw_key_for_the_bucket_of_session_log_files_alone() -> None:
    (one,) = [
        one for one in _statements("keys", "AWS::KMS::Key", "KeyPolicy")["RawKey"] if one["Sid"] == "SessionsEncrypt"
    ]
    assert one["Condition"]["StringEquals"] == {
        "aws:PrincipalOrgID": {"Ref": "SessionWriters"},
        "kms:EncryptionContext:aws:s3:arn": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${SessionFilesBucket}"},
    }
    assert one["Condition"]["StringLike"] == {"kms:ViaService": "s3.*.amazonaws.com"}
    default = LOADED["keys"]["Parameters"]["SessionFilesBucket"]["Default"]
    assert {default} == {source.bucket for source in SETTINGS.sources if source.job == "sessionfiles"}
    # So that this context is the bucket's, which it is only with a bucket key.
    (rule,) = _properties("raw", "Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["BucketKeyEnabled"] is True


def test_evidence_is_locked_and_neither_results_nor_access_logs_are() -> None:
    locked = {name: "ObjectLockConfiguration" in _properties(template, name) for template, name in BUCKETS}
    assert locked == {"AccessLogs": False, "Books": True, "Readready": True, "Results": False, "Bucket": True}


def test_every_bucket_of_the_lake_logs_who_did_what() -> None:
    logged = {(template, name) for template, name in BUCKETS if "LoggingConfiguration" in _properties(template, name)}
    assert logged == {("storage", "Books"), ("storage", "Readready"), ("storage", "Results"), ("raw", "Bucket")}


@pytest.mark.parametrize("template", OURS)
def test_what_is_evidence_stays_when_its_stack_goes(template: str) -> None:
    kinds = ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SQS::Queue", "AWS::Logs::LogGroup")
    for name, resource in LOADED[template]["Resources"].items():
        kept = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
        assert kept == (("RetainExceptOnCreate", "Retain") if resource["Type"] in kinds else (None, None)), name


def test_no_object_goes_where_a_rebuild_could_not_read_it() -> None:
    assert set(LOADED["raw"]["Parameters"]["ColdClass"]["AllowedValues"]) <= READ_AT_ONCE | {"NONE"}
    for template, name in BUCKETS:
        for rule in _properties(template, name)["LifecycleConfiguration"]["Rules"]:
            for one in (rule["Fn::If"][1] if "Fn::If" in rule else rule).get("Transitions", []):
                assert one["StorageClass"] in (*READ_AT_ONCE, {"Ref": "ColdClass"})


def test_raw_objects_are_never_deleted_unless_somebody_says_when() -> None:
    assert LOADED["raw"]["Parameters"]["ExpireDays"]["Default"] == 0
    rules = _properties("raw", "Bucket")["LifecycleConfiguration"]["Rules"]
    plain = [one for one in rules if "Fn::If" not in one]
    assert not [one for one in plain if "ExpirationInDays" in one]
    (expiring,) = [one["Fn::If"] for one in rules if "Fn::If" in one and "ExpirationInDays" in one["Fn::If"][1]]
    assert expiring[0] == "Expires"


def test_an_old_generations_lock_is_over_before_it_is_deleted() -> None:
    days = int(LOADED["storage"]["Parameters"]["ReadreadyLockDays"]["Default"])
    assert not locks.problem(SETTINGS, days)
    assert "ReadreadyLockDays is 7" in locks.problem(SETTINGS, SETTINGS.bounds.retention_days)


def test_every_key_rotates_and_is_the_accounts() -> None:
    for template in ("keys", "replica"):
        for name, statements in _statements(template, "AWS::KMS::Key", "KeyPolicy").items():
            assert _properties(template, name)["EnableKeyRotation"] is True
            account = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
            assert statements[0]["Principal"] == account, name
            others = [one for one in statements[1:] if one["Effect"] == "Allow"]
            # EventBridge tells the key neither rule nor account: the queue's policy asks for the rule.
            assert all(one.get("Condition") for one in others if one["Sid"] != "RulesAnnounce"), name
            assert all("kms:*" not in json.dumps(one["Action"]) for one in others), name


def test_whoever_may_announce_to_the_queue_may_use_its_key() -> None:
    senders = [one for one in _statements("ingest", "AWS::SQS::QueuePolicy")["QueuePolicy"] if one["Effect"] == "Allow"]
    users = _statements("keys", "AWS::KMS::Key", "KeyPolicy")["BooksKey"][1:]
    for policy in (senders, users):
        services = [one["Principal"]["Service"] for one in policy]
        assert sorted(services) == ["events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"]
    assert all(one["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"] for one in users)
    assert all(one["Condition"] for one in senders)


def test_only_markers_of_the_books_are_announced() -> None:
    (told,) = _properties("storage", "Books")["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": keys.MARKERS}]}}
    for name in ("Readready", "Results", "AccessLogs"):
        assert "NotificationConfiguration" not in _properties("storage", name)


def test_the_function_is_small_and_on_arm() -> None:
    function = _properties("ingest", "AddAPart")
    assert (function["Architectures"], function["Runtime"]) == (["arm64"], "python3.13")
    assert int(function["Timeout"]) == resources.TIMEOUT
    assert "ReservedConcurrentExecutions" not in function
    visibility = int(_properties("ingest", "Queue")["VisibilityTimeout"])
    assert visibility >= 6 * resources.TIMEOUT + int(_properties("ingest", "Mapping")["MaximumBatchingWindowInSeconds"])


def test_every_suppression_of_a_linter_has_its_reason() -> None:
    found = [one for path in sorted(TEMPLATES.glob("*.yaml")) for one in lint.suppressions(path)]
    assert [one for one in found if len(one.reason.split()) < 4] == []
    assert {one.tool for one in found} == {"cfn-lint", "checkov"}
