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
