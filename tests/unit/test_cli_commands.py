"""What the commands ask, print and end with, against an Athena that answers from a list."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import home, summary
from cli.athena import Answer, Column
from cli.errors import Failure
from cli.main import cli
from cli.place import Place
from lake.settings import JOBS

SESSION = {
    "calendarday": "2026-03-02",
    "starttime": "2026-03-02 14:05:11.000",
    "sessionid": "0b7c1cc185ccf51a9",
    "accountid": "000011112222",
    "target": "i-0123456789abcdef0",
    "principalarn": "arn:aws:sts::000011112222:assumed-role/Admin/alice@example.com",
    "username": "alice@example.com",
    "documentname": None,
    "reason": "INC-4711 \x1b]0;owned\x07[red]full[/red]",
    "outcome": "started",
    "errorcode": None,
    "keystrokes": "recorded",
    "keystrokelines": "2",
    "keystrokerecords": "1",
    "firstkeystroke": "2026-03-02 14:05:20.123",
    "lastkeystroke": "2026-03-02 14:05:20.123",
}
DENIED = SESSION | {
    "sessionid": None,
    "outcome": "denied",
    "errorcode": "AccessDenied",
    "keystrokes": "denied",
    "keystrokelines": None,
    "keystrokerecords": None,
    "firstkeystroke": None,
    "lastkeystroke": None,
}
LINES = [
    {"linenumber": "1", "eventtime": "2026-03-02 14:05:20.123", "line": "$ cat x\x1b[8m", "isrepeat": "false"},
    {"linenumber": "2", "eventtime": "2026-03-02 14:05:20.123", "line": "\ttab\u202e", "isrepeat": "true"},
]


class FakeAthena:
    """Answers by the beginning of what is asked."""

    def __init__(self, answers: dict[str, list[dict[str, str | None]]]) -> None:
        self.answers, self.asked = answers, list[str]()

    def ask(self, sql: str) -> Answer:
        self.asked.append(sql)
        for beginning, rows in self.answers.items():
            if sql.startswith(beginning):
                names = list(rows[0] if rows else SESSION | LINES[0])
                return Answer([Column(name, "varchar") for name in names], iter([list(row.values()) for row in rows]))
        raise Failure(f"the query failed: SYNTAX_ERROR: {sql}")


Ask = Callable[..., Result]


@pytest.fixture
def athena() -> FakeAthena:
    return FakeAthena({"SELECT * FROM sessions": [SESSION, DENIED], "SELECT * FROM transcript": [*LINES]})


@pytest.fixture
def ask(athena: FakeAthena) -> Ask:
    def run(*arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(cli, arguments, input=stdin, obj={"connect": lambda _: athena}, env={"COLUMNS": "80"})

    return run


def test_sessions_are_a_table_that_fits_80_columns_and_runs_nothing_of_a_log(ask: Ask) -> None:
    result = ask("sessions")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\x1b" not in result.output
    assert "\x07" not in result.output
    flat = "".join(result.stdout.split())
    for shown in ("2026-03-02 14:05:11", "0b7c1cc185ccf51a9", "alice@example.com", "000011112222", "2 lines"):
        assert shown.replace(" ", "") in flat
    assert "denied:" in result.stdout
    assert "\\x1b]0;owned\\x07[" in flat
    assert result.stderr == "2 sessions; all times are UTC\n"


def test_sessions_as_json_are_the_views_columns_exactly(ask: Ask) -> None:
    result = ask("sessions", "--format", "json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [SESSION, DENIED]
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("options", "condition"),
    [
        ([], "FROM sessions ORDER BY"),
        (["--day", "2026-03-02"], "WHERE calendarday = '2026-03-02' ORDER"),
        (["--from", "2026-03-01"], "WHERE calendarday >= '2026-03-01' ORDER"),
        (
            ["--from", "2026-03-01", "--to", "2026-03-31"],
            "WHERE calendarday >= '2026-03-01' AND calendarday <= '2026-03-31' ORDER",
        ),
        (["--account", "000011112222"], "WHERE accountid = '000011112222' ORDER"),
        (["--user", "O'Brien"], "lower('O''Brien')) > 0 ORDER"),
    ],
)
def test_sessions_options_become_conditions(ask: Ask, athena: FakeAthena, options: list[str], condition: str) -> None:
    assert ask("sessions", *options).exit_code == 0
    assert condition in athena.asked[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ["sessions", "--day", "yesterday"],
        ["sessions", "--day", "2026-03-02", "--to", "2026-03-03"],
        ["sessions", "--from", "2026-03-05", "--to", "2026-03-01"],
        ["sessions", "--account", "1234"],
        ["sessions", "--format", "xml"],
        ["sessions", "--raw"],
        ["sessions", "--profile", "audit"],
        ["transcript"],
        ["transcript", "x", "--raw", "--format", "json"],
        ["query"],
        ["query", "no-such-file.sql"],
        ["query", "  ;  "],
        ["query", "SELECT 1", "--raw"],
        ["put"],
        ["put", "no-such-folder"],
        ["run", "--keep", "nothing"],
        ["demo", "--raw", "no-such-folder"],
        ["nonsense"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(ask: Ask, arguments: list[str]) -> None:
    result = ask(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert not result.stdout


def test_a_transcript_is_shown_numbered_and_safe(ask: Ask, athena: FakeAthena) -> None:
    result = ask("transcript", "alice@example.com-0b7c1cc185ccf51a9")
    assert result.exit_code == 0
    assert "sessionid = '0b7c1cc185ccf51a9'" in athena.asked[0]
    assert "calendarday IN ('2026-03-02')" in athena.asked[1]
    assert "    1 14:05:20   $ cat x\\x1b[8m\n" in result.stdout
    assert "    2          ~         tab\\u202e\n" in result.stdout
    assert "\x1b" not in result.stdout


def test_raw_gives_a_transcripts_bytes_and_nothing_else(ask: Ask) -> None:
    assert ask("transcript", "0b7c1cc185ccf51a9", "--raw").stdout_bytes == b"$ cat x\x1b[8m\n\ttab\xe2\x80\xae\n"


def test_a_session_that_is_nowhere_ends_with_4(ask: Ask, athena: FakeAthena) -> None:
    athena.answers["SELECT * FROM sessions"] = []
    result = ask("transcript", "0b7c\x1b[2J")
    assert result.exit_code == 4
    assert "there is no session 0b7c\\x1b[2J in the lake" in result.stderr


def test_a_session_without_keystrokes_says_why_and_is_no_failure(ask: Ask, athena: FakeAthena) -> None:
    port_forwarding = DENIED | {"sessionid": "0b7c", "keystrokes": "cannot be logged (port forwarding)"}
    athena.answers = {"SELECT * FROM sessions": [port_forwarding], "SELECT * FROM transcript": []}
    result = ask("transcript", "0b7c", "--raw")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no keystrokes: cannot be logged (port forwarding)\n"


def test_a_query_is_taken_from_the_argument_a_file_or_standard_input(
    ask: Ask, athena: FakeAthena, tmp_path: Path
) -> None:
    athena.answers = {"SELECT": [{"n": "1"}]}
    (tmp_path / "q.sql").write_text("SELECT 2 ;\n")
    assert ask("query", "SELECT 1").exit_code == 0
    assert ask("query", str(tmp_path / "q.sql")).exit_code == 0
    assert ask("query", "-", stdin="SELECT\n3;").exit_code == 0
    assert athena.asked == ["SELECT 1", "SELECT 2", "SELECT\n3"]


def test_a_query_that_fails_ends_with_1_in_athenas_words_without_a_traceback(ask: Ask) -> None:
    result = ask("query", "SELEC 1")
    assert result.exit_code == 1
    assert result.stderr == "loglake: the query failed: SYNTAX_ERROR: SELEC 1\n"


def test_an_error_that_nobody_expected_ends_with_1_and_its_traceback_is_in_a_file(
    ask: Ask, athena: FakeAthena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(sql: str) -> Answer:
        raise RuntimeError(f"no such thing: {sql}")

    monkeypatch.setenv("LOGLAKE_HOME", str(tmp_path))
    monkeypatch.setattr(athena, "ask", broken)
    result = ask("query", "SELECT 1")
    assert result.exit_code == 1
    assert "RuntimeError: no such thing" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in (tmp_path / "log" / "loglake.log").read_text()


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["run"], ["put", "."], ["sessions"], ["transcript", "x"], ["query", "SELECT 1"], ["summary"]],
)
def test_without_a_lake_every_command_ends_with_3_and_says_how_to_start_one(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGLAKE_HOME", str(tmp_path))
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 3
    assert "loglake up" in result.stderr


def test_stopping_where_nothing_runs_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGLAKE_HOME", str(tmp_path / "none"))
    result = CliRunner().invoke(cli, ["down"])
    assert (result.exit_code, result.stdout) == (0, "No lake was running.\n")


def test_aws_is_asked_only_where_it_is_named() -> None:
    places: list[Place] = []

    def connect(place: Place) -> FakeAthena:
        places.append(place)
        return FakeAthena({"SELECT": []})

    for arguments in (["query", "SELECT 1"], ["query", "SELECT 1", "--aws", "--profile", "p", "--region", "eu-west-1"]):
        assert CliRunner().invoke(cli, arguments, obj={"connect": connect}).exit_code == 0
    assert places == [Place(), Place(aws=True, profile="p", region="eu-west-1")]


def test_ctrl_c_ends_with_130_and_says_what_is_left(
    ask: Ask, athena: FakeAthena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(sql: str) -> Answer:  # noqa: ARG001 - ask's signature
        raise KeyboardInterrupt

    monkeypatch.setenv("LOGLAKE_HOME", str(tmp_path))
    monkeypatch.setattr(athena, "ask", interrupted)
    result = ask("query", "SELECT 1")
    assert result.exit_code == 130
    assert "No lake is running" in result.stderr


def test_a_reader_that_goes_away_ends_it_with_141_and_without_a_word() -> None:
    """As in `loglake query ... | head -1`: the pipe is closed while there is more to say."""
    script = """
import sys
from cli.athena import Answer, Column
from cli.main import cli
from cli.place import Place
class Endless:
    def ask(self, sql):
        return Answer([Column("n", "bigint")], ([str(n)] for n in iter(int, 1)))
cli(["query", "SELECT 1", "--format", sys.argv[1]], obj={"connect": lambda _: Endless()})
"""
    for form in ("json", "csv", "table"):
        process = subprocess.Popen(
            [sys.executable, "-c", script, form],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(home.PROJECT)},
        )
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait(30) == 141


@pytest.mark.parametrize("name", [[], *([name] for name in cli.commands)])
def test_every_command_teaches_with_an_example_and_its_exit_codes(name: list[str]) -> None:
    result = CliRunner().invoke(cli, [*name, "--help"])
    assert result.exit_code == 0
    assert "Exit codes: 0 done" in result.stdout
    assert name in ([], ["down"], ["summary"]) or f"loglake {name[0]}" in result.stdout


def test_keep_is_set_for_all_jobs_and_nothing_else_of_the_settings_changes() -> None:
    text = (home.PROJECT / "lake.toml").read_text()
    changed = home.with_keep(text, "everything")
    differing = [(a, b) for a, b in zip(text.splitlines(), changed.splitlines(), strict=True) if a != b]
    assert [(a.split("#")[0].strip(), b.split("#")[0].strip()) for a, b in differing] == [
        ('keep = "filtered"', 'keep = "everything"')
    ] * len(JOBS)
    assert home.with_keep(changed, "filtered") == text
    bare = home.with_keep("[jobs.cloudtrail]\nevents = []\n[bounds]\nattempts = 1\n", "everything")
    assert tomllib.loads(bare) == {
        "jobs": {job: {"keep": "everything"} for job in JOBS} | {"cloudtrail": {"keep": "everything", "events": []}},
        "bounds": {"attempts": 1},
    }


def figures(**changed: int) -> summary.Summary:
    """One job's figures that add up, but for what is changed."""
    job = summary.Job(
        objects={("ok", ""): 3, ("dropped", "accounts_deny"): 1},
        records=20,
        kept=8,
        filtered=10,
        by_rule={"event": 10},
        quarantined=2,
        by_reason={"no-time": 2},
        published=8,
        duplicates=2,
        conflicts=1,
        rows=5,
        days=1,
        first="2026-03-02",
        last="2026-03-02",
    )
    for name, value in changed.items():
        setattr(job, name, value)
    return summary.Summary({"cloudtrail": job})


def test_figures_that_add_up_are_all_shown() -> None:
    assert figures().unequal() == []
    lines = {f"{what} {detail}".strip(): by["cloudtrail"] for what, detail, by in figures().lines()}
    assert lines["objects"] == 4
    assert lines["objects dropped: accounts_deny"] == 1
    assert lines["records filtered by event"] == 10
    assert lines["records quarantined: no-time"] == 2
    assert lines["rows duplicates"] == 2
    assert lines["rows in the table"] == 5


@pytest.mark.parametrize(
    "changed", [{"records": 21}, {"quarantined": 3}, {"published": 9}, {"rows": 6}, {"duplicates": 0}]
)
def test_figures_that_do_not_add_up_are_named(changed: dict[str, int]) -> None:
    assert any("cloudtrail: " in line for line in figures(**changed).unequal())


def test_a_summary_says_how_often_objects_were_read_where_records_of_one_count_twice() -> None:
    assert not figures(readings=3).reread()
    again = figures(readings=5)
    assert again.reread()
    assert ("readings", "", {"cloudtrail": 5}) in list(again.lines())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sessions", "--day", "2026-3-2x"], "'2026-3-2x' is not a day, yyyy-mm-dd"),
        (["completeness", "--from", "yesterday"], "'yesterday' is not a day"),
        (["query", ""], "there is no SQL to run"),
        (["query", " ;"], "there is no SQL to run"),
    ],
)
def test_a_day_that_is_none_and_a_query_without_sql_are_said_in_words(
    ask: Ask, arguments: list[str], said: str
) -> None:
    result = ask(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_home_that_cannot_be_made_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LOGLAKE_HOME", str(tmp_path / "file" / "home"))
    result = CliRunner().invoke(cli, ["up"])
    assert result.exit_code == 1
    assert str(tmp_path / "file") in result.stderr
    assert "LOGLAKE_HOME" in result.stderr
    assert "Traceback" not in result.stderr
