"""Query executions: queued, run in threads by the engine, their answers stored and kept."""

from __future__ import annotations

import atexit
import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from moto.s3.models import s3_backends

from infra.local import athena_information
from infra.local.application import LOCKS
from infra.local.athena_catalog import Catalog, MotoCatalog
from infra.local.athena_errors import QueryError
from infra.local.athena_results import Result, csv

log = logging.getLogger(__name__)
AT_ONCE = 4  # queries that run; the others are queued
STOP = 5.0  # seconds in which a stopped query must end; StopQueryExecution waits for it
KEPT = 256 << 20  # bytes of answers that are kept for GetQueryResults; the oldest go first


class Query(Protocol):
    """One run of one query on an engine."""

    def run(self, sql: str, schema: str, parameters: Sequence[str] = ()) -> Result:
        """The answer. schema: the database of unqualified names. Raises QueryError."""
        ...

    def stop(self) -> None:
        """From another thread, and as often as one likes: end the query; its run raises QueryError."""
        ...


class Engine(Protocol):
    """What runs the queries: `duck.Engine`, or `trino.engine.Engine`."""

    def query(self, catalog: Catalog, location: str) -> AbstractContextManager[Query]:
        """A run. location: where the answer goes, s3://bucket/key without a suffix."""
        ...

    def close(self) -> None:
        """End it, at the process's end."""
        ...


@dataclass(slots=True)
class Execution:
    """One query execution, as GetQueryExecution tells it. Times are seconds of the clock."""

    id: str
    query: str
    database: str
    parameters: list[str]
    workgroup: Any
    config: dict[str, Any]
    submitted: float
    status: str = "QUEUED"
    reason: str = ""
    user_error: bool = True
    started: float = 0.0
    ended: float = 0.0
    result: Result | None = None
    running: Query | None = None
    manifest: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def utility(self) -> bool:
        """Whether it is SHOW or DESCRIBE."""
        return athena_information.is_information(self.query)

    @property
    def kind(self) -> str:
        """Athena's StatementType."""
        if self.utility:
            return "UTILITY"
        return "DDL" if re.match(r"\s*(CREATE|DROP)\b", self.query, re.I) else "DML"

    def finish(self, status: str, reason: str = "", user_error: bool = True) -> None:
        """Its one and only end."""
        with self.lock:
            if not self.ended:
                self.status, self.reason, self.user_error, self.ended = status, reason, user_error, time.time()

    def stop(self) -> None:
        """End it wherever it is. One that has ended stays as it ended."""
        self.finish("CANCELLED", "Query cancelled by user")
        late = time.monotonic() + STOP
        while (running := self.running) and time.monotonic() < late:
            running.stop()
            time.sleep(0.01)  # an engine may forget what it is told before the query begins: say it again


class Runner:
    """Runs executions in threads, on one engine, so that memory has one bound. `engine` may be changed any time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="athena")
        self._kept: OrderedDict[str, Execution] = OrderedDict()
        self._lock = threading.Lock()
        atexit.register(self._close)

    def _close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self.engine.close()

    def submit(self, execution: Execution, account: str, region: str) -> None:
        """Run it as soon as there is a thread for it."""
        self._pool.submit(self._run, execution, account, region)

    def _run(self, execution: Execution, account: str, region: str) -> None:
        with execution.lock:
            if execution.ended:  # stopped while it was queued
                return
            execution.status, execution.started = "RUNNING", time.time()
        try:
            result = self._answer(execution, MotoCatalog(account, region))
            execution.manifest = _store(result, execution.config["OutputLocation"], account)
            execution.result = result
            self._keep(execution)
            execution.finish("SUCCEEDED")
        except QueryError as error:
            execution.finish("FAILED", error.reason, error.user)
        except Exception as error:
            log.exception("query %s", execution.id)
            execution.finish("FAILED", f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}", user_error=False)

    def _answer(self, execution: Execution, catalog: MotoCatalog) -> Result:
        if execution.utility:
            return athena_information.answer(execution.query, execution.database, catalog)
        location = execution.config["OutputLocation"].removesuffix(".csv")
        with self.engine.query(catalog, location) as query:
            execution.running = query
            try:
                return query.run(execution.query, execution.database, execution.parameters)
            finally:
                execution.running = None

    def _keep(self, execution: Execution) -> None:
        with self._lock:
            self._kept[execution.id] = execution
            while (
                len(self._kept) > 1 and sum(one.result.rows.nbytes for one in self._kept.values() if one.result) > KEPT
            ):
                _, oldest = self._kept.popitem(last=False)
                oldest.result = None


def _store(result: Result, location: str, account: str) -> str:
    """Write the answer to the output location; in its place, the names of the files that a statement wrote.

    Returns where those names are, '' for an answer.
    """
    manifest = "" if result.files is None else f"{location.removesuffix('.csv')}-manifest.csv"
    bucket, _, key = (manifest or location).removeprefix("s3://").partition("/")
    content = csv(result) if result.files is None else "".join(f"{one}\n" for one in result.files).encode()
    with LOCKS["s3"]:
        backend = s3_backends[account]["aws"]
        if bucket not in backend.buckets:
            raise QueryError(f"Unable to verify/create output bucket {bucket}")
        backend.put_object(bucket, key, content)
    return manifest
