"""What tests share: one embedded AWS for the session, emptied for each test that asks for it, and one Trino."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

sys.path.insert(0, str(Path(__file__).parents[1]))  # `tests.lakes`

from tests import browser, figures
from tests.figures import Figure

settings.register_profile("suite", deadline=None)  # machines are noisy: a slow example is no failure
settings.load_profile("suite")

if TYPE_CHECKING:
    from infra.local.trino.engine import Engine

os.environ.pop("COLUMNS", None)  # a terminal's or xdist's: what is printed must not depend on who runs the tests
ENVIRONMENT = dict(os.environ)  # as it was before `embedded_aws` took from it all that leads to a network
UNTESTED = "TRINO WAS NOT TESTED"


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[str]:
    """The endpoint of an embedded AWS in this process. From here on this process can reach nothing else."""
    from infra.local import hermetic, server

    running = server.start()
    hermetic.enter(running.endpoint)
    yield running.endpoint
    running.shutdown()


@pytest.fixture
def aws(embedded_aws: str) -> str:
    """The endpoint, with nothing in it: a lake that an earlier test made is gone."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    return embedded_aws


@pytest.fixture(scope="session")
def trino(embedded_aws: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A Trino on the embedded AWS, with a catalog more, `byposition`, that reads ORC so. Tests take `on_trino`.

    Its files are downloaded if they are not in the user's cache; without a network its tests are skipped, loudly.
    """
    from cli.spark import java_home
    from infra.local.trino.artefacts import Installed
    from infra.local.trino.engine import Engine
    from infra.local.trino.process import BY_POSITION, Runtime, Setting

    fetch = [sys.executable, "-m", "infra.local.trino"]
    got = subprocess.run(fetch, env=ENVIRONMENT, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    if got.returncode == os.EX_TEMPFAIL:
        pytest.skip(f"{UNTESTED}: {got.stderr.strip()}")
    assert got.returncode == 0, got.stderr
    folder = tmp_path_factory.mktemp("trino")
    runtime = Runtime(Installed(Path(got.stdout.strip())), Path(java_home(ENVIRONMENT), "bin", "java"))
    catalogs = {"byposition": BY_POSITION}
    engine = Engine(Setting(runtime, folder, folder / "trino.log", embedded_aws, "us-east-1", catalogs=catalogs))
    try:
        engine.wait()
        yield engine
    finally:
        engine.close()


@pytest.fixture
def on_trino(trino: Engine) -> Iterator[Engine]:
    """For the length of a test, Athena answers by Trino."""
    from infra.local import server

    before = server.answer_with(trino)
    yield trino
    server.answer_with(before)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Shows a line at the end of the run."""
    return lambda text: record_property(figures.NAME, text)


class _ByFile(LoadScopeScheduling):
    """A file's tests share a process, for its fixtures; all files that ask Trino share one: it is slow to start."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "trino" if _asks_trino(file) else file


@cache
def _asks_trino(file: str) -> bool:
    text = (Path(__file__).parents[1] / file).read_text()
    return "trino: Engine" in text or ', "trino"]' in text


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How tests go to processes, where there are several."""
    return _ByFile(config, log)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are named by their length: gzip writes the second into them, and two processes must agree on names."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The figures; and nobody shall take a run without Trino or a browser for a whole one."""
    shown = [
        str(text)
        for report in terminalreporter.getreports("passed")
        for name, text in report.user_properties
        if name == figures.NAME
    ]
    if shown:
        terminalreporter.write_sep("-", "figures")
        for text in shown:
            terminalreporter.write_line(text)
    skipped = [report.longrepr[2] for report in terminalreporter.getreports("skipped") if report.when == "setup"]
    for lacking in (UNTESTED, browser.UNSEEN):
        if why := next((one for one in skipped if lacking in one), None):
            terminalreporter.write_sep("=", lacking, red=True, bold=True)
            terminalreporter.write_line(why)
