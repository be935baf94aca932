"""Redrive: what lies in the dead-letter queue goes back to AddAPart's queue, if AddAPart would take it now.

A message is sent before it is deleted: dying between the two leaves it in both queues, which is safe (an object is
counted once however often it is announced).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from addapart.controls import NotOurs, decide
from addapart.events import NotAnEvent, announced
from lake.settings import Settings

_RECEIVE = 10  # messages: SQS's bound
_HIDDEN = 300  # seconds for which a message that was received is nobody else's


@dataclass(slots=True)
class Figures:
    """sent: messages that went back. stay: those that AddAPart would refuse again, by why."""

    sent: int = 0
    stay: Counter[str] = field(default_factory=Counter)


def why_dead(settings: Settings, body: str) -> str:
    """Why AddAPart would refuse the message now, '' if it would take it."""
    try:
        for one in announced(body):
            if one.why not in ("removal", "retire") and one.bucket != settings.buckets.books:
                decide(settings, one.bucket, one.key)
    except NotAnEvent:
        return "it announces no object"
    except NotOurs:
        return f"no [[sources]] in lake.toml has the bucket {one.bucket}"
    return ""


def redrive(settings: Settings, sqs: Any, dead: str, queue: str, dry_run: bool = False, wait: int = 1) -> Figures:
    """Send back what can be taken. sqs: a boto3 client. dead, queue: the queues' names. wait: seconds of a poll."""
    source, target = (sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in (dead, queue))
    figures = Figures()
    held: set[str] = set()  # receipts of messages that are in the dead-letter queue still

    def send(message: dict[str, Any]) -> None:
        sqs.send_message(QueueUrl=target, MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
        held.discard(message["ReceiptHandle"])

    with ThreadPoolExecutor(_RECEIVE) as pool:
        try:
            for some in _received(sqs, source, wait):
                held.update(one["ReceiptHandle"] for one in some)
                reasons = [why_dead(settings, one["Body"]) for one in some]
                figures.stay.update(reason for reason in reasons if reason)
                going = [one for one, reason in zip(some, reasons, strict=True) if not reason]
                if not dry_run:
                    list(pool.map(send, going))
                figures.sent += len(going)
        finally:
            for receipt in held:  # to be seen at once by whoever looks next
                sqs.change_message_visibility(QueueUrl=source, ReceiptHandle=receipt, VisibilityTimeout=0)
    return figures


def _received(sqs: Any, url: str, wait: int) -> Iterator[list[dict[str, Any]]]:
    """The queue's messages, each once."""
    seen: set[str] = set()
    while True:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=_RECEIVE, WaitTimeSeconds=wait, VisibilityTimeout=_HIDDEN
        )
        some = [one for one in answer.get("Messages", []) if one["MessageId"] not in seen]
        if not some:
            return
        seen.update(one["MessageId"] for one in some)
        yield some
