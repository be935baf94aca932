"""Which services may take on a role: under the conditions that AWS says they meet, and under no others."""

from __future__ import annotations

import pytest

from infra.template import TEMPLATES, load, resources

ROLES = resources(load(TEMPLATES / "access.yaml"), "AWS::IAM::Role")

# Where AWS documents that a service tells for whom it comes: AWS Glue, "Cross-service confused deputy prevention";
# EventBridge Scheduler, "Confused deputy prevention". A condition that is not met refuses the role, often in silence.
BROUGHT = {
    "glue.amazonaws.com": {"aws:SourceAccount"},
    "scheduler.amazonaws.com": {"aws:SourceAccount", "aws:SourceArn"},
}


@pytest.mark.parametrize("name", ROLES)
def test_a_service_is_asked_only_for_what_it_is_known_to_bring(name: str) -> None:
    for statement in ROLES[name]["AssumeRolePolicyDocument"]["Statement"]:
        services = statement.get("Principal", {}).get("Service", [])
        for service in [services] if isinstance(services, str) else services:
            asked = {key for keys in statement.get("Condition", {}).values() for key in keys}
            assert asked <= BROUGHT.get(service, set()), service


def test_a_job_is_started_for_this_account_alone() -> None:
    jobs = [one for name, one in ROLES.items() if name.endswith("JobRole")]
    assert len(jobs) == 4
    for role in jobs:
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


# CloudWatch Logs calls KMS by whoever calls it (CloudWatch Logs, "Encrypt log data in CloudWatch Logs using AWS KMS",
# step 2). Who makes a group with a key, and who writes to one: template, resource, statement.
OF_KEYED_GROUPS = [
    ("session-manager.yaml", "PreferencesRole", "TheLogGroupsKey"),
    ("session-manager.yaml", "InstancePolicy", "TheLogGroupsKey"),
    ("session-logs-destination.yaml", "StreamRole", "EncryptErrors"),
    ("access.yaml", "IndexesRole", "EncryptLogs"),
    *(("access.yaml", f"{job}JobRole", "EncryptLogs") for job in ("CloudTrail", "SessionLogs", "Tend", "Quality")),
]


@pytest.mark.parametrize(("file", "name", "sid"), OF_KEYED_GROUPS)
def test_who_calls_about_a_log_group_with_a_key_may_use_it_through_cloudwatch_logs_only(
    file: str, name: str, sid: str
) -> None:
    of = load(TEMPLATES / file)["Resources"][name]["Properties"]
    documents = [one["PolicyDocument"] for one in of.get("Policies", [of])]
    found = [one["Fn::If"][1] if "Fn::If" in one else one for it in documents for one in it["Statement"]]
    (statement,) = [one for one in found if one.get("Sid") == sid]
    assert {"kms:Decrypt"} < set(statement["Action"])
    assert any(one.startswith("kms:GenerateDataKey") for one in statement["Action"])
    (through,) = [keys["kms:ViaService"] for keys in statement["Condition"].values() if "kms:ViaService" in keys]
    assert through["Fn::Sub"].startswith("logs.")
    assert ("kms:Encrypt" in statement["Action"]) is (name == "PreferencesRole")  # it alone gives a group its key
