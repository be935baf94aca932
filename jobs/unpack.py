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
_WINDOW = 1 << 15  # given to a member at a time: what it does not use is copied, so never the whole rest of the object
_FEED = 4096  # looking for damage; its state is copied before each
_DAMAGED: tuple[type[Exception], ...] = (isal_zlib.IsalError, zlib.error, EOFError, ValueError)  # type: ignore[assignment]


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
    trouble = Unpacked(b"")
    for _ in range(_NESTED):
        if not data.startswith(MAGIC):
            break
        result = _members(data, limit, joined)
        # What encloses comes first: if it is cut off, so is what it holds.
        trouble = trouble if trouble.reason else result
        data = result.text
    if trouble.reason:
        return trouble._replace(text=data)
    if len(data) > limit:
        return Unpacked(b"", "too-large", f"{len(data):,} bytes, the bound is {limit:,}", data[:0])
    return Unpacked(data)


def _members(data: bytes, limit: int, joined: bool) -> Unpacked:
    pieces: list[bytes] = []
    view, at, room = memoryview(data), 0, limit
    while True:
        member, begin = isal_zlib.decompressobj(_GZIP), at
        size = len(pieces)
        try:
            while not member.eof and at < len(data) and room >= 0:
                window = view[at : at + _WINDOW]
                piece = member.decompress(window, room + 1)
                pieces.append(piece)
                room -= len(piece)
                at += len(window) - len(member.unused_data)
        except _DAMAGED as error:
            # What the damaged member gave before the damage is kept: half a document is still evidence.
            room += sum(map(len, pieces[size:]))
            text, begun = b"".join(pieces[:size]), _up_to_the_damage(data[begin:], room)
            return Unpacked(text + begun, "corrupt", f"damaged gzip: {error}", data[begin:])
        if room < 0:
            return Unpacked(b"", "too-large", f"unpacks to more than the bound of {limit:,} bytes")
        if not member.eof:
            return Unpacked(b"".join(pieces), "truncated", "the gzip member ends too early", b"")
        if data.startswith(MAGIC, at) and joined:
            continue
        rest = data[at:]
        if not rest.strip(b"\0"):  # zeros after the last member are padding
            return Unpacked(b"".join(pieces))
        if not joined:
            return Unpacked(b"".join(pieces), "second-member", f"{len(rest):,} bytes follow the gzip member", rest)
        # Plain text after a member: Firehose never writes it, but a hand that joined files may have.
        if len(rest) > room:
            return Unpacked(b"".join(pieces), "too-large", f"unpacks to more than the bound of {limit:,} bytes")
        return Unpacked(b"".join(pieces) + rest)


def _up_to_the_damage(data: bytes, limit: int) -> bytes:
    """What zlib gives before it meets the damage: it is fed by the window, and by the byte where that one fails."""
    member, out = zlib.decompressobj(_GZIP), bytearray()
    for at in range(0, len(data), _FEED):
        window, before = data[at : at + _FEED], member.copy()
        try:
            out += member.decompress(window, max(limit - len(out), 1))
        except zlib.error:
            _byte_by_byte(before, window, out)
            break
        if len(out) >= limit or member.eof:
            break
    return bytes(out[:limit])


def _byte_by_byte(member: zlib._Decompress, window: bytes, out: bytearray) -> None:
    for at in range(len(window)):
        try:
            out += member.decompress(window[at : at + 1])
        except zlib.error:
            return
