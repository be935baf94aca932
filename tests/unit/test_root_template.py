"""The root feeds every parameter of every template that it nests, and deploy fills every parameter of the root."""

from __future__ import annotations

from typing import Any

import pytest

from cli import home
from infra import artefacts, parameters
from infra.changes import EVIDENCE, holding_evidence
from infra.names import told
from infra.root import PATH, text
from infra.template import TEMPLATES, load

ROOT = load(PATH)
CHILDREN = {path.name: load(path) for path in TEMPLATES.glob("*.yaml")}


def nested() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """By logical id: the child's template, and what the root feeds it."""
    return {
        name: (CHILDREN[one["Properties"]["TemplateURL"].removeprefix("./")], one["Properties"]["Parameters"])
        for name, one in ROOT["Resources"].items()
    }


def outputs(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        if "Fn::GetAtt" in value:
            child, output = value["Fn::GetAtt"]
            return [(child, output.removeprefix("Outputs."))]
        return [one for inner in value.values() for one in outputs(inner)]
    return [one for inner in value for one in outputs(inner)] if isinstance(value, list) else []


def test_the_committed_root_is_what_the_templates_make() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "stale: python -m infra.root"


def test_every_parameter_of_every_child_is_fed_and_no_other() -> None:
    for name, (child, fed) in nested().items():
        assert set(fed) == set(child["Parameters"]), name


def test_every_output_that_is_fed_or_shown_is_one_of_an_earlier_child() -> None:
    order = list(ROOT["Resources"])
    for name, (_, fed) in nested().items():
        for child, output in outputs(fed):
            assert order.index(child) < order.index(name), (name, child)
            assert output in nested()[child][0]["Outputs"], (name, child, output)
    for child, output in outputs(ROOT["Outputs"]):
        assert output in nested()[child][0]["Outputs"]


def test_what_is_fed_is_known_when_a_change_set_is_made() -> None:
    for name, (_, fed) in nested().items():
        # The grants of Lake Formation are to whoever access.yaml makes or is given: they hold nothing.
        assert name in ("Grants", "People") or not outputs(fed), name
    assert ROOT["Resources"]["Grants"]["Condition"] == "Granted"


@pytest.mark.parametrize(
    ("file", "output", "value"),
    [
        ("access.yaml", "AddAPartRoleArn", "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${RolePrefix}addapart"),
        ("ingest.yaml", "QueueArn", "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${QueueName}"),
        ("ingest.yaml", "DeadLetterQueueName", "${QueueName}-dead"),
        ("ingest.yaml", "FunctionName", "${RolePrefix}addapart"),
    ],
)
def test_an_output_is_told_from_the_names_that_its_template_gives(file: str, output: str, value: str) -> None:
    assert told(CHILDREN[file], output) == {"Fn::Sub": value}


def test_what_only_its_stack_knows_is_not_told() -> None:
    assert told(CHILDREN["keys.yaml"], "RawKeyArn") is None
    assert told(CHILDREN["ingest.yaml"], "QueueUrl") is None


def settled(value: Any, given: dict[str, str]) -> Any:
    """What CloudFormation makes of a value, where the root's parameters are these and the others empty."""
    if isinstance(value, list):
        return [one for one in (settled(one, given) for one in value) if one is not None]
    if not isinstance(value, dict):
        return value
    ((function, of),) = value.items()
    match function:
        case "Ref":
            return None if of == "AWS::NoValue" else given.get(of, "")
        case "Condition":
            return settled(ROOT["Conditions"][of], given)
        case "Fn::If":
            return settled(of[1] if settled(ROOT["Conditions"][of[0]], given) else of[2], given)
        case "Fn::Equals":
            return settled(of[0], given) == settled(of[1], given)
        case "Fn::Not":
            return not settled(of[0], given)
        case "Fn::And":
            return all(settled(of, given))
        case "Fn::Join":
            return of[0].join(settled(of[1], given))
    raise AssertionError(function)


@pytest.mark.parametrize(
    ("child", "parameter", "given", "fed"),
    [
        ("Ingest", "TopicArns", {}, ""),
        ("Ingest", "TopicArns", {"CloudTrailRawTopicArn": "t", "CloudTrailRawMode": "own"}, ""),
        ("Ingest", "TopicArns", {"CloudTrailRawTopicArn": "t", "CloudTrailRawMode": "sns"}, "t"),
        ("Ingest", "TopicArns", {"SessionLogsRawTopicArn": "t", "SessionLogsRawMode": "sns"}, "t"),
        ("Ingest", "TopicArns", {"MoreTopicArns": "u,v"}, "u,v"),
        ("Access", "RawKeyArns", {"RawKeyArn": "r", "MoreRawKeyArns": "u,v"}, "r,u,v"),
        ("Jobs", "ListedBuckets", {"CloudTrailRawMode": "listing", "CloudTrailRawBucket": "b"}, "b"),
        ("Jobs", "ListedBuckets", {"MoreListedBuckets": "c"}, "c"),
        ("Access", "ReplicaKeyArns", {"BooksReplicaArn": "b", "BooksReplicaKeyArn": "k", "ReplicaKeyArn": "l"}, "k"),
        ("Storage", "ReadreadyReplicaKeyArn", {"ReadreadyReplicaKeyArn": "k", "BooksReplicaKeyArn": "l"}, "k"),
        ("CloudTrailRaw", "ReplicaKeyArn", {"CloudTrailRawReplicaKeyArn": "k", "BooksReplicaKeyArn": "l"}, "k"),
    ],
)  # fmt: skip
def test_what_brought_buckets_and_copies_need_is_fed_and_no_more(
    child: str, parameter: str, given: dict[str, str], fed: str
) -> None:
    _, fed_to = nested()[child]
    assert settled(fed_to[parameter], given) == fed


def test_a_list_of_the_roots_is_fed_as_text_which_is_all_that_a_nested_stack_takes() -> None:
    for name, (_, fed) in nested().items():
        for parameter, value in fed.items():
            if isinstance(value, dict) and "Ref" in value:
                assert ROOT["Parameters"][value["Ref"]]["Type"] != "CommaDelimitedList", (name, parameter)


def test_deploy_fills_what_has_no_default() -> None:
    settings = home.settings()
    own = parameters.of_lake(settings) | dict.fromkeys((*CODE, *CHILDREN["keys.yaml"]["Outputs"]), "key")
    usual = parameters.of_modules() | {"ArtefactsBucket": "a", "AccessLogsBucket": "b"}
    filled = parameters.filled(ROOT, own, usual, {})
    assert {one["ParameterKey"] for one in filled} == {*own, *usual}


CODE = ("JobsZipKey", "JobScriptKey", "TendScriptKey", "QualityScriptKey", "AddAPartKey", "FunctionsKey")


def test_every_artefact_is_one_of_the_roots_parameters() -> None:
    assert set(artefacts.code("p/")) == set(CODE)
    assert set(CODE) <= set(ROOT["Parameters"])


def test_the_stacks_that_hold_evidence_are_known_by_what_they_hold() -> None:
    holding = holding_evidence(CHILDREN, ROOT)
    assert {"Storage", "CloudTrailRaw", "SessionLogsRaw", "Catalog"} <= set(holding)
    assert not {"Access", "Jobs"} & set(holding)
    assert "AWS::S3::Bucket" in EVIDENCE
