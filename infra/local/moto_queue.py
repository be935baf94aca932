"""moto's SQS, made fit for bursts: what moto 5.2.5 does with a standard queue is neither fast nor safe between threads.

A delete rebuilds the list of messages without a lock, so that a message sent at that moment is lost; two receives may
hand out one message; every message that is sent or received counts the whole queue. Here all of that happens under the
queue's own lock and looks at as many messages as are in flight.
"""

from __future__ import annotations

import copy
import time
import uuid
from typing import Any

from moto.sqs import models
from moto.sqs.exceptions import ReceiptHandleIsInvalid


def install() -> None:
    """Change moto in this process. FIFO queues stay as moto has them."""
    original_receive, original_delete = models.SQSBackend.receive_message, models.Queue.delete_message
    original_send = models.SQSBackend.send_message

    def send_message(self: Any, queue_name: str, message_body: str, *more: Any, **options: Any) -> Any:
        queue = self.get_queue(queue_name)
        if queue.fifo_queue or more or options:
            return original_send(self, queue_name, message_body, *more, **options)
        message = models.Message(str(uuid.uuid4()), message_body)
        message.mark_sent(delay_seconds=queue.delay_seconds)
        queue.add_message(message)
        return message

    def receive_message(
        self: Any,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> Any:
        queue = self.get_queue(queue_name)
        if queue.fifo_queue:
            return original_receive(
                self, queue_name, count, wait_seconds_timeout, visibility_timeout, message_attribute_names
            )
        taken = _receive(queue, count, wait_seconds_timeout, visibility_timeout)
        for message in taken:
            models._filter_message_attributes(message, message_attribute_names or [])
        return taken

    def delete_message(self: Any, receipt_handle: str) -> None:
        with self._messages_lock:
            if self.fifo_queue:
                original_delete(self, receipt_handle)
            else:
                _delete(self, receipt_handle)

    models.SQSBackend.send_message = send_message
    models.SQSBackend.receive_message = receive_message
    models.Queue.delete_message = delete_message


def _receive(queue: Any, count: int, wait_seconds: float, visibility: int) -> list[Any]:
    """Up to `count` messages, now marked as in flight; waits until there is one, or for `wait_seconds`."""
    end = time.monotonic() + wait_seconds
    with queue._messages_lock:
        while True:
            taken = _take(queue, count, visibility)
            left = end - time.monotonic()
            if taken or left <= 0:
                return taken
            # Messages become visible again, or are sent with a delay, without anybody notifying: look once a second.
            queue._messages_lock.wait(min(left, 1.0))


def _take(queue: Any, count: int, visibility: int) -> list[Any]:
    now = time.time() * 1000
    oldest = now - queue.message_retention_period * 1000
    limit = queue.redrive_policy["maxReceiveCount"] if queue.dead_letter_queue and queue.redrive_policy else None
    taken: list[Any] = []
    gone: list[Any] = []
    for message in queue._messages:
        if len(taken) == count:
            break
        if message.sent_timestamp < oldest:
            gone.append(message)
        elif message.visible_at >= now or message.delayed_until > now:
            continue
        elif limit is not None and message.approximate_receive_count >= limit:
            gone.append(message)
            queue.dead_letter_queue.add_message(message)
        else:
            message.mark_received(visibility_timeout=visibility)
            queue.pending_messages.add(message)
            taken.append(copy.copy(message))
    for message in gone:
        queue._messages.remove(message)
        queue.pending_messages.discard(message)
    return taken


def _delete(queue: Any, receipt_handle: str) -> None:
    if receipt_handle in queue.deleted_messages:
        return
    for position, message in enumerate(queue._messages):  # those in flight are at the front
        if message.had_receipt_handle(receipt_handle):
            del queue._messages[position]
            queue.pending_messages.discard(message)
            queue.deleted_messages.update(message.all_receipt_handles)
            return
    raise ReceiptHandleIsInvalid


def counts(account: str, region: str, name: str) -> tuple[int, int]:
    """How many messages are visible (or delayed), and how many in flight."""
    queue = models.sqs_backends[account][region].get_queue(name)
    with queue._messages_lock:
        flying = queue.approximate_number_of_messages_not_visible
        return len(queue._messages) - flying, flying
