"""Everybody who speaks to the lake, each under an access key of their own, through a life with all that is rare in it.

Each goes in by their own entrance: the Lambda's handler, the Glue job's `main`, the command with `--aws`. Only Spark is
not there (it maps, and calls nothing of AWS's), and the clock is moved by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import awswrangler as wr
import boto3
import pytest
from click.testing import CliRunner, Result

from addapart import handler
from cli.athena import Athena
from cli.main import cli
from infra.local.resources import create
from infra.resources import dead_letters
from infra.source import further, logical
from infra.views import View, ViewColumn, view_input
from jobs import access, job, quality_run, tend
from jobs.quality_results import Check, Outcome
from lake import keys
from lake.settings import JOBS, Settings
from lake.store import Store
from schemas import LOGS as LOGS_OF
from tests.integration.test_path import READY, event, key, trail
from tests.lakes import WORKGROUP
from tests.questions_world import SECRET, streamed
from tests.sources.fixture import Fixture, fixture

EXPORTS = "company-exports"
RAW, RAW_LOGS = "loglake-raw-cloudtrail", "loglake-raw-cloudwatch"
LEFT, TEAM = "444455556666", "payments"
LOGS = "loglake-raw-cloudtrail", "loglake-raw-cloudwatch"
LEFT, TEAM = "444455556666", "payments"
DIGEST = (
    "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2024/05/31/"
    "111122223333_CloudTrail-Digest_eu-west-1_trail_eu-west-1_20240531T010000Z.json.gz"
)
LOGS = "2026/03/04/00/sessionlogs-{}"
_SPARK = "jobs.job.SparkSession"


def role_of(job: str) -> str:
    """The role that the job runs under."""
    named = {"cloudtrail": "CloudTrailJobRole", "cloudwatch": "SessionLogsJobRole"}
    return named.get(job) or f"{logical(LOGS_OF[job])}JobRole"


class Everybody:
    """The lake's components and people. Their access key ids are the names of their roles, see `as_`."""

    def __init__(self, settings: Settings, patch: pytest.MonkeyPatch) -> None:
        self.settings, self._patch = settings, patch
        self.now = datetime.now(UTC)
        self.own = boto3.session.Session()  # what the test itself does, and what AWS would do
        self.s3, self.sqs, self.glue = (self.own.client(name) for name in ("s3", "sqs", "glue"))
        create(settings)
        self._as_in_aws()
        self.queue = self.sqs.get_queue_url(QueueName=settings.lake.queue)["QueueUrl"]
        self.dead = self.sqs.get_queue_url(QueueName=dead_letters(settings).name)["QueueUrl"]
        patch.setenv("LOGLAKE_SETTINGS", f"s3://{settings.buckets.books}/{keys.SETTINGS}")
        patch.setenv("LOGLAKE_INBOX_LOCK_DAYS", "1")
        patch.setattr(handler, "_lambda", {})
        patch.setattr(_SPARK, _NoSpark())
        for module in (
            "jobs.job",
            "jobs.tend",
            "addapart.handler",
            "cli.doctor",
            "cli.replay",
            "cli.rebuild",
            "cli.remove",
        ):
            patch.setattr(f"{module}.datetime", self._clock())

    def _as_in_aws(self) -> None:
        """Buckets have versions, and the books' a lock, without which S3 refuses what AddAPart asks for."""
        books = self.settings.buckets.books
        self.s3.delete_object(Bucket=books, Key=keys.SETTINGS)  # an empty one can be locked
        for name in (books, RAW, RAW_LOGS, *(bucket for _, bucket, _ in self.further())):
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        self.s3.put_object_lock_configuration(Bucket=books, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
        self.s3.put_object(Bucket=books, Key=keys.SETTINGS, Body=self.settings.text.encode())

    def _clock(self) -> type[datetime]:
        everybody = self

        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return everybody.now.astimezone(tz)

        return Clock

    def later(self, **by: float) -> None:
        """Time passes."""
        self.now += timedelta(**by)

    @contextmanager
    def as_(self, name: str) -> Iterator[None]:
        """All that is made in here signs its requests with this access key id."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", name)
            patch.setattr(boto3, "DEFAULT_SESSION", None)
            access.access.cache_clear()
            yield
        access.access.cache_clear()

    def further(self) -> list[tuple[str, str, Fixture]]:
        """The kinds of logs besides the two old ones: job, raw bucket, what its logs look like."""
        buckets = {one.job: one.bucket for one in reversed(self.settings.sources)}
        return [(one.name, buckets[one.name], fixture(one.name)) for one in further()]

    # -- components ----------------------------------------------------------------------------------------------

    def addapart(self) -> None:
        """The function takes what is in the queue. It must refuse none of it."""
        while found := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in found]
            with self.as_("AddAPartRole"):
                assert handler.handler({"Records": records}, None) == {"batchItemFailures": []}
            for one in found:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])

    def run(self, *jobs: str) -> None:
        """The jobs, by the script that Glue starts; AddAPart before and after."""
        self.addapart()
        location = f"s3://{self.settings.buckets.books}/{keys.SETTINGS}"
        for name in jobs or JOBS:
            with self.as_(role_of(name)):
                job.main(["--job", name, "--settings", location])
        self.addapart()

    def tend(self) -> None:
        """The job that looks after the lake, by its script; AddAPart after it."""
        location = f"s3://{self.settings.buckets.books}/{keys.SETTINGS}"
        with self.as_("TendJobRole"):
            tend.main(["--look", "all", "--settings", location])
        self.addapart()

    def command(self, who: str, *arguments: str, codes: Sequence[int] = (0,)) -> Result:
        """A command with --aws, as this person runs it."""
        with self.as_(who):
            result = CliRunner().invoke(cli, [*arguments, "--aws"], catch_exceptions=False)
        assert result.exit_code in codes, f"{who}: {arguments}: {result.output}"
        return result

    # -- what happens --------------------------------------------------------------------------------------------

    def land(self, name: str, data: bytes, bucket: str = RAW) -> None:
        """An object lands, and S3 announces it."""
        self.s3.put_object(Bucket=bucket, Key=name, Body=data)

    def lose(self) -> None:
        """What S3 has announced is lost."""
        self._take(self.queue)

    def _take(self, queue: str) -> None:
        while found := self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for one in found:
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])

    def announce(self, bucket: str, name: str, version: str) -> None:
        """What S3 says of an object in a bucket with versions; the embedded AWS leaves the version out."""
        s3 = {"bucket": {"name": bucket}, "object": {"key": name, "size": 1, "eTag": "", "versionId": version}}
        record = {"eventName": "ObjectCreated:Put", "eventTime": "2024-06-02T00:00:00Z", "s3": s3}
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=json.dumps({"Records": [record]}))


class _NoSpark:
    """What the job asks of Spark, done here and now."""

    def __init__(self) -> None:
        self.builder = self.sparkContext = self
        self.defaultParallelism = 2

    def appName(self, _: str) -> _NoSpark:
        return self

    def getOrCreate(self) -> _NoSpark:
        return self

    def parallelize(self, tasks: Sequence[Any], _: int) -> _NoRDD:
        return _NoRDD(list(tasks))

    def statusTracker(self) -> _NoSpark:
        return self

    def getActiveStageIds(self) -> list[int]:
        return []

    def stop(self) -> None:
        pass


class _NoRDD:
    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def map(self, function: Callable[[Any], Any]) -> _NoRDD:
        return _NoRDD([function(one) for one in self._rows])

    def collect(self) -> list[Any]:
        return self._rows


# -- the life of a lake ----------------------------------------------------------------------------------------------


def life(all_: Everybody) -> None:
    """Everything that happens to a lake, the rare things included."""
    beginnings(all_)
    faults(all_)
    questions(all_)
    gates(all_)
    operations(all_)
    endings(all_)


def beginnings(all_: Everybody) -> None:
    """Logs land: whole, twice, contradicting one another, broken; some are gone before they are read."""
    all_.land(key("a"), trail(*(event(n, f"2024-05-31T{n:02}:00:00Z") for n in range(24))))
    all_.land(key("b"), trail(event(1, errorCode="AccessDenied"), event(49, eventTime="never")))
    all_.land(key("left", account=LEFT), trail(event(50, recipientAccountId=LEFT)))
    all_.land(LOGS.format(1), streamed(SECRET), RAW_LOGS)
    all_.land(LOGS.format(2), b"not a log", RAW_LOGS)
    all_.land(LOGS.format(6).replace("2026/03/04", "2024/05/31"), b"not a log", RAW_LOGS)
    for bucket, name in ((RAW, key("gone")), (RAW_LOGS, LOGS.format("gone"))):
        version = all_.s3.put_object(Bucket=bucket, Key=name, Body=b"{}")["VersionId"]
        all_.s3.delete_object(Bucket=bucket, Key=name, VersionId=version)
    day = date(2024, 5, 31)
    for _, bucket, logs in all_.further():
        records = [logs.record(n, datetime(2024, 5, 31, n)) for n in range(24)]  # noqa: DTZ001 - as records have it
        for name, data in logs.laid(day, "a", [*records, logs.bad]):
            all_.land(name, data, bucket)
        version = all_.s3.put_object(Bucket=bucket, Key=logs.key(day, "gone"), Body=b"{}")["VersionId"]
        all_.s3.delete_object(Bucket=bucket, Key=logs.key(day, "gone"), VersionId=version)
    all_.run()


def faults(all_: Everybody) -> None:
    """Logs land late, and are announced with their versions, as S3 does; what S3 says of the days is lost."""
    late = trail(event(70, "2024-05-31T23:30:00Z"), event(2, errorCode="AccessDenied"), event(72, eventTime="never"))
    another = streamed(replace(SECRET, sessionid="0b7c1cc185ccf5100"))
    all_.land(LOGS.format(3), b"not a log either", RAW_LOGS)
    all_.addapart()
    more = [
        (bucket, name, data)
        for _, bucket, logs in all_.further()
        for name, data in logs.laid(date(2024, 6, 29), "late", [logs.record(99, datetime(2024, 5, 31)), logs.bad])  # noqa: DTZ001 - as above
    ]
    for bucket, name, data in ((RAW, key("late", "2024/06/29"), late), (RAW_LOGS, LOGS.format(4), another), *more):
        version = all_.s3.put_object(Bucket=bucket, Key=name, Body=data)["VersionId"]
        all_.lose()
        all_.announce(bucket, name, version)
        all_.addapart()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(all_, "addapart", all_.lose)
        all_.run()
    all_.later(minutes=20)
    all_.run()


def questions(all_: Everybody) -> None:
    """Auditors ask, by the commands and by awswrangler; exporters export, are stopped, and go on."""
    auditor = "AuditorRole"
    all_.command(auditor, "query", "SELECT count(*) FROM lake_ledger")
    with all_.as_(auditor):
        frame = wr.athena.read_sql_query(
            "SELECT 1 AS one", all_.settings.lake.database, workgroup=WORKGROUP, ctas_approach=False
        )
        assert len(frame)
        athena = Athena(boto3.client("athena"), all_.settings.lake.database, WORKGROUP, sleep=_interrupt)
        with suppress(KeyboardInterrupt):  # somebody who presses Ctrl-C
            athena.ask("SELECT count(*) FROM UNNEST(sequence(1, 9000)) AS a (n), UNNEST(sequence(1, 9000)) AS b (m)")
    for _ in range(2):  # the second adds to what the first left in the books
        all_.command("Verifier", "verify", "--day", "2024-05-31", codes=(0, 1, 5))
    team_asks(all_)
    all_.s3.create_bucket(Bucket=EXPORTS)
    day = ("--from", "2024-05-31", "--to", "2024-05-31", "--to", f"s3://{EXPORTS}/lake")
    export = ("export", "--table", READY, *day, "--format")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("export.run._commit", _interrupt)
        all_.command("ExporterRole", *export, "csv", codes=(130,))
    all_.command("ExporterRole", *export, "csv")
    all_.command("ExporterRole", *export, "parquet")


def gates(all_: Everybody) -> None:
    """The quality job, with gates that find nothing: Great Expectations calls nothing of AWS's, and takes its time."""

    class Open:
        def file(self, *_: object) -> Check:
            return Check()

        def day(self, *_: object) -> Check:
            return Check([Outcome("rows", "", "", "", True, "")])

        def page(self, *_: object) -> str:
            return ""

    with all_.as_("QualityJobRole"):
        lake = access.access(Store("us-east-1").get(all_.settings.buckets.books, keys.SETTINGS).decode())
        asked = Athena(boto3.client("athena"), lake.settings.lake.database, WORKGROUP)
        days = ("2024-05-31", "2024-05-31")
        for _ in range(2):
            assert not quality_run.run(lake, asked.values, Open(), lambda: all_.now, days, lambda **_: None).errors
            all_.later(seconds=1)


def team_asks(all_: Everybody) -> None:
    """A manager asks the view of the team, in the team's workgroup (manager.yaml)."""
    settings = all_.settings
    view = View(f"weekly_review_of_{TEAM}", "", (ViewColumn("one", "integer", ""),), "SELECT 1 AS one")
    all_.glue.create_table(DatabaseName=settings.lake.database, TableInput=view_input(view, settings.lake.database))
    where = {"OutputLocation": f"s3://{settings.buckets.results}/managers/{TEAM}/"}
    configuration = {"EnforceWorkGroupConfiguration": True, "ResultConfiguration": where}
    group = f"loglake-{TEAM}"
    all_.own.client("athena").create_work_group(Name=group, Configuration=configuration)
    all_.command("ManagerRole", "query", f"SELECT * FROM {view.name}", "--workgroup", group)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def operations(all_: Everybody) -> None:
    """The operators' commands; what they announce is done."""
    operator = "OperatorRole"
    days = ("--from", "2024-05-31", "--to", "2024-05-31")
    all_.sqs.send_message(QueueUrl=all_.dead, MessageBody="no announcement")
    s3 = {"bucket": {"name": RAW}, "object": {"key": key("a")}}
    record = {"eventName": "ObjectCreated:Put", "eventTime": "2024-06-02T00:00:00Z", "s3": s3}
    all_.sqs.send_message(QueueUrl=all_.dead, MessageBody=json.dumps({"Records": [record]}))
    all_.command(operator, "redrive")
    all_.command(operator, "backfill", *days)
    all_.command(operator, "rebuild", *days)
    all_.command(operator, "replay")
    all_.command(operator, "plan", "run")
    all_.command(operator, "plan", "runs")
    all_.command("QuarantineReader", "quarantine", "show", f"s3://{RAW}/{key('b')}", "1")
    all_.command(operator, "remove", "--account", LEFT, "--reason", "left the company", "--yes")
    all_.run("cloudtrail")


def endings(all_: Everybody) -> None:
    """The doctor's daily round: what was lost is announced, what nothing needs is condemned, then deleted."""
    today = f"{all_.now:%Y/%m/%d}"
    books = all_.settings.buckets.books
    for number in (1, 999):  # bytes of an attempt that lost, and of one that may win yet
        all_.s3.put_object(Bucket=books, Key=f"quarantine/cloudtrail/{number}-0-{'0' * 32}.bin", Body=b"?")
    note = {"at": all_.now.isoformat(), "items": ["landed/cloudtrail/gone.arrows"]}
    all_.s3.put_object(Bucket=books, Key=f"condemned/20240601T000000-{'0' * 32}.json", Body=json.dumps(note).encode())
    all_.land(key("heard", today), trail(event(91)))
    all_.addapart()
    all_.land(key("lost", today), trail(event(90)))
    all_.lose()
    all_.later(hours=2)
    all_.tend()
    all_.command("OperatorRole", "doctor", codes=(0, 1))  # now there are notes, and an inbox
    all_.later(days=8)
    all_.tend()
