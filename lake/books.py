"""The books' commits as values: what arrived, what was planned, what was landed, what was published.

Each is one JSON object in the books bucket, created once and never changed (see docs/protocol.md).
Standard library only: AddAPart writes arrivals and reads markers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Arrival:
    """One object version that reached the lake, as AddAPart writes it down.

    arrived: ISO 8601 UTC, as S3 says; a hint for order, nothing else. why: a word of `lake.announce.WHY`.
    rule: the control that dropped it, '' if it was taken. attempts: how many plans have failed to fetch it.
    accountid, region, day: what its key says, '' where it says nothing; day is that of delivery.
    remake: the days that its rebuild makes anew, "2024-03-01/2024-03-31", '' where it is none.
    A removal travels the same way: a request with no object (`bucket` is ''), the account in `accountid`.
    """

    source: str
    bucket: str
    key: str
    etag: str
    size: int
    version: str = ""
    arrived: str = ""
    why: str = "event"
    edition: int = 0
    rule: str = ""
    attempts: int = 0
    accountid: str = ""
    region: str = ""
    day: str = ""
    remake: str = ""

    @property
    def identity(self) -> tuple[str, str, str, str, int]:
        """Two arrivals with the same are the same object version, announced twice."""
        return (self.bucket, self.key, self.etag, self.version, self.edition)


@dataclass(frozen=True, slots=True)
class Plan:
    """A numbered, bounded piece of work. consumed: inbox files it took. open: earlier plans not closed yet.

    retried: batches of open plans whose objects that failed for the first time are in this plan or in one before it.
    """

    job: str
    number: int
    attempt: str
    planned: str
    consumed: list[str]
    open: list[int]
    batches: list[list[Arrival]]
    retried: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of one table and day inside a file: an Arrow IPC stream at `offset`, `length` bytes long.

    earliest, latest: seconds of the day between which the rows' eventtime lies (0 and 86399 where there is none).
    nbytes: what the rows take in memory.
    remade: True if the stream holds no rows of the table but the objects (sourceobject, sourceetag, edition) that the
    batch landed anew: what the day shows of them below that edition, and the batch did not make again, is removed.
    """

    table: str
    day: str
    bucket: str
    key: str
    offset: int
    length: int
    rows: int
    earliest: int = 0
    latest: int = 86399
    nbytes: int = 0
    remade: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """A landed batch: the pieces that hold its rows (data, quarantine and lake_ledger alike), and what to carry on."""

    job: str
    batch: str
    attempt: str
    settings: str
    pieces: list[Piece]
    undone: list[Arrival]
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class File:
    """One ORC file of a generation: rows whose eventtime is in the day's seconds [start, end).

    nbytes: what its rows take in memory.
    """

    name: str
    rows: int
    bytes: int
    start: int
    end: int
    nbytes: int = 0


@dataclass(frozen=True, slots=True)
class Marker:
    """A published generation of one day. rowsbefore + rowsnew = rowsout + duplicates + conflicts + removed.

    folder: key of the folder that holds `files`. batches: all that the day holds; new: those that this one brought.
    quarantine: pieces of lake_quarantine with the conflicts found.
    """

    table: str
    day: str
    generation: int
    attempt: str
    at: str
    bucket: str
    folder: str
    files: list[File]
    batches: list[str]
    new: list[str]
    rowsbefore: int
    rowsnew: int
    rowsout: int
    duplicates: int = 0
    conflicts: int = 0
    removed: int = 0
    quarantine: list[Piece] = field(default_factory=list)

    @property
    def location(self) -> str:
        """What the catalog's partition points at."""
        return f"s3://{self.bucket}/{self.folder}"

    @property
    def id(self) -> str:
        """How the books call this generation."""
        return f"{self.table}/{self.day}/{self.generation}"


def dump(commit: Plan | Ledger | Marker) -> bytes:
    """A commit as JSON."""
    return _dump(commit)


def dump_arrivals(arrivals: Iterable[Arrival]) -> bytes:
    """An inbox file: one arrival a line."""
    return b"".join(_dump(one) + b"\n" for one in arrivals)


def _dump(value: Plan | Ledger | Marker | Arrival) -> bytes:
    return json.dumps(value, default=_members, separators=(",", ":")).encode()


def _members(value: Any) -> dict[str, Any]:
    """A dataclass as json takes it. dataclasses.asdict copies all that is in it first: most of a large plan's time."""
    return {name: getattr(value, name) for name in value.__slots__}


def load_arrivals(data: bytes) -> list[Arrival]:
    """The arrivals of an inbox file."""
    return [Arrival(**json.loads(line)) for line in data.splitlines() if line]


def load_plan(data: bytes) -> Plan:
    """A plan from its JSON."""
    raw: dict[str, Any] = json.loads(data)
    raw["batches"] = [[Arrival(**one) for one in batch] for batch in raw["batches"]]
    return Plan(**raw)


def load_ledger(data: bytes) -> Ledger:
    """A ledger from its JSON."""
    raw: dict[str, Any] = json.loads(data)
    raw["pieces"] = [Piece(**one) for one in raw["pieces"]]
    raw["undone"] = [Arrival(**one) for one in raw["undone"]]
    return Ledger(**raw)


def load_marker(data: bytes) -> Marker:
    """A marker from its JSON."""
    raw: dict[str, Any] = json.loads(data)
    raw["files"] = [File(**one) for one in raw["files"]]
    raw["quarantine"] = [Piece(**one) for one in raw["quarantine"]]
    return Marker(**raw)
