"""Packed bytes give all the text that is in them, say what is wrong with the rest, and never raise."""

import gzip
import random
import zlib

import pytest

from jobs.unpack import MAGIC, unpack

LIMIT = 1 << 30
# Incompressible text of many deflate blocks, so that a cut or a flipped bit has a before and an after.
TEXT = random.Random(7).randbytes(150_000).hex().encode()
PACKED = gzip.compress(TEXT, mtime=0)
OTHER = gzip.compress(b"another member", mtime=0)


def sound(data: bytes, limit: int, joined: bool) -> bytes:
    """The text of an object with which nothing is wrong."""
    found = unpack(data, limit, joined)
    assert (found.reason, found.detail, found.rest) == ("", "", b"")
    return found.text


@pytest.mark.parametrize("joined", [True, False])
def test_plain_text_is_itself_and_gzip_is_opened_by_its_magic_bytes_alone(joined: bool) -> None:
    assert sound(TEXT, LIMIT, joined) == TEXT
    assert sound(PACKED, LIMIT, joined) == TEXT


@pytest.mark.parametrize("joined", [True, False])
def test_an_empty_object_is_an_empty_text(joined: bool) -> None:
    assert sound(b"", LIMIT, joined) == b""
    assert sound(gzip.compress(b""), LIMIT, joined) == b""


def test_gzip_inside_gzip_is_opened() -> None:
    assert sound(gzip.compress(PACKED), LIMIT, joined=False) == TEXT
    assert sound(gzip.compress(PACKED + OTHER), LIMIT, joined=True) == TEXT + b"another member"


def test_joined_members_are_read_to_the_last_one() -> None:
    many = b"".join(gzip.compress(f"document {number};".encode()) for number in range(500))
    assert unpack(many, LIMIT, joined=True).text == b"".join(b"document %d;" % number for number in range(500))


def test_a_second_gzip_member_is_never_taken_silently() -> None:
    result = unpack(PACKED + OTHER, LIMIT, joined=False)
    assert (result.text, result.reason, result.rest) == (TEXT, "second-member", OTHER)


def test_bytes_after_the_member_that_are_no_gzip_are_not_taken_silently_either() -> None:
    result = unpack(PACKED + b"{}", LIMIT, joined=False)
    assert (result.text, result.reason, result.rest) == (TEXT, "second-member", b"{}")


@pytest.mark.parametrize("joined", [True, False])
def test_zeros_after_the_last_member_are_padding(joined: bool) -> None:
    assert sound(PACKED + bytes(511), LIMIT, joined) == TEXT


def test_plain_text_behind_joined_members_is_text_too() -> None:
    assert sound(PACKED + b"{}", LIMIT, joined=True) == TEXT + b"{}"


@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize("at", [2, 9, 10, 11, 1_000, 70_000, len(PACKED) - 9, len(PACKED) - 8, len(PACKED) - 1])
def test_gzip_that_ends_too_early_gives_what_precedes_the_cut(joined: bool, at: int) -> None:
    result = unpack(PACKED[:at], LIMIT, joined)
    assert (result.reason, result.rest) == ("truncated", b"")
    whole = zlib.decompressobj(31).decompress(PACKED[:at])
    assert whole.startswith(result.text)
    assert len(whole) - len(result.text) <= 8  # ISA-L holds the last symbols back until it sees what follows


def test_a_cut_in_a_later_member_loses_only_what_follows_it() -> None:
    result = unpack(OTHER + PACKED[:70_000], LIMIT, joined=True)
    assert result.reason == "truncated"
    assert result.text == b"another member" + zlib.decompressobj(31).decompress(PACKED[:70_000])


def test_gzip_inside_gzip_that_was_cut_off_outside_is_read_as_far_as_it_goes() -> None:
    outer = gzip.compress(PACKED)
    result = unpack(outer[: len(outer) // 2], LIMIT, joined=False)
    assert result.reason == "truncated"
    assert TEXT.startswith(result.text)
    assert len(result.text) > len(TEXT) // 3


@pytest.mark.parametrize("joined", [True, False])
def test_a_wrong_checksum_is_damage_and_loses_none_of_the_text(joined: bool) -> None:
    wrong = PACKED[:-8] + bytes([PACKED[-8] ^ 1]) + PACKED[-7:]
    result = unpack(wrong, LIMIT, joined)
    assert (result.reason, result.text, result.rest) == ("corrupt", TEXT, wrong)


def test_damage_inside_keeps_what_precedes_it_to_the_byte() -> None:
    # Deflate's stored blocks are their text: the third one's length no longer agrees with its complement.
    packer = zlib.compressobj(0, wbits=31)
    blocks = b"".join(packer.compress(letter * 1000) + packer.flush(zlib.Z_FULL_FLUSH) for letter in (b"a", b"b", b"c"))
    at = blocks.index(b"c" * 1000) - 3
    damaged = blocks[:at] + b"\0" + blocks[at + 1 :] + packer.flush()
    result = unpack(damaged, LIMIT, joined=False)
    assert (result.reason, result.text) == ("corrupt", b"a" * 1000 + b"b" * 1000)


def test_damage_in_a_later_member_keeps_the_members_before_it() -> None:
    wrong = OTHER[:-1] + b"\x7f"
    result = unpack(PACKED + wrong + PACKED, LIMIT, joined=True)
    assert (result.reason, result.text, result.rest) == ("corrupt", TEXT + b"another member", wrong + PACKED)


@pytest.mark.parametrize("joined", [True, False])
def test_magic_bytes_and_nothing_of_gzip_behind_them_is_damage(joined: bool) -> None:
    result = unpack(MAGIC + b"\xff" * 50, LIMIT, joined)
    assert (result.text, result.reason) == (b"", "corrupt")


@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize("data", [TEXT, PACKED, gzip.compress(PACKED)], ids=["plain", "gzip", "gzip in gzip"])
def test_the_bound_is_on_the_text_to_the_byte(data: bytes, joined: bool) -> None:
    assert sound(data, len(TEXT), joined) == TEXT
    assert unpack(data, len(TEXT) - 1, joined).reason == "too-large"


def test_the_bound_is_on_all_members_together() -> None:
    assert unpack(PACKED + OTHER, len(TEXT) + 14, joined=True).reason == ""
    assert unpack(PACKED + OTHER, len(TEXT) + 13, joined=True).reason == "too-large"
    assert unpack(PACKED + b"{}", len(TEXT) + 1, joined=True).reason == "too-large"


def test_a_bomb_is_not_unpacked_beyond_the_bound() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    result = unpack(bomb, 1_000_000, joined=True)
    assert result.reason == "too-large"
    assert len(result.text) <= 1_000_000


def test_where_joined_members_end_is_told_if_all_are_sound() -> None:
    both = len(TEXT) + len(b"another member")
    assert unpack(PACKED + OTHER, LIMIT, joined=True).ends == (len(TEXT), both)
    assert unpack(gzip.compress(PACKED + OTHER), LIMIT, joined=True).ends == (len(TEXT), both)
    for other in (b"{}", OTHER[:-1], MAGIC + b"\xff" * 50):
        assert unpack(PACKED + other, LIMIT, joined=True).ends == ()
