"""CloudTrail's digest files, made by the rules of its user guide and by hand: RSA by Python's `pow`, DER byte by byte.

So what the verifier believes is compared with something that shares no line, and no library, with it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from lake.store import Listed, Page

ACCOUNT, REGION, BUCKET = "111122223333", "eu-west-1", "loglake-raw-cloudtrail"
ROOT = f"AWSLogs/{ACCOUNT}/"
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017, 9.2, note 1: SHA-256


@dataclass(frozen=True)
class Key:
    """An RSA key pair as numbers: modulus, private exponent."""

    n: int
    d: int

    def sign(self, text: str) -> str:
        """RFC 8017, 8.2.1: EMSA-PKCS1-v1_5 and one exponentiation."""
        length = (self.n.bit_length() + 7) // 8
        hashed = _DIGEST_INFO + hashlib.sha256(text.encode()).digest()
        padded = b"\0\1" + b"\xff" * (length - len(hashed) - 3) + b"\0" + hashed
        return f"{pow(int.from_bytes(padded), self.d, self.n):0{2 * length}x}"

    def der(self) -> bytes:
        """RFC 8017, A.1.1: RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }."""
        return _tagged(0x30, _integer(self.n) + _integer(65537))

    @property
    def fingerprint(self) -> str:
        """Sixteen bytes, as CloudTrail's look."""
        return hashlib.md5(self.der(), usedforsecurity=False).hexdigest()

    def listed(self) -> dict[str, Any]:
        """One of list-public-keys' answers."""
        return {"Value": base64.b64encode(self.der()).decode(), "Fingerprint": self.fingerprint}


def _integer(number: int) -> bytes:
    return _tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _tagged(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(size)]) + size + content


@cache
def key(number: int = 0) -> Key:
    """Always the same key for a number, in a process. Short, because Python signs with it."""
    del number
    made = generate_private_key(65537, 1024).private_numbers()
    return Key(made.public_numbers.n, made.d)


def public_keys(*keys: Key) -> str:
    """What `aws cloudtrail list-public-keys` prints."""
    return json.dumps({"PublicKeyList": [one.listed() for one in keys or (key(),)]})


@dataclass
class Lying:
    """An object as it lies in S3."""

    data: bytes
    metadata: dict[str, str] = field(default_factory=dict)
    lock: dict[str, Any] = field(default_factory=dict)
    modified: datetime = datetime(2024, 5, 31, 12, tzinfo=UTC)


class Bucket(dict[str, Lying]):
    """One bucket, as a Store lists it and as boto3's client gives it. refused: keys that S3 does not give."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[str] = set()
        self.lock: dict[str, Any] | None = None

    def pages(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Any:
        objects, folders = [], dict[str, None]()
        for key, one in sorted(self.items()) if bucket == BUCKET else ():
            if not key.startswith(prefix) or key <= after:
                continue
            inside, cut, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if cut:
                folders[prefix + inside + cut] = None
            else:
                objects.append(Listed(key, len(one.data), hashlib.md5(one.data).hexdigest(), one.modified))
        yield Page(objects, list(folders))

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key in self.refused:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")
        if Bucket != BUCKET or Key not in self:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        one = self[Key]
        return {"Body": Body(one.data), "Metadata": one.metadata, "ETag": '"e"', **one.lock}

    def get_object_lock_configuration(self, Bucket: str) -> dict[str, Any]:
        if Bucket != BUCKET or self.lock is None:
            raise ClientError({"Error": {"Code": "ObjectLockConfigurationNotFoundError"}}, "GetObjectLock")
        return {"ObjectLockConfiguration": self.lock}


class Body(BytesIO):
    """What a GET streams, in chunks as small as they can be without being silly."""

    def iter_chunks(self, size: int) -> Any:
        del size
        return iter(lambda: self.read(1000), b"")


def log_key(name: str, at: datetime) -> str:
    """A log file's key, delivered at that minute."""
    return f"{ROOT}CloudTrail/{REGION}/{at:%Y/%m/%d}/{ACCOUNT}_CloudTrail_{REGION}_{at:%Y%m%dT%H%MZ}_{name}.json.gz"


@dataclass
class Trail:
    """Digest files of a trail, an hour each, into a bucket. before: the one that the next names as its predecessor."""

    bucket: Bucket
    end: datetime
    signer: Key = field(default_factory=key)
    before: tuple[str, str, str] | None = None
    name: str = "t"

    def log(self, name: str, at: datetime | None = None, data: bytes | None = None) -> str:
        """A log file in the hour that ends next."""
        made = log_key(name, at or self.end - timedelta(minutes=10))
        content = data if data is not None else json.dumps({"Records": [{"eventID": name}]}).encode()
        self.bucket[made] = Lying(gzip.compress(content))
        return made

    def digest(self, *logs: str, suffix: str = "", **other: Any) -> str:
        """The next digest file, of these log files. other: fields that are otherwise than they should be."""
        end = self.end
        made = (
            f"{ROOT}CloudTrail-Digest/{REGION}/{end:%Y/%m/%d}/{ACCOUNT}_CloudTrail-Digest_{REGION}_{self.name}_{REGION}"
            f"_{end:%Y%m%dT%H%M%SZ}{suffix}.json.gz"
        )
        before = self.before or (None, None, None)
        said: dict[str, Any] = {
            "awsAccountId": ACCOUNT,
            "digestStartTime": f"{end - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
            "digestEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "digestS3Bucket": BUCKET,
            "digestS3Object": made,
            "digestPublicKeyFingerprint": self.signer.fingerprint,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": None,
            "oldestEventTime": None,
            "previousDigestS3Bucket": BUCKET if self.before else None,
            "previousDigestS3Object": before[0],
            "previousDigestHashValue": before[1],
            "previousDigestHashAlgorithm": "SHA-256" if self.before else None,
            "previousDigestSignature": before[2],
            "logFiles": [self._file(one) for one in logs],
        } | other
        content = json.dumps(said).encode()
        hashed = hashlib.sha256(content).hexdigest()
        signed = self.signer.sign(
            f"{said['digestEndTime']}\n{BUCKET}/{said['digestS3Object']}\n{hashed}\n{before[2] or 'null'}"
        )
        metadata = {"signature": signed, "signature-algorithm": "SHA256withRSA"}
        self.bucket[made] = Lying(gzip.compress(content), metadata)
        if not suffix:
            self.before = (made, hashed, signed)
            self.end += timedelta(hours=1)
        return made

    def _file(self, made: str) -> dict[str, str]:
        hashed = hashlib.sha256(gzip.decompress(self.bucket[made].data)).hexdigest()
        return {"s3Bucket": BUCKET, "s3Object": made, "hashValue": hashed, "hashAlgorithm": "SHA-256"}
