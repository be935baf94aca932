"""A session can be as long as CloudWatch lets it be: nobody hides behind a long one."""

from __future__ import annotations

import json

import boto3

from cli.athena import Athena
from tests.lakes import WORKGROUP, Lake


def document(stream: str, message: str) -> bytes:
    """A session that was uploaded once, at its end."""
    event = {"id": "3" * 56, "timestamp": 1709504575123, "message": message}
    return json.dumps(
        {
            "messageType": "DATA_MESSAGE",
            "owner": "111122223333",
            "logGroup": "/aws/ssm/sessionlogs",
            "logStream": stream,
            "subscriptionFilters": [],
            "logEvents": [event],
        }
    ).encode()


def test_a_session_of_very_many_short_lines_is_read_and_so_are_its_neighbours(aws: str) -> None:
    del aws
    lake = Lake()
    # 195,000 bytes, of the 200,000 that an upload may have: an engine that keeps the text for each line fails.
    long = "x\n" * 75_000 + "\n" * 45_000
    data = document("mallory-0aaaaaaaaaaaaaaaa", long) + document("alice-0bbbbbbbbbbbbbbbb", "only line")
    lake.put("cloudwatch", "2024/03/03/22/firehose-1", data)
    lake.work("cloudwatch")
    athena = Athena(boto3.client("athena"), lake.settings.lake.database, WORKGROUP)
    counted = athena.values("SELECT sessionid, CAST(count(*) AS varchar) FROM transcript GROUP BY sessionid ORDER BY 1")
    assert counted == [["0aaaaaaaaaaaaaaaa", "120000"], ["0bbbbbbbbbbbbbbbb", "1"]]
