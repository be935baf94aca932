"""What a lake consists of, declared once: the local lake and the deployment's templates are both made from this.

Pure functions of the settings and of `schemas.TABLES`. The dictionaries are the inputs of AWS's own calls; their words
are also CloudFormation's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.views import view_inputs
from lake import keys
from lake.settings import Settings
from schemas import LOGS, TABLES, raw_table
from schemas.glue import partition_indexes, table_input
from schemas.table import Table
from sql.question import questions

TIMEOUT = 60  # seconds that an invocation of AddAPart may take
BATCH = 200  # messages an invocation
BATCH_WINDOW = 5  # seconds that a batch waits for more


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue; durations in seconds.

    receives: after so many unsuccessful receives a message goes to the queue called `dead_letters`; '' is never.
    """

    name: str
    visibility: int
    retention: int
    receives: int = 0
    dead_letters: str = ""


def raw_buckets(settings: Settings) -> tuple[str, ...]:
    """The buckets in which logs arrive, each once, in the settings' order."""
    return tuple(dict.fromkeys(source.bucket for source in settings.sources))


def heard_buckets(settings: Settings) -> tuple[str, ...]:
    """The buckets of whose objects AddAPart hears: raw ones, and those of which only partitions are registered."""
    return tuple(dict.fromkeys((*raw_buckets(settings), *(one.bucket for one in settings.partitions))))


def own_buckets(settings: Settings) -> tuple[str, ...]:
    """The buckets that the lake itself writes."""
    return (settings.buckets.books, settings.buckets.readready, settings.buckets.results)


def dead_letters(settings: Settings) -> Queue:
    """Where announcements lie that AddAPart could not take, for the longest time that SQS knows: 14 days."""
    return Queue(name=f"{settings.lake.queue}-dead", visibility=30, retention=14 * 24 * 3600)


def queue(settings: Settings) -> Queue:
    """What S3 tells AddAPart. Visibility is six times the function's timeout, and its batch window (AWS Lambda,
    "Creating and configuring an Amazon SQS event source mapping")."""
    return Queue(
        name=settings.lake.queue,
        visibility=6 * TIMEOUT + BATCH_WINDOW,
        retention=14 * 24 * 3600,
        receives=5,
        dead_letters=dead_letters(settings).name,
    )


def notifications(settings: Settings, queue_arn: str) -> dict[str, dict[str, Any]]:
    """By bucket, S3's NotificationConfiguration: every raw object, and the books' markers."""
    everything: dict[str, Any] = {"QueueArn": queue_arn, "Events": ["s3:ObjectCreated:*"]}
    markers = {**everything, "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": keys.MARKERS}]}}}
    answer = {bucket: {"QueueConfigurations": [everything]} for bucket in heard_buckets(settings)}
    answer[settings.buckets.books] = {"QueueConfigurations": [markers]}
    return answer


def database_input(settings: Settings) -> dict[str, Any]:
    """Glue's DatabaseInput."""
    return {"Name": settings.lake.database, "Description": "Log Lake: session logs, read-ready."}


def table_location(settings: Settings, table: Table) -> str:
    """Where a table lies by default: a raw table in its first source's bucket. Each partition has its own."""
    if table.people:
        return f"s3://{settings.buckets.readready}/{keys.people_folder(table.name)}"
    if table.layout == "orc":
        return f"s3://{settings.buckets.readready}/{keys.table_folder(table.name)}"
    job = next(job for job in LOGS if raw_table(job) == table.name)
    bucket = next((one.bucket for one in settings.sources if one.job == job), settings.buckets.readready)
    return f"s3://{bucket}/"


def table_inputs(settings: Settings) -> list[dict[str, Any]]:
    """Glue's TableInputs of all tables, then of all views (which may read one another, in this order)."""
    tables = [table_input(table, table_location(settings, table)) for table in TABLES.values()]
    teams = [table_input(one.table, f"s3://{one.bucket}/") for one in settings.partitions]
    return tables + teams + view_inputs(settings)


def indexes() -> dict[str, list[dict[str, Any]]]:
    """By table, Glue's PartitionIndexes; tables without any are left out."""
    return {table.name: found for table in TABLES.values() if (found := partition_indexes(table))}


def workgroup(settings: Settings) -> dict[str, Any]:
    """Athena's CreateWorkGroup: results go to the lake's own bucket, whatever a client says."""
    return {
        "Name": settings.lake.workgroup,
        "Description": "Questions to Log Lake.",
        "Configuration": {
            "EnforceWorkGroupConfiguration": True,
            "PublishCloudWatchMetricsEnabled": True,
            "ResultConfiguration": {"OutputLocation": f"s3://{settings.buckets.results}/athena/"},
        },
    }


def named_queries(settings: Settings) -> list[dict[str, Any]]:
    """Athena's CreateNamedQuery of every question: the workgroup's saved queries, which ask for their `?` when run."""
    return [
        {
            "Name": one.name,
            "Description": " ".join([one.title, *(f"? {n}: {p.meaning}." for n, p in enumerate(one.parameters, 1))]),
            "Database": settings.lake.database,
            "QueryString": one.sql,
            "WorkGroup": settings.lake.workgroup,
        }
        for one in questions(settings).values()
    ]
