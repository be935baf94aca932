"""Custom resource: Session Manager's preferences of one account and Region.

Create and Update compare what is there with what is wanted and change only what differs. Before the first change, what
was there is written down in a parameter of Parameter Store, once; Delete puts it back and removes the parameter.
Whatever fails or is repeated between the two, that parameter still says what was there before the stack.
"""

from __future__ import annotations

import base64
import gzip
import json
from contextlib import suppress
from typing import Any

import boto3

from infra.functions.custom import Answer
from infra.functions.document import DOCUMENT, PATIENT, Refused, patiently, put, read

_LARGEST = 8192  # bytes of a parameter's value (Parameter Store, "Managing parameter tiers")
# Somebody else changed the document meanwhile: read it again, and go on from there. Or the role is seconds old.
_PASSING = {
    "AccessDeniedException",
    "DocumentAlreadyExists",
    "InvalidDocument",
    "InvalidDocumentVersion",
    "TooManyUpdates",
}


def keep_preferences(event: dict[str, Any]) -> Answer:
    """Properties: Content, the document's own words; Before, the parameter's name. Can be repeated at any point."""
    ssm = boto3.client("ssm", config=PATIENT)
    properties = event["ResourceProperties"]
    owner = f"{event['StackId']}/{event['LogicalResourceId']}"

    def act() -> None:
        if event["RequestType"] == "Delete":
            restore(ssm, properties["Before"], owner)
            return
        if event["RequestType"] == "Create":
            write_down(ssm, properties["Before"], owner)
        put(ssm, typed(properties["Content"]))

    patiently(act, _PASSING)
    return Answer(DOCUMENT)


def typed(content: Any) -> Any:
    """CloudFormation hands everything over as text; in the document, what is called ...Enabled is true or false."""
    if not isinstance(content, dict):
        return str(content)
    return {key: value == "true" if key.endswith("Enabled") else typed(value) for key, value in content.items()}


def write_down(ssm: Any, name: str, owner: str) -> None:
    """What is there now into the parameter `name`, unless this resource has done so already. Raises Refused."""
    value = pack({"owner": owner, "content": read(ssm)})
    if len(value) > _LARGEST:
        raise Refused(f"{DOCUMENT} is too large to be kept in a parameter: save and delete it, then deploy again")
    about = f"What {DOCUMENT} was before Log Lake's stack: base64 of gzip. Do not delete."
    try:
        ssm.put_parameter(Name=name, Value=value, Description=about, Type="String", Tier="Intelligent-Tiering")
    except ssm.exceptions.ParameterAlreadyExists:
        other = unpack(ssm.get_parameter(Name=name)["Parameter"]["Value"])["owner"]
        if other != owner:
            raise Refused(
                f"{other} keeps {DOCUMENT} here. If it is gone, see docs/session-manager.md, 'Going back', for what "
                f"the parameter {name} holds; then delete the parameter"
            ) from None


def restore(ssm: Any, name: str, owner: str) -> None:
    """What the parameter `name` says was there. Nothing, if this resource has never written it: it changed nothing."""
    try:
        before = unpack(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return
    if before["owner"] != owner:
        return
    if before["content"] is not None:
        put(ssm, before["content"])
    else:
        with suppress(ssm.exceptions.InvalidDocument):
            ssm.delete_document(Name=DOCUMENT)
    with suppress(ssm.exceptions.ParameterNotFound):
        ssm.delete_parameter(Name=name)


def pack(value: Any) -> str:
    """Text that Parameter Store takes: small, and free of the double braces that it would read as a reference."""
    return base64.b64encode(gzip.compress(json.dumps(value).encode(), mtime=0)).decode()


def unpack(text: str) -> Any:
    """What `pack` was given."""
    return json.loads(gzip.decompress(base64.b64decode(text)))
