"""Session Manager's preferences: set, changed, put back, whatever fails; what the template makes with them.

The function under test is the one in the template, as Lambda gets it. What is there is asked of the embedded AWS.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest

from infra import resend
from infra.functions.document import PATIENT
from infra.template import load, resources
from jobs.cloudwatch import Decoder
from jobs.rows import Source
from lake.settings import Filters
from tests.custom_resources import STACK, Calls, CustomResource

TEMPLATES = Path(__file__).parents[2] / "infra" / "templates"
TEMPLATE = load(TEMPLATES / "session-manager.yaml")
DOCUMENT, BEFORE, GROUP = "SSM-SessionManagerRunShell", "/loglake/session-manager/before", "/aws/ssm/sessionlogs"
KEYS = [f"arn:aws:kms:us-east-1:111122223333:key/{n}" for n in range(3)]

# A company's own preferences, in its own words; `{{` is what Parameter Store would take for a reference.
THEIRS = {
    "schemaVersion": "1.0",
    "description": "Ours since 2021",
    "sessionType": "Standard_Stream",
    "inputs": {
        "s3BucketName": "their-bucket",
        "s3EncryptionEnabled": False,
        "runAsEnabled": True,
        "runAsDefaultUser": "ops",
        "shellProfile": {"linux": "docker ps --format '{{.Names}}' # Grüße", "windows": ""},
    },
}


def content(**inputs: str) -> dict[str, Any]:
    """The property as CloudFormation hands it over: everything is text."""
    kept = {"cloudWatchLogGroupName": GROUP, "cloudWatchStreamingEnabled": "true", "runAsEnabled": "false", **inputs}
    return {"schemaVersion": "1.0", "description": "Ours", "sessionType": "Standard_Stream", "inputs": kept}


def properties(**inputs: str) -> dict[str, Any]:
    return {"Before": BEFORE, "Content": content(**inputs)}


def wanted(**inputs: Any) -> dict[str, Any]:
    """The document that `properties(**inputs)` asks for."""
    kept = {"cloudWatchLogGroupName": GROUP, "cloudWatchStreamingEnabled": True, "runAsEnabled": False, **inputs}
    return {"schemaVersion": "1.0", "description": "Ours", "sessionType": "Standard_Stream", "inputs": kept}


CALLS = Calls()


@cache
def client(service: str) -> Any:
    """Asks the embedded AWS for the truth."""
    return boto3.client(service)


@cache
def watched(service: str) -> Any:
    """The function's client; of its own settings, too."""
    return CALLS.watch(boto3.client(service, config=PATIENT))


@pytest.fixture
def calls() -> Calls:
    CALLS.reset()
    return CALLS


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("function") / "index.py"
    [function] = resources(TEMPLATE, "AWS::Lambda::Function").values()
    file.write_text(function["Code"]["ZipFile"])
    return file


@pytest.fixture
def index(aws: str, code: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The function's module; what it answers to CloudFormation is in ANSWERS."""
    assert aws
    specification = importlib.util.spec_from_file_location("session_manager_index", code)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(sys.modules, "session_manager_index", module)
    specification.loader.exec_module(module)

    def made(service: str, config: Any) -> Any:
        assert config is module.PATIENT
        return watched(service)

    handler, answers = module.handler, list[dict[str, Any]]()

    def run(event: dict[str, Any], context: Any) -> None:
        calls.in_run = 0
        handler(event, context)

    monkeypatch.setattr(module, "ANSWERS", answers, raising=False)
    monkeypatch.setattr(module, "handler", run)
    monkeypatch.setattr(module, "respond", _responding(answers))
    monkeypatch.setattr(module, "boto3", SimpleNamespace(client=made))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return module


def _responding(answers: list[dict[str, Any]]) -> Any:
    """`custom.respond`, whose way to CloudFormation tests/unit/test_function_custom.py tests."""

    def respond(_event: dict[str, Any], status: str, answer: Any, reason: str = "") -> None:
        answers.append(
            {"Status": status, "Reason": reason, "PhysicalResourceId": answer.physical_id, "Data": answer.data}
        )

    return respond


@pytest.fixture
def preferences(index: ModuleType) -> CustomResource:
    return CustomResource(index, "Custom::SessionManagerPreferences")


def now() -> dict[str, Any] | None:
    """The document that sessions start with."""
    ssm = client("ssm")
    try:
        found: dict[str, Any] = json.loads(ssm.get_document(Name=DOCUMENT)["Content"])
    except ssm.exceptions.InvalidDocument:
        return None
    return found


def versions() -> int:
    return int(client("ssm").get_document(Name=DOCUMENT, DocumentVersion="$LATEST")["DocumentVersion"])


def kept() -> bool:
    """Whether what was before still lies in Parameter Store."""
    return bool(client("ssm").get_parameters(Names=[BEFORE])["Parameters"])


def somebody_has(document: dict[str, Any] | None, form: str = "JSON") -> None:
    if document is not None:
        client("ssm").create_document(
            Name=DOCUMENT, Content=json.dumps(document), DocumentType="Session", DocumentFormat=form
        )


@pytest.mark.parametrize("before", [None, THEIRS], ids=["none before", "theirs before"])
def test_preferences_are_set_changed_and_put_back(preferences: CustomResource, before: dict[str, Any] | None) -> None:
    somebody_has(before)
    assert preferences.create(properties())
    assert now() == wanted()
    assert preferences.update(properties(idleSessionTimeout="20"))
    assert now() == wanted(idleSessionTimeout="20")
    assert kept()
    preferences.delete()
    assert now() == before
    assert not kept()


def test_what_does_not_differ_is_not_written(preferences: CustomResource, calls: Calls) -> None:
    assert preferences.create(properties())
    calls.made.clear()
    assert preferences.update({**properties(), "Compare": "2"})
    assert calls.made == ["ssm:GetDocument"]
    assert versions() == 1


def test_a_change_by_hand_is_undone_at_the_next_compare(preferences: CustomResource) -> None:
    assert preferences.create(properties())
    ssm = client("ssm")
    ssm.update_document(Name=DOCUMENT, Content=json.dumps(THEIRS), DocumentVersion="$LATEST")
    ssm.update_document_default_version(Name=DOCUMENT, DocumentVersion="2")
    assert preferences.update({**properties(), "Compare": "2"})
    assert now() == wanted()


def test_a_document_that_somebody_deleted_is_made_anew_and_what_was_before_is_put_back(
    preferences: CustomResource,
) -> None:
    somebody_has(THEIRS)
    assert preferences.create(properties())
    client("ssm").delete_document(Name=DOCUMENT)
    assert preferences.update({**properties(), "Compare": "2"})
    assert now() == wanted()
    preferences.delete()
    assert now() == THEIRS


def test_preferences_in_yaml_are_put_back_with_the_same_meaning(preferences: CustomResource) -> None:
    somebody_has(THEIRS, "YAML")  # JSON is YAML
    assert preferences.create(properties())
    preferences.delete()
    assert now() == THEIRS


def test_an_update_that_fails_is_rolled_back(preferences: CustomResource, calls: Calls) -> None:
    somebody_has(THEIRS)
    assert preferences.create(properties())
    calls.errors["UpdateDocumentDefaultVersion"] = [(400, "AccessDeniedException")] * 6
    assert not preferences.update(properties(idleSessionTimeout="20"))
    assert "AccessDenied" in preferences.reasons[0]
    assert now() == wanted()
    preferences.delete()
    assert now() == THEIRS


def test_a_later_resource_that_fails_has_the_old_version_back_and_no_new_one(preferences: CustomResource) -> None:
    assert preferences.create(properties())
    assert preferences.update(properties(idleSessionTimeout="20"))
    assert preferences.update(properties())  # the stack's rollback
    assert now() == wanted()
    assert versions() == 2


def test_a_create_that_fails_leaves_what_was_there(preferences: CustomResource, calls: Calls) -> None:
    somebody_has(THEIRS)
    calls.errors["UpdateDocument"] = [(400, "InvalidDocumentContent")]
    assert not preferences.create(properties())
    assert now() == THEIRS
    assert versions() == 1
    assert not kept()


def test_throttling_a_new_role_and_concurrent_changes_are_waited_out(preferences: CustomResource, calls: Calls) -> None:
    somebody_has(THEIRS)
    calls.errors["GetDocument"] = [(400, "ThrottlingException")] * 4
    calls.errors["PutParameter"] = [(400, "AccessDeniedException")] * 2 + [(400, "TooManyUpdates")] * 2
    calls.errors["UpdateDocument"] = [(400, "ThrottlingException")] * 4 + [(500, "InternalServerError")]
    assert preferences.create(properties())
    assert now() == wanted()
    assert not any(calls.errors.values())


def test_two_stacks_cannot_keep_the_same_preferences(preferences: CustomResource, index: ModuleType) -> None:
    somebody_has(THEIRS)
    assert preferences.create(properties())
    second = CustomResource(index, preferences.kind, stack=STACK.replace("5e55", "5e56"))
    assert not second.create(properties(idleSessionTimeout="20"))
    assert STACK in second.reasons[0]
    assert now() == wanted()
    preferences.delete()
    assert now() == THEIRS


def test_preferences_too_large_to_be_kept_are_not_touched(preferences: CustomResource) -> None:
    noise = " ".join(f"{n * n:x}{n**7:x}" for n in range(2500))
    theirs = {**THEIRS, "inputs": {"shellProfile": {"linux": noise, "windows": ""}}}
    somebody_has(theirs)
    assert not preferences.create(properties())
    assert "too large" in preferences.reasons[0]
    assert now() == theirs


@pytest.mark.parametrize("before", [None, THEIRS], ids=["none before", "theirs before"])
def test_a_crash_at_any_call_loses_nothing(
    preferences: CustomResource, calls: Calls, before: dict[str, Any] | None
) -> None:
    """The function's process ends after its n-th call of AWS, for every n of a create, an update and a delete."""
    for step in range(99):
        somebody_has(before)
        calls.made.clear()
        calls.crash_after = step
        assert preferences.create(properties()), preferences.reasons
        assert now() == wanted()
        assert preferences.update(properties(idleSessionTimeout="20"))
        assert now() == wanted(idleSessionTimeout="20")
        preferences.delete()
        assert now() == before
        assert not kept()
        if before:
            client("ssm").delete_document(Name=DOCUMENT)
        if len(calls.made) <= step:
            break
    assert 9 < step < 99


@pytest.mark.parametrize("before", [None, THEIRS], ids=["none before", "theirs before"])
def test_a_function_that_crashes_in_every_run_leaves_what_was_there(
    preferences: CustomResource, calls: Calls, before: dict[str, Any] | None
) -> None:
    """Lambda's three runs of a Create end at the same step: CloudFormation gives up, and deletes."""
    somebody_has(before)
    for step in range(3):
        calls.crash_always_after = step
        assert not preferences.request("Create", properties())
        calls.crash_always_after = -1
        preferences.delete(properties())
        assert now() == before
        assert not kept()


# ── the log group ──────────────────────────────────────────────────────────────────────────────────────────────────


def group(**about: Any) -> dict[str, Any]:
    return {"LogGroupName": GROUP, "RetentionDays": "90", "KmsKeyArn": "", **about}


@pytest.fixture
def log_group(index: ModuleType, calls: Calls) -> CustomResource:
    """moto knows no AssociateKmsKey: what it does is done to moto's own group."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.logs.models import logs_backends

    def associate(params: dict[str, Any]) -> None:
        asked = json.loads(params["body"])
        found = logs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].groups[asked["logGroupName"]]
        found.kms_key_id = asked.get("kmsKeyId")

    calls.answers = {"AssociateKmsKey": associate, "DisassociateKmsKey": associate}
    return CustomResource(index, "Custom::SessionLogGroup", "SessionLogGroup")


def there() -> tuple[int | None, str | None]:
    """The group's retention in days and its key."""
    [found] = client("logs").describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    return found.get("retentionInDays"), found.get("kmsKeyId")


def somebody_types(characters: int) -> None:
    logs = client("logs")
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": "x" * characters}
    logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=[event])


def test_a_log_group_is_made_changed_and_outlives_the_stack(log_group: CustomResource) -> None:
    assert log_group.create(group(KmsKeyArn=KEYS[0]))
    assert (there(), log_group.data) == ((90, KEYS[0]), {"Encrypted": "true"})
    assert log_group.update(group(KmsKeyArn=KEYS[1], RetentionDays="30"))
    assert there() == (30, KEYS[1])
    assert log_group.update(group())
    assert (there(), log_group.data) == ((90, None), {"Encrypted": "false"})
    log_group.delete()
    assert there() == (90, None)


@pytest.mark.parametrize(
    ("theirs", "recorded", "expected"),
    [
        (None, 100, None),  # for ever
        (365, 100, 365),
        (30, 100, 90),
        (None, 0, 90),  # nothing to lose
        (365, 0, 90),
    ],
)
def test_a_group_that_has_records_never_keeps_them_for_less_time(
    log_group: CustomResource, theirs: int | None, recorded: int, expected: int | None
) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName=GROUP)
    if theirs:
        logs.put_retention_policy(logGroupName=GROUP, retentionInDays=theirs)
    if recorded:
        somebody_types(recorded)
    assert log_group.create(group())
    assert there()[0] == expected


def test_a_group_whose_name_only_begins_alike_is_another_group(log_group: CustomResource) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName=f"{GROUP}-of-somebody-else")
    assert log_group.create(group())
    found = logs.describe_log_groups()["logGroups"]
    assert {one["logGroupName"]: one.get("retentionInDays") for one in found} == {
        GROUP: 90,
        f"{GROUP}-of-somebody-else": None,
    }


def test_a_retention_that_is_ours_can_be_shortened(log_group: CustomResource) -> None:
    assert log_group.create(group())
    somebody_types(100)
    assert log_group.update(group(RetentionDays="30"))
    assert there() == (30, None)


def test_a_group_keeps_the_key_that_somebody_gave_it(log_group: CustomResource) -> None:
    client("logs").create_log_group(logGroupName=GROUP, kmsKeyId=KEYS[2])
    assert log_group.create(group(KmsKeyArn=KEYS[0]))
    assert there()[1] == KEYS[2]
    assert log_group.update(group())
    assert (there()[1], log_group.data) == (KEYS[2], {"Encrypted": "true"})


def test_a_group_without_a_key_is_given_one_once_the_key_is_ready(log_group: CustomResource, calls: Calls) -> None:
    client("logs").create_log_group(logGroupName=GROUP)
    calls.errors["PutRetentionPolicy"] = [(400, "OperationAbortedException")]
    assert log_group.create(group(KmsKeyArn=KEYS[0]))
    assert there() == (90, KEYS[0])


# ── permissions ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_functions_role_may_do_what_the_function_does_and_no_more(
    preferences: CustomResource, log_group: CustomResource, calls: Calls
) -> None:
    """Every call of lives that take every way, against the template's policy. ItsOwnLog is for Lambda itself, the log
    group's key for what CloudWatch Logs does by the role."""
    assert preferences.create(properties())
    preferences.delete()
    somebody_has(THEIRS)
    assert preferences.create(properties())
    preferences.delete()
    assert log_group.create(group())
    assert log_group.update(group(KmsKeyArn=KEYS[0]))
    assert log_group.update(group())
    role = resources(TEMPLATE, "AWS::IAM::Role")["PreferencesRole"]
    [policy] = role["Policies"]
    statements = [one for one in policy["PolicyDocument"]["Statement"] if one.get("Sid") not in (None, "ItsOwnLog")]
    listed = [one["Action"] if isinstance(one["Action"], list) else [one["Action"]] for one in statements]
    assert set(calls.made) == {action for actions in listed for action in actions}


# ── what was not sent ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_not_sent_is_read_from_the_group_into_a_file_that_the_lake_reads(aws: str, tmp_path: Path) -> None:
    assert aws
    logs = client("logs")
    logs.create_log_group(logGroupName=GROUP)
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    typed = {}
    for stream in ("alice-0b7c1cc185ccf51a9", "bob-0123456789abcdef0"):
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        events = [
            {"timestamp": int(start.timestamp() * 1000) + 1000 * n, "message": f"{stream} $ line {n}"}
            for n in range(-1, 601)
        ]
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)
        typed[stream] = {one["message"] for one in events[1:-1]}  # from the start on, and before the end
    made = tmp_path / "resent.gz"
    window = ["--start", start.isoformat(), "--end", (start + timedelta(minutes=10)).isoformat()]
    resend.main([*window, str(made)])
    decoder = Decoder(Filters(loggroups=(GROUP,)), 1 << 30)
    outcome = decoder.add(Source("s3://raw/put/2026/03/02/resent.gz", "etag", 1), made.read_bytes())
    rows = decoder.take().to_pylist()
    assert (outcome.records, outcome.kept, outcome.bad) == (1200, 1200, [])
    assert {name: {row["sessiondata"] for row in rows if row["logstream"] == name} for name in typed} == typed
    assert len({row["logeventid"] for row in rows}) == 1200
    with pytest.raises(FileExistsError):
        resend.main([*window, str(made)])
