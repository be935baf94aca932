"""CloudTrail's files: keys as AWS lays them out, contents as it writes them, and the odd ones among them."""

from __future__ import annotations

import gzip
import zlib

from examples.company.crowd import Event
from examples.company.dice import Dice, day, moment
from examples.company.people import ORGANIZATION
from examples.company.record import compact
from examples.company.truth import Tally, Truth

JOB = "cloudtrail"


def key(
    dice: Dice, account: str, region: str, second: float, suffix: str = ".json.gz", folder: str = "CloudTrail"
) -> str:
    """The key of a file of an organisation's trail, delivered at that second."""
    at = moment(second)
    return (
        f"AWSLogs/{ORGANIZATION}/{account}/{folder}/{region}/{at:%Y/%m/%d}/"
        f"{account}_{folder}_{region}_{at:%Y%m%dT%H%MZ}_{dice.mixed(16)}{suffix}"
    )


def document(texts: list[str]) -> bytes:
    """The one JSON document of a file."""
    return b'{"Records":[' + b",".join([text.encode() for text in texts]) + b"]}"


def packed(content: bytes, level: int) -> bytes:
    """Gzip without a clock in it: the same bytes for the same seed."""
    return gzip.compress(content, level, mtime=0)


def count(truth: Truth, name: str, second: float, events: list[Event], bad: str = "") -> None:
    """Into the truth: a file of these events and, perhaps, one thing that is bad for that reason."""
    tally = Tally(truth, JOB, name, day(second))
    dropped = dropped_again = 0
    for event in events:
        if event.kept:
            tally.keep(event.eventid, event.second, event.again)
        else:
            dropped += 1
            dropped_again += event.again
    tally.filter("event", dropped, dropped_again)
    if bad:
        tally.quarantine(bad)
    tally.close()


def truncated(events: list[Event], lost: str, level: int) -> bytes:
    """A file whose end is missing: all of `events`, then the first half of the record `lost`.

    The bytes are flushed just there, so that every unpacker gives the same text whatever it holds back.
    """
    text = document([event.text for event in events])[: -len("]}")] + b"," + lost.encode()[: len(lost) // 2]
    packer = zlib.compressobj(level, wbits=31)
    return packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)


def without_time(event: Event) -> str:
    """The record with a time as somebody's spreadsheet re-exported it."""
    before, after = event.text.split('"eventTime":"', 1)
    return f'{before}"eventTime":"02/03/2026 23:59{after[after.index(chr(34)) :]}'


def digest(name: str, level: int) -> bytes:
    """A digest file: signed hashes of the log files, no events."""
    return packed(
        compact({"digestS3Object": name, "digestSignatureAlgorithm": "SHA256withRSA", "logFiles": []}).encode(), level
    )


def config(account: str, region: str, level: int) -> bytes:
    """AWS Config's history, which lies beside CloudTrail's."""
    item = {"awsAccountId": account, "awsRegion": region, "resourceType": "AWS::EC2::Instance", "configuration": "{}"}
    return packed(compact({"fileVersion": "1.0", "configurationItems": [item]}).encode(), level)
