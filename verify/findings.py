"""What a verification can say, word by word. Four states: nothing but `verified` is a success."""

from __future__ import annotations

from dataclasses import dataclass

VERIFIED = "verified"
FAILED = "failed"
UNVERIFIABLE = "unverifiable"  # nothing speaks against it, and nothing proves it
NOTE = "note"  # a state of affairs that nobody promised otherwise

DIGEST, CHAIN, LOG, LEDGER, LOCK = "digest", "chain", "log-file", "ledger", "object-lock"
CHECKS = {
    DIGEST: "digest files: CloudTrail's signature",
    CHAIN: "digest files: each one's predecessor",
    LOG: "log files: CloudTrail's hash against S3 now",
    LEDGER: "objects: the ledger's hash against S3 now",
    LOCK: "Object Lock",
}

KINDS = {
    "digest-signed": (DIGEST, VERIFIED, "CloudTrail's signature holds, and it lies where it says it was written to."),
    "digest-forged": (DIGEST, FAILED, "Its signature does not hold: it is not what CloudTrail wrote."),
    "digest-moved": (DIGEST, FAILED, "It lies elsewhere than where CloudTrail says that it wrote it."),
    "digest-unreadable": (DIGEST, FAILED, "It is no digest file, or lacks its signature."),
    "digest-not-read": (DIGEST, UNVERIFIABLE, "S3 did not give it."),
    "digest-without-key": (DIGEST, UNVERIFIABLE, "No public key of its fingerprint was given."),
    "chain-linked": (CHAIN, VERIFIED, "The digest file before it has the hash and the signature that this one names."),
    "chain-broken": (CHAIN, FAILED, "The digest file before it has another hash or signature than this one names."),
    "digest-missing": (CHAIN, FAILED, "The next digest file names it, and it is not in S3."),
    "chain-gap": (CHAIN, UNVERIFIABLE, "Of these hours there is no digest file: what happened in them, none can say."),
    "no-digests": (CHAIN, UNVERIFIABLE, "Log files, and no digest file at all: validation was not enabled."),
    "log-intact": (LOG, VERIFIED, "It is, byte for byte, what a verified digest file names."),
    "log-changed": (LOG, FAILED, "It is not what a digest file names."),
    "log-appended": (LOG, FAILED, "Bytes follow the gzip member that CloudTrail wrote."),
    "log-missing": (LOG, FAILED, "A digest file names it, and it is not in S3."),
    "log-undeclared": (LOG, FAILED, "It is in S3, digest files cover its time, and none names it."),
    "log-uncovered": (LOG, UNVERIFIABLE, "It is in S3, and no digest file covers its time."),
    "log-on-trust": (LOG, UNVERIFIABLE, "It is what a digest file names whose own signature is not verified."),
    "log-not-read": (LOG, UNVERIFIABLE, "S3 did not give it."),
    "log-never-signed": (LOG, NOTE, "Of such objects AWS signs nothing: only the ledger's hash speaks for them."),
    "ledger-same": (LEDGER, VERIFIED, "It is, byte for byte, what the lake read."),
    "ledger-changed": (LEDGER, FAILED, "It is not what the lake read."),
    "ledger-gone": (LEDGER, FAILED, "It is in the ledger, and not in S3."),
    "ledger-without-hash": (
        LEDGER,
        UNVERIFIABLE,
        "The ledger has no hash of it: not read yet, not fetched, or too large.",
    ),
    "ledger-unknown": (LEDGER, UNVERIFIABLE, "It is in S3, and the ledger does not know it."),
    "ledger-not-read": (LEDGER, UNVERIFIABLE, "S3 did not give it."),
    "ledger-dropped": (LEDGER, NOTE, "A control in lake.toml drops it: the lake never read it."),
    "lock-on": (LOCK, NOTE, "The bucket locks new objects, or these objects are locked."),
    "lock-off": (LOCK, NOTE, "Whoever has the right to may overwrite and delete."),
    "lock-unknown": (LOCK, UNVERIFIABLE, "S3 did not say."),
}
"""By name: the check that it belongs to, its state, and what it means."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. kind: a word of KINDS. where: s3://bucket/key, a chain. what: the particulars."""

    kind: str
    where: str
    what: str = ""

    @property
    def check(self) -> str:
        """A word of CHECKS."""
        return KINDS[self.kind][0]

    @property
    def state(self) -> str:
        """VERIFIED, FAILED, UNVERIFIABLE or NOTE."""
        return KINDS[self.kind][1]
