"""CloudFormation templates are read as CloudFormation reads them."""

from __future__ import annotations

import pytest

from infra.template import TemplateError, parse, resources


def test_short_tags_become_their_long_forms_at_any_depth() -> None:
    read = parse(
        "A: !Ref B\n"
        "C: !GetAtt Queue.Arn\n"
        "D: !GetAtt Stack.Outputs.Arn\n"
        "E: !Sub ['${X}', {X: !Ref Y}]\n"
        "F: !If [Has, !Join [',', [a, !Ref b]], !Ref AWS::NoValue]\n"
        "G: !Condition Has\n"
        "H: !Not [!Equals ['', !Ref P]]\n"
    )
    assert read == {
        "A": {"Ref": "B"},
        "C": {"Fn::GetAtt": ["Queue", "Arn"]},
        "D": {"Fn::GetAtt": ["Stack", "Outputs.Arn"]},
        "E": {"Fn::Sub": ["${X}", {"X": {"Ref": "Y"}}]},
        "F": {"Fn::If": ["Has", {"Fn::Join": [",", ["a", {"Ref": "b"}]]}, {"Ref": "AWS::NoValue"}]},
        "G": {"Condition": "Has"},
        "H": {"Fn::Not": [{"Fn::Equals": ["", {"Ref": "P"}]}]},
    }


def test_what_looks_like_a_day_stays_text() -> None:
    assert parse("AWSTemplateFormatVersion: 2010-09-09\nP: {Version: 2012-10-17}") == {
        "AWSTemplateFormatVersion": "2010-09-09",
        "P": {"Version": "2012-10-17"},
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Resources:\n  A: 1\n  A: 2\n", r"t\.yaml: 'A' is given twice.*line 3"),
        ("a: [", r"t\.yaml: .*line [12]"),
        ("- a", r"t\.yaml: not a template"),
    ],
)
def test_what_is_no_template_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(TemplateError, match=f"(?s){reason}"):
        parse(text, "t.yaml")


def test_resources_of_a_type_are_found_by_their_logical_id() -> None:
    template = parse("Resources: {Q: {Type: AWS::SQS::Queue, Properties: {X: 1}}, T: {Type: AWS::SNS::Topic}}")
    assert resources(template, "AWS::SQS::Queue") == {"Q": {"X": 1}}
    assert resources(template, "AWS::SNS::Topic") == {"T": {}}
