"""The Lambda: SQS messages in, partitions registered and arrivals written down, failures handed back per message.

Nothing is acknowledged before all that it announces is done. What fails comes back by itself, and after the queue's
maxReceiveCount lies in the dead-letter queue.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from addapart.catalog import Catalog, Partition
from addapart.controls import decide, registered, registered_since, stays
from addapart.events import announced
from lake import keys
from lake import settings as lake_settings
from lake.announce import Announced
from lake.books import Arrival, dump_arrivals
from lake.settings import JOBS, Settings
from schemas import TABLES, raw_table

# A throttled Glue is asked again, with back-off, for as long as the function's 60 s allow; then the queue takes over.
PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 6}, connect_timeout=5, read_timeout=10)

# Seconds of an invocation in which partitions are retired: nobody waits for that, and arrivals share the 60 s.
RETIRING = 20.0

log = logging.getLogger("addapart")
log.setLevel(logging.INFO)


class Work(NamedTuple):
    """What one message asks for."""

    arrivals: list[tuple[str, Arrival]]  # (job, arrival)
    partitions: list[Partition]
    days: list[tuple[str, str]]  # (table, day) whose marker landed
    retired: list[Partition]  # raw ones that leave the catalog


class AddAPart:
    """Everything an invocation needs. s3, glue: boto3 clients; settings: the lake's.

    inbox_lock: days of Object Lock that an inbox file asks for, 0 where the bucket has none.
    """

    def __init__(self, s3: Any, glue: Any, settings: Settings, inbox_lock: int = 0) -> None:
        self.s3, self.settings, self.inbox_lock = s3, settings, inbox_lock
        further = {one.table.name: one.table for one in settings.partitions}
        self.catalog = Catalog(glue, s3, settings.lake.database, settings.buckets.books, further)

    def handle(self, event: dict[str, Any], now: datetime) -> dict[str, list[dict[str, str]]]:
        """One SQS event. Returns Lambda's partial batch response: the messages that must come again."""
        failed: dict[str, str] = {}
        works: dict[str, Work] = {}
        for record in event["Records"]:
            try:
                works[record["messageId"]] = self.read(record["body"], now)
            except ValueError as error:
                failed[record["messageId"]] = str(error)
        self._write_down(works, failed, now)
        self._register(works, failed)
        self._point(works, failed)
        self._retire(works, failed)
        for message, reason in failed.items():
            log.error("message %s comes again: %s", message, reason)
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}

    def read(self, body: str, now: datetime) -> Work:
        """What a message's body asks for. Raises ValueError with the reason if it is none of ours."""
        work = Work([], [], [], [])
        since = registered_since(self.settings, now.date())
        for one in announced(body):
            if one.why == "retire":
                work.retired.append(_retired(one.key, since))
                continue
            if one.why == "removal":  # no object: every job is asked to take the account's rows out
                if all(one.accountid != removal.account for removal in self.settings.removals):
                    raise ValueError(f"removal of account {one.accountid!r}, which no [[removals]] in lake.toml names")
                key = f"removal of account {one.accountid}"
                request = replace(_arrival(one), key=key, accountid=one.accountid)
                work.arrivals.extend((job, request) for job in JOBS)
                continue
            if one.bucket == self.settings.buckets.books:
                if marker := keys.read_marker(one.key):
                    work.days.append((marker.table, marker.day))
                continue  # the lake's own buckets never feed it
            teams = [team for team in self.settings.partitions if team.bucket == one.bucket]
            if teams:  # nothing is read, so nothing is written down
                work.partitions.extend(registered(self.settings, teams, one.key))
                continue
            decision = decide(self.settings, one.bucket, one.key)
            place = decision.place
            arrival = replace(
                _arrival(one),
                source=decision.source.name,
                rule=decision.rule,
                accountid=place.accountid,
                region=place.region,
                day=place.day,
            )
            work.arrivals.append((decision.source.job, arrival))
            # What S3 announces has just been delivered; old days by the million come from a backfill or a rebuild.
            if not decision.rule and (one.why == "event" or stays(place.day, since)):
                raw = raw_table(decision.source.job)
                partition = Partition(raw, decision.values, f"s3://{one.bucket}/{place.folder}")
                work.partitions.append(partition)
                if one.why == "doctor":
                    self.catalog.forget(partition)
        return work

    def _write_down(self, works: dict[str, Work], failed: dict[str, str], now: datetime) -> None:
        """One inbox file a job. Before anything else."""
        for job in sorted({job for work in works.values() for job, _ in work.arrivals}):
            lines = [arrival for work in works.values() for its, arrival in work.arrivals if its == job]
            key = f"{keys.inbox(job)}{now:%Y%m%dT%H%M%S}-{keys.unique()}.jsonl"
            try:
                # A bucket with Object Lock refuses a PUT without a checksum, and not every boto3 sends one unasked.
                self.s3.put_object(
                    Bucket=self.settings.buckets.books,
                    Key=key,
                    Body=dump_arrivals(lines),
                    ChecksumAlgorithm="SHA256",
                    **self._lock(now),
                )
            except Exception as error:  # noqa: BLE001 - whatever S3 says, the messages come again
                for message, work in works.items():
                    if any(its == job for its, _ in work.arrivals):
                        failed[message] = f"inbox {key}: {error}"

    def _lock(self, now: datetime) -> dict[str, Any]:
        """A lock that takes the place of the bucket's own: a year of deleted inbox files would slow every LIST of the
        inbox. What is in them is kept by the plan that takes them."""
        if not self.inbox_lock:
            return {}
        until = now + timedelta(days=self.inbox_lock)
        return {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}

    def _register(self, works: dict[str, Work], failed: dict[str, str]) -> None:
        # What could not be written down comes again: a registered partition without arrival would be a lie.
        wanted = [one for message, work in works.items() if message not in failed for one in work.partitions]
        try:
            errors = self.catalog.register(wanted)
        except Exception as error:  # noqa: BLE001 - whatever Glue says, the messages come again
            errors = dict.fromkeys(wanted, str(error))
        for message, work in works.items():
            if reasons := [errors[one] for one in work.partitions if one in errors]:
                failed[message] = f"raw partition: {reasons[0]}"

    def _point(self, works: dict[str, Work], failed: dict[str, str]) -> None:
        for table, day in sorted({day for work in works.values() for day in work.days}):
            try:
                self.catalog.point(table, day)
            except Exception as error:  # noqa: BLE001 - whatever AWS says, the messages come again
                for message, work in works.items():
                    if (table, day) in work.days:
                        failed[message] = f"{table} {day}: {error}"

    def _retire(self, works: dict[str, Work], failed: dict[str, str]) -> None:
        late = time.monotonic() + RETIRING
        for message, work in works.items():
            if work.retired and time.monotonic() >= late:
                failed[message] = "retiring raw partitions: no time was left"
                continue
            try:
                errors = self.catalog.retire(work.retired)
            except Exception as error:  # noqa: BLE001 - whatever Glue says, the message comes again
                errors = dict.fromkeys(work.retired, str(error))
            for reason in errors.values():
                failed[message] = f"retiring a raw partition: {reason}"


def _retired(name: str, since: str) -> Partition:
    """The raw partition of this name, table/value/.../day. Raises ValueError for what may not leave the catalog: who
    may only send to the queue can hide nothing that people ask."""
    table, _, rest = name.partition("/")
    if table not in map(raw_table, JOBS):
        raise ValueError(f"{name!r} is no partition of a raw table")
    values = tuple(rest.rsplit("/", len(TABLES[table].partition_keys) - 1))
    if len(values) != len(TABLES[table].partition_keys) or not values[-1] < since:
        raise ValueError(f"{name!r} is not to be retired: it has no day before {since}")
    return Partition(table, values, "")


def _arrival(one: Announced) -> Arrival:
    """What was announced, before the lake has judged it."""
    return Arrival(
        source="",
        bucket=one.bucket,
        key=one.key,
        etag=one.etag,
        size=one.size,
        version=one.version,
        arrived=one.arrived,
        why=one.why,
        edition=one.edition,
        remake=one.remake,
    )


class _Lambda:
    """What stays in a Lambda's memory between invocations: clients, and the settings by their ETag."""

    def __init__(self, location: str) -> None:
        self.bucket, _, self.key = location.removeprefix("s3://").partition("/")
        self.s3, self.glue = boto3.client("s3", config=PATIENT), boto3.client("glue", config=PATIENT)
        self.etag = ""
        self.part: AddAPart | None = None

    def current(self) -> AddAPart:
        """AddAPart under the settings as they are now: the lever works from the next invocation on."""
        known = {"IfNoneMatch": self.etag} if self.part else {}
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=self.key, **known)
        except self.s3.exceptions.ClientError as error:
            if self.part and error.response["ResponseMetadata"]["HTTPStatusCode"] == 304:
                return self.part
            raise
        text = answer["Body"].read().decode()
        settings = lake_settings.parse(text, f"s3://{self.bucket}/{self.key}")
        self.part = AddAPart(self.s3, self.glue, settings, int(os.environ.get("LOGLAKE_INBOX_LOCK_DAYS", "0")))
        self.etag = answer["ETag"]
        return self.part


_lambda: dict[str, _Lambda] = {}


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:  # noqa: ARG001
    """Lambda's entry. The environment has LOGLAKE_SETTINGS, where lake.toml lies, s3://bucket/key; and, where the books
    are locked, LOGLAKE_INBOX_LOCK_DAYS (see AddAPart)."""
    location = os.environ["LOGLAKE_SETTINGS"]
    if location not in _lambda:
        _lambda[location] = _Lambda(location)
    return _lambda[location].current().handle(event, datetime.now(UTC))
