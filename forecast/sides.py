"""One of the two lake.toml that are compared: its decoders, and its rules asked again of a row."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pyarrow as pa

from addapart.controls import Decision
from jobs.cloudtrail_filter import EventFilter
from jobs.cloudwatch import Rules
from jobs.decoders import decoder
from jobs.rows import Decoder, Outcome, Source
from lake.settings import JOBS, Settings

Row = dict[str, Any]


class Side:
    """The decoders and the rules of one lake.toml."""

    def __init__(self, settings: Settings) -> None:
        self._decoders: dict[str, Decoder] = {job: decoder(job, settings) for job in JOBS}
        self._events = EventFilter(settings.jobs["cloudtrail"])
        self._rules = Rules(settings.jobs["cloudwatch"])
        self._settings = settings

    def add(self, url: str, etag: str, decision: Decision | None, data: bytes) -> tuple[str, Outcome] | None:
        """The object's job and outcome; None if the controls drop it."""
        if decision is None or decision.rule:
            return None
        job = decision.source.job
        return job, self._decoders[job].add(Source(url, etag, 0), data)

    def take(self, job: str) -> pa.Table:
        """The rows since the last take."""
        return self._decoders[job].take()

    def rule(self, job: str, row: Row) -> str:
        """Why this side does not have the row; 'other' where no filter says so (bounds.object_bytes)."""
        if job == "cloudtrail":
            account = row["recipientaccountid"] or row["useridentityaccountid"]
            found = self._events.rule(row["eventsource"], row["eventname"], account, row["awsregion"])
        elif job != "cloudwatch":
            found = import_module(f"jobs.{job}").Rules(self._settings.jobs[job]).row(row) or ""
        elif row["degraded"]:  # such a record has no log group
            found = self._rules.account(row["accountid"]) or self._rules.record(row["awsregion"]) or ""
        else:
            found = self._rules.document(row["loggroup"] or "", row["accountid"]) or ""
            found = found or self._rules.record(row["awsregion"]) or ""
        return found or "other"
