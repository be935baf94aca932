"""HTTP/1.1 for the embedded AWS: a WSGI server that does little, because every byte of a local run goes through it.

Werkzeug's own server parses headers as e-mail and writes them one by one, which costs more than moto does with a small
object. This one reads a whole request, calls the application, and answers with one write. Connections stay open; each
has a thread. For loopback only: no TLS, no limits; and only for who calls it by a name of this machine, so that no web
page that a browser has open can reach a person's logs under a name of its own (DNS rebinding).
"""

from __future__ import annotations

import logging
import re
import socket
import socketserver
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO, StringIO
from typing import IO, Any
from urllib.parse import unquote_to_bytes

log = logging.getLogger(__name__)
PRESERVED_NAMES = "moto.preserved_header_names"  # moto.core.request reads it

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Application = Callable[[Environ, Callable[..., object]], Iterable[bytes]]


_HERE = re.compile(r"(?:127\.0\.0\.1|\[::1\]|(?:[\w.-]+\.)?localhost)(?::\d+)?")


class BadRequest(Exception):
    """What the client sent is not HTTP/1.1, or not for this machine."""


class Server(socketserver.ThreadingTCPServer):
    """Serves `application` on a loopback port of the system's choice.

    It listens from the start; clients wait until `serve_forever` runs. `application` is to be set before.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    application: Application

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Connection)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @property
    def endpoint(self) -> str:
        """What clients call it."""
        return f"http://127.0.0.1:{self.port}"


class Connection(socketserver.BaseRequestHandler):
    """One client's connection: requests one after the other."""

    server: Server

    def handle(self) -> None:
        """Answer until the client goes."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.request.makefile("rb", 1 << 16) as stream, suppress(ConnectionError):
            while self._one(stream):
                pass

    def _one(self, stream: IO[bytes]) -> bool:
        """Read one request and answer it. False if the connection ends."""
        try:
            environ = self._read(stream)
        except BadRequest as error:
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            log.warning("bad request: %s", error)
            return False
        if environ is None:
            return False
        status, headers, body = call(self.server.application, environ)
        stay: bool = environ["SERVER_PROTOCOL"] == "HTTP/1.1" and environ.get("HTTP_CONNECTION", "").lower() != "close"
        self._write(environ["REQUEST_METHOD"], status, headers, body, stay)
        return stay

    def _read(self, stream: IO[bytes]) -> Environ | None:
        line = stream.readline(1 << 16)
        if not line.strip():
            return None
        try:
            method, target, protocol = line.decode("latin-1").split()
        except ValueError:
            raise BadRequest(repr(line[:100])) from None
        environ = request_environ(method, target, protocol, _header_lines(stream))
        if not _HERE.fullmatch(environ.get("HTTP_HOST", "")):
            raise BadRequest(f"Host {environ.get('HTTP_HOST')!r} is not this machine")
        environ["SERVER_PORT"] = str(self.server.port)
        if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            environ["wsgi.input"] = BytesIO(_body(environ, stream))
        except ValueError as error:
            raise BadRequest(str(error)) from None
        return environ

    def _write(self, method: str, status: str, headers: Headers, body: bytes, stay: bool) -> None:
        lines = [f"HTTP/1.1 {status}"]
        bodiless = method == "HEAD" or status[:3] in ("204", "304")
        lines += [f"{name}: {value}" for name, value in headers if bodiless or name.lower() != "content-length"]
        if not bodiless:
            lines.append(f"Content-Length: {len(body)}")
        lines.append("Connection: keep-alive\r\n\r\n" if stay else "Connection: close\r\n\r\n")
        head = "\r\n".join(lines).encode("latin-1", "replace")
        if bodiless:
            self.request.sendall(head)
        elif len(body) < 1 << 16:
            self.request.sendall(head + body)
        else:
            self.request.sendall(head)
            self.request.sendall(body)


def _header_lines(stream: IO[bytes]) -> Iterator[tuple[str, str]]:
    while (line := stream.readline(1 << 16)) not in (b"\r\n", b"\n"):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise BadRequest(repr(line[:100]))
        yield name, value.strip()


def request_environ(method: str, target: str, protocol: str, headers: Iterable[tuple[str, str]]) -> Environ:
    """WSGI's environment of a request, as moto wants it: with the raw target, and with the original spelling of
    S3 metadata that has underscores in its names."""
    path, _, query = target.partition("?")
    spelled: dict[str, str] = {}
    environ: Environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),  # WSGI's way to carry bytes in text
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PROTOCOL": protocol,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        PRESERVED_NAMES: spelled,
    }
    for name, value in headers:
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        if "_" in name:
            if not name.lower().startswith("x-amz-meta-"):
                continue
            spelled[key] = name
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def _body(environ: Environ, stream: IO[bytes]) -> bytes:
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        del environ["HTTP_TRANSFER_ENCODING"]
        data = b"".join(_chunks(stream))
        environ["CONTENT_LENGTH"] = str(len(data))
        return data
    length = int(environ.setdefault("CONTENT_LENGTH", "0") or 0)
    data = stream.read(length)
    if len(data) < length:
        raise ConnectionResetError("the client went away in the middle of a request")
    return data


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while size := int(stream.readline(100).split(b";")[0], 16):
        yield stream.read(size)
        stream.readline(100)
    while stream.readline(1 << 16) not in (b"\r\n", b"\n", b""):
        pass  # trailers


def call(application: Application, environ: Environ) -> tuple[str, Headers, bytes]:
    """A WSGI application's whole answer. What it raises becomes a 500 that names the error, and is logged."""
    answer: list[Any] = []

    def start_response(status: str, headers: Headers, _exc_info: object = None) -> None:
        answer[:] = [status, headers]

    try:
        parts = application(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            if close := getattr(parts, "close", None):
                close()
    except Exception as error:
        log.exception("%s %s", environ["REQUEST_METHOD"], environ["RAW_URI"])
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return f"{status.value} {status.phrase}", [], f"{type(error).__name__}: {error}".encode()
    return answer[0], answer[1], body
