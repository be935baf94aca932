"""What a run of a job found and took: one small file a run, so that the next one can be estimated by it.

No commit, and nothing depends on it: a run whose record is lost was done all the same. Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import islice

from lake import keys
from lake.store import Store


@dataclass(frozen=True, slots=True)
class Run:
    """One run. started: ISO 8601, UTC. seconds: until its end; spark: those of them until Spark was there.

    slots: tasks that its cluster does at once. files, bytes: of the objects that it took up, as they lie in S3, those
    that controls dropped left out. records: in them. rows: by how many the tables grew. days: how many days of data it
    published. keep: of the job's filters. step: how it ended, as its last line says.
    """

    job: str
    started: str
    seconds: float
    spark: float
    slots: int
    files: int
    bytes: int
    records: int
    rows: int
    days: int
    keep: str
    step: str


_NAMES = tuple(one.name for one in fields(Run))


def write(store: Store, books: str, run: Run, second: int) -> None:
    """Keep a run's record. second: when it began, since 1970."""
    store.put(books, keys.run(run.job, second), json.dumps(asdict(run)).encode())


def newest(store: Store, books: str, job: str, most: int) -> Iterator[Run]:
    """The job's last runs, the newest first. One that a later version wrote may say more than this one knows."""
    for key in islice(store.list(books, keys.runs(job)), most):
        said = json.loads(store.get(books, key))
        yield Run(**{name: said[name] for name in _NAMES})
