"""The session report's page in a real browser: nothing of a log runs, nothing is loaded, everything fits and is shown.

`LOGLAKE_PICTURES=1` has this write the README's pictures, docs/images, anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from report.page import page
from tests import browser
from tests.browser import Browser, Seen, Server
from tests.report_world import ALONE, DENIED, EVIL, GOOD, LONG, Asker, harm

PHONE, DESK = 360, 1200
IMAGES = Path(__file__).parents[2] / "docs" / "images"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return browser.find(tmp_path_factory.mktemp("chromium"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """With a page for each session of the world, and one that does what the report must not."""
    made = Server()
    asker = Asker(made.url)
    made.pages = {f"/{one}": page(asker.report(one)) for one in (GOOD, EVIL, ALONE, DENIED)}
    made.pages["/control"] = f"<!doctype html><body>{''.join(harm(made.url)[:2])}"
    yield made
    made.close()


@pytest.fixture(scope="module")
def seen(chromium: Browser, server: Server) -> dict[tuple[str, int], Seen]:
    """Each page at a phone's and at a desk's width."""
    frames = [(f"/{one}", wide) for one in (GOOD, EVIL, ALONE, DENIED) for wide in (PHONE, DESK)]
    return dict(zip(frames, chromium.look(server, frames), strict=True))


def test_nothing_that_a_log_says_runs_or_is_loaded(seen: dict[tuple[str, int], Seen], server: Server) -> None:
    for one in seen.values():
        assert one.pwned is None
        assert one.scripts == 0
        assert one.loaded == []
    assert {path for path in server.asked if path not in server.pages} <= {"/favicon.ico"}


def test_this_would_be_noticed_if_it_did(chromium: Browser, server: Server) -> None:
    (control,) = chromium.look(server, [("/control", PHONE)])
    assert control.pwned
    assert control.scripts == 1
    assert {"/fetch", "/pixel"} <= set(server.asked)


@pytest.mark.parametrize("wide", [PHONE, DESK])
def test_a_page_fits_its_width_whatever_is_in_it(seen: dict[tuple[str, int], Seen], wide: int) -> None:
    for (path, width), one in seen.items():
        if width == wide:
            assert (path, one.wide, one.beyond) == (path, wide, [])


def test_a_transcript_has_most_of_the_width(seen: dict[tuple[str, int], Seen]) -> None:
    assert seen[f"/{GOOD}", PHONE].line > 0.7
    assert seen[f"/{GOOD}", DESK].line > 0.7


def test_every_harmful_text_is_shown_and_hides_nothing(seen: dict[tuple[str, int], Seen], server: Server) -> None:
    shown = seen[f"/{EVIL}", DESK]
    assert shown.background != "rgba(0, 0, 0, 0)"
    for line in harm(server.url)[:8]:
        assert line in shown.text
    assert LONG in shown.text
    for escape in ("\\x1b]0;title\\x07", "\\u202e\\u2066// only admins", "\\x00 nul", "zero\\u200b", "\\u2028 line"):
        assert escape in shown.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", shown.text)


def test_what_comes_after_the_harm_is_there_too(seen: dict[tuple[str, int], Seen]) -> None:
    text = seen[f"/{EVIL}", PHONE].text
    order = [text.index(one) for one in ("What was typed and shown", "Where all this is from", "Asked in SQL", "Made ")]
    assert order == sorted(order)


def test_it_prints(chromium: Browser, server: Server, tmp_path: Path) -> None:
    before = len(server.asked)
    pdf = chromium.printed(f"{server.url}/{EVIL}", tmp_path / "evil.pdf")
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 5  # 64,000 characters are that many lines
    assert set(server.asked[before:]) <= {f"/{EVIL}", "/favicon.ico"}
    assert set(re.findall(rb"/MediaBox\s*\[\s*0 0 (\d+)", pdf)) == {b"594"}  # A4


@pytest.mark.parametrize(
    ("name", "wide", "high"), [("session-report.png", 900, 1040), ("session-report-phone.png", 390, 1040)]
)
def test_the_pictures_of_the_readme_are_taken(
    chromium: Browser, server: Server, tmp_path: Path, name: str, wide: int, high: int
) -> None:
    target = (IMAGES if os.environ.get("LOGLAKE_PICTURES") else tmp_path) / name
    chromium.picture(f"{server.url}/{GOOD}", target, wide, high)
    for one in (target, IMAGES / name):
        content = one.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) < 150_000
