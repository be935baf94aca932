"""An object's bytes, unpacked: gzip or not, by its magic bytes, never by its name; bounded, and never raising.

Unpacking stops at its bound: of a bomb no more than that is ever held. What was unpacked by then is kept.

Two worlds: a CloudTrail object is one gzip member, and what follows it is not CloudTrail's; a Firehose object is any
number of members joined with nothing between. Gzip inside gzip (Firehose's own compression on top) is opened too.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import NamedTuple

from isal import isal_zlib

MAGIC = b"\x1f\x8b"
_GZIP = 31  # zlib's wbits for "a gzip member"
NESTED = 3  # gzip in gzip in gzip: seen twice at most
_WINDOW = 1 << 15  # given to a member at a time: what it does not use is copied, so never the whole rest of the object
_SMALL = 1 << 20  # bytes, packed, that are worth a try at once: what it cannot take is unpacked again
_FEED = 4096  # looking for damage; its state is copied before each
_DAMAGED: tuple[type[Exception], ...] = (isal_zlib.IsalError, zlib.error, EOFError, ValueError)  # type: ignore[assignment]


class Unpacked(NamedTuple):
    """text: all that could be unpacked. reason: a key of jobs.rows.REASONS if something is wrong, else ''.

    rest: the bytes that were not taken (a second member's, those from the damage on, those behind the bound), packed
    if they were; b"" where they cannot be told. ends: of joined members that are sound, where each one's text ends.
    """

    text: bytes
    reason: str = ""
    detail: str = ""
    rest: bytes = b""
    ends: tuple[int, ...] = ()


def unpack(data: bytes, limit: int, joined: bool) -> Unpacked:
    """The object's text. `joined`: take every member, not the first alone. `limit`: in bytes, of the whole text."""
    trouble = Unpacked(b"")
    for _ in range(NESTED):
        if not data.startswith(MAGIC):
            break
        found = (None if joined else _whole(data, limit)) or _members(data, limit, joined)
        data = found.text
        # What encloses comes first: if it is cut off, so is what it holds.
        trouble = trouble if trouble.reason else found._replace(text=b"")
    if not trouble.reason and len(data) > limit:
        return _too_large(data[:limit], limit, data[limit:])
    return trouble._replace(text=data)


def _too_large(text: bytes, limit: int, rest: bytes = b"") -> Unpacked:
    return Unpacked(text, "too-large", f"unpacks to more than the bound of {limit:,} bytes", rest)


def _whole(data: bytes, limit: int) -> Unpacked | None:
    """The text of what is one sound member and nothing else, as most objects are: in one call and without a copy."""
    if len(data) > _SMALL:
        return None
    member = isal_zlib.decompressobj(_GZIP)
    try:
        text = member.decompress(data, limit + 1)
    except _DAMAGED:
        return None
    return Unpacked(text) if member.eof and not member.unused_data and len(text) <= limit else None


def _members(data: bytes, limit: int, joined: bool) -> Unpacked:
    text = BytesIO()  # grows in place, and getvalue() does not copy: a list of pieces would hold everything twice
    view, at, room, ends = memoryview(data), 0, limit, list[int]()
    while True:
        member, begin, before = isal_zlib.decompressobj(_GZIP), at, text.tell()
        try:
            while not member.eof and at < len(data) and room >= 0:
                window = view[at : at + _WINDOW]
                # One byte more than there is room for tells what just fits from what does not.
                room -= text.write(member.decompress(window, room + 1))
                at += len(window) - len(member.unused_data)
        except _DAMAGED as error:
            # What the damaged member gave before the damage is kept: half a document is still evidence.
            text.seek(before)
            text.truncate()
            text.write(_up_to_the_damage(data[begin:], limit - before))
            return Unpacked(text.getvalue(), "corrupt", f"damaged gzip: {error}", data[begin:])
        if room < 0:
            text.truncate(limit)
            return _too_large(text.getvalue(), limit)
        if not member.eof:
            return Unpacked(text.getvalue(), "truncated", "the gzip member ends too early")
        ends.append(text.tell())
        if data.startswith(MAGIC, at) and joined:
            continue
        rest = data[at:]
        if not rest.strip(b"\0"):  # zeros after the last member are padding
            return Unpacked(text.getvalue(), ends=tuple(ends))
        if not joined:
            return Unpacked(text.getvalue(), "second-member", f"{len(rest):,} bytes follow the gzip member", rest)
        # Plain text after a member: Firehose never writes it, but a hand that joined files may have.
        text.write(rest[:room])
        return _too_large(text.getvalue(), limit, rest[room:]) if len(rest) > room else Unpacked(text.getvalue())


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
