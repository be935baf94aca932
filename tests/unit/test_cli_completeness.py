"""`loglake completeness`, and the last words of a run, against an Athena that answers from a list."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import completeness
from cli.athena import Answer, Athena, Column
from cli.completeness import Group
from cli.errors import Failure
from cli.main import cli
from cli.work import Ended

ROW = {
    "calendarday": "2026-03-02",
    "source": "cloudtrail",
    "accountid": "000011112222",
    "awsregion": "eu-west-1",
    "objects": "10000",
    "processed": "9999",
    "processedpercent": "99.99",
    "waiting": "0",
    "undone": "1",
    "gone": "0",
    "givenup": "0",
    "givenuppercent": "0.0",
    "dropped": "7",
    "records": "1000",
    "kept": "10",
    "filtered": "989",
    "quarantined": "1",
    "accountedpercent": "100.0",
    "quarantinedpercent": "0.1",
    "late": "3",
    "latepercent": "30.0",
}
WHOLE = ROW | {"accountid": "111122223333", "processed": "10000", "undone": "0", "dropped": "0"}
NOTHING = dict.fromkeys(ROW, "0") | {"calendarday": "2026-03-03", "source": "\x1b[2J", "dropped": "5"}
NOTHING |= dict.fromkeys((name for name in ROW if name.endswith("percent")), None)


class FakeAthena(Athena):
    """Answers every question with the same rows."""

    def __init__(self, *rows: dict[str, str | None]) -> None:
        self.rows, self.asked = rows, list[str]()

    def ask(self, sql: str, parameters: object = ()) -> Answer:
        del parameters
        self.asked.append(sql)
        texts = ("calendarday", "source", "accountid", "awsregion")
        columns = [Column(name, "varchar" if name in texts else "double") for name in ROW]
        return Answer(columns, iter([list(row.values()) for row in self.rows]))


Run = Callable[..., Result]


@pytest.fixture
def athena() -> FakeAthena:
    return FakeAthena(WHOLE, NOTHING, ROW)


@pytest.fixture
def ask(athena: FakeAthena) -> Run:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["completeness", *arguments], obj={"connect": lambda _: athena})

    return run


def groups(*rows: dict[str, str | None]) -> list[Group]:
    return completeness.read(FakeAthena(*rows).ask(""))


def test_the_worst_is_first_and_says_why_and_nothing_of_a_log_acts(ask: Run) -> None:
    result = ask()
    assert result.exit_code == 0
    lines = result.stdout.splitlines()[2:]
    assert " ".join(lines[0].split()[2:]) == "000011112222 eu-west-1 10,000 99.99 % 1 not fetched yet 1,000 100 % 1 3"
    assert lines[1].strip() == "7 dropped"
    assert "111122223333" in lines[2]
    assert lines[3].split()[:2] == ["2026-03-03", "\\x1b[2J"]
    assert result.stderr == (
        "99.99 % of 20,000 objects that arrived are processed, "
        "100 % of 2,000 records in them accounted for, 6 came late\n"
    )


@pytest.mark.parametrize(
    ("options", "condition"),
    [
        ([], "FROM completeness ORDER BY"),
        (["--day", "2026-03-02"], "WHERE calendarday = '2026-03-02' ORDER"),
        (["--from", "2026-03-01", "--to", "2026-03-02"], ">= '2026-03-01' AND calendarday <= '2026-03-02' ORDER"),
        (["--source", "o'neill", "--account", "000011112222"], "accountid = '000011112222' AND source = 'o''neill'"),
    ],
)
def test_options_become_conditions(ask: Run, athena: FakeAthena, options: list[str], condition: str) -> None:
    assert ask(*options).exit_code == 0
    assert condition in athena.asked[0]


def test_json_has_the_views_columns_with_numbers_as_numbers(ask: Run, athena: FakeAthena) -> None:
    athena.rows = (ROW,)
    (line,) = ask("--format", "json").stdout.splitlines()
    found = json.loads(line)
    assert list(found) == list(ROW)
    assert (found["processedpercent"], found["accountid"]) == (99.99, "000011112222")


@pytest.mark.parametrize("arguments", [["--day", "x"], ["--account", "1"], ["--fail-under", "101"], ["--profile", "p"]])
def test_wrong_usage_ends_with_2(ask: Run, arguments: list[str]) -> None:
    assert ask(*arguments).exit_code == 2


def test_less_than_asked_for_ends_with_1_and_says_what_to_look_at(ask: Run) -> None:
    assert ask("--fail-under", "99").exit_code == 0
    result = ask("--fail-under", "100")
    assert result.exit_code == 1
    assert "only 99.99 % of 20,000 objects that arrived are processed; --fail-under asks for 100 %" in result.stderr
    assert "FROM arrivals WHERE outcome NOT IN ('ok', 'dropped')" in result.stderr


def test_where_nothing_arrived_nothing_is_missing(ask: Run, athena: FakeAthena) -> None:
    athena.rows = ()
    result = ask("--fail-under", "100")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "nothing arrived\n")
    athena.rows = (NOTHING,)
    assert ask("--fail-under", "100").stderr == "nothing arrived; 5 objects were dropped by controls\n"


def test_a_record_that_is_not_accounted_for_is_a_failure_at_any_threshold() -> None:
    with pytest.raises(Failure, match=r"2026-03-02, cloudtrail, .*: of 1,000 records 999 are accounted for"):
        completeness.check(groups(WHOLE | {"filtered": "988"}), 0, "lake.toml")


def test_a_run_ends_with_the_whole_and_names_the_worst_only(capsys: pytest.CaptureFixture[str]) -> None:
    bad = [ROW | {"calendarday": f"2026-03-{n:02}", "processed": str(9000 + n)} for n in range(1, 9)]
    completeness.report(groups(WHOLE, *bad))
    said = capsys.readouterr().out.splitlines()
    assert said[1].startswith("Of the days that this run touched, 91.15 % of 90,000 objects")
    days = [line.split()[0] for line in said if line.startswith("2026-")]
    assert days == [f"2026-03-{n:02}" for n in range(1, 6)]
    assert said[-1] == "... 3 more: loglake completeness"
    completeness.report(groups(WHOLE))
    assert len(capsys.readouterr().out.splitlines()) == 2
    completeness.report([])
    assert capsys.readouterr().out == ""


def test_only_the_batches_of_these_plans_are_looked_for(athena: FakeAthena) -> None:
    completeness.of_plans(athena, {"cloudtrail": [3, 14], "cloudwatch": []})
    assert "regexp_like(batch, '^(cloudtrail/(3|14))-')" in athena.asked[0]


def test_a_job_that_says_it_could_not_read_enough_makes_the_run_fail() -> None:
    done = Ended("cloudwatch", 0, Path("x"), {"step": "done", "completeness": None})
    completeness.check_jobs([done])
    short = Ended("cloudtrail", 1, Path("x"), {"step": "incomplete", "completeness": 50.0})
    with pytest.raises(Failure, match=r"job cloudtrail: only 50 % of the objects"):
        completeness.check_jobs([done, short])
    assert short.well
    assert not Ended("cloudtrail", 1, Path("x"), {"step": "error"}).well
