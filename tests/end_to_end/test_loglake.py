"""The product as a person runs it: the installed command, real Spark, processes of their own, a hostile environment."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from examples.company import Company
from examples.company.sessionfiles import session_files
from verify.findings import FAILED, KINDS

COMMAND = Path(sys.executable).with_name("loglake")


class Decoy:
    """A server that stands for everything that must never be spoken to. It counts who comes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.visitors = self._socket.getsockname()[1], 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.visitors += 1
            connection.close()

    def close(self) -> None:
        self._socket.close()


@dataclass(frozen=True)
class Shell:
    """A person's shell with `loglake` in it."""

    environment: dict[str, str]
    home: Path
    decoy: Decoy

    def __call__(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [COMMAND, *arguments], env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == code, f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self(*arguments, "--format", "json").splitlines()]

    def processes(self) -> list[str]:
        """Command lines of all processes that name this lake's home."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = entry.read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(self.home) in line:
                found.append(line)
        return found


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """After `loglake demo`, with an environment that leads every AWS client to a decoy."""
    folder = tmp_path_factory.mktemp("person")
    decoy = Decoy()
    away = f"http://127.0.0.1:{decoy.port}"
    (folder / "config").write_text(f"[default]\nendpoint_url = {away}\n[profile prod]\nendpoint_url = {away}\n")
    (folder / "credentials").write_text("[prod]\naws_access_key_id = REAL\naws_secret_access_key = REAL\n")
    poison = {
        "AWS_PROFILE": "prod",
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_ACCESS_KEY_ID": "REAL",
        "AWS_SECRET_ACCESS_KEY": "REAL",
        "AWS_SESSION_TOKEN": "REAL",
        "AWS_ENDPOINT_URL": away,
        "AWS_ENDPOINT_URL_S3": away,
        "AWS_ENDPOINT_URL_SQS": away,
        "AWS_REGION": "eu-south-2",
        "HTTP_PROXY": away,
        "HTTPS_PROXY": away,
        "http_proxy": away,
    }
    home = folder / "home"
    shell = Shell({**os.environ, **poison, "LOGLAKE_HOME": str(home), "NO_COLOR": "1"}, home, decoy)
    try:
        shell("demo")
        yield shell
    finally:
        shell("down")
        decoy.close()


def test_the_demo_shows_every_session_of_the_sample_company(shell: Shell) -> None:
    company = Company()
    for _ in company.objects():
        pass
    sessions = company.truth().sessions
    sessions += session_files(sessions).sessions
    expected = {(one.sessionid, one.outcome.replace("-", " "), len(one.lines)) for one in sessions}
    found = {(row["sessionid"], row["outcome"], int(row["keystrokelines"])) for row in shell.json("sessions")}
    assert found == expected


def test_the_demos_signed_trail_verifies_and_the_others_are_not_called_verified(shell: Shell) -> None:
    keys = str(shell.home / "public-keys.json")
    said = shell("verify", "--day", "2026-03-02", "--public-keys", keys, "--format", "json", code=5)
    kinds = Counter(json.loads(line)["kind"] for line in said.splitlines())
    assert kinds["digest-signed"] == kinds["chain-linked"] + 1 == 26
    assert kinds["log-intact"] == 10
    assert kinds["log-uncovered"] == 114
    assert kinds["ledger-same"] == 10 + 114 + kinds["log-never-signed"]
    assert not {kind for kind in kinds if KINDS[kind][1] == FAILED}


def test_a_transcript_is_shown_line_by_line_and_no_control_character_acts(shell: Shell) -> None:
    acting = r"FROM transcript WHERE regexp_like(line, '\p{Cc}')"
    found = shell.json("query", f"SELECT sessionid {acting} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 3")
    assert len(found) == 3
    for one in (row["sessionid"] for row in found):
        shown = shell("transcript", one)
        assert not [c for c in shown if ord(c) < 32 and c != "\n"]
        assert "\x7f" not in shown


def test_a_persons_own_files_join_the_lake_and_late_ones_land_on_their_day(shell: Shell, tmp_path: Path) -> None:
    event = {
        "eventVersion": "1.08",
        "eventID": "11111111-2222-4333-8444-555555555555",
        "eventTime": "2019-07-01T23:59:59Z",
        "eventSource": "ssm.amazonaws.com",
        "eventName": "StartSession",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "000011112222",
        "responseElements": {"sessionId": "mallory-0123456789abcdef0"},
    }
    (tmp_path / "one event").write_text(json.dumps(event))
    (tmp_path / "notes.txt").write_text("not a log")
    assert "not taken in" in shell("put", str(tmp_path))
    shell("run")
    (row,) = shell.json(
        "query", "SELECT calendarday, sessionid FROM sessions WHERE username IS NULL AND accountid = '000011112222'"
    )
    assert row == {"calendarday": "2019-07-01", "sessionid": "0123456789abcdef0"}


def test_wrong_questions_have_exit_codes_that_scripts_can_trust(shell: Shell) -> None:
    shell("query", "SELECT nothing FROM nowhere", code=1)
    shell("query", code=2)
    shell("transcript", "nosuchsession", code=4)


def test_nothing_ever_left_for_anywhere_but_the_local_lake(shell: Shell) -> None:
    assert shell.decoy.visitors == 0


def test_down_leaves_no_process_and_later_commands_say_that_there_is_no_lake(shell: Shell) -> None:
    assert shell.processes()
    shell("down")
    assert shell.processes() == []
    shell("sessions", code=3)
    shell("up")  # so that the fixture's own `down` has something to end
