"""What docs/manager.md tells people's tools to do, done: the rows are in the tables and count in the weekly review."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.asking import answered
from tests.lakes import Lake

PAGE = (Path(__file__).parents[2] / "docs" / "manager.md").read_text()
REVIEW, TEAMS = re.findall(r"```python\n(.*?)```", PAGE, re.S)


@pytest.fixture(params=["quick", "trino"])
def engine(aws: str, request: pytest.FixtureRequest) -> str:
    """An empty lake, asked through either engine."""
    del aws
    if request.param == "trino":
        request.getfixturevalue("on_trino")
    Lake()
    return str(request.param)


def run(code: str, **changes: str) -> None:
    for old, new in changes.items():
        assert old in code
        code = code.replace(old, new)
    names: dict[str, Any] = {}
    exec(code, names)


@pytest.mark.usefixtures("engine")
def test_reviews_are_rows_that_add_up() -> None:
    pytest.importorskip("awswrangler")
    run(REVIEW)
    run(REVIEW, confirmed="denied", grace="heidi")
    rows = answered("SELECT sessionid, reviewer, decision, comment FROM session_reviews ORDER BY 2").rows
    assert rows == [
        ["0b7c1cc185ccf51a9", "grace", "confirmed", "INC-4711"],
        ["0b7c1cc185ccf51a9", "heidi", "denied", "INC-4711"],
    ]
    (when,) = answered("SELECT count(*) FROM session_reviews WHERE reviewedat > current_date - INTERVAL '2' DAY").rows
    assert when == ["2"]


@pytest.mark.usefixtures("engine")
def test_teams_are_replaced_as_a_whole() -> None:
    run(TEAMS, payments="old")
    run(TEAMS)
    assert answered("SELECT team, accountid, username FROM teams ORDER BY accountid").rows == [
        ["payments", "111122223333", None],
        ["payments", None, "alice.miller"],
    ]
