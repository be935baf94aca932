"""Secrets out of JSON text: the values of a few keys become "***", everything else stays byte for byte.

CloudTrail masks most secrets itself. What it does not: the session token that STS hands out (`credentials.sessionToken`
of AssumeRole, GetSessionToken, GetFederationToken, in the clear), and what a caller or a young service spells out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import msgspec

from jobs.json_text import without_lone_surrogates

# In lower case; keys are compared without regard to case, and as what their escapes mean.
SECRETS = (
    "sessiontoken",  # sts, cognito-identity, rolesanywhere: temporary credentials
    "securitytoken",  # the same by its older name
    "x-amz-security-token",  # the same, in the parameters of presigned S3 requests
    "secretaccesskey",
    "tokenvalue",  # ssm StartSession, ecs ExecuteCommand: opens the session's web socket
    "accesstoken",  # sso-oidc, sign-in services
    "refreshtoken",
    "idtoken",
    "authorizationtoken",  # ecr, codeartifact
    "password",
    "masteruserpassword",  # rds, redshift
)
_ESCAPE = b"\\u00"  # how an ASCII letter of a key can be spelled, too
# A text in lower case without any of these holds no key of SECRETS, however it is spelled; a test sees to it.
HINTS = (b"token", b'secretaccesskey"', b'password"', _ESCAPE)
_MASKED = re.compile(rb'"(?:\*+|HIDDEN_DUE_TO_SECURITY_REASONS|Value hidden due to security reasons\.?)"')
_VALUE = rb'(\s*:\s*)("(?:[^"\\]++|\\.)*+"|-?\d[\d.eE+-]*)'
# A quote without a backslash before it begins or ends a string; behind one that ends it, no bare letter and no
# backslash can follow. So both of these match keys and nothing else, without reading the text from its beginning.
_PLAIN = re.compile(rb'(?<!\\)"(?:' + "|".join(map(re.escape, SECRETS)).encode() + rb')"' + _VALUE, re.I | re.S)
_ESCAPED = re.compile(rb'(?<!\\)"[^"\\]*(?:\\.[^"\\]*)+"' + _VALUE, re.S)
_TEXT = msgspec.json.Decoder(str)


def redact(text: bytes) -> bytes:
    """JSON text without its secrets: strings and numbers under a key of SECRETS, at any depth."""
    text = _PLAIN.sub(_mask, text)
    return _ESCAPED.sub(_mask_if_secret, text) if _ESCAPE in text else text


def suspects(joined: bytes, starts: Sequence[int]) -> set[int]:
    """Which of many JSON texts, one behind the other from `starts`, could hold a secret. Cheap where none does."""
    lowered, found = joined.lower(), set[int]()
    for hint in HINTS:
        at = lowered.find(hint)
        while at >= 0:
            found.add(bisect_right(starts, at) - 1)
            at = lowered.find(hint, at + len(hint))
    return found


def _mask(match: re.Match[bytes]) -> bytes:
    if _MASKED.fullmatch(match[2]):
        return match[0]
    return match.string[match.start() : match.start(2)] + b'"***"'


def _mask_if_secret(match: re.Match[bytes]) -> bytes:
    key: Any = match.string[match.start() : match.start(1)]
    try:
        name = _TEXT.decode(without_lone_surrogates(key))
    except msgspec.DecodeError:
        return match[0]
    return _mask(match) if name.lower() in SECRETS else match[0]
