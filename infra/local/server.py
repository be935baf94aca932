"""The embedded AWS as a process: moto's S3, SQS, Glue and Athena, its faults mended, over HTTP on loopback.

`python -m infra.local.server --home <folder>` makes the lake that <folder>/lake.toml describes, and runs until it is
told to end. It says where it listens in <folder>/server.json and how the lake is at STATUS.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local import hermetic
from infra.local.files import write_atomically
from infra.local.http import Application, Environ, Server
from lake import settings as lake_settings
from lake.settings import Settings

if TYPE_CHECKING:
    from infra.local.athena_runs import Engine, Runner
    from infra.local.trino.engine import Engine as Trino

STATUS = "/_loglake/status"
ACCOUNT = "111122223333"
_runner: Runner | None = None


def start() -> Server:
    """An embedded AWS in a thread of this process, with nothing in it. `shutdown()` ends it."""
    server = Server()
    server.application = build()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def build() -> Application:
    """moto with all that this package changes in it. The first import of moto reads MOTO_ACCOUNT_ID."""
    global _runner
    os.environ.update(MOTO_ACCOUNT_ID=ACCOUNT, MOTO_DISABLE_GLOBAL_CORS="true")
    from infra.local import athena_api, duck, moto_glue, moto_indexes, moto_queue, moto_s3
    from infra.local.application import Application as Moto
    from infra.local.athena_runs import Runner

    moto_s3.install()
    moto_queue.install()
    moto_glue.install()
    moto_indexes.install()
    _runner = Runner(duck.Engine())
    athena_api.install(_runner)
    return Moto()


def answer_with(engine: Engine) -> Engine:
    """From now on this process's Athena has its answers from `engine`. Returns the one that it had them from."""
    assert _runner is not None, "there is no embedded AWS in this process"
    before, _runner.engine = _runner.engine, engine
    return before


class WithStatus:
    """An application that also answers at STATUS, in JSON: is the lake made, what lies in its queues."""

    def __init__(self, inner: Application, settings: Settings) -> None:
        self._inner, self._settings = inner, settings
        self.ready = False

    def __call__(self, environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != STATUS:
            return self._inner(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(self.status()).encode()]

    def status(self) -> dict[str, Any]:
        """waiting, taken, dead: messages that are visible, in flight, in the dead-letter queue."""
        if not self.ready:
            return {"ready": False}
        from infra import resources
        from infra.local.moto_queue import counts

        region = self._settings.lake.region
        waiting, taken = counts(ACCOUNT, region, resources.queue(self._settings).name)
        dead, retried = counts(ACCOUNT, region, resources.dead_letters(self._settings).name)
        return {"ready": True, "waiting": waiting, "taken": taken, "dead": dead + retried}


def main(home: Path) -> None:
    """Listen first, so that others can start meanwhile; then load moto, serve, and make the lake."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    server = Server()
    write_atomically(home / "server.json", json.dumps({"pid": os.getpid(), "endpoint": server.endpoint}))
    try:
        settings = lake_settings.parse((home / "lake.toml").read_text())
        hermetic.enter(server.endpoint, settings.lake.region)
        server.application = application = WithStatus(build(), settings)
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        trino = _trino(home, server.endpoint, settings.lake.region)

        from infra.local import resources

        resources.create(settings)
        if trino:
            trino.wait()
            answer_with(trino)
        application.ready = True
        serving.join()
    finally:
        server.shutdown()  # its threads would keep a process alive that could not start


def _trino(home: Path, endpoint: str, region: str) -> Trino | None:
    """Trino, starting, if the lake was started with it. It ends with this process."""
    try:
        parts = json.loads((home / "trino.json").read_text())
    except FileNotFoundError:
        return None
    from infra.local.trino.artefacts import Installed
    from infra.local.trino.engine import Engine as Trino
    from infra.local.trino.process import Runtime, Setting

    runtime = Runtime(Installed(Path(parts["files"])), Path(parts["java"]))
    return Trino(Setting(runtime, home / "trino", home / "log" / "trino.log", endpoint, region, str(home)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The embedded AWS. Started by `loglake up`.")
    parser.add_argument("--home", type=Path, required=True)
    main(parser.parse_args().home)
