"""The engine that Athena is: a query goes to Trino as it was written, its answer comes back in Athena's forms."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa

from infra.local.athena_catalog import Catalog
from infra.local.athena_errors import QueryError
from infra.local.athena_results import Result
from infra.local.trino.client import Answer, Failed, Gone
from infra.local.trino.client import Statement as Running
from infra.local.trino.process import CATALOG, UNLOAD, Process, Setting, TrinoError
from infra.local.trino.statements import Statement, read, with_parameters
from infra.local.trino.values import result

DYING = 5.0  # seconds that a process may take to end, once it does not answer
SETTLED = 60.0  # seconds after its start in which Trino may not know its own node yet


class Engine:
    """A Trino that is there for all queries of the lake: started with it, and again should it have ended."""

    def __init__(self, setting: Setting) -> None:
        self._setting, self._process = setting, Process(setting)
        self._lock = threading.Lock()

    @property
    def process(self) -> Process:
        """The one that runs."""
        return self._process

    def wait(self) -> None:
        """Until it answers. Raises TrinoError."""
        self._process.wait()

    def living(self) -> Process:
        """The process; another one if it has ended, which running out of memory makes it do."""
        with self._lock:
            if not self._process.alive:
                self._process = Process(self._setting)
                self._process.wait()
            return self._process

    @contextmanager
    def query(self, catalog: Catalog, location: str) -> Iterator[Query]:
        """A run of a query. location: where its answer goes, s3://bucket/key without a suffix."""
        yield Query(self, catalog, location)

    def close(self) -> None:
        """End it."""
        self._process.stop()


class Query:
    """One run of one query."""

    def __init__(self, engine: Engine, catalog: Catalog, location: str) -> None:
        self._engine, self._catalog, self._location = engine, catalog, location
        self._running: Running | None = None
        self._stopped = threading.Event()

    def run(self, sql: str, schema: str, parameters: Sequence[str] = ()) -> Result:
        """The answer. schema: the database of unqualified names. Raises QueryError."""
        name = f"t{uuid.uuid4().hex}"
        folder, _, id_ = self._location.rpartition("/")
        statement = with_parameters(read(sql, f"{folder}/tables/{id_}/", name), parameters)
        if statement.writes and self._catalog.files(statement.writes):
            raise QueryError(
                f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{schema}.{statement.table or name}' already "
                f"exists: {statement.writes}. You may need to manually clean the data at location "
                f"'{statement.writes}' before retrying. Athena will not delete data in your account."
            )
        try:
            return self._answer(statement, schema)
        except Failed as error:
            raise said_by_athena(error, statement) from None
        except (Gone, TrinoError) as error:
            raise QueryError(
                f"GENERIC_INTERNAL_ERROR: Trino does not answer ({error}). Out of memory, most likely: ask for fewer "
                "days or columns. The next query starts it again",
                user=False,
            ) from None

    def stop(self) -> None:
        """From another thread: end the query; its run raises QueryError."""
        self._stopped.set()
        if running := self._running:
            running.stop()

    def _answer(self, statement: Statement, schema: str) -> Result:
        if not statement.table:
            answer = self._ask(statement, schema)
            return self._written(statement, answer) if answer.updated is not None else result(answer)
        self._make_schema(schema)
        try:
            return self._written(statement, self._ask(statement, schema))
        finally:
            self._forget(statement, schema)

    def _make_schema(self, schema: str) -> None:
        """Where UNLOAD's tables are. Trino looks, then makes it: of two at once, one hears that it is there."""
        try:
            self._ask(Statement(f"CREATE SCHEMA IF NOT EXISTS {UNLOAD}.{UNLOAD}"), schema)
        except Failed as error:
            if error.name not in ("ALREADY_EXISTS", "SCHEMA_ALREADY_EXISTS"):
                raise

    def _forget(self, statement: Statement, schema: str) -> None:
        """Drop UNLOAD's table; its files are not the table's own and stay."""
        drop = f'DROP TABLE IF EXISTS {UNLOAD}.{UNLOAD}."{statement.table}"'
        Running(self._engine.living().port).run(drop, CATALOG, schema)

    def _written(self, statement: Statement, answer: Answer) -> Result:
        """The answer of a statement that writes: no rows, how many it wrote, and into which files."""
        files = tuple(f"s3://{one}" for one in self._catalog.files(statement.writes)) if statement.writes else None
        none = pa.table({"rows": pa.array([], pa.int64())})
        return Result(["rows"], ["bigint"], none, answer.scanned, False, answer.updated or 0, files)

    def _ask(self, statement: Statement, schema: str) -> Answer:
        while True:
            process = self._engine.living()
            self._running = Running(process.port)
            if self._stopped.is_set():
                raise Failed("USER_CANCELED", "Query was canceled")
            try:
                return self._running.run(statement.sql, CATALOG, schema, statement.session)
            except Gone:
                # Died before it took the statement: another one takes it.
                if self._running.begun or not process.ended(within=DYING):
                    raise
            except Failed as error:
                # It answers before its connectors are announced to it: nothing was done yet.
                young = time.monotonic() - process.started < SETTLED
                if error.name != "NO_NODES_AVAILABLE" or not young:
                    raise
                time.sleep(0.1)


def said_by_athena(error: Failed, statement: Statement) -> QueryError:
    """Trino's error in Athena's words, its position as in the query that was asked."""
    message = error.message
    if found := re.match(r"line (\d+):(\d+):", message):
        line, column = int(found[1]), int(found[2])
        column -= statement.column if line == 1 else 0
        message = f"line {max(line - statement.line, 1)}:{max(column, 1)}:{message[found.end() :]}"
    if error.name == "COLUMN_NOT_FOUND" and message.endswith("cannot be resolved"):
        message += " or requester is not authorized to access requested resources"
    return QueryError(f"{error.name}: {message}", error.user)
