"""The event source mapping, which in an account belongs to Lambda: polls the queue and calls AddAPart.

Several receives at once, up to BATCH messages an invocation; what the handler took is deleted, what it hands back
reappears: after RETRY seconds here, so that a local run need not wait for the queue's visibility timeout. After the
queue's maxReceiveCount a message lies in the dead-letter queue.

`python -m infra.local.worker --home <folder>` runs until it is told to end, or until the embedded AWS is gone.
"""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.files import write_atomically
from infra.resources import BATCH
from lake import keys
from lake import settings as lake_settings
from lake.settings import Settings

RECEIVERS = 4
WAIT = 20  # seconds of a long poll
WINDOW = 0.1  # seconds that a batch waits for more: a message by itself costs as much as a batch
RETRY = 2  # seconds
GIVE_UP = 10.0  # seconds without an answer of the embedded AWS

log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], object], dict[str, list[dict[str, str]]]]
Message = dict[str, Any]


class Mapping:
    """Polls one queue for one handler. sqs: boto3's client. pause: sleeps."""

    def __init__(
        self, sqs: Any, queue_url: str, queue_arn: str, handler: Handler, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._sqs, self._url, self._arn, self._handler, self._pause = sqs, queue_url, queue_arn, handler, pause
        self._pool = ThreadPoolExecutor(RECEIVERS)

    def once(self, wait: int = WAIT) -> int:
        """Wait for messages, at most `wait` seconds, and take a batch of them. Returns how many there were."""
        messages = self._receive(wait)
        if messages:
            self._pause(WINDOW)
        while messages and len(messages) < BATCH:
            more = [one for some in self._pool.map(self._receive, [0] * RECEIVERS) for one in some]
            if not more:
                break
            messages += more
        if messages:
            self._invoke(messages)
        return len(messages)

    def _receive(self, wait: int) -> list[Message]:
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
        found: list[Message] = answer.get("Messages", [])
        return found

    def _invoke(self, messages: list[Message]) -> None:
        failed = self._failures(messages)
        taken = [one for one in messages if one["MessageId"] not in failed]
        returned = [one for one in messages if one["MessageId"] in failed]
        list(self._pool.map(self._delete, _tens(taken)))
        list(self._pool.map(self._hand_back, _tens(returned)))

    def _failures(self, messages: list[Message]) -> set[str]:
        """Ids of the messages that must come again: those that the handler names, or all if it fails."""
        event = {"Records": [lambda_record(one, self._arn) for one in messages]}
        try:
            return {one["itemIdentifier"] for one in self._handler(event, None)["batchItemFailures"]}
        except Exception:
            log.exception("the handler failed; %d messages come again", len(messages))
            return {one["MessageId"] for one in messages}

    def _delete(self, messages: list[Message]) -> None:
        self._sqs.delete_message_batch(QueueUrl=self._url, Entries=_entries(messages))

    def _hand_back(self, messages: list[Message]) -> None:
        entries = [{**one, "VisibilityTimeout": RETRY} for one in _entries(messages)]
        self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


def lambda_record(message: Message, arn: str) -> dict[str, Any]:
    """A received message as Lambda hands it to a function (AWS, "Using Lambda with Amazon SQS")."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }


def _tens(messages: list[Message]) -> list[list[Message]]:
    return [messages[start : start + 10] for start in range(0, len(messages), 10)]


def _entries(messages: list[Message]) -> list[dict[str, Any]]:
    return [{"Id": str(number), "ReceiptHandle": one["ReceiptHandle"]} for number, one in enumerate(messages)]


def poll(mapping: Mapping, clock: Callable[[], float], pause: Callable[[float], None]) -> None:
    """Take batches until the embedded AWS has not answered for GIVE_UP seconds."""
    answered = clock()
    while clock() - answered < GIVE_UP:
        try:
            mapping.once()
            answered = clock()
        except (BotoCoreError, ClientError) as error:
            log.warning("the queue does not answer: %s", error)
            pause(0.5)
    log.error("the embedded AWS is gone")


def connect(settings: Settings, handler: Handler) -> Mapping:
    """A mapping of the lake's queue. Waits for the queue: the embedded AWS may still be making it."""
    sqs = boto3.client("sqs", region_name=settings.lake.region, config=Config(read_timeout=WAIT + 10))
    late = time.monotonic() + 60
    while True:
        try:
            url = sqs.get_queue_url(QueueName=settings.lake.queue)["QueueUrl"]
            break
        except (BotoCoreError, ClientError):
            if time.monotonic() > late:
                raise
            time.sleep(0.1)
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Mapping(sqs, url, arn, handler)


def main(home: Path) -> None:
    """AddAPart's function on the lake's queue."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = lake_settings.parse((home / "lake.toml").read_text())
    os.environ["LOGLAKE_SETTINGS"] = f"s3://{settings.buckets.books}/{keys.SETTINGS}"
    from addapart.handler import handler

    mapping = connect(settings, handler)
    write_atomically(home / "worker.json", f'{{"pid": {os.getpid()}}}')
    poll(mapping, time.monotonic, time.sleep)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The embedded AWS's event source mapping. Started by `loglake up`.")
    parser.add_argument("--home", type=Path, required=True)
    main(parser.parse_args().home)
