"""The measurements still run: on very little, and only those that need no other process."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import announcements, data, peak, publishing


@pytest.fixture(autouse=True)
def _little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "FOLDER", tmp_path / "bench")


def test_in_the_highest_hour_every_object_is_read_though_some_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak, "REFUSED", 0.2)
    part = peak.peak(files=20)
    objects = data.count(data.cloudtrail(20))
    read, _, again = part.rows[0][1].partition(" of ")
    assert read == f"{objects:,}"
    assert not again.startswith(f"{objects:,}, 0 ")


def test_addapart_makes_no_more_calls_of_glue_than_it_may() -> None:
    for _, _, new, calls, allowed, _, _ in announcements.announcements(1_000).rows:
        assert int(calls.replace(",", "")) <= int(allowed.replace(",", ""))
        assert new != "0"


def test_a_day_of_publishes_shows_what_its_files_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "ROUNDS", 3)
    day = publishing.a_day(files=20)
    assert day["rows"] > 0
    assert day["put"] >= day["shown"]
