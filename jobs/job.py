"""The Glue job (Spark 3.5, Python 3.11): parses Glue's arguments, runs the steps on Spark, reports on standard output.

    --job cloudtrail --settings s3://<books bucket>/settings/lake.toml

Everything else that Glue passes (--JOB_NAME, --JOB_RUN_ID, ...) is taken and left alone. Each line of standard output
is a JSON object: {"step": "land", "done": 3, "of": 12, "unit": "batches"}. The last has "step": "done", "incomplete"
(all is done, but too many objects could not be read) or "error" (some task failed), the run's completeness, and its
freshness: {"objects": 412, "p50": 310, "p99": 880, "max": 891}, seconds from an object's arrival to the publishing of
its rows. infra/templates/watch.yaml makes metrics and alarms of these lines.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial

import boto3
from botocore.config import Config
from pyspark.sql import SparkSession

from jobs.access import access
from jobs.mapping import without_pandas
from jobs.run import Report, run
from jobs.spark_map import SparkMap, emit
from lake.completeness import enough
from lake.runs import Run, write
from lake.settings import JOBS, Settings, Thresholds, parse
from lake.store import Store

PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The job's own arguments, as Glue passes them; the rest is Glue's."""
    parser = argparse.ArgumentParser(prog="loglake-job", description=__doc__, allow_abbrev=False)
    parser.add_argument("--job", required=True, choices=JOBS, help="which logs to take in")
    parser.add_argument("--settings", required=True, help="where lake.toml lies: s3://bucket/key")
    return parser.parse_known_args(argv)[0]


def main(argv: Sequence[str]) -> int:
    """Run the job. Returns 0, or 1: some task failed, and its work waits for the next run; or fewer objects could be
    read than lake.toml asks for. What could be done is done and published all the same."""
    options = arguments(argv)
    began, started = datetime.now(UTC), time.monotonic()
    emit(step="start", job=options.job)
    bucket, _, key = options.settings.removeprefix("s3://").partition("/")
    session = boto3.session.Session()
    text = Store(session.region_name or "us-east-1").get(bucket, key).decode()
    settings = parse(text, options.settings)
    spark = SparkSession.builder.appName(f"loglake-{options.job}").getOrCreate()
    there = round(time.monotonic() - started, 1)
    emit(step="spark", seconds=there)
    slots = spark.sparkContext.defaultParallelism
    report = run(
        access(text),
        options.job,
        SparkMap(spark.sparkContext, partial(access, text)),
        session.client("glue", region_name=settings.lake.region, config=PATIENT),
        session.client("sqs", region_name=settings.lake.region, config=PATIENT),
        lambda: datetime.now(UTC),
        tasks=slots * 2,
    )
    for failure in report.failed:
        print(failure.task, failure.why, sep="\n", file=sys.stderr)
    step = ending(report, settings.thresholds)
    took = round(time.monotonic() - started, 1)
    keep_record(settings, record(report, settings, step, began, took, there, slots), began)
    emit(step=step, seconds=took, **summary(report))
    spark.stop()
    return 0 if step == "done" else 1


def record(
    report: Report, settings: Settings, step: str, began: datetime, seconds: float, spark: float, slots: int
) -> Run:
    """What the books keep of the run, for `loglake plan`."""
    return Run(
        job=report.job,
        started=began.isoformat(timespec="seconds"),
        seconds=seconds,
        spark=spark,
        slots=slots,
        files=report.arrived,
        bytes=report.bytes,
        records=report.counts["recordsin"],
        rows=report.rows,
        days=report.days,
        keep=settings.jobs[report.job].keep,
        step=step,
    )


def keep_record(settings: Settings, one: Run, began: datetime) -> None:
    """Write the record down. Nothing that was done depends on it: a failure is said, and no failure of the run."""
    try:
        write(Store(settings.lake.region), settings.buckets.books, one, int(began.timestamp()))
    except Exception as error:  # noqa: BLE001 - AccessDenied, time-outs
        print(f"the record of this run could not be kept: {error}", file=sys.stderr)


def summary(report: Report) -> dict[str, object]:
    """What the last line says of the run."""
    # asdict makes a Counter anew from its pairs, and counts those.
    return asdict(report) | {"counts": dict(report.counts), "completeness": report.completeness}


def ending(report: Report, thresholds: Thresholds) -> str:
    """The word of the last line. A job is the only one who tells a company's alarms that a source refuses its objects:
    no task fails then, they are undone. So it says it by failing."""
    if report.failed:
        return "error"
    return "done" if enough(report.counts["ok"], report.arrived, thresholds.completeness) else "incomplete"


if __name__ == "__main__":
    without_pandas()
    # Glue takes any SystemExit for a failure: say nothing where all is well.
    if code := main(sys.argv[1:]):
        sys.exit(code)
