"""Why an object is none of a source's, in words that tell a person what it is instead."""

from __future__ import annotations

from jobs.unpack import MAGIC, NESTED
from lake.sniff import BINARY, PREFIX, UTF_16, sniff


def stranger(text: bytes, wanted: str) -> tuple[str, str]:
    """(reason, detail) for an object's text that holds no record. wanted: what it should hold, in the singular."""
    if text.startswith(MAGIC):
        return "not-a-log", f"gzip in gzip, more than {NESTED} times: no log is packed so"
    name = sniff(text[:PREFIX]).name
    if name == UTF_16:
        return "not-utf8", f"{name}, by its byte order mark; AWS writes UTF-8: convert it (iconv -f UTF-16 -t UTF-8)"
    if name == BINARY:
        name = f"binary data that begins with the bytes {text[:8].hex(' ')}"
    return "not-a-log", f"no {wanted} in it; it looks like this: {name}"
