"""The lake report's page in a real browser: nothing runs, nothing is loaded, everything fits and prints.

`LOGLAKE_PICTURES=1` has this write the README's picture, docs/images/lake-report.png, anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from report.lakefacts import Period
from report.lakegather import gather
from report.lakepage import page
from tests import browser
from tests.browser import Browser, Seen, Server
from tests.lake_report_world import Asker

PHONE, DESK = 360, 1200
IMAGES = Path(__file__).parents[2] / "docs" / "images"
NOW = datetime(2026, 4, 1, 6, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return browser.find(tmp_path_factory.mktemp("chromium"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """With a month of a company in which two names mean harm."""
    made, asker = Server(), Asker()
    found = gather(asker, Period.of_month(date(2026, 3, 1)), 90, now=NOW, version="0.1.0", database=asker.database)
    made.pages["/march"] = page(found)
    yield made
    made.close()


@pytest.fixture(scope="module")
def seen(chromium: Browser, server: Server) -> dict[int, Seen]:
    """It at a phone's and at a desk's width."""
    return dict(zip((PHONE, DESK), chromium.look(server, [("/march", PHONE), ("/march", DESK)]), strict=True))


@pytest.mark.parametrize("wide", [PHONE, DESK])
def test_nothing_runs_nothing_is_loaded_and_all_fits(seen: dict[int, Seen], server: Server, wide: int) -> None:
    one = seen[wide]
    assert (one.pwned, one.scripts, one.wide, one.beyond) == (None, 0, wide, [])
    assert all(link.startswith("#") for link in one.loaded)
    assert set(server.asked) <= {"/harness", "/march", "/favicon.ico"}


def test_its_style_sheet_is_in_force_and_its_sections_come_in_their_order(seen: dict[int, Seen]) -> None:
    assert seen[DESK].background != "rgba(0, 0, 0, 0)"
    named = (
        "Day by day",
        "Completeness",
        "Volume",
        "Freshness",
        "Late events",
        "Quarantine",
        "Sessions and",
        "Evidence",
    )
    order = [seen[PHONE].text.index(f"\n{one}") for one in (*named, "Size and saving", "Cost estimate", "Asked in SQL")]
    assert order == sorted(order)
    assert "top.pwned = window.pwned = 1</script>\\x1b[2J\\u202e" in seen[DESK].text


def test_it_prints_on_a4(chromium: Browser, server: Server, tmp_path: Path) -> None:
    pdf = chromium.printed(f"{server.url}/march", tmp_path / "march.pdf")
    assert 4 < len(re.findall(rb"/Type\s*/Page\b", pdf)) < 14
    assert set(re.findall(rb"/MediaBox\s*\[\s*0 0 (\d+)", pdf)) == {b"594"}


def test_the_picture_of_the_readme_is_taken(chromium: Browser, server: Server, tmp_path: Path) -> None:
    name = "lake-report.png"
    target = (IMAGES if os.environ.get("LOGLAKE_PICTURES") else tmp_path) / name
    chromium.picture(f"{server.url}/march", target, 900, 1040)
    for one in (target, IMAGES / name):
        content = one.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) < 150_000
