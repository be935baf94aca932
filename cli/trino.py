"""Trino, set up from outside: its files, downloaded when they are first wanted, and a Java to run them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from cli import spark
from cli.errors import Failure
from cli.progress import Board
from infra.local.trino.artefacts import ArtefactError, Installed, cache, install, missing
from infra.local.trino.process import Runtime


def runtime() -> Runtime:
    """What Trino is run with. Raises Failure if its files cannot be had, or there is no Java 17."""
    java = Path(spark.java_home(os.environ), "bin", "java")
    return Runtime(files(), java)


def files() -> Installed:
    """Trino's files. A download shows how far it is."""
    folder = cache(os.environ)
    try:
        wanted = missing(folder)
        if not wanted:
            return install(folder)
        with Board() as board:
            return install(folder, told=_Count(board, wanted).more)
    except ArtefactError as error:
        raise Failure(str(error), "Without Trino: loglake up, which answers with the quick engine.") from None
    except OSError as error:
        raise Failure(
            f"Trino cannot be kept in {folder}: {error.strerror}", "XDG_CACHE_HOME names another folder."
        ) from None


class _Count:
    """Megabytes that are there, from any thread."""

    def __init__(self, board: Board, wanted: int) -> None:
        self._board, self._wanted, self._done, self._lock = board, wanted, 0, threading.Lock()
        self.more(0)

    def more(self, size: int) -> None:
        with self._lock:
            self._done += size
            self._board.set("Trino", "downloading", self._done // 1_000_000, self._wanted // 1_000_000, "MB")
