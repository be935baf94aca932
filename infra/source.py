"""`infra/templates/source-<job>.yaml`: what a deployment has of one more kind of logs, made of CloudTrail's.

`python -m infra.source` writes one for every job that `schemas.LOGS` declares, but for the two that the other templates
have by name. Its role, job, schedule, alarms and grants are CloudTrail's own, of access.yaml, jobs.yaml, watch.yaml and
grants.yaml, with the other name: so what is changed or proved there is so here as well. The stack is nested by the
root, and is there as soon as lake.toml has [[sources]] of the job. Its raw bucket is one more, see raw.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.runbook import comments
from infra.template import TEMPLATES, dump, load, with_comments
from schemas import LOGS, TABLES, Logs, readready_table

NAMED = ("cloudtrail", "cloudwatch")  # whose resources stand in the other templates
HEADER = (
    "# Made by `python -m infra.source` of schemas/ and of the CloudTrail in other templates: change those, not this.\n"
)
_MODEL = ("CloudTrail", "cloudtrail")
_PARTS = {
    "access.yaml": ("CloudTrailJobRole", "SchedulerRole"),
    "jobs.yaml": ("CloudTrailJob", "CloudTrailSchedule"),
    "watch.yaml": (
        "JobFailed",
        "CloudTrailJobSilent",
        "CloudTrailIncomplete",
        "CloudTrailStale",
        "CloudTrailQuarantine",
    ),
    "grants.yaml": ("CloudTrailJobFindsDatabase", "CloudTrailJobReadsTables", "DefinerReadsCloudTrail"),
}
_GRANTED = {"Fn::Equals": [{"Ref": "LakeFormation"}, "yes"]}
_RESOURCE = dict[str, Any]


def further() -> list[Logs]:
    """The kinds of logs that have a template of their own."""
    return [one for one in LOGS.values() if one.name not in NAMED]


def path(logs: Logs, folder: Path = TEMPLATES) -> Path:
    """Its template's file."""
    return folder / f"source-{logs.name}.yaml"


def logical(logs: Logs) -> str:
    """What its resources' names begin with: bedrock's are BedrockJob, BedrockJobRole, ..."""
    return "".join(word.capitalize() for word in logs.name.split("_"))


def text(logs: Logs) -> str:
    """The whole file."""
    templates = {file: load(TEMPLATES / file) for file in _PARTS}
    made = list(_resources(logs, templates))
    words = [str(resource) for _, _, resource in made]
    known = {name: one for template in templates.values() for name, one in template["Parameters"].items()}
    known |= _own_parameters()
    conditions = {name: one for template in templates.values() for name, one in template["Conditions"].items()}
    conditions = {"Granted": _GRANTED} | {
        name: one for name, one in conditions.items() if any(f"'{name}'" in word for word in words)
    }
    used = (*words, str(conditions))
    parameters = {
        _renamed(name, logs): _renamed(one, logs) | _sentence(name, logs)
        for name, one in known.items()
        if any(f"'Ref': '{_renamed(name, logs)}'" in word or f"${{{_renamed(name, logs)}}}" in word for word in used)
    }
    head = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Log Lake: the job of {logs.title}, with its role, schedule, alarms and grants.",
        "Parameters": parameters,
        "Conditions": conditions,
    }
    outputs = {f"{logical(logs)}JobName": {"Description": "The job.", "Value": {"Ref": f"{logical(logs)}Job"}}}
    return HEADER + dump(head) + with_comments(made) + dump({"Outputs": outputs})


def _own_parameters() -> dict[str, Any]:
    arn = {"Type": "String", "AllowedPattern": "arn:[a-z-]+:sns:.+"}
    return {"AlarmTopicArn": arn | {"Description": "Where alarms go (watch.yaml)."}}


def _sentence(name: str, logs: Logs) -> dict[str, str]:
    of_buckets = f"lake.toml: the buckets of the [[sources]] of job {logs.name}."
    return {"Description": of_buckets} if name == "CloudTrailRawBuckets" else {}


def _resources(logs: Logs, templates: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, _RESOURCE]]:
    for file, names in _PARTS.items():
        said = comments((TEMPLATES / file).read_text(encoding="utf-8"))
        before = ""
        for name in names:
            resource = _alone(name, templates[file]["Resources"][name], logs)
            if file == "grants.yaml":
                resource = _grant(resource, before, logs)
            before = _renamed(name, logs)
            yield before, _renamed(said[name], logs), resource


def _alone(name: str, resource: _RESOURCE, logs: Logs) -> _RESOURCE:
    """The resource under its new name, and without what is another job's."""
    made: _RESOURCE = _renamed(resource, logs)
    properties = made["Properties"]
    if name == "SchedulerRole":
        (statement,) = properties["Policies"][0]["PolicyDocument"]["Statement"]
        statement["Resource"] = next(one for one in statement["Resource"] if str(one).endswith(f"{logs.name}'}}"))
        properties["RoleName"] = {"Fn::Sub": f"${{RolePrefix}}{logs.name}-scheduler"}
    if name == "JobFailed":
        properties["Name"] = {"Fn::Sub": f"${{RolePrefix}}{logs.name}-job-failed"}
        properties["Description"] = properties["Description"].replace("job-failed", f"{logs.name}-job-failed")
        properties["EventPattern"]["detail"]["jobName"] = [{"Fn::Sub": f"${{RolePrefix}}{logs.name}"}]
    return made


def _grant(resource: _RESOURCE, before: str, logs: Logs) -> _RESOURCE:
    """A grant that waits for the one before it in this template: grants that meet are refused (grants.yaml)."""
    waits = {"DependsOn": before} if before else {}
    properties = {"Properties": resource["Properties"]}
    return _without_columns({"Type": resource["Type"], "Condition": "Granted", **waits, **properties}, logs)


def _without_columns(resource: _RESOURCE, logs: Logs) -> _RESOURCE:
    """A grant of the table's rows to people, without the columns that are not for everybody."""
    asked = resource["Properties"]["Resource"].get("Table", {})
    columns = TABLES[readready_table(logs.name)].sensitive
    if asked.get("Name") != readready_table(logs.name) or not columns:
        return resource
    table = asked | {"ColumnWildcard": {"ExcludedColumnNames": list(columns)}}
    properties = resource["Properties"] | {"Resource": {"TableWithColumns": table}, "Permissions": ["SELECT"]}
    return resource | {"Properties": properties}


def _renamed(value: Any, logs: Logs) -> Any:
    """With the other name in all texts; what other stacks make, by the names that they give it."""
    if isinstance(value, dict):
        return _elsewhere({_renamed(key, logs): _renamed(inner, logs) for key, inner in value.items()}, logs)
    if isinstance(value, list):
        return [_renamed(one, logs) for one in value]
    if isinstance(value, str):
        upper, lower = _MODEL
        named = value.replace(upper, logical(logs)).replace(lower, logs.name)
        return f"{logical(logs)}{named}" if named in ("SchedulerRole", "JobFailed") else named
    return value


def _elsewhere(value: dict[str, Any], logs: Logs) -> dict[str, Any]:
    match value.get("Ref"):
        case "JobsSecurity" | "JobSchedules":
            return {"Fn::Sub": "${RolePrefix}jobs"}
        case "AlarmTopic":
            return {"Ref": "AlarmTopicArn"}
        case "SchedulerRoleArn":
            return {"Fn::GetAtt": [f"{logical(logs)}SchedulerRole", "Arn"]}
        case role if role == f"{logical(logs)}JobRoleArn":
            return {"Fn::GetAtt": [f"{logical(logs)}JobRole", "Arn"]}
    return value


def main() -> None:
    """Write them all, and take away those of jobs that are not declared any more."""
    for old in TEMPLATES.glob("source-*.yaml"):
        old.unlink()
    for logs in further():
        path(logs).write_text(text(logs), encoding="utf-8")


if __name__ == "__main__":
    main()
