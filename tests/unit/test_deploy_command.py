"""loglake deploy: what it shows, refuses, asks, does and says, against a CloudFormation that answers from a script."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from cli import deploy as command
from cli import home
from cli.main import cli
from infra import artefacts, deployment
from infra.cloud import Account
from infra.template import TEMPLATES, load
from lake import keys

SETTINGS = home.settings()
URL = "https://s3.us-east-1.amazonaws.com/loglake-books-artefacts/"
TEMPLATES_ONCE = artefacts.templates("loglake/", SETTINGS, URL)
CODE_ONCE = artefacts.code("loglake/")
STACKS = ("loglake-artefacts", "loglake-keys", "loglake")
KEYS = {name: f"arn:aws:kms:us-east-1:111122223333:key/{name}" for name in load(TEMPLATES / "keys.yaml")["Outputs"]}


def change(action: str, resource: str, kind: str, replaced: str = "", **more: Any) -> dict[str, Any]:
    """A ResourceChange, as DescribeChangeSet answers it."""
    found = {"Action": action, "LogicalResourceId": resource, "ResourceType": kind} | more
    return {"Type": "Resource", "ResourceChange": found | ({"Replacement": replaced} if replaced else {})}


BUCKET = change("Modify", "Books", "AWS::S3::Bucket", "True", Details=[{"Target": {"Name": "BucketName"}}])
LAMBDA = change("Modify", "AddAPart", "AWS::Lambda::Function", "False", Details=[{"Target": {"Name": "Code"}}])
NEW = change("Add", "TableX", "AWS::Glue::Table")


class CloudFormation:
    """Two stacks that are there; changes: of the root's change set and of the nested ones; events: of its execution."""

    def __init__(self, changes: dict[str, list[dict[str, Any]]], events: list[tuple[str, str, str, str, str]]) -> None:
        self.changes, self.coming = changes, events
        self.status = dict.fromkeys(STACKS, "UPDATE_COMPLETE")
        self.ends = "UPDATE_COMPLETE"
        self.parameters: dict[str, str] = {}
        self.did: list[str] = []
        self.request: dict[str, Any] = {}
        self._events: dict[str, list[dict[str, Any]]] = {"arn:loglake": []}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        name = StackName.removeprefix("arn:")
        if name not in self.status:
            raise ClientError(
                {"Error": {"Code": "ValidationError", "Message": f"{name} does not exist"}}, "DescribeStacks"
            )
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        told = [{"OutputKey": key, "OutputValue": value} for key, value in KEYS.items()]
        found = {"StackId": f"arn:{name}", "StackStatus": self.status[name], "Parameters": given, "Outputs": told}
        return {"Stacks": [found]}

    def create_change_set(self, **request: Any) -> dict[str, str]:
        self.request = request
        self.did.append(f"propose {request['StackName']}")
        return {"Id": request["StackName"], "StackId": f"arn:{request['StackName']}"}

    def describe_change_set(self, ChangeSetName: str, NextToken: str = "") -> dict[str, Any]:
        found = self.changes.get(ChangeSetName)
        if not found:
            return {"Status": "FAILED", "StatusReason": "The submitted information didn't contain changes."}
        page = int(NextToken or 0)  # one change a page
        more = {"NextToken": str(page + 1)} if page + 1 < len(found) else {}
        return {"Status": "CREATE_COMPLETE", "Changes": [found[page]]} | more

    def delete_change_set(self, ChangeSetName: str) -> None:
        self.did.append(f"withdraw {ChangeSetName}")

    def delete_stack(self, StackName: str) -> None:
        self.did.append(f"delete {StackName}")

    def execute_change_set(self, ChangeSetName: str) -> None:
        self.did.append(f"execute {ChangeSetName}")
        self.status[ChangeSetName] = self.ends
        for number, (arn, resource, kind, status, reason) in enumerate(self.coming):
            event = {
                "EventId": f"{number}",
                "Timestamp": datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=number),
                "LogicalResourceId": resource,
                "PhysicalResourceId": f"arn:{resource}",
                "ResourceType": kind,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
            }
            self._events.setdefault(arn, []).insert(0, event)

    def get_paginator(self, _name: str) -> Any:
        events = self._events

        class Pages:
            def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:
                for one in events.get(StackName, []):
                    yield {"StackEvents": [one]}

        return Pages()


class Deploying:
    """The command, its CloudFormation and its S3."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cloud = CloudFormation({}, [])
        self.objects: dict[str, str] = {keys.SETTINGS: SETTINGS.text}
        self.uploaded: list[str] = []
        self.buckets: set[str] = {one.bucket for one in SETTINGS.sources}
        deploying = self

        class Fake(Account):
            def client(self, service: str) -> Any:
                assert service == "cloudformation"
                return deploying.cloud

            def text(self, bucket: str, key: str) -> str | None:
                assert bucket == SETTINGS.buckets.books
                return deploying.objects.get(key)

            def has(self, bucket: str) -> bool:
                return bucket in deploying.buckets

            def put(self, bucket: str, key: str, body: bytes) -> None:
                deploying.cloud.did.append(f"put {bucket}/{key}")
                deploying.objects[key] = body.decode()

            def upload(self, bucket: str, prefix: str, wanted: Any) -> None:
                assert bucket == "loglake-books-artefacts"
                deploying.uploaded = [one.key for one in wanted]
                assert all(key.startswith(prefix) for key in deploying.uploaded)

        monkeypatch.setattr(command, "account", lambda _profile, region: Fake(None, "111122223333", region, "arn:me"))
        monkeypatch.setattr(deployment, "POLL", 0)
        monkeypatch.setattr(artefacts, "templates", lambda *_: TEMPLATES_ONCE)
        monkeypatch.setattr(artefacts, "code", lambda _prefix: CODE_ONCE)

    def run(self, *arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(cli, ["deploy", "--aws", *arguments], input=answer)


@pytest.fixture
def deploying(monkeypatch: pytest.MonkeyPatch) -> Deploying:
    return Deploying(monkeypatch)


def test_without_aws_it_speaks_to_nothing() -> None:
    result = CliRunner().invoke(cli, ["deploy"])
    assert (result.exit_code, "--aws" in result.output) == (2, True)


def test_a_dry_run_shows_nested_changes_and_changes_nothing(deploying: Deploying) -> None:
    nested = change("Modify", "Ingest", "AWS::CloudFormation::Stack", ChangeSetId="nested")
    deploying.cloud.changes = {"loglake": [nested, NEW], "nested": [LAMBDA]}
    result = deploying.run("--dry-run", "--format", "json")
    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "action": "modify",
            "replaced": "no",
            "stack": "Ingest",
            "resource": "AddAPart",
            "type": "AWS::Lambda::Function",
            "because": "Code",
        },
        {
            "action": "add",
            "replaced": "no",
            "stack": "loglake",
            "resource": "TableX",
            "type": "AWS::Glue::Table",
            "because": "",
        },
    ]
    assert not any(one.startswith(("execute", "put")) for one in deploying.cloud.did)
    assert deploying.cloud.did[-1] == "withdraw loglake"


def test_a_job_without_a_bucket_is_told_before_it_is_paid_for(deploying: Deploying) -> None:
    told = "lake.toml names loglake-raw-bedrock for Bedrock model invocations, and there is no such bucket"
    assert told not in deploying.run("--dry-run").stderr
    # Those of CloudTrail and session logs are made by the deployment itself.
    deploying.buckets = {"loglake-raw-sessionfiles"}
    answer = deploying.run("--dry-run")
    assert (answer.exit_code, told in answer.stderr, "raw-sessionfiles for" in answer.stderr) == (0, True, False)
    assert "raw-cloudtrail for" not in answer.stderr


def test_it_does_what_it_showed_only_after_yes(deploying: Deploying) -> None:
    deploying.cloud.changes = {"loglake": [NEW]}
    refused = deploying.run(answer="n\n")
    assert (refused.exit_code, deploying.cloud.did[-1]) == (130, "withdraw loglake")
    assert "execute loglake" not in deploying.cloud.did
    done = deploying.run(answer="y\n")
    assert done.exit_code == 0, done.output
    assert deploying.cloud.did[-2:] == ["execute loglake", f"put loglake-books/{keys.SETTINGS}"]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (BUCKET, "Books: replaced"),
        (change("Remove", "RawKey", "AWS::KMS::Key"), "RawKey: removed"),
        (change("Modify", "Queue", "AWS::SQS::Queue", "True"), "Queue: replaced"),
        (change("Remove", "Storage", "AWS::CloudFormation::Stack"), "Storage: removed"),
    ],
)
def test_what_would_lose_evidence_is_refused_even_with_yes(deploying: Deploying, found: Any, why: str) -> None:
    deploying.cloud.changes = {"loglake": [NEW, found]}
    result = deploying.run("--yes")
    assert (result.exit_code, why in result.output) == (1, True)
    assert deploying.cloud.did[-1] == "withdraw loglake"


def test_without_its_keys_a_lake_is_not_proposed(deploying: Deploying) -> None:
    del deploying.cloud.status["loglake-keys"], deploying.cloud.status["loglake"]
    deploying.cloud.changes = {"loglake-keys": [change("Add", "RawKey", "AWS::KMS::Key")]}
    result = deploying.run("--dry-run")
    assert (result.exit_code, "RawKey" in result.stdout) == (0, True)
    assert "propose loglake" not in deploying.cloud.did


def test_what_holds_no_evidence_may_be_taken_away(deploying: Deploying) -> None:
    deploying.cloud.changes = {"loglake": [change("Remove", "Jobs", "AWS::CloudFormation::Stack")]}
    assert deploying.run("--yes").exit_code == 0


def test_a_failure_names_the_first_resource_its_reason_and_what_to_do(deploying: Deploying) -> None:
    stack = "AWS::CloudFormation::Stack"
    deploying.cloud.changes, deploying.cloud.ends = {"loglake": [NEW]}, "UPDATE_ROLLBACK_COMPLETE"
    deploying.cloud.coming = [
        ("arn:loglake", "Ingest", stack, "UPDATE_IN_PROGRESS", ""),
        ("arn:Ingest", "Queue", "AWS::SQS::Queue", "UPDATE_FAILED", "Resource update cancelled"),
        ("arn:Ingest", "AddAPart", "AWS::Lambda::Function", "UPDATE_FAILED", "the zip is too large"),
        ("arn:Ingest", "Mapping", "AWS::Lambda::EventSourceMapping", "UPDATE_FAILED", "Resource update cancelled"),
        ("arn:loglake", "Ingest", stack, "UPDATE_FAILED", "Embedded stack was not updated"),
    ]
    result = deploying.run("--yes")
    assert result.exit_code == 1
    assert "First to fail: Ingest.AddAPart (AWS::Lambda::Function): the zip is too large" in result.output
    assert "read the function's log" in result.output  # of its comment in ingest.yaml
    assert "put loglake-books/settings/lake.toml" not in deploying.cloud.did


@pytest.mark.parametrize(("last", "there"), [("Catalog", False), ("Jobs", True)])
def test_a_first_deployment_that_fails_leaves_no_locked_settings_unless_jobs_may_have_started(
    deploying: Deploying, last: str, there: bool
) -> None:
    """A locked object would keep the bucket, and its name, from being taken away and made again."""
    stack = "AWS::CloudFormation::Stack"
    del deploying.cloud.status["loglake"], deploying.objects[keys.SETTINGS]
    deploying.cloud.changes, deploying.cloud.ends = {"loglake": [NEW]}, "ROLLBACK_COMPLETE"
    deploying.cloud.coming = [
        ("arn:loglake", "Storage", stack, "CREATE_IN_PROGRESS", ""),
        ("arn:Storage", "loglake-books", "AWS::S3::Bucket", "CREATE_COMPLETE", ""),
        ("arn:loglake", "Storage", stack, "CREATE_COMPLETE", ""),
        ("arn:loglake", last, stack, "CREATE_IN_PROGRESS", ""),
        ("arn:loglake", last, stack, "CREATE_FAILED", "no"),
    ]
    assert deploying.run("--yes").exit_code == 1
    assert (keys.SETTINGS in deploying.objects) == there


def test_the_companys_parameters_stay_as_deployed_unless_given(deploying: Deploying, tmp_path: Path) -> None:
    deploying.cloud.changes = {"loglake": [NEW]}
    deploying.cloud.parameters = {"LockMode": "COMPLIANCE", "AlarmEmail": "old@example.com", "Database": "loglake"}
    file = tmp_path / "p.json"
    file.write_text(json.dumps([{"ParameterKey": "AlarmEmail", "ParameterValue": "lake@example.com"}]))
    assert deploying.run("--dry-run", "--parameters", str(file)).exit_code == 0
    sent = {one["ParameterKey"]: one for one in deploying.cloud.request["Parameters"]}
    assert sent["LockMode"] == {"ParameterKey": "LockMode", "UsePreviousValue": True}
    assert sent["AlarmEmail"]["ParameterValue"] == "lake@example.com"
    assert sent["BooksBucket"]["ParameterValue"] == "loglake-books"
    assert sent["AddAPartKey"]["ParameterValue"] in deploying.uploaded
    assert sent["BooksKeyArn"]["ParameterValue"] == KEYS["BooksKeyArn"]


def test_modules_of_ones_own_bucket_are_never_silently_pypis_again(deploying: Deploying, tmp_path: Path) -> None:
    deploying.cloud.changes = {"loglake": [NEW]}
    deploying.cloud.parameters = {"AdditionalPythonModules": "s3://wheels/msgspec.whl"}
    refused = deploying.run("--yes")
    assert (refused.exit_code, deploying.uploaded) == (1, [])
    assert "AdditionalPythonModules is deployed as 's3://wheels/msgspec.whl'" in refused.output
    given = {"ParameterKey": "AdditionalPythonModules", "ParameterValue": "s3://wheels/new.whl"}
    (tmp_path / "p.json").write_text(json.dumps([given]))
    assert deploying.run("--dry-run", "--parameters", str(tmp_path / "p.json")).exit_code == 0
    assert given in deploying.cloud.request["Parameters"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"NoSuch": "x"}, "NoSuch: no such parameter"),
        ({"Database": "x"}, "Database: filled from lake.toml"),
        ({"ReadreadyLockDays": "400"}, "ReadreadyLockDays is 400"),
        ({"BooksReplicaArn": "arn:aws:s3:::copy"}, "it needs BooksReplicaKeyArn"),
        ({"SessionLogsRawReplicaArn": "arn:aws:s3:::copy"}, "it needs SessionLogsRawReplicaKeyArn"),
        ({"CloudTrailRawMode": "sns"}, "it needs CloudTrailRawTopicArn"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_is_uploaded(
    deploying: Deploying, tmp_path: Path, given: dict[str, str], why: str
) -> None:
    file = tmp_path / "p.json"
    file.write_text(json.dumps([{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]))
    result = deploying.run("--yes", "--parameters", str(file))
    assert (result.exit_code, why in result.output, deploying.uploaded) == (1, True, [])


def test_a_deployment_never_takes_back_an_accounts_removal(deploying: Deploying) -> None:
    removal = '\n[[removals]]\naccount = "444455556666"\nrequested = "2026-03-31"\nreason = "left"\n'
    deploying.objects[keys.SETTINGS] += removal
    result = deploying.run("--yes")
    assert (result.exit_code, "444455556666" in result.output, deploying.cloud.did) == (1, True, [])


def test_a_change_of_settings_alone_is_shown_asked_for_and_put(deploying: Deploying) -> None:
    deploying.objects[keys.SETTINGS] = SETTINGS.text.replace("completeness = 90", "completeness = 80")
    result = deploying.run(answer="y\n")
    assert "-completeness = 80" in result.stdout
    assert "+completeness = 90" in result.stdout
    assert deploying.objects[keys.SETTINGS] == SETTINGS.text
    again = deploying.run()  # nothing to change, nothing to ask
    assert (again.exit_code, deploying.cloud.did.count(f"put loglake-books/{keys.SETTINGS}")) == (0, 1)


@pytest.mark.parametrize(
    ("status", "what"),
    [
        ("ROLLBACK_COMPLETE", "delete-stack"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("ROLLBACK_FAILED", "FORCE_DELETE_STACK"),
        ("DELETE_FAILED", "FORCE_DELETE_STACK"),
        ("UPDATE_IN_PROGRESS", "Wait"),
    ],
)
def test_a_stack_that_can_take_no_change_is_said_with_the_way_out(deploying: Deploying, status: str, what: str) -> None:
    deploying.cloud.status["loglake"] = status
    result = deploying.run("--yes")
    assert (result.exit_code, what in result.output, deploying.cloud.did) == (1, True, [])


def test_another_region_than_the_lakes_is_refused(deploying: Deploying) -> None:
    assert deploying.run("--region", "eu-central-1").exit_code == 1
    assert deploying.cloud.did == []


def test_the_same_files_have_the_same_names_and_changed_ones_new_names() -> None:
    assert artefacts.templates("loglake/", SETTINGS, URL) == TEMPLATES_ONCE
    other = replace(SETTINGS, lake=replace(SETTINGS.lake, database="other"))
    changed = artefacts.templates("loglake/", other, URL)
    assert {name for name in changed if changed[name] != TEMPLATES_ONCE[name]} == {"catalog.yaml", "lake.yaml"}


def test_the_root_that_is_deployed_names_the_children_that_are_uploaded() -> None:
    text = TEMPLATES_ONCE[artefacts.ROOT_TEMPLATE].body.decode()
    children = [one["Properties"]["TemplateURL"] for one in load(TEMPLATES / "lake.yaml")["Resources"].values()]
    assert len(children) > 5
    for child in {one.removeprefix("./") for one in children}:
        assert f"{URL}{TEMPLATES_ONCE[child].key}\n" in text


def test_what_the_jobs_are_given_can_be_imported_from_its_zip(tmp_path: Path) -> None:
    for parameter, module in (("JobsZipKey", "jobs.run"), ("FunctionsKey", "infra.functions.indexes")):
        path = tmp_path / f"{parameter}.zip"
        path.write_bytes(CODE_ONCE[parameter].body)
        script = f"import sys; sys.path.insert(0, {str(path)!r}); import {module}; print({module}.__file__)"
        ran = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, cwd=tmp_path)
        assert ran.stdout.startswith(str(path)), ran.stderr
