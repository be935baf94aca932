"""What a file is, by its content and never by its name: whose job it is, or what a person would call it.

What a job's own files look like is declared in `schemas`; here is what else there is.

A prefix is enough, of the file and of what it unpacks to. A damaged log is still its job's: the job puts into
quarantine what is broken. So keys are read as tokens, not by a JSON parser that wants the whole.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from schemas import LOGS

PREFIX = 1 << 17  # bytes of text that are looked at: some hundred log events
_DOCUMENTS = 200  # top-level values: a log's records may come behind lines of plain text
_DEEP = 4  # objects and lists in each other: no path that tells anything lies deeper
_LONG = 40  # bytes of a value
_NESTED = 3  # gzip in gzip
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_BOMS_16 = (b"\xff\xfe", b"\xfe\xff")
UTF_16 = "UTF-16 text"  # what Windows PowerShell's `>` writes; no job reads it
BINARY = "binary"


class Kind(NamedTuple):
    """job: a name in `schemas.LOGS`; "" if no job takes it. name: what the file is, for a person."""

    job: str
    name: str


# What a JSON document is that has all of these paths: the first that fits. `[]` is any element of a list; a list of
# documents has their paths; `path=value` asks for the value too. Strangers come first: some have a job's fields, too.
_SHAPES: dict[tuple[str, ...], Kind] = {
    ("Records[].s3",): Kind("", "S3 event notification"),
    ("Records[].kinesis",): Kind("", "Kinesis event for a Lambda function"),
    ("Records[].Sns",): Kind("", "SNS event for a Lambda function"),
    ("Records[].receiptHandle",): Kind("", "SQS event for a Lambda function"),
    ("Records[].dynamodb",): Kind("", "DynamoDB event for a Lambda function"),
    ("s3", "eventName"): Kind("", "S3 event notification"),
    ("Service=Amazon S3", "Event=s3:TestEvent"): Kind("", "S3 event notification"),
    ("digestS3Bucket",): Kind("", "CloudTrail digest"),
    ("digestStartTime", "digestEndTime"): Kind("", "CloudTrail digest"),
    ("Events[].CloudTrailEvent",): Kind("", "output of cloudtrail lookup-events (no source)"),
    ("configurationItems",): Kind("", "AWS Config"),
    ("configSnapshotId",): Kind("", "AWS Config"),
    ("awslogs.data",): Kind("", "CloudWatch Logs event for a Lambda function"),
    ("records[].recordId",): Kind("", "Firehose event for a Lambda function"),
    ("TopicArn", "Message"): Kind("", "SNS notification"),
    ("detail-type", "detail"): Kind("", "EventBridge event"),
    ("webaclId",): Kind("", "WAF log"),
    ("query_timestamp", "query_name"): Kind("", "Route 53 resolver query log"),
    ("schemaVersion", "service.serviceName=guardduty"): Kind("", "GuardDuty finding"),
    **{paths: Kind(logs.name, name) for logs in LOGS.values() for paths, name in logs.shapes},
}
_LOOSE = {logs.name for logs in LOGS.values() if logs.loose}
_LINES: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"(?:version )?account-id |\d+ (?:\d{12}|unknown) eni-"), "VPC flow log"),
    (re.compile(rb"version [a-z-]+ [a-z-]+ "), "VPC flow log"),
    (re.compile(rb"(?:https?|h2|wss?|grpcs?|tls) (?:2\.0 )?\d{4}-\d\d-\d\dT\S+ "), "ELB access log"),
    (re.compile(rb"\d{4}-\d\d-\d\dT\S+ \S+ [\d.:]+ [\d.:-]+ -?[\d.]+ -?[\d.]+ "), "ELB access log"),
    (re.compile(rb"[0-9a-f]{64} \S+ \[\d\d/\w{3}/\d{4}:"), "S3 server access log"),
    (re.compile(rb"#Version: 1\.0\s+#Fields: "), "CloudFront access log"),
    (re.compile(rb"H4sI[A-Za-z0-9+/\r\n]{16}"), "gzip file as base64"),
    (re.compile(rb"(?i:<!doctype html|<html)"), "web page"),
    (re.compile(rb"<\?xml|<Error>"), "XML"),
)
_FORMATS = {
    b"PAR1": "Parquet file",
    b"ORC": "ORC file",
    b"PK\x03\x04": "zip archive",
    b"BZh": "bzip2 file",
    b"\x28\xb5\x2f\xfd": "zstd file",
    b"Obj\x01": "Avro file",
    b"%PDF": "PDF file",
}
_BEGIN = re.compile(rb'(?:\A|(?<=[\n}\]]))[\s,]{0,99}(?=[{\[]\s*(?:["{\[\]}]|\Z))')
_TOKEN = re.compile(
    rb'"(?P<text>[^"\\]*(?:\\.[^"\\]*)*)"?(?P<key>\s*:)?|(?P<open>[{\[])|(?P<close>[}\]])|(?P<word>[^\s,:"{}\[\]]+)',
    re.S,
)


def sniff(head: bytes) -> Kind:
    """What a file is. head: all of it or its beginning, as it lies on disk; 128 KB are plenty. Never raises."""
    text = _unpacked(head)
    if text is None:
        return Kind("", "damaged gzip file")
    if text.startswith(_GZIP):
        return Kind("", f"gzip in gzip, more than {_NESTED} times")
    body = text.removeprefix(_BOM).lstrip()
    if not body:
        return Kind("", "empty file")
    json = body[:1] in (b"{", b"[")
    first = None
    for paths in _documents(body):
        kind = next((kind for shape, kind in _SHAPES.items() if paths.issuperset(shape)), None)
        if kind and kind.job and (json or kind.job in _LOOSE):
            return kind
        first = first or kind
    if json:
        return first or Kind("", "JSON of another kind")
    return Kind("", _no_json(body))


def _no_json(body: bytes) -> str:
    for magic, name in _FORMATS.items():
        if body.startswith(magic):
            return name
    if body.startswith(_BOMS_16):
        return UTF_16
    try:
        codecs.getincrementaldecoder("utf-8")().decode(body)  # the prefix may end inside a character
    except UnicodeDecodeError:
        return BINARY
    if b"\0" in body:
        return BINARY
    return next((name for pattern, name in _LINES if pattern.match(body)), "text")


def _unpacked(head: bytes) -> bytes | None:
    """The beginning of the text, out of gzip in gzip and joined members. None if it is gzip that gives nothing."""
    for _ in range(_NESTED):
        if not head.startswith(_GZIP):
            break
        text, whole = _gunzip(head)
        if not text and not whole:
            return None
        head = text
    return head[:PREFIX]


def _gunzip(data: bytes) -> tuple[bytes, bool]:
    """Up to PREFIX bytes of the members' text, and whether at least the first member was whole."""
    text, at, whole = bytearray(), 0, False
    while data.startswith(_GZIP, at) and len(text) < PREFIX:
        member = zlib.decompressobj(31)
        while not member.eof and at < len(data) and len(text) < PREFIX:
            piece = data[at : at + 512]  # small: what a damaged piece would have given is lost
            at += len(piece)
            try:
                text += member.decompress(piece)
            except zlib.error:
                return bytes(text), whole
        at -= len(member.unused_data)
        whole = whole or member.eof
    return bytes(text), whole


def _documents(body: bytes) -> Iterator[set[str]]:
    """The paths of the JSON values at the top level, of as many as are looked at."""
    at = 0
    for _ in range(_DOCUMENTS):
        begin = _BEGIN.search(body, at)
        if begin is None:
            return
        paths, at = _outline(body, begin.end())
        yield paths


def _outline(body: bytes, at: int) -> tuple[set[str], int]:
    """(paths, end) of the JSON value at `at`, which may be cut off: `path` and `path=value`, not too deep."""
    paths = set[str]()
    inside: list[tuple[str, bool]] = []  # of each open one: what its values' paths begin with; is it a list
    key = ""
    for token in _TOKEN.finditer(body, at):
        if token["key"] is not None:
            key = token["text"].decode(errors="replace")
            continue
        if token["close"]:
            del inside[-1:]
            if not inside:
                return paths, token.end()
            continue
        prefix, in_list = inside[-1] if inside else ("", True)
        path = "" if len(inside) > _DEEP else prefix if in_list else prefix + key
        if in_list:
            paths.discard(f"{prefix.removesuffix('[]')}=[]")
        opened = token["open"]
        if path:
            value = "[]" if opened == b"[" else (token["text"] or token["word"] or b"")[:_LONG].decode(errors="replace")
            paths.update((path, f"{path}={value}"))
        if opened == b"[":
            inside.append((path and path + "[]", True))
        elif opened:
            inside.append((path and path + ".", False))
    return paths, len(body)
