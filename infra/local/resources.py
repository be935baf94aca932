"""Makes the declared lake (`infra.resources`) on the embedded AWS: what CloudFormation does in an account."""

from __future__ import annotations

import json

import boto3

from infra import resources
from infra.resources import Queue
from lake import keys
from lake.settings import Settings


def create(settings: Settings) -> None:
    """All of it, at the environment's endpoint."""
    create_lake(settings)
    create_queries(settings)


def create_lake(settings: Settings) -> None:
    """Buckets, queues, notifications, catalog, workgroup and the settings object: all but the saved queries."""
    region = settings.lake.region
    sqs, s3, glue, athena = (boto3.client(name, region_name=region) for name in ("sqs", "s3", "glue", "athena"))
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    for bucket in (*resources.heard_buckets(settings), *resources.own_buckets(settings)):
        s3.create_bucket(Bucket=bucket, **where)
    arns: dict[str, str] = {}
    for queue in (resources.dead_letters(settings), resources.queue(settings)):
        url = sqs.create_queue(QueueName=queue.name, Attributes=attributes(queue, arns))["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arns[queue.name] = answer["Attributes"]["QueueArn"]
    for bucket, configuration in resources.notifications(settings, arns[settings.lake.queue]).items():
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)
    glue.create_database(DatabaseInput=resources.database_input(settings))
    indexes = resources.indexes()
    for table in resources.table_inputs(settings):
        more = {"PartitionIndexes": indexes[table["Name"]]} if table["Name"] in indexes else {}
        glue.create_table(DatabaseName=settings.lake.database, TableInput=table, **more)
    athena.create_work_group(**resources.workgroup(settings))
    s3.put_object(Bucket=settings.buckets.books, Key=keys.SETTINGS, Body=settings.text.encode())


def create_queries(settings: Settings) -> None:
    """The questions, as the workgroup's saved queries."""
    athena = boto3.client("athena", region_name=settings.lake.region)
    for query in resources.named_queries(settings):
        athena.create_named_query(**query)


def attributes(queue: Queue, arns: dict[str, str]) -> dict[str, str]:
    attributes = {"VisibilityTimeout": str(queue.visibility), "MessageRetentionPeriod": str(queue.retention)}
    if queue.dead_letters:
        redrive = {"deadLetterTargetArn": arns[queue.dead_letters], "maxReceiveCount": queue.receives}
        attributes["RedrivePolicy"] = json.dumps(redrive)
    return attributes
