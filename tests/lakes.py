"""A whole lake in the test's process: the embedded AWS, AddAPart and the jobs, without Spark, as values to call.

Made from the same declarations as any other lake. Spark only runs the map; tests/integration/test_spark.py runs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa

from addapart.handler import AddAPart
from infra.local.resources import create_lake
from jobs import orc
from jobs.access import Access
from jobs.mapping import PlainMap
from jobs.run import Report, run
from lake.settings import Settings, parse
from lake.store import Store
from schemas import TABLES
from schemas.arrow import arrow_schema

SETTINGS = parse((Path(__file__).parents[1] / "lake.toml").read_text())
WORKGROUP = SETTINGS.lake.workgroup


def keeping(keep: str, settings: Settings = SETTINGS) -> Settings:
    """The settings with both jobs' filters on ("filtered") or off ("everything")."""
    return parse(settings.text.replace('keep = "filtered"', f'keep = "{keep}"'))


class Lake:
    """One lake on the embedded AWS at the environment's endpoint. `now` is its clock: tests move it by hand."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.settings = settings
        self.s3, self.sqs, self.glue = (boto3.client(name) for name in ("s3", "sqs", "glue"))
        self.access = Access(settings, Store(settings.lake.region))
        self.now = datetime(2024, 6, 1, 12, tzinfo=UTC)
        create_lake(settings)
        self.queue = self.sqs.get_queue_url(QueueName=settings.lake.queue)["QueueUrl"]
        self.addapart = AddAPart(self.s3, self.glue, settings)

    def put(self, job: str, key: str, data: bytes) -> None:
        """An object lands in the job's raw bucket."""
        bucket = next(source.bucket for source in self.settings.sources if source.job == job)
        self.s3.put_object(Bucket=bucket, Key=key, Body=data)

    def work_queue(self) -> int:
        """AddAPart takes all announcements. Returns how many messages it acknowledged."""
        taken = 0
        while messages := self.receive():
            event = {"Records": [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]}
            failed = {one["itemIdentifier"] for one in self.addapart.handle(event, self.now)["batchItemFailures"]}
            assert not failed, f"AddAPart refused {failed}"
            for one in messages:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
            taken += len(messages)
        return taken

    def receive(self) -> list[dict[str, Any]]:
        """Up to ten announcements."""
        answer = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def run(self, job: str) -> Report:
        """One run of a job."""
        return run(self.access, job, PlainMap(self.access), self.glue, self.sqs, lambda: self.now, tasks=2)

    def work(self, *jobs: str) -> list[Report]:
        """AddAPart, the jobs, AddAPart: one scheduled round."""
        self.work_queue()
        reports = [self.run(job) for job in jobs]
        self.work_queue()
        return reports

    def under(self, settings: Settings) -> None:
        """From now on, these settings."""
        self.settings = settings
        self.access = Access(settings, self.access.store)
        self.addapart = AddAPart(self.s3, self.glue, settings)

    def later(self, **by: int) -> None:
        """Time passes."""
        self.now += timedelta(**by)

    def partitions(self, table: str) -> dict[tuple[str, ...], str]:
        """The registered partitions' locations, by values."""
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=self.settings.lake.database, TableName=table
        )
        return {
            tuple(one["Values"]): one["StorageDescriptor"]["Location"] for page in pages for one in page["Partitions"]
        }

    def rows(self, table: str) -> pa.Table:
        """What a reader of the catalog sees: all files of all registered partitions, with the day as a column."""
        tables = list(self._files(table))
        schema = arrow_schema(TABLES[table]).append(pa.field("calendarday", pa.string()))
        return pa.concat_tables(tables) if tables else schema.empty_table()

    def _files(self, table: str) -> Iterator[pa.Table]:
        for values, location in sorted(self.partitions(table).items()):
            bucket, _, folder = location.removeprefix("s3://").partition("/")
            for key in self.access.store.list(bucket, folder):
                rows = orc.read(table, self.access.store.get(bucket, key))
                yield rows.append_column("calendarday", pa.array([values[-1]] * rows.num_rows, pa.string()))
