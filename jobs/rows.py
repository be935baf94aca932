"""The contract between a source's decoder (`jobs.cloudtrail`, `jobs.cloudwatch`, ...) and `jobs.land`.

A decoder takes objects' bytes, one object after the other, and gives rows. It knows nothing of S3, Spark or the clock:
    decoder = cloudtrail.Decoder(filters)
    outcome = decoder.add(Source("s3://bucket/key", "etag", 0), data)     # counts and bad records, at once
    table = decoder.take()                                                # the rows of all objects added since
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

import pyarrow as pa

REASONS = {
    "not-a-log": "The object is none of this source's: it holds no record.",
    "truncated": "The compressed object ends too early; what precedes is kept.",
    "corrupt": "The compressed object is damaged; what precedes is kept.",
    "second-member": "A CloudTrail object is one gzip member; nothing is taken from what follows it.",
    "too-large": "The object unpacks to more than bounds.object_bytes; what lies before that bound is kept.",
    "not-json": "The text is not JSON here.",
    "not-utf8": "The text is not UTF-8 here.",
    "not-a-record": "JSON, but not an object with the fields of a record.",
    "no-time": "The record's time is missing or is none.",
    "too-many-bad": "The object has more bad records than are told one by one; this one stands for all the others.",
    "no-session": "Text without log group and stream, or a file without a session's name: whose is it?",
    "conflict": "Another record has this one's identity and differs; that one is in the table.",
}


class Source(NamedTuple):
    """Which object version the bytes are of: columns `sourceobject`, `sourceetag` and `edition`."""

    object: str
    etag: str
    edition: int


class Arrived(NamedTuple):
    """What an object's arrival says: when S3 had it, ISO 8601 UTC; account, Region and day of its key. '' where nobody
    knows."""

    written: str = ""
    accountid: str = ""
    region: str = ""
    day: str = ""


class Bad(NamedTuple):
    """A record (or an unreadable stretch, which counts as one) that goes to quarantine.

    record: its position in the object, counted from 0 in the order in which records lie there.
    reason: a key of REASONS. detail: a sentence for a person. data: its bytes, unpacked.
    """

    record: int
    reason: str
    detail: str
    data: bytes


@dataclass(slots=True)
class Outcome:
    """What became of one object's records: `records == kept + sum(filtered.values()) + len(bad)`, always.

    filtered: by rule: "removal" (an account whose rows were taken out for good; before every other rule), "event",
    "account", "region", "loggroup", "heartbeat" (CloudWatch's CONTROL_MESSAGE), or a word of the source's own.
    unpacked: how many bytes the object has after unpacking, as far as it was unpacked; says nothing about records.
    """

    records: int = 0
    kept: int = 0
    filtered: dict[str, int] = field(default_factory=dict)
    bad: list[Bad] = field(default_factory=list)
    unpacked: int = field(default=0, compare=False)


@runtime_checkable
class Listens(Protocol):
    """A decoder of logs in which neither stands whose they are nor of when: it is told of each object's arrival."""

    def add_arrived(self, source: Source, arrived: Arrived, data: bytes) -> Outcome:
        """As Decoder.add, which is this of an object of which nothing more is known."""
        ...


class Decoder(Protocol):
    """Bytes to rows. Not shared between threads."""

    def add(self, source: Source, data: bytes) -> Outcome:
        """Decode one object as it lies in S3 (packed or not). Never raises, whatever the bytes are."""
        ...

    def take(self) -> pa.Table:
        """The rows of the objects added since the last take, in the readready table's Arrow schema."""
        ...

    @property
    def pending(self) -> int:
        """How many rows `take` would give."""
        ...
