"""CloudTrail's digest files of one of the company's trails: an hour each, signed by a key that was made for it.

They are no part of `Company`: a key is made anew each time, so no two runs sign the same. The rules are those of the
CloudTrail user guide, "Custom implementations of CloudTrail log file integrity validation".
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from examples.company import trail
from examples.company.people import ORGANIZATION
from examples.company.raw import RawObject
from examples.company.record import compact

TRAIL = "management-events"
_HOUR = timedelta(hours=1)
_PAST = timedelta(minutes=17, seconds=42)  # digest files end at no full hour
_GZIP = b"\x1f\x8b"
_TIME = re.compile(rb'"eventTime":"([^"]+Z)"')
_AFTER = 3  # hours after the last day: what was delivered at its end


class Signer:
    """A key pair, as CloudTrail has one in each Region."""

    def __init__(self) -> None:
        self._key: RSAPrivateKey = generate_private_key(65537, 2048)
        self._der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        self.fingerprint = hashlib.md5(self._der, usedforsecurity=False).hexdigest()

    def sign(self, text: str) -> str:
        """The signature, hexadecimal."""
        return self._key.sign(text.encode(), PKCS1v15(), SHA256()).hex()

    def public_keys(self) -> str:
        """What `aws cloudtrail list-public-keys` would print."""
        value = base64.b64encode(self._der).decode()
        return json.dumps({"PublicKeyList": [{"Value": value, "Fingerprint": self.fingerprint}]}, indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class _Made:
    """A digest file, as the next one names it."""

    key: str
    sha256: str
    signature: str


def is_digest(one: RawObject) -> bool:
    """Whether it lies among digest files, as one of `Company`'s does that nobody signed."""
    return "/CloudTrail-Digest/" in one.key


def busiest(objects: Iterable[RawObject]) -> tuple[str, str]:
    """The account and Region of the most log files."""
    folders = Counter(tuple(one.key.split("/")[2:5:2]) for one in objects if _is_log(one))
    account, region = folders.most_common(1)[0][0]
    return account, region


def digests(
    objects: Iterable[RawObject], bucket: str, place: tuple[str, str], first: date, days: int, signer: Signer
) -> Iterator[RawObject]:
    """The digest files of an account and Region, in their order. They cover all of `days` days from the first on.

    bucket: the raw bucket. The first one begins the chain; an hour without a log file has one all the same.
    """
    account, region = place
    logs = sorted(
        (one for one in objects if _is_log(one) and f"/{account}/CloudTrail/{region}/" in one.key),
        key=lambda one: (one.arrival, one.key),
    )
    begin = datetime.combine(first, datetime.min.time(), UTC)
    end, last = begin + _PAST, begin + timedelta(days=days, hours=_AFTER)
    before: _Made | None = None
    while end <= last:
        some = [one for one in logs if end - _HOUR <= one.arrival < end]
        made, before = _digest(some, bucket, place, end, before, signer)
        yield made
        end += _HOUR


def _is_log(one: RawObject) -> bool:
    return one.job == trail.JOB and "/CloudTrail/" in one.key


def _digest(
    logs: list[RawObject], bucket: str, place: tuple[str, str], end: datetime, before: _Made | None, signer: Signer
) -> tuple[RawObject, _Made]:
    account, region = place
    key = (
        f"AWSLogs/{ORGANIZATION}/{account}/CloudTrail-Digest/{region}/{end:%Y/%m/%d}/"
        f"{account}_CloudTrail-Digest_{region}_{TRAIL}_{region}_{end:%Y%m%dT%H%M%SZ}.json.gz"
    )
    files = [_log(one, bucket) for one in logs]
    times = [at for one in files for name in ("oldestEventTime", "newestEventTime") if (at := one[name])]
    content = compact(
        {
            "awsAccountId": account,
            "digestStartTime": f"{end - _HOUR:%Y-%m-%dT%H:%M:%SZ}",
            "digestEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "digestS3Bucket": bucket,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": signer.fingerprint,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": max(times, default=None),
            "oldestEventTime": min(times, default=None),
            "previousDigestS3Bucket": bucket if before else None,
            "previousDigestS3Object": before.key if before else None,
            "previousDigestHashValue": before.sha256 if before else None,
            "previousDigestHashAlgorithm": "SHA-256" if before else None,
            "previousDigestSignature": before.signature if before else None,
            "logFiles": files,
        }
    ).encode()
    made = _Made(key, hashlib.sha256(content).hexdigest(), "")
    lines = (f"{end:%Y-%m-%dT%H:%M:%SZ}", f"{bucket}/{key}", made.sha256, before.signature if before else "null")
    signature = signer.sign("\n".join(lines))
    metadata = {"signature": signature, "signature-algorithm": "SHA256withRSA"}
    raw = RawObject(trail.JOB, key, trail.packed(content, 6), end + timedelta(minutes=20), metadata)
    return raw, _Made(key, made.sha256, signature)


def _log(one: RawObject, bucket: str) -> dict[str, str | None]:
    # Of a file whose upload broke off this is not what CloudTrail hashed; but then, that does not verify either way.
    content = zlib.decompressobj(31).decompress(one.data) if one.data.startswith(_GZIP) else one.data
    times = sorted(one.decode() for one in _TIME.findall(content))
    return {
        "s3Bucket": bucket,
        "s3Object": one.key,
        "hashValue": hashlib.sha256(content).hexdigest(),
        "hashAlgorithm": "SHA-256",
        "newestEventTime": times[-1] if times else None,
        "oldestEventTime": times[0] if times else None,
    }
