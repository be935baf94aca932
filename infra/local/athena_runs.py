"""Query executions: queued, run in threads by the engine, their answers stored and kept."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import duckdb
from moto.s3.models import s3_backends

from infra.local import athena_information, duck
from infra.local.application import LOCKS
from infra.local.athena_catalog import MotoCatalog
from infra.local.athena_errors import QueryError
from infra.local.athena_results import Result, csv

log = logging.getLogger(__name__)
AT_ONCE = 4  # queries that run; the others are queued
STOP = 5.0  # seconds in which a stopped query must end; StopQueryExecution waits for it
KEPT = 256 << 20  # bytes of answers that are kept for GetQueryResults; the oldest go first


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
    running: duck.Query | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def utility(self) -> bool:
        """Whether it is SHOW or DESCRIBE."""
        return athena_information.is_information(self.query)

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
            with suppress(duckdb.Error):  # it has ended meanwhile
                running.stop()
            time.sleep(0.01)  # DuckDB forgets an interrupt that comes before the query begins: say it again


class Runner:
    """Runs executions in threads. One for the process, so that DuckDB's memory has one bound."""

    def __init__(self) -> None:
        self._database = duck.database()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="athena")
        self._kept: OrderedDict[str, Execution] = OrderedDict()
        self._lock = threading.Lock()
        atexit.register(self._close)

    def _close(self) -> None:
        """DuckDB's objects must go before the interpreter does, or its binding complains of each."""
        self._pool.shutdown(cancel_futures=True)
        self._database.close()
        del self._database

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
            _store(result, execution.config["OutputLocation"], account)
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
        with self._database.cursor() as cursor:
            execution.running = duck.Query(cursor, catalog)
            try:
                return execution.running.run(execution.query, execution.database, execution.parameters)
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


def _store(result: Result, location: str, account: str) -> None:
    """Write the answer to the output location."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    content = csv(result)
    with LOCKS["s3"]:
        backend = s3_backends[account]["aws"]
        if bucket not in backend.buckets:
            raise QueryError(f"Unable to verify/create output bucket {bucket}")
        backend.put_object(bucket, key, content)
