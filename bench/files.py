"""A lake on the local disk: the jobs' own code, with folders for buckets.

So that everything that is compared reads the same files of the same disk, and no server on the same two cores is
measured along with it. What S3 would add is counted instead (bench.growth).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from obstore.store import LocalStore

from jobs.access import Access
from lake import keys
from lake.books import Arrival, dump_arrivals
from lake.settings import Settings
from lake.store import Store


class FileStore(Store):
    """lake.store.Store with a folder for each bucket. Travels to workers as its root's path."""

    def __init__(self, root: Path) -> None:
        super().__init__("us-east-1", session=object())  # of which no client is ever made
        self.root = root

    def __reduce__(self) -> tuple[type[FileStore], tuple[Path]]:
        return FileStore, (self.root,)

    def _bucket(self, name: str) -> Any:
        if name not in self._buckets:
            self._buckets[name] = LocalStore(self.root / name, mkdir=True)  # type: ignore[assignment]  # the same calls
        return self._buckets[name]

    def list(self, bucket: str, prefix: str) -> Iterator[str]:
        """In order, as S3 lists and a disk does not."""
        yield from sorted(super().list(bucket, prefix))


class NoCatalog:
    """Glue and SQS of a lake that nobody has asked yet: no partition is there, and what is said goes nowhere."""

    class exceptions:
        """Glue's."""

        class EntityNotFoundException(Exception):
            """There is no such partition."""

    def get_partition(self, **_: object) -> None:
        """Glue's."""
        raise self.exceptions.EntityNotFoundException

    def get_queue_url(self, **_: object) -> dict[str, str]:
        """SQS's."""
        return {"QueueUrl": ""}

    def send_message(self, **_: object) -> None:
        """SQS's."""


def lake(root: Path, settings: Settings, raw: Path, job: str) -> tuple[Access, int]:
    """A new lake at `root` over the folder `raw`, all of whose files are announced. Returns it, and how many."""
    access = empty(FileStore(root), settings, raw, job)
    files = sorted(path for path in raw.rglob("*") if path.is_file())
    announce(access, job, files, raw)
    return access, len(files)


def empty(store: FileStore, settings: Settings, raw: Path, job: str) -> Access:
    """A new lake over the folder `raw`, none of whose files is announced."""
    store.root.mkdir(parents=True, exist_ok=True)
    (store.root / _bucket_of(settings, job)).symlink_to(raw)
    return Access(settings, store)


def announce(access: Access, job: str, files: Iterable[Path], raw: Path) -> None:
    """What AddAPart writes down of them. Without ETags, which disks do not have."""
    bucket = _bucket_of(access.settings, job)
    arrivals = [
        Arrival(
            source=job,
            bucket=bucket,
            key=str(path.relative_to(raw)),
            etag="",
            size=path.stat().st_size,
            arrived="2024-03-03T00:00:00+00:00",
            day="2024-03-03",
        )
        for path in files
    ]
    access.store.put(access.books, f"{keys.inbox(job)}20240303T000000-{keys.unique()}.jsonl", dump_arrivals(arrivals))


def _bucket_of(settings: Settings, job: str) -> str:
    return next(one.bucket for one in settings.sources if one.job == job)
