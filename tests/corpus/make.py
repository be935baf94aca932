"""Makes the corpus of bad inputs: python -m tests.corpus.make

What becomes of each file is written by hand in fates.toml. Files are the same bytes on every machine: gzip is made of
stored blocks here, by no library whose next version packs otherwise. LARGE ones are made by the test, not kept.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BLOCK = 0xFFFF  # bytes of a stored block at most


def member(text: bytes) -> bytes:
    """A gzip member that holds the text as it is."""
    blocks = [text[at : at + BLOCK] for at in range(0, len(text), BLOCK)] or [b""]
    packed = b"".join(
        struct.pack("<BHH", block is blocks[-1], len(block), len(block) ^ 0xFFFF) + block for block in blocks
    )
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + packed + struct.pack("<II", zlib.crc32(text), len(text))


def dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


# -- CloudTrail ------------------------------------------------------------------------------------------------------


def event(number: int, **changes: Any) -> bytes:
    """A record, with changes; ... leaves a field out."""
    whole = {
        "eventVersion": "1.09",
        "userIdentity": {"type": "AWSService", "invokedBy": "ssm.amazonaws.com"},
        "eventTime": "2024-03-03T22:22:55Z",
        "eventSource": "ssm.amazonaws.com",
        "eventName": "StartSession",
        "awsRegion": "us-east-1",
        "requestParameters": {"target": "i-0"},
        "eventID": f"e{number}",
        "readOnly": False,
        "recipientAccountId": "111122223333",
    } | changes
    return dump({name: value for name, value in whole.items() if value is not ...})


def records(*texts: bytes) -> bytes:
    return b'{"Records":[' + b",".join(texts) + b"]}"


def with_value(number: int, raw: bytes) -> bytes:
    """A record with these bytes as the value of a field that is kept as it is."""
    return event(number, requestParameters="HERE").replace(b'"HERE"', raw)


ONE, TWO, THREE = (event(number) for number in (1, 2, 3))
WHOLE = records(ONE, TWO, THREE)
MANY = [event(number) for number in range(500)]
DEEP = b"[" * 10_000 + b"]" * 10_000


def nested(times: int) -> bytes:
    data = WHOLE
    for _ in range(times):
        data = member(data)
    return data


CLOUDTRAIL: dict[str, bytes] = {
    # packed wrongly
    "truncated-in-the-third-record.json.gz": member(WHOLE)[:-60],
    "truncated-in-the-trailer.json.gz": member(WHOLE)[:-3],
    "truncated-in-the-header.json.gz": member(WHOLE)[:7],
    "wrong-checksum.json.gz": member(WHOLE)[:-8] + b"\0\0\0\0" + member(WHOLE)[-4:],
    "damaged-block.json.gz": member(WHOLE)[:11] + b"\0\0" + member(WHOLE)[13:],
    "second-member.json.gz": member(records(ONE)) + member(records(TWO)),
    "text-after-the-member.json.gz": member(records(ONE)) + b'{"Records":[]}',
    "padded-with-zeros.json.gz": member(WHOLE) + bytes(64),
    "plain-under-a-gz-name.json.gz": WHOLE,
    "gzip-three-deep.json.gz": nested(3),
    "gzip-five-deep.json.gz": nested(5),
    "base64-of-gzip.txt": base64.b64encode(member(WHOLE)),
    # something else
    "digest.json": dump({"awsAccountId": "111122223333", "digestS3Bucket": "logs", "logFiles": []}),
    "config-snapshot.json": dump({"fileVersion": "1.0", "configSnapshotId": "x", "configurationItems": [{"a": 1}]}),
    "config-history.json": dump({"fileVersion": "1.0", "configurationItems": [{"awsRegion": "us-east-1"}]}),
    "s3-access-log.txt": b"7" * 64 + b" bucket [03/Mar/2024:22:22:55 +0000] 192.0.2.1 - R1 REST.GET.OBJECT key\n",
    "web-page.html": b"<!DOCTYPE html>\n<html><body>Access Denied</body></html>\n",
    "picture.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "text.txt": b"just\nsome lines\n",
    "empty": b"",
    "empty.json.gz": member(b""),
    "whitespace": b" \r\n\t\n",
    "empty-object.json": b"{}",
    "records-null.json": b'{"Records": null}',
    "records-empty.json": b'{"Records": []}',
    "empty-array.json": b"[]",
    "a-lone-number.json": b"42",
    "a-lone-null.json": b"null",
    "zeros": bytes(100),
    # records that are not as they should be
    "insight.json": records(
        dump(
            {
                "eventVersion": "1.07",
                "eventTime": "2024-03-03T22:22:55Z",
                "awsRegion": "us-east-1",
                "eventID": "i1",
                "eventType": "AwsCloudTrailInsight",
                "recipientAccountId": "111122223333",
                "insightDetails": {"state": "Start"},
                "eventCategory": "Insight",
            }
        )
    ),
    "broken-record-300-of-500.json": records(
        *MANY[:300], MANY[300].replace(b'"readOnly":false', b'"readOnly":'), *MANY[301:]
    ),
    "unclosed-string-in-record-300-of-500.json": records(
        *MANY[:300], MANY[300].replace(b'"us-east-1"', b'"us-east-1'), *MANY[301:]
    ),
    "no-comma-between-records.json": b'{"Records":[' + ONE + TWO + b"," + THREE + b"]}",
    "two-commas-between-records.json": b'{"Records":[' + ONE + b",," + TWO + b"," + THREE + b"]}",
    "comma-behind-the-last-record.json": b'{"Records":[' + ONE + b"," + TWO + b",]}",
    "without-its-end.json": WHOLE[:-2],
    "text-behind-the-document.json": records(ONE) + b" and more",
    "comment.json": b"// exported by hand\n" + ONE + b"\n# the second\n" + TWO + b"\n",
    "lines-cr-lf.json": ONE + b"\r\n" + TWO + b"\r\n\r\n" + THREE + b"\r\n",
    "lines-cr.json": ONE + b"\r" + TWO + b"\r" + THREE + b"\r",
    "nul-between-lines.json": ONE + b"\n\0\0\0\n" + TWO + b"\n",
    "nul-in-a-string.json": records(ONE, TWO.replace(b"i-0", b"i\0"), THREE),
    "no-time.json": records(ONE, event(2, eventTime=...), THREE),
    "null-time.json": records(ONE, event(2, eventTime=None), THREE),
    "odd-times.json": records(
        *(
            event(number, eventTime=time)
            for number, time in enumerate(
                [
                    "2024-03-03T22:22:55Z",
                    "2024-03-03 22:22:55",
                    "3/3/2024",
                    1709504575,
                    "2024-02-30T00:00:00Z",
                    "1969-12-31T23:59:59Z",
                    "2024-03-03T22:22:55",
                    "2024-03-03T23:22:55.123+01:00",
                    "9999-12-31T23:59:59Z",
                ]
            )
        )
    ),
    "not-objects.json": records(ONE, b"7", b"null", b'"text"', b"[]", TWO),
    "one-id-two-contents.json": records(ONE, event(1, errorCode="AccessDenied")),
    "keys-twice.json": records(ONE, TWO[:-1] + b',"eventName":"TerminateSession","requestParameters":null}'),
    "other-order.json": records(*(dump(dict(reversed(json.loads(one).items()))) for one in (ONE, TWO, THREE))),
    "invalid-utf8-in-a-field.json": records(ONE, TWO.replace(b"us-east-1", b"us-\xff-1"), THREE),
    "invalid-utf8-in-a-value-as-it-is.json": records(ONE, with_value(2, b'{"a":"\xc3\x28"}'), THREE),
    "invalid-utf8-in-a-key.json": records(ONE, with_value(2, b'{"\xed\xa0\x80":1}'), THREE),
    "deep-in-a-record.json": records(ONE, with_value(2, DEEP), THREE),
    "deep-in-the-document.json": DEEP,
    "deep-and-never-closed.json": b'{"Records":[' * 5_000,
    "numbers-beyond-64-bits.json": records(with_value(1, b"18446744073709551616"), with_value(2, b"1e999"), THREE),
    "nan.json": records(ONE, with_value(2, b"NaN"), THREE),
    "lone-surrogates.json": records(ONE, with_value(2, rb'{"a":"\ud800","b":"\udc00\ud800"}'), THREE),
    "byte-order-mark.json": b"\xef\xbb\xbf" + WHOLE,
    "utf-16-le.json": b"\xff\xfe" + WHOLE.decode().encode("utf-16-le"),
    "utf-16-be.json": b"\xfe\xff" + WHOLE.decode().encode("utf-16-be"),
}  # fmt: skip

# -- CloudWatch Logs -------------------------------------------------------------------------------------------------


def logged(number: int, message: object = "$ date", **changes: Any) -> dict[str, Any]:
    """A log event, with changes; ... leaves a field out."""
    whole = {"id": str(number), "timestamp": 1709504575123 + number, "message": message} | changes
    return {name: value for name, value in whole.items() if value is not ...}


def document(*events: object, **changes: Any) -> bytes:
    """A document, with changes; ... leaves a field out."""
    whole = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "/aws/ssm/sessionlogs",
        "logStream": "jane-0b7c1cc185ccf51a9",
        "subscriptionFilters": ["all"],
        "logEvents": list(events),
    } | changes
    return dump({name: value for name, value in whole.items() if value is not ...})


SESSION = {
    "eventVersion": "1.0",
    "eventTime": "2024-03-03T22:22:55Z",
    "awsRegion": "us-east-1",
    "target": {"id": "i-0"},
    "userIdentity": {"arn": "arn:aws:iam::111122223333:user/jane"},
    "sessionId": "jane-0b7c1cc185ccf51a9",
    "sessionData": ["$ date", "Sun Mar  3"],
}
A, B, C = (document(logged(number)) for number in (1, 2, 3))
PAIR = document(logged(1), logged(2))
HEARTBEAT = document(logged(9, "CWL CONTROL MESSAGE"), messageType="CONTROL_MESSAGE", owner="CloudwatchLogs")

CLOUDWATCH: dict[str, bytes] = {
    # joined and packed
    "joined-by-nothing": member(A) + member(B) + member(C),
    "joined-by-nothing-inside-a-member": member(A + B + C),
    "joined-by-newlines": member(A + b"\n" + B + b"\r\n" + C + b"\n"),
    "cut-by-members": member(A[:50]) + member(A[50:] + B[:-1]) + member(B[-1:] + C),
    "array": b"[" + A + b", " + B + b",\n" + C + b"]",
    "gzip-twice": member(member(A) + member(B)),
    "gzip-five-deep": member(member(member(member(member(A))))),
    "base64-of-gzip": base64.b64encode(member(A)),
    "padded-with-zeros": member(A) + bytes(512),
    "plain-document-behind-a-member": member(A) + B,
    "truncated-between-log-events": member(document(logged(1), logged(2), logged(3, "x" * 99)))[:-60],
    "truncated-in-the-second-member": member(A) + member(B)[:40],
    "wrong-checksum": member(A) + member(B)[:-8] + bytes(4) + member(B)[-4:],
    "damaged-member-between": member(A) + member(B)[:11] + b"\0\0" + member(B)[13:] + member(C),
    "cut-in-a-document": A + B[:-25] + C,
    "cut-at-the-end": A + B[:-25],
    "cut-at-the-beginning": A[60:] + B + C,
    # documents that are not as they should be
    "heartbeat": member(HEARTBEAT) + member(A) + member(b'{"messageType":"CONTROL_MESSAGE","logEvents":[]}'),
    "no-log-events": A + b'{"messageType":"DATA_MESSAGE","logGroup":"g"}' + B,
    "log-events-null": A + document(logEvents=None) + B,
    "log-events-empty": document(),
    "log-events-lack-fields": document(
        logged(1),
        logged(2, id=...),
        logged(3, message=...),
        logged(4, timestamp=...),
        logged(5, message=None),
        logged(6, timestamp="1709504575123"),
        logged(7, timestamp=1709504575),
        logged(8, timestamp=10**20),
        {},
        7,
        logged(10),
    ),
    "log-events-in-another-order": document(*(dict(reversed(logged(n).items())) for n in (1, 2))),
    "a-message-that-is-json": document(logged(1, {"a": [1, None]}), logged(2, dump(SESSION).decode())),
    "a-message-of-json-with-newlines-inside": document(
        logged(1, json.dumps(SESSION, indent=2)),
        logged(2, json.dumps(SESSION | {"sessionData": ["a\nb", '}{"messageType":"x"}\n']})),
    ),
    "a-message-of-seams": document(logged(1, '}{"messageType":"DATA_MESSAGE"'), logged(2, "]}\n{\n"), logged(3, "\\")),
    "keys-twice": document(logged(1))[:-1] + b',"logGroup":"/aws/ssm/sessionlogs"}',
    "other-order": dump(dict(reversed(json.loads(PAIR).items()))),
    "with-cloudtrails": member(A) + member(WHOLE) + member(B),
    "message-extraction": dump(SESSION) + b"\n" + b"plain line\n" + b'{"level":"info"}\n' + dump(SESSION),
    "plain-lines-around-a-document": b"first\r\nsecond\n" + A + b"last",
    "plain-lines": b"first\nsecond\n",
    "comma-missing-between-log-events": A + PAIR.replace(b"},{", b"}{") + B,
    "comment": b"# exported by hand\n" + A,
    "trailing-garbage": A + b"}}]]",
    "invalid-utf8-in-a-message": document(logged(1), logged(2, "HERE"), logged(3)).replace(b"HERE", b"\xff\xfe"),
    "invalid-utf8-in-a-skipped-value": document(logged(1), subscriptionFilters=["HERE"]).replace(b"HERE", b"\xff"),
    "invalid-utf8-in-a-key": document(logged(1), HERE=1).replace(b"HERE", b"\xff") + B,
    "invalid-utf8-in-the-log-group": A + document(logged(2), logGroup="HERE").replace(b"HERE", b"\xff") + C,
    "lone-surrogates": document(logged(1, "aHEREb"), logged(2)).replace(b"HERE", rb"\ud800"),
    "nul-in-a-message": document(logged(1, "a\0b"), logged(2)),
    "nul-between-documents": A + b"\n\0\n" + B,
    "deep-in-a-message": document(logged(1, DEEP.decode())),
    "deep-in-a-document": A + b'{"messageType":' + DEEP + b"}" + B,
    "numbers-beyond-64-bits": document(logged(1), big=10**30).replace(b'"big"', b'"huge":1e999,"big"') + B,
    "nan": A + document(logged(2), big="HERE").replace(b'"HERE"', b"NaN") + C,
    "byte-order-mark": b"\xef\xbb\xbf" + A + b"\xef\xbb\xbf" + B,
    "utf-16-le": b"\xff\xfe" + A.decode().encode("utf-16-le"),
    # something else
    "empty": b"",
    "whitespace": b"\r\n \n",
    "empty-object": b"{}",
    "empty-array": b"[]",
    "a-lone-number": b"42",
    "cloudtrails": member(WHOLE),
    "web-page": b"<html><body>502 Bad Gateway</body></html>",
    "zeros": bytes(100),
}  # fmt: skip

LARGE: dict[str, dict[str, bytes]] = {
    "cloudtrail": {
        "bomb-of-zeros.gz": zlib.compress(bytes(20_000_000), 9, wbits=31),
        "bomb-of-blanks-behind-a-record.gz": zlib.compress(b'{"Records":[' + ONE + b" " * 20_000_000, 9, wbits=31),
        "one-document-of-more-than-the-bound.json": records(*[ONE] * 12_000),
        "a-string-of-megabytes.json": records(ONE, event(2, userAgent="x" * 3_000_000), THREE),
        "a-flood-of-numbers.json": b"[" + ONE + b",1" * 60_000 + b"," + TWO + b"]",
    },
    "cloudwatch": {
        "bomb-of-zeros": zlib.compress(bytes(20_000_000), 9, wbits=31),
        "one-document-of-more-than-the-bound": document(*[logged(1)] * 60_000),
        "a-message-of-megabytes": document(logged(1), logged(2, "x" * 3_000_000), logged(3)),
        "a-flood-of-lines": A + b"\n" + b"1\n" * 60_000 + B,
    },
}
SMALL = {"cloudtrail": CLOUDTRAIL, "cloudwatch": CLOUDWATCH}


def main() -> None:
    """Write the small ones."""
    for job, files in SMALL.items():
        (HERE / job).mkdir(exist_ok=True)
        for name, data in files.items():
            (HERE / job / name).write_bytes(data)


if __name__ == "__main__":
    main()
