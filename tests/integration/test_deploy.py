"""The whole lake, deployed by `loglake deploy` on the embedded AWS, is the lake that `loglake up` makes."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from cli import home
from cli.main import cli
from infra import deployment, resources, source
from infra.local.resources import create
from lake import keys
from tests import nested_stacks
from tests.figures import Figure

SETTINGS = home.settings()
# The raw buckets that a deployment makes; those of further kinds of logs are stacks of their own, of raw.yaml.
RAW = sorted({one.bucket for one in SETTINGS.sources if one.job in source.NAMED})
NOT_DECLARED = ("CreateTime", "UpdateTime", "CatalogId", "VersionId")


def lake() -> dict[str, Any]:
    """What there is of the lake on the embedded AWS: catalog, saved queries, queues, what buckets announce."""
    glue, athena, sqs, s3 = (boto3.client(name) for name in ("glue", "athena", "sqs", "s3"))
    tables = glue.get_paginator("get_tables").paginate(DatabaseName=SETTINGS.lake.database)
    declared = [one for page in tables for one in page["TableList"]]
    named = athena.get_paginator("list_named_queries").paginate(WorkGroup=SETTINGS.lake.workgroup)
    queries = [
        athena.get_named_query(NamedQueryId=one)["NamedQuery"] for page in named for one in page["NamedQueryIds"]
    ]
    results = athena.get_work_group(WorkGroup=SETTINGS.lake.workgroup)["WorkGroup"]["Configuration"][
        "ResultConfiguration"
    ]
    return {
        "tables": {one["Name"]: {k: v for k, v in one.items() if k not in NOT_DECLARED} for one in declared},
        "indexes": {
            name: glue.get_partition_indexes(DatabaseName=SETTINGS.lake.database, TableName=name)[
                "PartitionIndexDescriptorList"
            ]
            for name in resources.indexes()
        },
        "queries": {one["Name"]: (one["QueryString"], one["Description"], one["Database"]) for one in queries},
        "results": results["OutputLocation"],
        "queues": {
            one.name: queue(sqs, one.name) for one in (resources.queue(SETTINGS), resources.dead_letters(SETTINGS))
        },
        "announced": {name: announced(s3, name) for name in (*RAW, SETTINGS.buckets.books)},
        "settings": s3.get_object(Bucket=SETTINGS.buckets.books, Key=keys.SETTINGS)["Body"].read().decode(),
    }


def queue(sqs: Any, name: str) -> dict[str, Any]:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {
        "visibility": found["VisibilityTimeout"],
        "retention": found["MessageRetentionPeriod"],
        "redrive": json.loads(found.get("RedrivePolicy", "{}")),
    }


def announced(s3: Any, bucket: str) -> list[dict[str, Any]]:
    found = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    return [{key: one[key] for key in ("QueueArn", "Events", "Filter") if key in one} for one in found]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "POLL", 0)


@pytest.mark.usefixtures("quick")
def test_a_deployed_lake_and_a_local_one_are_the_same(aws: str, figure: Figure) -> None:
    from moto.moto_api._internal.models import moto_api_backend

    assert aws
    nested_stacks.install()
    first = CliRunner().invoke(cli, ["deploy", "--aws", "--yes"])
    assert first.exit_code == 0, first.output
    deployed = lake()
    again = CliRunner().invoke(cli, ["deploy", "--aws", "--yes"])
    assert (again.exit_code, again.output.count("nothing to change")) == (0, 3), again.output
    moto_api_backend.reset()
    create(SETTINGS)
    local = lake()
    for what in local:
        assert deployed[what] == local[what], what
    figure(
        f"deployed = local: {len(local['tables'])} tables and views, {len(local['queries'])} saved queries, "
        f"{len(local['queues'])} queues, what {len(local['announced'])} buckets announce: 0 differences"
    )
