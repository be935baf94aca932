"""A digest file: what it says, and whether CloudTrail signed it.

Source: CloudTrail user guide, "CloudTrail digest file structure" and "Custom implementations of CloudTrail log file
integrity validation". The signature is in the object's metadata, so a digest file verifies nowhere but in S3.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from jobs.unpack import unpack
from verify.findings import Finding
from verify.keys import Keys

LOGS, DIGESTS = "/CloudTrail/", "/CloudTrail-Digest/"  # what the folders of the two are called, in one place
_MOST = 64 << 20  # bytes of a digest file, unpacked: it names some thousand log files at most
_SIGNATURE, _ALGORITHM = "signature", "signature-algorithm"  # S3 keeps metadata's names without x-amz-meta-
_GENERATED = "backfill-generation-timestamp"
_SHA256_WITH_RSA, _SHA256 = "SHA256withRSA", "SHA-256"
_REGION = r"[a-z]{2,}(?:-[a-z0-9]+)+"
_NAME = re.compile(
    rf"(?P<root>(?:.+/)?AWSLogs/(?:o-[a-z0-9]+/)?(?P<account>\d{{12}})/)CloudTrail-Digest/(?P<region>{_REGION})"
    r"/\d{4}/\d{2}/\d{2}/(?P=account)_CloudTrail-Digest_(?P=region)_(?P<trail>.+)"
    rf"_(?P<home>{_REGION})_(?P<end>\d{{8}}T\d{{6}}Z)(?P<backfill>_backfill)?\.json\.gz",
    re.S,
)


_LOG = re.compile(
    rf"(?P<root>(?:.+/)?AWSLogs/(?:o-[a-z0-9]+/)?\d{{12}}/)CloudTrail/(?P<region>{_REGION})/\d{{4}}/\d{{2}}/\d{{2}}/"
    r"[^/]+",
    re.S,
)
_DELIVERED = re.compile(r"_(\d{8}T\d{4}Z)_")
Folder = tuple[str, str, str]  # where a trail's log files of an account and a Region lie: bucket, root, Region


class Chain(NamedTuple):
    """Whose digest files follow one another: a trail's, for an account and a Region."""

    bucket: str
    root: str
    account: str
    region: str
    trail: str
    home: str
    backfill: bool = False

    @property
    def folder(self) -> Folder:
        """Where the log files lie that it speaks of."""
        return self.bucket, self.root, self.region

    def __str__(self) -> str:
        of = " (backfill)" if self.backfill else ""
        return f"s3://{self.bucket}/{self.root}CloudTrail-Digest/{self.region}/ of trail {self.trail}{of}"


class Named(NamedTuple):
    """What a digest file's key says. end: of the time that it covers, UTC."""

    chain: Chain
    end: datetime


class Log(NamedTuple):
    """A log file as a digest file names it. sha256: hexadecimal, of its unpacked content."""

    bucket: str
    key: str
    sha256: str


class Previous(NamedTuple):
    """The digest file before, as the next one names it. sha256: of its unpacked content. signature: hexadecimal."""

    bucket: str
    key: str
    sha256: str
    signature: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest file. It covers log files delivered in [start, end), UTC. previous: None where a chain begins.

    sha256: of its own unpacked content. signature: hexadecimal. fingerprint: of the key that signed it.
    says: bucket and key where it was written to, by its own words. generated: when a backfill digest file was made.
    """

    bucket: str
    key: str
    chain: Chain
    start: datetime
    end: datetime
    previous: Previous | None
    logs: tuple[Log, ...]
    sha256: str
    signature: str
    fingerprint: str
    says: tuple[str, str]
    to_sign: bytes
    generated: datetime | None = None

    @property
    def url(self) -> str:
        """Where it lies."""
        return f"s3://{self.bucket}/{self.key}"


class Unreadable(ValueError):
    """The object is no digest file that can be verified. The message says why."""


def named(bucket: str, key: str) -> Named | None:
    """What the key says, None if it is no digest file's."""
    found = _NAME.fullmatch(key)
    if found is None:
        return None
    chain = Chain(bucket, found["root"], found["account"], found["region"], found["trail"], found["home"])
    if found["backfill"]:
        chain = chain._replace(backfill=True)
    return Named(chain, datetime.strptime(found["end"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))


def folder_of(bucket: str, key: str) -> Folder | None:
    """Where a log file lies, as digest files speak of it; None if the key is none that CloudTrail gives."""
    found = _LOG.fullmatch(key)
    return (bucket, found["root"], found["region"]) if found else None


def delivered_at(key: str) -> datetime | None:
    """When a log file was delivered, by its name; None where that says nothing."""
    found = _DELIVERED.search(key.rsplit("/", 1)[-1])
    try:
        return datetime.strptime(found[1], "%Y%m%dT%H%MZ").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def read(bucket: str, key: str, data: bytes, metadata: dict[str, str]) -> Digest:
    """A digest file from its bytes and its object's metadata. Raises Unreadable."""
    name = named(bucket, key)
    if name is None:
        raise Unreadable("its key is no digest file's")
    unpacked = unpack(data, _MOST, joined=False)
    if unpacked.reason:
        raise Unreadable(unpacked.detail)
    if missing := [one for one in (_SIGNATURE, _ALGORITHM) if one not in metadata]:
        raise Unreadable(f"its metadata lacks {', '.join('x-amz-meta-' + one for one in missing)}")
    try:
        said = json.loads(unpacked.text)
        return _digest(name, key, said, unpacked.text, metadata)
    except Unreadable:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        raise Unreadable(f"not as CloudTrail writes it: {type(error).__name__}: {error}") from None


def _digest(name: Named, key: str, said: dict[str, Any], text: bytes, metadata: dict[str, str]) -> Digest:
    for algorithm in (said["digestSignatureAlgorithm"], metadata[_ALGORITHM]):
        if algorithm != _SHA256_WITH_RSA:
            raise Unreadable(f"signed by {algorithm!r}; known is {_SHA256_WITH_RSA}")
    generated = metadata.get(_GENERATED)
    if name.chain.backfill and not generated:
        raise Unreadable(f"a backfill digest file whose metadata lacks x-amz-meta-{_GENERATED}")
    logs = [_log(one) for one in said["logFiles"] or ()]
    content = sha256(text).hexdigest()
    before = said["previousDigestSignature"]
    to_sign = "\n".join(
        (
            said["digestEndTime"],
            f"{said['digestS3Bucket']}/{said['digestS3Object']}",
            content,
            "null" if before is None else before,
        )
    )
    return Digest(
        bucket=name.chain.bucket,
        key=key,
        chain=name.chain,
        start=_time(said["digestStartTime"]),
        end=_time(said["digestEndTime"]),
        previous=_previous(said),
        logs=tuple(logs),
        sha256=content,
        signature=metadata[_SIGNATURE],
        fingerprint=said["digestPublicKeyFingerprint"],
        says=(said["digestS3Bucket"], said["digestS3Object"]),
        to_sign=to_sign.encode(),
        generated=_time(generated) if generated else None,
    )


def _log(said: dict[str, Any]) -> Log:
    if said["hashAlgorithm"] != _SHA256:
        raise Unreadable(f"names a log file with {said['hashAlgorithm']!r}; known is {_SHA256}")
    return Log(said["s3Bucket"], said["s3Object"], said["hashValue"])


def _previous(said: dict[str, Any]) -> Previous | None:
    """All of its fields are null in the digest file that begins a chain."""
    if said["previousDigestS3Object"] is None:
        return None
    if said["previousDigestHashAlgorithm"] != _SHA256:
        raise Unreadable(f"names its predecessor by {said['previousDigestHashAlgorithm']!r}; known is {_SHA256}")
    parts = (said[f"previousDigest{one}"] for one in ("S3Bucket", "S3Object", "HashValue", "Signature"))
    return Previous(*parts)


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def judge(digest: Digest, keys: Keys) -> Finding:
    """Whether it lies where it was written to, and CloudTrail signed it."""
    if digest.says != (digest.bucket, digest.key):
        return Finding("digest-moved", digest.url, f"written to s3://{'/'.join(digest.says)}")
    key = keys.get(digest.fingerprint)
    if key is None:
        return Finding("digest-without-key", digest.url, f"its key's fingerprint: {digest.fingerprint}")
    try:
        key.verify(bytes.fromhex(digest.signature), digest.to_sign, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return Finding("digest-forged", digest.url, f"by the key {digest.fingerprint}")
    return Finding("digest-signed", digest.url, f"{len(digest.logs)} log files, {span(digest.start, digest.end)}")


def span(first: datetime, last: datetime) -> str:
    """A stretch of time for people, UTC."""
    same = first.date() == last.date()
    return f"{first:%Y-%m-%d %H:%M:%S} to {last:{'' if same else '%Y-%m-%d '}%H:%M:%S}"
