"""The jobs as CloudFormation makes them: what the scripts understand, on the Glue that they are tested on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.glue_modules import GLUE_VERSION
from infra.template import TEMPLATES, load, resources
from jobs import tend
from jobs.job import arguments
from lake import keys

TEMPLATE = load(TEMPLATES / "jobs.yaml")
JOBS = resources(TEMPLATE, "AWS::Glue::Job")
SCHEDULES = resources(TEMPLATE, "AWS::Scheduler::Schedule")
BRACES = str.maketrans("", "", "${}")


def filled(value: Any) -> str:
    """A Fn::Sub or Ref with its names as values."""
    return str(value.get("Fn::Sub", value.get("Ref")) if isinstance(value, dict) else value).translate(BRACES)


@pytest.mark.parametrize(("name", "job"), [("CloudTrailJob", "cloudtrail"), ("SessionLogsJob", "cloudwatch")])
def test_the_jobs_arguments_are_those_that_the_script_takes(name: str, job: str) -> None:
    given = [word for key, value in JOBS[name]["DefaultArguments"].items() for word in (key, filled(value))]
    options = arguments(given)
    assert (options.job, options.settings) == (job, "s3://BooksBucket/SettingsKey")
    assert TEMPLATE["Parameters"]["SettingsKey"]["Default"] == keys.SETTINGS


def test_the_looks_arguments_are_those_that_the_script_takes() -> None:
    daily, listing = (
        tend.arguments([word for key, value in JOBS[name]["DefaultArguments"].items() for word in (key, filled(value))])
        for name in ("TendJob", "ListRawJob")
    )
    assert (daily.look, daily.buckets, daily.settings) == ("all", "", "s3://BooksBucket/SettingsKey")
    assert (listing.look, listing.buckets, listing.settings) == ("raw", "ListedBuckets", daily.settings)


def test_every_job_runs_on_the_glue_that_the_project_is_tested_on_and_brings_its_modules() -> None:
    for name, job in JOBS.items():
        assert job["GlueVersion"] == GLUE_VERSION
        modules = "QualityPythonModules" if name == "QualityJob" else "AdditionalPythonModules"
        assert job["DefaultArguments"]["--additional-python-modules"] == {"Ref": modules}
        assert filled(job["DefaultArguments"]["--extra-py-files"]) == "s3://ArtefactsBucket/JobsZipKey"


def test_every_job_is_bounded_in_workers_time_and_concurrency() -> None:
    for job in JOBS.values():
        assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
        assert job["NumberOfWorkers"] == 2 or TEMPLATE["Parameters"][job["NumberOfWorkers"]["Ref"]]["MaxValue"] == 299
        assert job["Timeout"] == {"Ref": "JobTimeoutMinutes"}  # Glue's own default is two days


def test_every_job_is_started_by_a_schedule_that_can_be_switched_off() -> None:
    started = {name: json.loads(one["Target"]["Input"]["Fn::Sub"]) for name, one in SCHEDULES.items()}
    assert sorted(one["JobName"] for one in started.values()) == sorted(f"${{{name}}}" for name in JOBS)
    assert {str(one["State"]) for one in SCHEDULES.values()} == {"{'Ref': 'ScheduleState'}"}


def test_a_start_that_finds_its_job_running_is_dropped_and_not_repeated() -> None:
    for name in ("CloudTrailSchedule", "SessionLogsSchedule"):
        assert SCHEDULES[name]["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0


def test_the_jobs_logs_go_to_groups_that_the_alarms_read() -> None:
    (security,) = resources(TEMPLATE, "AWS::Glue::SecurityConfiguration").values()
    mode = security["EncryptionConfiguration"]["CloudWatchEncryption"]["CloudWatchEncryptionMode"]
    assert mode == "DISABLED"  # else Glue 5 writes to groups of other names; watch.yaml's have a key themselves
    assert {str(one["DefaultArguments"]["--custom-logGroup-prefix"]) for one in JOBS.values()} == {
        "{'Ref': 'JobLogGroupPrefix'}"
    }


def test_the_quality_gates_take_their_arguments_and_are_an_own_job() -> None:
    given = JOBS["QualityJob"]["DefaultArguments"]
    assert filled(given["--settings"]) == "s3://BooksBucket/SettingsKey"
    assert filled(JOBS["QualityJob"]["Command"]["ScriptLocation"]) == "s3://ArtefactsBucket/QualityScriptKey"


def test_no_two_schedules_start_the_same_job_whose_turn_one_would_take_from_the_other() -> None:
    names = [filled(job["Name"]) for job in JOBS.values()]
    assert len(set(names)) == len(names) == len(SCHEDULES)


def test_every_job_may_be_started_and_its_failure_is_told() -> None:
    names = {job["Name"]["Fn::Sub"] for job in JOBS.values()}
    scheduler = load(TEMPLATES / "access.yaml")["Resources"]["SchedulerRole"]["Properties"]["Policies"]
    (statement,) = scheduler[0]["PolicyDocument"]["Statement"]
    assert {one["Fn::Sub"].partition(":job/")[2] for one in statement["Resource"]} == names
    rule = load(TEMPLATES / "watch.yaml")["Resources"]["JobFailed"]["Properties"]["EventPattern"]["detail"]
    watch = load(TEMPLATES / "lake.yaml")["Resources"]["Watch"]["Properties"]["Parameters"]
    assert {watch[one["Ref"]]["Fn::Sub"] for one in rule["jobName"]} == names
