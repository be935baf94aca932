"""The Glue job that looks after the lake: what `loglake doctor --fix` does, on a schedule. Spark is not used.

    --settings s3://<books bucket>/settings/lake.toml --look all
    --settings s3://<books bucket>/settings/lake.toml --look raw --buckets brought-bucket,another-one

all: S3, books and catalog are compared; what was never announced is announced, what nobody needs is condemned and, a
retention later, deleted. Tables and views are left to CloudFormation, whose they are.
raw: the objects delivered yesterday and today that no book knows are announced, and nothing else is looked at.
buckets: those that announce nothing (raw.yaml, Mode listing); without it, all, but for what may be on its way.

Whatever else Glue passes is left alone. Each line of standard output is a JSON object: every fault as it is found, and
at the end {"step": "done", "found": {kind: count}}, or "error" where a fault is left that only a person can mend.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import boto3
from botocore.config import Config

from jobs import check_raw
from jobs.access import access
from jobs.check_catalog import Catalog
from jobs.doctor import LAST_DAYS, Doctor
from lake.store import Store

PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})
LISTED_DAYS = 2  # of delivery: yesterday's last files land today


def emit(**line: object) -> None:
    """One line of the report."""
    print(json.dumps(line, default=str), flush=True)


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The job's own arguments, as Glue passes them; the rest is Glue's."""
    parser = argparse.ArgumentParser(prog="loglake-tend", description=__doc__, allow_abbrev=False)
    parser.add_argument("--settings", required=True, help="where lake.toml lies: s3://bucket/key")
    parser.add_argument("--look", required=True, choices=("all", "raw"), help="at everything, or for raw objects only")
    parser.add_argument("--buckets", default="", help="with --look raw: buckets that announce nothing, by commas")
    return parser.parse_known_args(argv)[0]


def main(argv: Sequence[str]) -> int:
    """Look and repair. Returns 0, or 1 if something is wrong that this job cannot mend."""
    options = arguments(argv)
    emit(step="start", look=options.look)
    bucket, _, key = options.settings.removeprefix("s3://").partition("/")
    lake = access(Store(boto3.session.Session().region_name or "us-east-1").get(bucket, key).decode())
    region = lake.settings.lake.region
    glue, sqs = (boto3.client(name, region_name=region, config=PATIENT) for name in ("glue", "sqs"))
    now = datetime.now(UTC)
    days = LAST_DAYS if options.look == "all" else LISTED_DAYS
    first, last = now.date() - timedelta(days=days - 1), now.date()
    doctor = Doctor(lake, glue, sqs, (), lambda: datetime.now(UTC), first, last)
    silent = [one for one in options.buckets.split(",") if one]
    look = (
        doctor.look()
        if options.look == "all"
        else check_raw.raw(lake, Catalog(glue, lake.settings.lake.database), first, last, now, silent)
    )
    found: Counter[str] = Counter()
    left = 0
    for one in doctor.fix(look):
        found[one.kind] += 1
        left += one.fault and one.repair is None
        if one.fault and one.kind != "never-announced":
            emit(step="found", kind=one.kind, where=one.where, what=one.what, would=one.would)
    emit(step="error" if left else "done", found=dict(found), left=left)
    return 1 if left else 0


if __name__ == "__main__":
    # Glue takes any SystemExit for a failure: say nothing where all is well.
    if code := main(sys.argv[1:]):
        sys.exit(code)
