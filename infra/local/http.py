"""The embedded AWS's HTTP server: cheroot's, on loopback, for this machine alone.

Only for who calls it by a name of this machine, so that no web page that a browser has open can reach a person's logs
under a name of its own (DNS rebinding).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from cheroot.wsgi import Server as Cheroot

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., object]], Iterable[bytes]]

THREADS = 40  # a connection has one while it is kept open: Spark's tasks, threads that upload, long polls
_HERE = re.compile(r"(?:127\.0\.0\.1|\[::1\]|(?:[\w.-]+\.)?localhost)(?::\d+)?")


class Server:
    """Serves `application` on a loopback port of the system's choice.

    It listens from the start; clients wait until `serve_forever` runs. `application` is to be set before.
    """

    application: Application

    def __init__(self) -> None:
        self._cheroot = Cheroot(("127.0.0.1", 0), self._serve, numthreads=THREADS, request_queue_size=256)
        self._cheroot.shutdown_timeout = 1
        self._cheroot.prepare()

    @property
    def endpoint(self) -> str:
        """What clients call it."""
        return f"http://127.0.0.1:{self._cheroot.bind_addr[1]}"

    def serve_forever(self) -> None:
        """Answer until `shutdown`."""
        self._cheroot.serve()

    def shutdown(self) -> None:
        """End, from another thread."""
        self._cheroot.stop()

    def _serve(self, environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        if not _HERE.fullmatch(environ.get("HTTP_HOST", "")):
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"Host is not this machine\n"]
        environ["RAW_URI"] = environ["REQUEST_URI"]  # where moto looks for keys as they were sent
        return self.application(environ, start_response)
