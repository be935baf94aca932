"""Trino's own protocol (https://trino.io/docs/435/develop/client-protocol.html): a statement, pages of rows, an end."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

TIMEOUT = 60.0  # seconds: Trino answers a poll within one or so, with rows or without
MAX_ROWS = 1 << 30  # bytes of JSON


class Failed(Exception):
    """A statement failed. name, message: as Trino says them. user: whether it is the user's to mend."""

    def __init__(self, name: str, message: str, user: bool = True) -> None:
        super().__init__(f"{name}: {message}")
        self.name, self.message, self.user = name, message, user


class Gone(Exception):
    """Trino does not answer any more."""


@dataclass(slots=True)
class Answer:
    """What a statement gave. columns: Trino's, with name, type and typeSignature. rows: JSON values.

    scanned: bytes that were read from files. updated: rows written, None for what writes none.
    """

    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    scanned: int = 0
    updated: int | None = None


class Statement:
    """One statement's run. `stop` may be called from another thread, at any time."""

    def __init__(self, port: int, user: str = "athena") -> None:
        self._port, self._user = port, user
        self._stopped = threading.Event()
        self._query = ""

    def run(self, sql: str, catalog: str, schema: str, session: Mapping[str, str] | None = None) -> Answer:
        """The whole answer. Raises Failed, or Gone. session: session properties by name."""
        headers = {
            "X-Trino-Catalog": catalog,
            "X-Trino-Schema": quote(schema),
            "X-Trino-Time-Zone": "UTC",
            "X-Trino-Source": "loglake",
            "X-Trino-Session": ",".join(f"{name}={quote(value)}" for name, value in (session or {}).items()),
        }
        answer, size = Answer(), 0
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        try:
            page, _ = self._ask(connection, "POST", "/v1/statement", sql.encode("utf-8", "surrogatepass"), headers)
            while True:
                self._query = page["id"]
                if self._stopped.is_set():
                    self._cancel()
                _raise(page.get("error"))
                answer.columns = page.get("columns") or answer.columns
                answer.rows += page.get("data") or []
                answer.scanned = page["stats"].get("physicalInputBytes", 0)
                answer.updated = page.get("updateCount", answer.updated)
                if "nextUri" not in page:
                    return answer
                page, length = self._ask(connection, "GET", urlsplit(page["nextUri"]).path)
                size += length
                if size > MAX_ROWS:
                    self._cancel()
                    raise Failed("EXCEEDED_LOCAL_MEMORY_LIMIT", f"the answer is larger than {MAX_ROWS >> 20:,} MB")
        finally:
            connection.close()

    @property
    def begun(self) -> bool:
        """Whether Trino has taken it."""
        return bool(self._query)

    def stop(self) -> None:
        """End it; its run raises Failed."""
        self._stopped.set()
        if self._query:
            self._cancel()

    def _cancel(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        try:
            connection.request("DELETE", f"/v1/query/{self._query}", headers={"X-Trino-User": self._user})
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return  # there is nothing left that could go on
        finally:
            connection.close()

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, Any], int]:
        """The answer's document, and its size in bytes."""
        while True:
            try:
                connection.request(method, path, body, {"X-Trino-User": self._user, **(headers or {})})
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as error:
                raise Gone(str(error)) from None
            if answer.status in (502, 503, 504):  # the protocol: ask again after 50 to 100 ms
                time.sleep(0.1)
                continue
            if answer.status != 200:
                raise Failed("GENERIC_INTERNAL_ERROR", f"Trino: HTTP {answer.status} {content[:200]!r}", user=False)
            return json.loads(content), len(content)


def _raise(error: Mapping[str, Any] | None) -> None:
    if error:
        raise Failed(error["errorName"], error["message"], error["errorType"] == "USER_ERROR")
