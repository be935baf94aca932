"""How CloudTrail writes an event down: one `Call`, and its text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# Where a template's text gets its values later, always in this order: the order of the fields in a record.
TIME, TOKEN, REQUEST_ID, EVENT_ID = "@TIME@", "@TOKEN@", "@REQUESTID@", "@EVENTID@"

# What lake.toml keeps by default. Athena and Glue have a StartSession, too.
KEPT = {
    ("ssm.amazonaws.com", "StartSession"),
    ("sts.amazonaws.com", "AssumeRole"),
    ("sts.amazonaws.com", "AssumeRoleWithSAML"),
    ("ecs.amazonaws.com", "ExecuteCommand"),
}


def compact(value: Any) -> str:
    """JSON on one line without spaces, UTF-8 as it is: AWS's way."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One event, all but its time and ids. `error`: code and message. `others`: further top-level fields."""

    source: str
    name: str
    account: str
    region: str
    identity: Json | None
    ip: str
    agent: str
    request: Any = None
    response: Any = None
    error: tuple[str, str] | None = None
    additional: Json | None = None
    resources: list[Json] | None = None
    readonly: bool = False
    category: str = "Management"
    kind: str = "AwsApiCall"
    version: str = "1.08"
    others: Json | None = None

    @property
    def kept(self) -> bool:
        """Whether the default filters keep it."""
        return (self.source, self.name) in KEPT

    def text(self, time: str, request_id: str, event_id: str) -> str:
        """The record's JSON. Which fields it has depends on the version, as with AWS's own."""
        new = int(self.version.split(".")[1])
        record: Json = {"eventVersion": self.version}
        if self.identity is not None:
            record["userIdentity"] = self.identity
        record |= {
            "eventTime": time,
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": self.ip,
            "userAgent": self.agent,
        }
        if self.error:
            record["errorCode"], record["errorMessage"] = self.error
        record |= {"requestParameters": self.request, "responseElements": self.response}
        if self.additional is not None:
            record["additionalEventData"] = self.additional
        record |= {"requestID": request_id, "eventID": event_id, "readOnly": self.readonly}
        if self.resources:
            record["resources"] = self.resources
        record["eventType"] = self.kind
        if new >= 6:
            record["managementEvent"] = self.category == "Management"
        record["recipientAccountId"] = self.account
        if new >= 7:
            record["eventCategory"] = self.category
        if new >= 8 and "." in self.ip and not self.ip.endswith(".com"):
            host = f"{self.source.split('.')[0]}.{self.region}.amazonaws.com"
            cipher = "TLS_AES_128_GCM_SHA256" if new >= 9 else "ECDHE-RSA-AES128-GCM-SHA256"
            record["tlsDetails"] = {
                "tlsVersion": "TLSv1.3" if new >= 9 else "TLSv1.2",
                "cipherSuite": cipher,
                "clientProvidedHostHeader": host,
            }
        return compact(record | (self.others or {}))
