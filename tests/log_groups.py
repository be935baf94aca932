"""The log events in Firehose's objects, read with nothing of the project but names."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from examples.company import RawObject


class Said(NamedTuple):
    """A log event. ms: since 1970."""

    ms: int
    accountid: str
    loggroup: str
    logstream: str
    logeventid: str
    message: str

    @property
    def day(self) -> str:
        return self.moment[:10]

    @property
    def moment(self) -> str:
        """As Athena writes a timestamp."""
        time = datetime.fromtimestamp(self.ms // 1000, UTC)
        return f"{time:%Y-%m-%d %H:%M:%S}.{self.ms % 1000:03}"


def said(objects: Iterable[RawObject]) -> list[Said]:
    """Every log event with a time, as often as it was delivered, in the order in which they were said."""
    found = []
    for one in objects:
        for document in _documents(one.data) if one.job == "cloudwatch" else ():
            if document["messageType"] == "DATA_MESSAGE":
                where = (document["owner"], document["logGroup"], document["logStream"])
                for event in document["logEvents"]:
                    if "timestamp" in event:
                        found.append(Said(event["timestamp"], *where, event["id"], event["message"]))
    return sorted(found, key=lambda one: (one.ms, one.loggroup, one.logstream, one.logeventid))


def _documents(data: bytes) -> Iterator[dict[str, Any]]:
    while data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    text, place, decoder = data.decode(), 0, json.JSONDecoder()
    while (place := text.find("{", place)) >= 0:
        document, place = decoder.raw_decode(text, place)
        yield document
