"""Every shape in which S3's word reaches SQS is understood; nothing else is taken for one."""

import json

import pytest

from addapart.events import Announced, NotAnEvent, announced

RECORD = {
    "eventVersion": "2.1",
    "eventSource": "aws:s3",
    "awsRegion": "eu-west-1",
    "eventTime": "2024-03-03T22:25:01.123Z",
    "eventName": "ObjectCreated:Put",
    "s3": {
        "bucket": {"name": "raw-bucket"},
        "object": {
            "key": "put/2024/03/03/a+b%3D%C3%A9.json",
            "size": 590,
            "eTag": "e88e55e394909d560ac198a399f836b7",
            "versionId": "v1",
        },
    },
}
EXPECTED = Announced(
    bucket="raw-bucket",
    key="put/2024/03/03/a b=é.json",
    etag="e88e55e394909d560ac198a399f836b7",
    size=590,
    version="v1",
    arrived="2024-03-03T22:25:01.123Z",
)


def test_s3s_own_notification_has_an_url_encoded_key() -> None:
    assert announced(json.dumps({"Records": [RECORD, RECORD]})) == [EXPECTED, EXPECTED]


def test_a_notification_wrapped_by_sns_is_the_same() -> None:
    body = json.dumps(
        {"Type": "Notification", "TopicArn": "arn:aws:sns:x", "Message": json.dumps({"Records": [RECORD]})}
    )
    assert announced(body) == [EXPECTED]


def test_an_eventbridge_event_has_a_plain_key() -> None:
    body = json.dumps(
        {
            "version": "0",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "time": "2024-03-03T22:25:01Z",
            "detail": {
                "bucket": {"name": "raw-bucket"},
                "object": {"key": "a+b%3D.json", "size": 5, "etag": "abc", "version-id": "v2"},
            },
        }
    )
    assert announced(body) == [Announced("raw-bucket", "a+b%3D.json", "abc", 5, "v2", "2024-03-03T22:25:01Z")]


def test_s3s_test_message_announces_nothing() -> None:
    assert announced('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"raw-bucket"}') == []


def test_a_removal_announces_nothing() -> None:
    assert announced(json.dumps({"Records": [{**RECORD, "eventName": "ObjectRemoved:Delete"}]})) == []


@pytest.mark.parametrize("body", ["", "hello", "[]", "3", '{"Records":[{"kinesis":{}}]}', '{"Records":{}}', "{}"])
def test_anything_else_is_refused_and_so_ends_in_the_dead_letter_queue(body: str) -> None:
    with pytest.raises(NotAnEvent):
        announced(body)


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": "5"},
        {"size": 1 << 63},
        {"size": -1},
        {"key": None},
        {"key": ["a"]},
        {"key": "\ud800"},
        {"arrived": 3},
        {"edition": "7"},
        {"edition": 1 << 31},
        {"edition": True},
        {"why": "whim"},
        {"more": ""},
    ],
)
def test_a_value_that_no_later_step_could_write_down_is_refused(wrong: dict[str, object]) -> None:
    good = {"bucket": "raw-bucket", "key": "a", "etag": "e", "size": 5, "arrived": "2024-03-03T22:25:01Z"}
    assert announced(json.dumps({"loglake": [good]}))[0].size == 5
    with pytest.raises(NotAnEvent):
        announced(json.dumps({"loglake": [good, good | wrong]}))


def test_a_message_without_a_key_or_nested_without_end_fails_alone() -> None:
    made = {"bucket": {"name": "raw-bucket"}, "object": {"key": None}}
    for body in (json.dumps({"detail-type": "Object Created", "time": "t", "detail": made}), "[" * 100_000):
        with pytest.raises(NotAnEvent):
            announced(body)
