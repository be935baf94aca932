"""No character from a log ever acts on a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.safe import safe

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()))  # unpaired surrogates included
ACTS = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, formats (bidi, zero width), surrogates, separators of lines


@given(ANY_TEXT)
def test_no_text_leaves_with_a_character_that_acts_on_a_terminal(text: str) -> None:
    assert not {unicodedata.category(one) for one in safe(text)} & ACTS


@given(ANY_TEXT)
def test_what_is_safe_already_stays_as_it_is(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_printable_ascii_is_never_changed(text: str) -> None:
    assert safe(text) == text


@given(ANY_TEXT)
def test_what_is_made_safe_can_be_written_as_utf8(text: str) -> None:
    shown = safe(text)
    assert shown.encode("utf-8").decode("utf-8") == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[Hgone", r"\x1b[2J\x1b[Hgone"),
        ("\x1b]0;a title\x07", r"\x1b]0;a title\x07"),
        ("rm -rf /\r$ ls   ", r"rm -rf /\r$ ls   "),
        ("secret\b\b\b\b\b\bpublic", r"secret\x08\x08\x08\x08\x08\x08public"),
        ("\x9b31m and \x90", r"\x9b31m and \x90"),
        ("a\x7f\x00b", r"a\x7f\x00b"),
        ("one\ntwo\tthree", r"one\ntwo\tthree"),
        ("\u202egpj.exe\u2066", r"\u202egpj.exe\u2066"),
        ("pass\u200bword\ufeff", r"pass\u200bword\ufeff"),
        ("\u2028\u2029\u061c", r"\u2028\u2029\u061c"),
        ("\ud800 alone \udfff", r"\ud800 alone \udfff"),
        ("\u3164\ufe0f\u034f", r"\u3164\ufe0f\u034f"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_would_act_is_spelt_out(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    "text", ["naïve Zürich", "日本語", "Ελλάδα", "שלום", "😀", "[bold]no markup[/bold]", "50 % <b>"]
)
def test_letters_of_any_script_stay(text: str) -> None:
    assert safe(text) == text


def test_a_caller_may_keep_line_feeds_and_nothing_else_comes_through_with_them() -> None:
    assert safe("a\nb\r\x1b", keep="\n") == "a\nb\\r\\x1b"
