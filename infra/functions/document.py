"""The document that holds Session Manager's preferences of one account and Region: SSM-SessionManagerRunShell.

Sources: Systems Manager, "Session document schema", "Update Session Manager preferences (command line)".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

DOCUMENT = "SSM-SessionManagerRunShell"  # the name that Session Manager looks for; there can be no other
PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})  # a StackSet has many accounts call at once
_ATTEMPTS = 6
_SECONDS = 30


class Refused(Exception):
    """Nothing was changed; the message says why, and what to do."""


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


def read(ssm: Any, **version: str) -> dict[str, Any] | None:
    """The document's content, of its default version if none is named; None if there is no such one."""
    try:
        got = ssm.get_document(Name=DOCUMENT, DocumentFormat="JSON", **version)
    except (ssm.exceptions.InvalidDocument, ssm.exceptions.InvalidDocumentVersion):
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
    """The newest version with that content, '' if there is none. Versions are numbered from 1; some may be deleted."""
    latest = int(ssm.get_document(Name=DOCUMENT, DocumentVersion="$LATEST")["DocumentVersion"])
    return next((str(one) for one in range(latest, 0, -1) if read(ssm, DocumentVersion=str(one)) == content), "")


def _settle(ssm: Any, version: str) -> None:
    """Waits until a version that was just written can be used: it is Creating or Updating for some seconds."""
    for _ in range(_SECONDS):
        document = ssm.get_document(Name=DOCUMENT, DocumentVersion=version)
        if document["Status"] == "Active":
            return
        if document["Status"] == "Failed":
            raise Refused(f"version {version} of {DOCUMENT}: {document.get('StatusInformation')}")
        time.sleep(1)
    raise TimeoutError(f"version {version} of {DOCUMENT} is {document['Status']} after {_SECONDS} seconds")
