"""Session logs that did not reach the lake, as a file that it reads: `python -m infra.resend --help`.

CloudWatch Logs tries for 24 hours to send what a group records. What was not sent lies in the group until its retention
ends. This reads it from there and writes what the subscription would have sent: CloudWatch's envelopes, gzip. Events
keep their ids, so that what had arrived all the same is a duplicate to the lake.

Source: CloudWatch Logs, "Subscription filters" (the envelope) and API reference, FilterLogEvents.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

_EVENTS = 500  # of one envelope


def envelopes(logs: Any, owner: str, group: str, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """The group's events of [start, end), each stream's in their order. owner: the group's account."""
    times = {"startTime": int(start.timestamp() * 1000), "endTime": int(end.timestamp() * 1000) - 1}
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **times)
    events = (one for page in pages for one in page["events"])
    for stream, found in itertools.groupby(events, key=lambda one: one["logStreamName"]):
        while some := list(itertools.islice(found, _EVENTS)):
            yield {
                "messageType": "DATA_MESSAGE",
                "owner": owner,
                "logGroup": group,
                "logStream": stream,
                "subscriptionFilters": ["loglake-resend"],
                "logEvents": [
                    {"id": one["eventId"], "timestamp": one["timestamp"], "message": one["message"]} for one in some
                ],
            }


def write(found: Iterator[dict[str, Any]], target: Path) -> int:
    """Into a new file, never over one that is there. Returns how many events it has."""
    count = 0
    with target.open("xb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
        for envelope in found:
            packed.write(json.dumps(envelope).encode())
            count += len(envelope["logEvents"])
    return count


def _time(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def main(arguments: list[str] | None = None) -> None:
    """Reads with the credentials and the Region of the environment: those of the account that has the group."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.resend", description="Writes a log group's events to a file that the lake reads."
    )
    parser.add_argument("--start", type=_time, required=True, help="2026-03-02T07:00, UTC")
    parser.add_argument("--end", type=_time, required=True, help="the same, not included")
    parser.add_argument("--log-group", default="/aws/ssm/sessionlogs")
    parser.add_argument("file", type=Path, help="the file to make, such as 111122223333-us-east-1.gz")
    asked = parser.parse_args(arguments)
    owner = boto3.client("sts").get_caller_identity()["Account"]
    events = write(envelopes(boto3.client("logs"), owner, asked.log_group, asked.start, asked.end), asked.file)
    print(f"{asked.file}: {events} log events of account {owner}")


if __name__ == "__main__":
    main()
