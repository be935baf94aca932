"""AddAPart on a flood of announcements: how many a second, and how many calls of AWS it makes.

python -m bench.announcements [--messages 400000]
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from addapart.handler import AddAPart
from bench.report import show
from bench.sides import Part, ratio
from cli import home

BATCH = 200  # messages an invocation gets, as infra/templates/ingest.yaml has it
ACCOUNTS, REGIONS, DAYS = 150, 3, 2  # the seed's company, over a midnight
BURST = (3000, 17)  # accounts and Regions whose day begins at once


class Counting:
    """S3 and Glue of a lake in which everything works: they count, and remember partitions."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.partitions: set[tuple[str, ...]] = set()

    def put_object(self, **_: Any) -> dict[str, Any]:
        """S3's."""
        self.calls["PutObject"] += 1
        return {}

    def batch_create_partition(self, **asked: Any) -> dict[str, Any]:
        """Glue's: an error for each that is there already."""
        self.calls["BatchCreatePartition"] += 1
        wanted = [(asked["TableName"], *one["Values"]) for one in asked["PartitionInputList"]]
        there = [one for one in wanted if one in self.partitions]
        self.partitions.update(wanted)
        detail = {"ErrorCode": "AlreadyExistsException"}
        return {"Errors": [{"PartitionValues": list(one[1:]), "ErrorDetail": detail} for one in there]}


def announcements(messages: int) -> Part:
    """The seed's load test, and the burst of new partitions at midnight."""
    rows = []
    for name, bodies in (
        (f"{messages:,} objects of {ACCOUNTS} accounts x {REGIONS} Regions x {DAYS} days", _seed(messages)),
        (f"midnight: the first objects of {BURST[0]:,} accounts x {BURST[1]} Regions", _midnight()),
    ):
        aws = Counting()
        part = AddAPart(aws, aws, home.settings())
        took, seen, invocations = 0.0, 0, 0
        while some := list(islice(bodies, BATCH)):
            event = {"Records": [{"messageId": str(at), "body": body} for at, body in enumerate(some)]}
            began = time.process_time()
            failed = part.handle(event, datetime.now(UTC))["batchItemFailures"]
            took += time.process_time() - began
            if failed:
                raise RuntimeError(f"AddAPart refused {len(failed)} messages")
            seen, invocations = seen + len(some), invocations + 1
        glue, new = aws.calls["BatchCreatePartition"], len(aws.partitions)
        rows.append(
            (
                name,
                f"{seen / took:,.0f}",
                f"{new:,}",
                f"{glue:,}",
                f"{new / 100 + invocations:,.0f}",
                ratio(seen, glue),
                f"{aws.calls['PutObject']:,}",
            )
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return Part(
        "AddAPart",
        f"Messages of one object each, {BATCH} an invocation, one process; S3 and Glue answer at once.",
        (
            "load",
            "messages a CPU-second",
            "new partitions",
            "Glue calls",
            "allowed: new / 100 + 1 an invocation",
            "times fewer than a call a message",
            "inbox files",
        ),
        rows,
        (
            f"Peak memory {peak:.0f} MB, boto3 and this measurement with it; the function has 512 MB, the smallest "
            "Lambda 128. The seed's own rate was 111 a second.",
        ),
    )


def _seed(messages: int) -> Iterator[str]:
    for number in range(messages):
        day = 3 + number * DAYS // messages
        yield _body(number, number * 7 % ACCOUNTS, number % REGIONS, f"2024-03-{day:02}")


def _midnight() -> Iterator[str]:
    accounts, regions = BURST
    for number in range(accounts * regions):
        yield _body(number, number % accounts, number // accounts, "2024-03-05")


def _body(number: int, account: int, region: int, day: str) -> str:
    name, place = f"{100_000_000_000 + account}", f"xx-north-{region + 1}"
    file = f"{name}_CloudTrail_{place}_{day.replace('-', '')}T0000Z_{number:016x}.json.gz"
    key = f"AWSLogs/{name}/CloudTrail/{place}/{day.replace('-', '/')}/{file}"
    entity = {
        "bucket": {"name": "loglake-raw-cloudtrail", "arn": "arn:aws:s3:::loglake-raw-cloudtrail"},
        "object": {"key": key, "size": 40_000, "eTag": f"{number:032x}", "sequencer": f"{number:016x}"},
    }
    record = {"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "s3": entity}
    record |= {"eventTime": f"{day}T00:05:00.000Z", "eventName": "ObjectCreated:Put"}
    return json.dumps({"Records": [record]})


def main() -> None:
    """As a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=400_000)
    show(announcements(parser.parse_args().messages))


if __name__ == "__main__":
    main()
