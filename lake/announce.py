"""How the lake itself announces objects to AddAPart: by the queue on which S3 announces them, in a shape of its own.

Backfill, rebuild, replay, removal and the doctor's repairs have no other way in, so the controls, the raw partitions
and the inbox are AddAPart's alone. Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

WHY = {
    "event": "S3 announced it.",
    "backfill": "It was there before the notifications were.",
    "rebuild": "Its days are made anew from raw.",
    "replay": "Records of it were in quarantine, or it was given up.",
    "doctor": "S3 never announced it.",
    "removal": "No object: an account's rows are taken out.",
    "retire": "No object: a raw partition of a day long over leaves the catalog.",
}
_SHAPE = "loglake"
_MOST = 200_000  # bytes of a message: SQS takes 256 KiB (1 MiB since 2025)
_RETIRED = 25  # partitions that a message retires: one call of Glue's BatchDeletePartition


@dataclass(frozen=True, slots=True)
class Announced:
    """An object that landed, or is to be taken again. arrived: ISO 8601 UTC. etag: without quotes.

    why: a word of WHY. edition, remake: see lake.books.Arrival. accountid: of a removal, which has no object.
    key: of what is to be retired, which has none either, the table and the partition's values, joined by '/'.
    """

    bucket: str
    key: str
    etag: str
    size: int
    version: str
    arrived: str
    why: str = "event"
    edition: int = 0
    remake: str = ""
    accountid: str = ""


_EMPTY = Announced("", "", "", 0, "", "")


def check(one: Announced) -> None:
    """Raises TypeError or ValueError if later steps could not write it down.

    What the inbox holds is planned: one bad value in it would stop all that arrives after it.
    """
    for name in one.__slots__:
        value = getattr(one, name)
        if type(value) is not type(getattr(_EMPTY, name)):
            raise TypeError(f"{name} is {value!r}")
        if isinstance(value, str):
            value.encode()  # JSON has characters that UTF-8 has not
    if not (0 <= one.size < 1 << 63 and 0 <= one.edition < 1 << 31):
        raise ValueError(f"size {one.size}, edition {one.edition}")


def messages(objects: Iterable[Announced]) -> Iterator[tuple[str, int]]:
    """SQS message bodies that announce the objects, as many in one as SQS takes; with each, how many it has."""
    lines: list[str] = []
    size = 0
    for one in objects:
        line = json.dumps({name: value for name in one.__slots__ if (value := getattr(one, name)) != ""})
        full = size + len(line) > _MOST or (one.why == "retire" and len(lines) >= _RETIRED)
        if lines and full:
            yield _body(lines), len(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield _body(lines), len(lines)


def _body(lines: list[str]) -> str:
    return f'{{"{_SHAPE}":[{",".join(lines)}]}}'


def read(message: dict[str, Any]) -> list[Announced] | None:
    """The objects of a message in the lake's own shape; None if it has another. Raises TypeError, ValueError."""
    if _SHAPE not in message:
        return None
    found = [replace(_EMPTY, **one) for one in message[_SHAPE]]
    if wrong := {one.why for one in found} - set(WHY):
        raise ValueError(f"why is {', '.join(sorted(wrong))}; it is one of {', '.join(WHY)}")
    return found


def announce(sqs: Any, queue: str, objects: Iterable[Announced]) -> int:
    """Send the announcements to the queue of this name. sqs: a boto3 client. Returns how many objects."""
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    count = 0
    for body, some in messages(objects):
        sqs.send_message(QueueUrl=url, MessageBody=body)
        count += some
    return count
