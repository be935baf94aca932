"""What CloudTrail's records say, read plainly with the standard library: the truth that the decoder is held against."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

TEXTS = (
    "eventID", "eventSource", "eventName", "awsRegion", "recipientAccountId", "errorCode", "errorMessage",
    "sourceIPAddress", "userAgent", "eventType", "eventCategory", "eventVersion", "apiVersion", "requestID",
    "sharedEventID", "vpcEndpointId",
)  # fmt: skip
FLAGS = ("readOnly", "managementEvent", "sessionCredentialFromConsole")
JSON_TEXTS = (
    "requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "resources", "tlsDetails",
    "userIdentity",
)  # fmt: skip
IDENTITY = ("type", "arn", "principalId", "accountId", "accessKeyId", "userName", "invokedBy")


def row(record: str) -> dict[str, Any]:
    """The columns that a record alone determines. Only for records of CloudTrail's own types, and without secrets."""
    text_of = members(record)
    value = {name: json.loads(text) for name, text in text_of.items()}
    who = value.get("userIdentity") or {}
    context = who.get("sessionContext") or {}
    issuer = context.get("sessionIssuer") or {}
    request, response = value.get("requestParameters") or {}, value.get("responseElements") or {}
    hands_out = value["eventSource"] == "sts.amazonaws.com" and (
        value["eventName"].startswith("AssumeRole") or value["eventName"] in ("GetSessionToken", "GetFederationToken")
    )
    source_identity = context.get("sourceIdentity")
    if source_identity is None and hands_out:
        source_identity = request.get("sourceIdentity")
    mfa = (context.get("attributes") or {}).get("mfaAuthenticated")
    known = {*TEXTS, *FLAGS, *JSON_TEXTS, "eventTime"}
    unknown = sorted(set(value) - known)
    columns: dict[str, Any] = {name.lower(): value.get(name) for name in TEXTS}
    columns |= {name.lower(): {None: None, True: True, False: False, "true": True, "false": False}[value.get(name)]
                for name in FLAGS}  # fmt: skip
    columns |= {name.lower(): None if value.get(name) is None else text_of[name] for name in JSON_TEXTS}
    columns |= {f"useridentity{name.lower()}": who.get(name) for name in IDENTITY}
    columns |= {
        "eventtime": datetime.strptime(value["eventTime"], "%Y-%m-%dT%H:%M:%SZ"),  # noqa: DTZ007 - naive UTC
        "sessionissuerarn": issuer.get("arn"),
        "sessionissuerusername": issuer.get("userName"),
        "sourceidentity": source_identity,
        "mfaauthenticated": None if mfa is None else mfa in ("true", True),
        "issuedaccesskeyid": (response.get("credentials") or {}).get("accessKeyId") if hands_out else None,
        "sessionid": _session_id(value["eventSource"], value["eventName"], request, response),
        "username": _username(who),
        "otherfields": "{" + ",".join(f'"{name}":{text_of[name]}' for name in unknown) + "}" if unknown else None,
    }
    return columns


def members(record: str) -> dict[str, str]:
    """A JSON object's members, each value as the text that stands there."""
    decoder, found, at = json.JSONDecoder(), {}, record.index("{") + 1
    while record[at := _past_space(record, at)] != "}":
        name, at = decoder.raw_decode(record, at)
        begin = _past_space(record, _past_space(record, at) + 1)
        _, end = decoder.raw_decode(record, begin)
        found[name] = record[begin:end]
        at = _past_space(record, end)
        at += record[at] == ","
    return found


def _past_space(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _session_id(source: str, name: str, request: Any, response: Any) -> str | None:
    whole = None
    if (source, name) == ("ssm.amazonaws.com", "StartSession"):
        whole = response.get("sessionId")
    elif source == "ssm.amazonaws.com" and name in ("ResumeSession", "TerminateSession"):
        whole = request.get("sessionId")
    elif (source, name) == ("ecs.amazonaws.com", "ExecuteCommand"):
        whole = (response.get("session") or {}).get("sessionId")
    return (whole or "").split("-")[-1] or None


def _username(who: Any) -> str | None:
    arn = who.get("arn") or ""
    if ":assumed-role/" in arn and arn.count("/") == 2:
        return str(arn).split("/")[2]
    name = who.get("userName") or who.get("invokedBy")
    return str(name) if name else None
