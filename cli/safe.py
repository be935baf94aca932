"""Text from logs, made safe to look at: what would act on a terminal, or lie about the order of letters, is spelt out.

A transcript holds what people typed and what programs printed: terminal escapes that rewrite the screen or the title,
backspaces that hide a command, right-to-left overrides (CVE-2021-42574, "Trojan Source"), letters of no width.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

# Printable as Python counts it, and invisible all the same: Unicode's Default_Ignorable_Code_Point, and fillers.
_INVISIBLE = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
_PLAIN = re.compile(r"[ -~]*")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe(text: str, keep: str = "") -> str:
    r"""The text with every character that is not plainly visible spelt as Python would: \x1b, \u202e, \ud800.

    That is all of Unicode's "other" and "separator" categories but the space (controls C0 and C1, DEL, bidi overrides
    and isolates, zero width, unpaired surrogates, line separators), and what is invisible though it counts as a letter.
    keep: characters that the caller lets through, such as "\n" where it starts a new line on purpose.
    A backslash is left as it is, so text that really says \x1b looks the same: `--format json` tells them apart.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(piece for piece, _ in pieces(text, keep))


def pieces(text: str, keep: str = "") -> Iterator[tuple[str, bool]]:
    """The same, for who shows what is spelt out in another way: (stretch as it is, False), (one escape, True), ..."""
    for plain, stretch in groupby(text, lambda one: one in keep or (one.isprintable() and one not in _INVISIBLE)):
        if plain:
            yield "".join(stretch), False
        else:
            yield from ((_escape(one), True) for one in stretch)
