"""Least privilege, proved: what everybody may do is what they do, by access.yaml and by a recording of every call."""

from __future__ import annotations

import re
import threading
from functools import lru_cache

import pytest

from infra.local.application import Application
from infra.local.http import Server
from infra.local.server import ACCOUNT
from infra.permissions import MADE_BY_AWS
from infra.permissions_guide import TARGET, render
from infra.resources import raw_buckets
from infra.source import further, logical, path
from infra.template import TEMPLATES, load
from lake.settings import JOBS, parse
from tests.calls import REGION, Need, Recorder
from tests.everybody import EXPORTS, TEAM, Everybody, life, role_of
from tests.figures import Figure
from tests.lakes import SETTINGS
from tests.policies import Statement, Template, unallowed, used

SMALL = parse(SETTINGS.text.replace("slice_rows = 200_000", "slice_rows = 8"))
PARAMETERS = {
    "CloudTrailRawBuckets": "loglake-raw-cloudtrail",
    "SessionLogsRawBuckets": "loglake-raw-cloudwatch",
    "SourceBuckets": ",".join(raw_buckets(SMALL)),
    "BooksBucket": "loglake-books",
    "ReadreadyBucket": "loglake-readready",
    "ResultsBucket": "loglake-query-results",
    "ArtefactsBucket": "company-artefacts",
    **{f"{one}KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{one}" for one in ("Books", "Readready", "Results")},
    "RawKeyArns": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/Raw",
    "ExportBuckets": EXPORTS,
    "ExportKeyArns": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/Exports",
    **{f"{one}TrustedArns": f"arn:aws:iam::{ACCOUNT}:root" for one in ("Auditor", "Operator", "Exporter", "Definer")},
    "ReplicatedBuckets": "loglake-books",
    "ReplicaArns": "arn:aws:s3:::company-copy",
    "ReplicaKeyArns": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/Copy",
}
FURTHER = {
    **{f"{logical(one)}RawBuckets": f"loglake-raw-{one.name}" for one in further()},
    "AlarmTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:loglake-alarms",
    "ViewDefinerRoleArn": f"arn:aws:iam::{ACCOUNT}:role/loglake-view-definer",
    **dict.fromkeys(("JobsZipKey", "JobScriptKey", "AdditionalPythonModules"), "code"),
}
COMPONENTS = ("AddAPartRole", *map(role_of, JOBS), "TendJobRole", "QualityJobRole")
PEOPLE = ("AuditorRole", "Verifier", "OperatorRole", "QuarantineReader", "ExporterRole", "ManagerRole")
ADDED = {"Verifier": "VerifierPolicy", "QuarantineReader": "QuarantinePolicy"}  # one policy more than another role


@pytest.fixture(scope="module")
def recorded(embedded_aws: str) -> dict[str, list[Need]]:
    """What everybody needed in a lake's life, by role. `testing` is the test itself."""
    from moto.moto_api._internal.models import moto_api_backend

    del embedded_aws
    moto_api_backend.reset()
    server, recorder = Server(), Recorder(Application())
    server.application = recorder
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", server.endpoint)
            life(Everybody(SMALL, patch))
    finally:
        server.shutdown()
    return {who: list(needs) for who, needs in recorder.needs.items()}


@lru_cache  # a template takes half a second to read
def given(lake_formation: str = "no") -> dict[str, list[Statement]]:
    """By role, what access.yaml allows."""
    chosen = {**PARAMETERS, "LakeFormation": lake_formation}
    statements = Template(load(TEMPLATES / "access.yaml"), chosen, ACCOUNT, REGION).statements()
    statements["QuarantineReader"] = statements["OperatorRole"] + statements["QuarantinePolicy"]
    statements["Verifier"] = statements["AuditorRole"] + statements["VerifierPolicy"]
    for one in further():
        mine = load(path(one))
        named = {name: value for name, value in (chosen | FURTHER).items() if name in mine["Parameters"]}
        statements |= Template(mine, named, ACCOUNT, REGION).statements()
    return statements | manager()


def manager() -> dict[str, list[Statement]]:
    """What manager.yaml allows a team's manager."""
    chosen = {name: PARAMETERS[name] for name in ("ResultsBucket", "ResultsKeyArn")}
    chosen |= {"Team": TEAM, "TrustedArns": f"arn:aws:iam::{ACCOUNT}:root"}
    return Template(load(TEMPLATES / "manager.yaml"), chosen, ACCOUNT, REGION).statements()


@pytest.mark.parametrize("who", [*COMPONENTS, *PEOPLE])
@pytest.mark.parametrize("lake_formation", ["no", "yes"])
def test_every_call_is_allowed(recorded: dict[str, list[Need]], who: str, lake_formation: str) -> None:
    assert recorded[who]
    assert [str(one) for one in unallowed(given(lake_formation)[who], recorded[who])] == []


@pytest.mark.parametrize("who", [*COMPONENTS, *PEOPLE])
def test_every_right_is_used_or_is_awss_own_with_a_reason(recorded: dict[str, list[Need]], who: str) -> None:
    statements = given()[ADDED.get(who, who)]  # of the rest the other role proves that it is used
    ours = {right for one in statements if one.sid not in MADE_BY_AWS for right in one.rights()}
    assert sorted(ours - used(statements, recorded[who])) == []


def test_nobody_else_calls(recorded: dict[str, list[Need]]) -> None:
    assert set(recorded) == {*COMPONENTS, *PEOPLE, "testing"}


def test_the_table(recorded: dict[str, list[Need]], figure: Figure) -> None:
    figure("least privilege: role, actions called, rights (an action on a resource), of them AWS's own, unused")
    for who in (*COMPONENTS, *PEOPLE):
        statements = given()[ADDED.get(who, who)]
        rights = {right for one in statements for right in one.rights()}
        aws = {right for right in rights if right[0] in MADE_BY_AWS}
        unused = rights - aws - used(statements, recorded[who])
        called = {need.action for need in recorded[who] if any(one.allows(need) for one in statements)}
        figure(f"  {who:18} {len(called):2} called {len(rights):3} rights {len(aws):3} AWS's {len(unused):2} unused")


def test_every_reason_is_of_a_statement_and_says_who_why_and_where_from() -> None:
    names = {one.sid for way in ("no", "yes") for statements in given(way).values() for one in statements}
    assert set(MADE_BY_AWS) - names == set()
    assert all(who and why and source for who, why, source in MADE_BY_AWS.values())


def test_a_component_without_a_recording_has_only_what_aws_does_for_it() -> None:
    silent = {"SchedulerRole", "IndexesRole", "ReplicationRole", "DataAccessRole"}
    silent |= {f"{logical(one)}SchedulerRole" for one in further()}
    roles = given("yes")
    assert {one.sid for who in silent for one in roles[who]} <= set(MADE_BY_AWS)
    assert set(roles) == {
        *COMPONENTS, *PEOPLE, *silent, "ViewDefinerRole",
        "ReaderPolicy", "AuditorPolicy", "VerifierPolicy", "OperatorPolicy", "ManagerPolicy", "QuarantinePolicy",
        "ExporterPolicy",
    }  # fmt: skip


def test_the_function_that_makes_indexes_may_do_what_its_code_asks_for() -> None:
    code = (TEMPLATES.parent / "functions" / "indexes.py").read_text()
    names = re.findall(r'\bglue\.(?:get_paginator\(")?(\w+)', code)
    asked = {"glue:" + "".join(map(str.title, name.split("_"))) for name in names}
    (makes,) = (one for one in given()["IndexesRole"] if one.sid == "MakeIndexes")
    assert set(makes.actions) == asked


def test_the_function_that_makes_indexes_may_call_itself_again() -> None:
    function = load(TEMPLATES / "catalog.yaml")["Resources"]["PartitionIndexesFunction"]["Properties"]["FunctionName"]
    name = function["Fn::Sub"].replace("${RolePrefix}", "loglake-")
    (calls,) = (one for one in given()["IndexesRole"] if one.sid == "CallItselfAgain")
    assert list(calls.actions) == ["lambda:InvokeFunction"]
    assert [one.rpartition(":")[2] for _, _, one in calls.rights()] == [name]


def test_a_resource_is_everything_only_where_there_is_no_resource() -> None:
    anything = {
        action
        for statements in given("yes").values()
        for one in statements
        for _, action, resource in one.rights()
        if resource == "*"
    }
    assert anything == {
        "cloudtrail:ListPublicKeys",
        "cloudwatch:PutMetricData",
        "glue:GetSecurityConfiguration",
        "lakeformation:GetDataAccess",
    }
    wide = [one for made in given().values() for it in made for one in it.actions if "*" in one]
    assert wide == [], "actions are named"


EVIDENCE = (
    "loglake-books/plans/cloudtrail/1", "loglake-books/ledger/cloudtrail/1/0", "loglake-books/markers/lake_ledger/x/1",
    "loglake-books/runs/cloudtrail/1", "loglake-books/settings/lake.toml", "loglake-raw-cloudtrail/AWSLogs/x",
    "loglake-raw-cloudwatch/2026/03/04/00/x",
)  # fmt: skip


@pytest.mark.parametrize("action", ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"])
def test_nobody_may_delete_evidence(action: str) -> None:
    for who, statements in given().items():
        needs = [Need(action, f"arn:aws:s3:::{name}") for name in EVIDENCE]
        assert unallowed(statements, needs) == needs, who


def test_quarantined_bytes_are_for_those_who_may_alone() -> None:
    need = Need("s3:GetObject", "arn:aws:s3:::loglake-books/quarantine/cloudtrail/1-0-x.bin")
    may = {who for way in ("no", "yes") for who, statements in given(way).items() if not unallowed(statements, [need])}
    assert may == {"QuarantinePolicy", "QuarantineReader"}


def test_with_lake_formation_nobodys_own_rights_open_a_tables_file() -> None:
    need = Need("s3:GetObject", "arn:aws:s3:::loglake-readready/readready/from_cloudwatch_readready/x.orc")
    people = (*PEOPLE, "ViewDefinerRole")
    assert [who for who in people if not unallowed(given("yes")[who], [need])] == []
    assert not unallowed(given("no")["AuditorRole"], [need])


def test_the_page_has_the_rights_of_now() -> None:
    page = TARGET.read_text(encoding="utf-8")
    assert render(page) == page, "stale: python -m infra.permissions_guide"
    assert all(f"### {who}" in page for who in (*COMPONENTS, "AuditorPolicy", "ManagerPolicy"))
