"""An object's bytes, unpacked: gzip or not, by its magic bytes, never by its name; bounded, and never raising.

Two worlds: a CloudTrail object is one gzip member, and what follows it is not CloudTrail's; a Firehose object is any
number of members joined with nothing between. Gzip inside gzip (Firehose's own compression on top) is opened too.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

from isal import isal_zlib

MAGIC = b"\x1f\x8b"
_GZIP = 31  # zlib's wbits for "a gzip member"
_NESTED = 3  # gzip in gzip in gzip: seen twice at most


class Unpacked(NamedTuple):
    """text: all that could be unpacked. reason: a key of jobs.rows.REASONS if something is wrong, else ''.

    rest: the packed bytes that were not taken (a second member's, or those from the damage on).
    """

    text: bytes
    reason: str = ""
    detail: str = ""
    rest: bytes = b""


def unpack(data: bytes, limit: int, joined: bool) -> Unpacked:
    """The object's text. `joined`: take every member, not the first alone. `limit`: in bytes, of the whole text."""
    for _ in range(_NESTED):
        if not data.startswith(MAGIC):
            break
        result = _members(data, limit, joined)
        if result.reason or not result.text.startswith(MAGIC):
            return result
        data = result.text
    if len(data) > limit:
        return Unpacked(b"", "too-large", f"{len(data):,} bytes, the bound is {limit:,}", data[:0])
    return Unpacked(data)


def _members(data: bytes, limit: int, joined: bool) -> Unpacked:
    pieces: list[bytes] = []
    room = limit
    while True:
        member = isal_zlib.decompressobj(_GZIP)
        try:
            piece = member.decompress(data, room + 1)
        except (isal_zlib.IsalError, zlib.error, EOFError, ValueError) as error:
            # What the damaged member gave before the damage is kept: half a document is still evidence.
            text, begun = b"".join(pieces), _up_to_the_damage(data, room)
            return Unpacked(text + begun, "corrupt", f"damaged gzip: {error}", data)
        pieces.append(piece)
        room -= len(piece)
        if room < 0:
            return Unpacked(b"".join(pieces)[:limit], "too-large", f"unpacks to more than the bound of {limit:,} bytes")
        if not member.eof:
            return Unpacked(b"".join(pieces), "truncated", "the gzip member ends too early", b"")
        data = member.unused_data
        if not data.strip(b"\0"):  # zeros after the last member are padding
            return Unpacked(b"".join(pieces))
        if not joined:
            return Unpacked(b"".join(pieces), "second-member", f"{len(data):,} bytes follow the gzip member", data)
        if not data.startswith(MAGIC):
            # Plain text after a member: Firehose never writes it, but a hand that joined files may have.
            return Unpacked(b"".join(pieces) + data if len(data) <= room else b"".join(pieces))


def _up_to_the_damage(data: bytes, limit: int) -> bytes:
    """What zlib gives, fed in small pieces, before it meets the damage."""
    member, out = zlib.decompressobj(_GZIP), bytearray()
    for at in range(0, len(data), 512):
        try:
            out += member.decompress(data[at : at + 512], max(limit - len(out), 1))
        except zlib.error:
            break
        if len(out) >= limit or member.eof:
            break
    return bytes(out)
