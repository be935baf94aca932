"""CloudTrail's public keys, by fingerprint: from the answer of `aws cloudtrail list-public-keys`, or from AWS itself.

Source: CloudTrail user guide, "Custom implementations of CloudTrail log file integrity validation": a key is the DER of
PKCS #1's RSAPublicKey in base64, and each Region has its own.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

Keys = Mapping[str, RSAPublicKey]


class KeysError(ValueError):
    """The file is no list of public keys. The message says why."""


def read(text: str, name: str) -> dict[str, RSAPublicKey]:
    """The keys of a file with list-public-keys' JSON. name: what the error calls the file. Raises KeysError."""
    try:
        listed = json.loads(text)["PublicKeyList"]
        return _keys(listed)
    except (ValueError, KeyError, TypeError) as error:
        raise KeysError(
            f"{name}: not the JSON of aws cloudtrail list-public-keys ({type(error).__name__}: {error})"
        ) from None


def fetch(client: Any, first: datetime, last: datetime) -> dict[str, RSAPublicKey]:
    """The keys whose private halves may have signed in that time. client: boto3's for CloudTrail, in their Region."""
    pages = client.get_paginator("list_public_keys").paginate(StartTime=first, EndTime=last)
    return _keys(one for page in pages for one in page["PublicKeyList"])


def _keys(listed: Iterable[Mapping[str, Any]]) -> dict[str, RSAPublicKey]:
    return {one["Fingerprint"]: _key(one["Value"]) for one in listed}


def _key(value: str | bytes) -> RSAPublicKey:
    try:
        # boto3 decodes the base64 of a blob by itself; the command's JSON has it as text.
        der = base64.b64decode(value, validate=True) if isinstance(value, str) else value
    except binascii.Error as error:
        raise ValueError(f"a key's Value is not base64: {error}") from None
    key = load_der_public_key(der)
    if not isinstance(key, RSAPublicKey):
        raise ValueError("a key's Value is no RSA key")
    return key
