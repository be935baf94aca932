"""What an output of a template will be, told from the names that the template gives, before anything is made.

A change set is computed before its stacks are: where a nested stack is fed the output of another, CloudFormation shows
replacements that there will not be, or fails (aws-cloudformation/cloudformation-coverage-roadmap issue 759,
cfn-language-discussion issue 152). What is made of parameters alone it knows.
"""

from __future__ import annotations

from typing import Any

_ARNS = {
    "AWS::IAM::Role": ("RoleName", "iam::${AWS::AccountId}:role/"),
    "AWS::SQS::Queue": ("QueueName", "sqs:${AWS::Region}:${AWS::AccountId}:"),
    "AWS::Lambda::Function": ("FunctionName", "lambda:${AWS::Region}:${AWS::AccountId}:function:"),
}


def told(template: dict[str, Any], output: str) -> Any:
    """The output's value as text with parameters in it (a Ref or Fn::Sub), or None where only its stack knows."""
    value = template["Outputs"][output]["Value"]
    if set(value) == {"Ref"} and value["Ref"] in template["Parameters"]:
        return value
    resource, attribute = (value["Ref"], "") if "Ref" in value else _attribute(value)
    if resource not in template["Resources"]:
        return None
    one = template["Resources"][resource]
    name_of, arn = _ARNS.get(one["Type"], ("", ""))
    name = _text(one.get("Properties", {}).get(name_of))
    if name and attribute == "Arn":
        return {"Fn::Sub": f"arn:${{AWS::Partition}}:{arn}{name}"}
    # A queue's Ref is its URL.
    if name and (attribute == name_of or (not attribute and one["Type"] != "AWS::SQS::Queue")):
        return {"Fn::Sub": name}
    return None


def _attribute(value: dict[str, Any]) -> tuple[str, str]:
    if set(value) == {"Fn::GetAtt"}:
        resource, attribute = value["Fn::GetAtt"]
        return resource, attribute
    return "", ""


def _text(name: Any) -> str:
    """A name as it stands in Fn::Sub, '' if it is made otherwise."""
    if isinstance(name, dict):
        return str(name.get("Fn::Sub") or (f"${{{name['Ref']}}}" if "Ref" in name else ""))
    return name or ""
