"""Custom resource: the log group that sessions are recorded in, made if there is none, adopted if there is one.

CloudFormation's own AWS::Logs::LogGroup fails where the group exists, which in an organisation it does somewhere. And
no stack may delete or shorten what was recorded: Delete leaves the group as it is.

Source: CloudWatch Logs API reference (CreateLogGroup, PutRetentionPolicy, AssociateKmsKey).
"""

from __future__ import annotations

from typing import Any

import boto3

from infra.functions.custom import Answer
from infra.functions.document import PATIENT, patiently

# A role that is seconds old; a key whose policy is; two changes at once; a group made by somebody else meanwhile.
_PASSING_LOGS = {
    "AccessDeniedException",
    "InvalidParameterException",
    "OperationAbortedException",
    "ResourceAlreadyExistsException",
}


def keep_log_group(event: dict[str, Any]) -> Answer:
    """Properties: LogGroupName, RetentionDays, KmsKeyArn ('': none of ours). Data: Encrypted, 'true' or 'false'."""
    if event["RequestType"] == "Delete":
        return Answer(event["PhysicalResourceId"])
    wanted, old = event["ResourceProperties"], event.get("OldResourceProperties", {})
    if old.get("LogGroupName") != wanted["LogGroupName"]:
        old = {}  # another group, of which nothing is ours yet
    logs, data = boto3.client("logs", config=PATIENT), dict[str, str]()
    patiently(lambda: data.update(_keep(logs, wanted, old)), _PASSING_LOGS)
    return Answer(wanted["LogGroupName"], data)


def _keep(logs: Any, wanted: dict[str, str], old: dict[str, str]) -> dict[str, str]:
    name, key = wanted["LogGroupName"], wanted["KmsKeyArn"]
    group = _group(logs, name)
    if group is None:
        logs.create_log_group(logGroupName=name, **({"kmsKeyId": key} if key else {}))
        group = {"kmsKeyId": key}
    if _may_retain(group, int(wanted["RetentionDays"]), int(old.get("RetentionDays", -1))):
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(wanted["RetentionDays"]))
    had = group.get("kmsKeyId", "")
    ours = had in ("", old.get("KmsKeyArn"))
    if ours and key and key != had:
        logs.associate_kms_key(logGroupName=name, kmsKeyId=key)
    if ours and had and not key:
        logs.disassociate_kms_key(logGroupName=name)
    return {"Encrypted": "true" if key or (had and not ours) else "false"}


def _may_retain(group: dict[str, Any], days: int, old: int) -> bool:
    """Longer always. Shorter only where nothing is recorded yet, or what is set is what this stack set (old, or -1)."""
    now = group.get("retentionInDays", 0)  # 0: for ever
    if now == days:
        return False
    return not group.get("storedBytes") or now == old or 0 < now < days


def _group(logs: Any, name: str) -> dict[str, Any] | None:
    """The group's description, None if there is no such group: those asked for are all that begin with the name."""
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    return next((one for page in pages for one in page["logGroups"] if one["logGroupName"] == name), None)
