"""`loglake plan` on a lake: what waits, what it takes, what other settings would lose, and what it ends with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from jobs.plan import plan
from lake.runs import Run, newest, write
from tests.integration.test_operations import invoke, silently
from tests.integration.test_path import event, key, refusing, trail
from tests.lakes import SETTINGS, Lake

DAY = ("--from", "2024-05-31", "--to", "2024-05-31")


@pytest.fixture
def lake(aws: str) -> Lake:
    del aws
    return Lake()


@pytest.fixture(scope="module")
def filled(embedded_aws: str) -> Lake:
    """Raw with two session starts and an event that is filtered out. Tests only look at it. (The first of the module: a
    test that empties AWS takes `lake`, and comes later.)"""
    from moto.moto_api._internal.models import moto_api_backend

    del embedded_aws
    moto_api_backend.reset()
    made = Lake()
    made.put("cloudtrail", key("one"), trail(event(1), event(2), event(3, eventName="GetDocument")))
    return made


def rows(lake: Lake, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    result = invoke(lake, "plan", *arguments, "--format", "json")
    assert result.exit_code == code, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def figures(lake: Lake, *arguments: str) -> tuple[int, int, int]:
    """Files, bytes and dropped ones of the CloudTrail job."""
    found = next(one for one in rows(lake, *arguments) if one["job"] == "cloudtrail")
    return found["files"], found["bytes"], found["dropped"]


def test_runs_are_shown_with_what_would_have_been_said_of_them(filled: Lake) -> None:
    store, books = filled.access.store, filled.access.books
    for second, took in ((100, 30.0), (200, 40.0), (300, 50.0)):
        one = Run(
            "cloudtrail", f"2024-05-31T00:0{second // 100}:00+00:00", took, 10.0, 2, 9, 9, 9, 9, 1, "filtered", "done"
        )
        write(store, books, one, second)
    assert [one.seconds for one in newest(store, books, "cloudtrail", 2)] == [50.0, 40.0]
    found = rows(filled, "runs")
    assert [one["seconds"] for one in found] == [50.0, 40.0, 30.0]
    assert found[1]["estimate"] == 30.0  # one run before it, of the same work
    assert found[0]["estimate"] == 35.0
    assert "2024-05-31 00:03:00" in invoke(filled, "plan", "runs").stdout


def proposed(folder: Path, *pairs: tuple[str, str]) -> str:
    text = SETTINGS.text
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path = folder / "proposed.toml"
    path.write_text(text)
    return str(path)


def test_a_proposal_that_loses_session_starts_is_refused_unless_that_is_meant(filled: Lake, tmp_path: Path) -> None:
    path = proposed(tmp_path, ("accounts_deny = []", 'accounts_deny = ["111122223333"]'))
    refused = invoke(filled, "plan", "--settings", path, "--day", "2024-05-31")
    assert refused.exit_code == 1
    assert "refused: 2 session starts of 2024-05-31 would be lost" in refused.stderr
    assert "controls.accounts_deny" in refused.stdout
    meant = ("--settings", path, "--day", "2024-05-31", "--allow-losing-sessions")
    lost = [one for one in rows(filled, *meant) if one["what"] == "start"]
    assert [one["detail"][:19] for one in lost] == ["2024-05-31 10:00:00"] * 2


def test_a_proposal_that_drops_startsession_is_refused_on_a_day_without_any(filled: Lake, tmp_path: Path) -> None:
    path = proposed(tmp_path, ('    "ssm:StartSession",\n', ""))
    refused = invoke(filled, "plan", "--settings", path)
    assert refused.exit_code == 1
    assert "refused: it drops every ssm:StartSession" in refused.stderr


def test_a_proposal_that_keeps_more_is_accepted_with_what_it_gains(filled: Lake, tmp_path: Path) -> None:
    path = proposed(tmp_path, ('    "ssm:StartSession",\n', '    "ssm:StartSession",\n    "ssm:GetDocument",\n'))
    accepted = invoke(filled, "plan", "--settings", path, "--day", "2024-05-31")
    assert accepted.exit_code == 0, accepted.output
    assert "gained: 1 of ssm:GetDocument (cloudtrail)" in accepted.stdout
    assert "Accepted. No session start is lost." in accepted.stderr


def test_what_decides_nothing_is_not_decoded_for(filled: Lake, tmp_path: Path) -> None:
    accepted = invoke(filled, "plan", "--settings", proposed(tmp_path, ("completeness = 90", "completeness = 99")))
    assert accepted.exit_code == 0
    assert "no record is lost or gained" in accepted.stderr
    same = invoke(filled, "plan", "--settings", proposed(tmp_path))
    assert "The proposed settings are the lake's own." in same.stderr


def test_a_wrong_proposal_is_refused_with_its_line_and_the_reason(filled: Lake, tmp_path: Path) -> None:
    path = proposed(tmp_path, ('"ssm:StartSession"', '"StartSession"'))
    wrong = invoke(filled, "plan", "--settings", path)
    line = next(n for n, text in enumerate(Path(path).read_text().splitlines(), 1) if '"StartSession"' in text)
    assert wrong.exit_code == 1
    assert f"{path}, line {line}" in wrong.stderr
    assert "'StartSession', which is not service:Action" in wrong.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--day", "2024-05-31"], ["--allow-losing-sessions"], ["--format", "csv", "run"], ["run", "--workers", "1"]],
)
def test_what_is_asked_for_wrongly_ends_with_2(filled: Lake, arguments: list[str]) -> None:
    assert invoke(filled, "plan", *arguments).exit_code == 2


def test_what_waits_is_counted_on_each_step_of_its_way_and_not_after_it(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = trail(event(1)), trail(event(2), event(3))
    lake.put("cloudtrail", key("one"), first)
    assert figures(lake, "run") == (0, 0, 0)
    assert "announcements are in the queue loglake-addapart still" in invoke(lake, "plan").stderr
    lake.work_queue()
    lake.put("cloudtrail", key("one"), first)  # announced twice
    lake.put("cloudtrail", "AWSLogs/nothing", b"x")
    lake.work_queue()
    assert figures(lake, "run") == (1, len(first), 1)
    plan(lake.access, "cloudtrail", lake.now, lambda *_: True, 2)
    lake.put("cloudtrail", key("two"), second)
    lake.work_queue()
    assert figures(lake) == (2, len(first) + len(second), 1)
    (report,) = lake.work("cloudtrail")
    assert (report.arrived, report.bytes) == (2, len(first) + len(second))
    assert figures(lake) == (0, 0, 0)
    refused = refusing(monkeypatch, key("three"))
    lake.put("cloudtrail", key("three"), first)
    lake.work("cloudtrail")
    assert figures(lake) == (1, len(first), 0)
    (said,) = (one for one in rows(lake) if one["job"] == "cloudtrail")
    assert (said["again"], said["days"], said["firstday"], said["runs"]) == (1, 1, "2024-05-31", 1)
    refused.clear()
    lake.work("cloudtrail")  # it is read; the plan that it failed in is open still
    assert figures(lake) == (0, 0, 0)


def test_a_backfills_plan_is_what_the_backfill_announces_and_announces_nothing(lake: Lake) -> None:
    silently(lake, "old", event(1))
    size = len(trail(event(1)))
    before = list(lake.access.store.list(lake.access.books, ""))
    assert figures(lake, "backfill", *DAY) == (1, size, 0)
    assert figures(lake, "run") == (0, 0, 0)
    assert lake.receive() == []
    assert list(lake.access.store.list(lake.access.books, "")) == before
    assert json.loads(invoke(lake, "backfill", *DAY, "--format", "json").stdout)["announced"] == 1
    lake.work("cloudtrail")
    assert figures(lake, "backfill", *DAY) == (0, 0, 0)
    assert figures(lake, "rebuild", *DAY) == (1, size, 0)
    said = invoke(lake, "plan", "rebuild", *DAY, "--workers", "3")
    assert "Days touched, by delivery: 2024-05-31 to 2024-05-31 (1)" in said.stderr
    assert re.search(r"^cloudtrail +1 ", said.stdout, re.MULTILINE)
