"""A lake with Trino: it starts, answers, comes back when it dies, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3

from cli.athena import Athena
from infra.local import lifecycle, processes
from infra.local.trino.engine import Engine
from infra.local.trino.process import Runtime
from tests.lakes import SETTINGS, WORKGROUP

PATIENCE = 60.0  # seconds
ROOT = Path(__file__).parents[2]


def wait(done: Any) -> None:
    late = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < late
        time.sleep(0.05)


def test_trino_ends_when_the_process_that_started_it_is_killed(trino: Engine, tmp_path: Path) -> None:
    parent = (
        "import sys; from pathlib import Path; from infra.local.trino.artefacts import Installed; "
        "from infra.local.trino.process import Process, Runtime, Setting; folder = Path(sys.argv[3]); "
        "runtime = Runtime(Installed(Path(sys.argv[1])), Path(sys.argv[2])); "
        "trino = Process(Setting(runtime, folder, folder / 'log', 'http://127.0.0.1:9', 'us-east-1', sys.argv[3])); "
        "print(trino.pid, flush=True); sys.stdin.read()"
    )
    runtime = trino.process.setting.runtime
    arguments = [str(runtime.installed.folder), str(runtime.java), str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-c", parent, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout
        started = int(process.stdout.readline())
        wait(lambda: started in processes.find(tmp_path))  # its own command line, no longer its parent's
        process.kill()
    wait(lambda: not processes.find(tmp_path))


def test_a_lake_with_trino_answers_outlives_its_death_and_ends_whole(trino: Engine, tmp_path: Path) -> None:
    runtime: Runtime = trino.process.setting.runtime
    lake = lifecycle.up(SETTINGS, tmp_path, runtime)
    try:
        client = boto3.client("athena", endpoint_url=lake.endpoint)
        athena = Athena(client, SETTINGS.lake.database, WORKGROUP)
        engine = "SELECT node_version FROM system.runtime.nodes"
        assert athena.values(engine) == [["435"]]
        assert athena.values("SELECT count(*) FROM transcript") == [["0"]]
        (first,) = _trinos(tmp_path)
        os.kill(first, signal.SIGKILL)
        wait(lambda: first not in _trinos(tmp_path))
        assert athena.values(engine) == [["435"]]
        (second,) = _trinos(tmp_path)
        assert second != first
    finally:
        lifecycle.down(tmp_path)
    assert not processes.find(tmp_path)


def _trinos(home: Path) -> list[int]:
    return [pid for pid, module in processes.find(home).items() if module == processes.TRINO]
