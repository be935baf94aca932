"""Whether a JSON text still holds a secret: the gate behind jobs.redact.

What a secret is, is said once, in jobs.redact.SECRETS. How it is found here has nothing to do with how it is masked
there: the text is parsed, and every key of every object looked at. So what that one misses, this one sees.
"""

from __future__ import annotations

import json

from jobs.redact import SECRETS, redact

_MASKED = ("hidden_due_to_security_reasons", "value hidden due to security reasons", "")


class _Found(Exception):
    """Ends the parsing."""


def holds_secret(text: str) -> bool:
    """Whether a string or a number stands under a key of SECRETS, at any depth, that is not masked.

    A text that is no JSON is judged by what redacting would change in it.
    """
    try:
        json.loads(text, object_pairs_hook=_look, strict=False)
    except _Found:
        return True
    except (ValueError, RecursionError):
        plain = text.encode("utf-8", "surrogatepass")
        return redact(plain) != plain
    return False


def _look(pairs: list[tuple[str, object]]) -> None:
    """Every object of the text comes by here, with all its keys, those that occur twice as well."""
    for key, value in pairs:
        if key.lower() in SECRETS and _in_the_clear(value):
            raise _Found


def _in_the_clear(value: object) -> bool:
    if isinstance(value, str):
        return value.strip("*").rstrip(".").lower() not in _MASKED
    return isinstance(value, int | float) and not isinstance(value, bool)
