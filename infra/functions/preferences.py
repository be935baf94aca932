"""Custom resource: Session Manager's preferences of one account and Region, the document SSM-SessionManagerRunShell.

Create and Update compare what is there with what is wanted and change only what differs. Before the first change, what
was there is written down in a parameter of Parameter Store, once; Delete puts it back and removes the parameter.
Whatever fails or is repeated between the two, that parameter still says what was there before the stack.

Sources: Systems Manager, "Session document schema", "Update Session Manager preferences (command line)".
"""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.functions.custom import Answer

DOCUMENT = "SSM-SessionManagerRunShell"  # the name that Session Manager looks for; there can be no other
_LARGEST = 8192  # bytes of a parameter's value (Parameter Store, "Managing parameter tiers")
_PASSING = {"TooManyUpdates", "DocumentAlreadyExists", "InvalidDocument", "InvalidDocumentVersion"}  # somebody else's
_ATTEMPTS = 6
PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})  # a StackSet has many accounts call at once


class Refused(Exception):
    """Nothing was changed; the message says why, and what to do."""


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


def patiently(act: Callable[[], None], passing: set[str]) -> None:
    """Again from the start while AWS's error is one of those that pass. Throttling is botocore's to repeat."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            act()
            return
        except ClientError as error:
            if error.response["Error"]["Code"] not in passing or attempt == _ATTEMPTS:
                raise
            time.sleep(2**attempt)


def typed(content: Any) -> Any:
    """CloudFormation hands a custom resource's booleans over as text; in the document, those are all ...Enabled."""
    if not isinstance(content, dict):
        return content
    return {key: value == "true" if key.endswith("Enabled") else typed(value) for key, value in content.items()}


def read(ssm: Any, **version: str) -> dict[str, Any] | None:
    """The document's content, of its default version if none is named; None if there is no document."""
    try:
        got = ssm.get_document(Name=DOCUMENT, DocumentFormat="JSON", **version)
    except ssm.exceptions.InvalidDocument:
        return None
    found: dict[str, Any] = json.loads(got["Content"])
    return found


def put(ssm: Any, content: dict[str, Any]) -> None:
    """Makes `content` the document's default version; does nothing if it is."""
    now = read(ssm)
    if now == content:
        return
    written = {"Name": DOCUMENT, "Content": json.dumps(content, indent=2), "DocumentFormat": "JSON"}
    if now is None:
        created = ssm.create_document(**written, DocumentType="Session")
        _settle(ssm, created["DocumentDescription"]["DocumentVersion"])
        return
    try:
        updated = ssm.update_document(**written, DocumentVersion="$LATEST")
        version = updated["DocumentDescription"]["DocumentVersion"]
    except ssm.exceptions.DuplicateDocumentContent:  # an earlier version says the same: a rollback, a restore
        version = _version_of(ssm, content)
        if not version:
            raise
    _settle(ssm, version)
    ssm.update_document_default_version(Name=DOCUMENT, DocumentVersion=version)


def _version_of(ssm: Any, content: dict[str, Any]) -> str:
    """The newest version with that content, '' if there is none."""
    pages = ssm.get_paginator("list_document_versions").paginate(Name=DOCUMENT)
    versions = [one["DocumentVersion"] for page in pages for one in page["DocumentVersions"]]
    newest_first = sorted(versions, key=int, reverse=True)
    return next((one for one in newest_first if read(ssm, DocumentVersion=one) == content), "")


def _settle(ssm: Any, version: str) -> None:
    """Waits until a version that was just written can be used: it is Creating or Updating for some seconds."""
    for _ in range(30):
        document = ssm.describe_document(Name=DOCUMENT, DocumentVersion=version)["Document"]
        if document["Status"] == "Active":
            return
        if document["Status"] == "Failed":
            raise Refused(f"version {version} of {DOCUMENT}: {document.get('StatusInformation')}")
        time.sleep(1)
    raise TimeoutError(f"version {version} of {DOCUMENT} is {document['Status']} after 30 seconds")


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
