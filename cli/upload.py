"""`loglake put`: a person's own files into the raw buckets, every one of them accounted for.

What a file is, its content says (`lake.sniff`). Where it goes: under AWS's own key if its path holds one, so that
account, Region and day are known; else under put/<today>/. Nothing that lies in a folder stops the rest.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from lake import layout
from lake.settings import Settings, Source
from lake.sniff import PREFIX, sniff
from lake.store import Store

_AT_ONCE = 16
_WHOLE = 32 << 20  # bytes up to which a file goes up from memory
_ROOT = "AWSLogs"  # every AWS log delivery to S3 but Firehose's begins with it
_LONGEST = 1024  # bytes of a key: S3's bound
_PLAIN = "/!_.*'()=+@,:&$; -"  # besides letters and digits, what a key may hold unescaped


@dataclass(frozen=True, slots=True)
class Found:
    """A file, or what else lies where one might. relative: its path below what was named. problem: why it is none."""

    path: Path
    relative: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Put:
    """What became of one file. job and key are '' if it was not uploaded; `what` says what it is, or the problem."""

    path: Path
    job: str
    key: str
    what: str
    size: int = 0
    failed: bool = False


def find(paths: Iterable[Path]) -> Iterator[Found]:
    """All files named or lying in the folders named, in order of their names, and what cannot be read, with why."""
    for top in paths:
        # Each: a path, its path below the top, and the folders that it lies in, to know a loop of links by.
        todo: list[tuple[Path, PurePosixPath, tuple[tuple[int, int], ...]]] = [(top, PurePosixPath(), ())]
        while todo:
            path, relative, above = todo.pop()
            try:
                status = path.stat()
                names = sorted(os.listdir(path), reverse=True) if stat.S_ISDIR(status.st_mode) else []
            except OSError as error:
                yield Found(path, str(relative), _why(path, error))
                continue
            if not stat.S_ISDIR(status.st_mode):
                problem = "" if stat.S_ISREG(status.st_mode) else "no file (a socket, a pipe or a device)"
                yield Found(path, path.name if path is top else str(relative), problem)
            elif (identity := (status.st_dev, status.st_ino)) in above:
                yield Found(path, str(relative), "a link to a folder that it lies in")
            else:
                todo += [(path / name, relative / name, (*above, identity)) for name in names]


def _why(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return "a link to nothing"
    return f"cannot be read: {error.strerror}"


def key_of(job: str, path: Path, relative: str, sources: Sequence[Source], today: date) -> str:
    """The key for a file: as AWS has it if the path fits one of the job's layouts, else put/yyyy/mm/dd/<relative>.

    path: absolute. A path is tried below what was named, and from its AWSLogs on, wherever that lies.
    """
    candidates = [relative]
    parts = path.parts
    if _ROOT in parts:
        candidates.append("/".join(parts[parts.index(_ROOT) :]))
    for candidate in map(readable, candidates):
        for source in sources:
            if source.job == job and layout.read(source.layout, candidate) and len(candidate.encode()) <= _LONGEST:
                return candidate
    return by_day(relative, today)


def by_day(relative: str, today: date, again: int = 0) -> str:
    """The key for a file in no layout. again: how many of the same name went before it, in other folders."""
    name = readable(relative)
    if len(name.encode()) > _LONGEST - 40:
        name = f"{hashlib.sha256(name.encode()).hexdigest()[:16]}-{name[-100:].replace('/', '_')}"
    return f"put/{today:%Y/%m/%d}/" + (f"again-{again}/" if again else "") + name


def readable(path: str) -> str:
    """A path as a key: bytes that are no UTF-8, controls and what S3's users stumble over become %XX, one to one."""
    return "".join(
        one if (one.isascii() and (one.isalnum() or one in _PLAIN)) or (not one.isascii() and one.isprintable())
        else quote(os.fsencode(one))
        for one in path
    )  # fmt: skip


class Upload:
    """Files into the raw buckets. today: the UTC day that the folder put/ is by."""

    def __init__(self, store: Store, settings: Settings, today: date) -> None:
        self._store, self._sources, self._today = store, settings.sources, today
        self._buckets = {source.job: source.bucket for source in reversed(settings.sources)}
        self._lock, self._claimed = threading.Lock(), dict[tuple[str, str], int]()

    def all(self, found: Iterable[Found], done: Callable[[Put], None]) -> None:
        """Upload them side by side; `done` is called in this thread for each, in the order of `found`."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                for result in pool.map(self._one, found):
                    done(result)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _one(self, one: Found) -> Put:
        if one.problem:
            return Put(one.path, "", "", one.problem, failed=True)
        try:
            with one.path.open("rb") as file:
                head = file.read(PREFIX)
                kind, size = sniff(head), os.fstat(file.fileno()).st_size
                if kind.job not in self._buckets:
                    return Put(one.path, "", "", kind.name, size)
                data = head + file.read() if size <= _WHOLE else b""
        except OSError as error:
            return Put(one.path, "", "", _why(one.path, error), failed=True)
        bucket, key = self._buckets[kind.job], self._key(kind.job, one)
        if data or not size:
            self._store.put(bucket, key, data)
        else:
            with one.path.open("rb") as file:
                self._store.put(bucket, key, file)
        return Put(one.path, kind.job, key, kind.name, size)

    def _key(self, job: str, one: Found) -> str:
        """The file's key, and no other's: two folders named at once may hold files of the same name."""
        key = key_of(job, one.path.absolute(), one.relative, self._sources, self._today)
        with self._lock:
            again = self._claimed.get((job, key), 0)
            self._claimed[job, key] = again + 1
        return by_day(one.relative, self._today, again) if again else key
