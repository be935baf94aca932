"""What an export wrote down: chunks, each one day's files, and manifests, each one export's chunks.

A chunk is committed by one create-only object, `_chunks/<id>.json`; its id is made from what it holds: the query, the
format, the day, and the folders that the tables' partitions of the days it depends on lay in. So a chunk that is there
need not be made again, and one of another state is another chunk. A manifest is the bookmark for the next export.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from export.source import Source

CHUNKS, MANIFESTS = "_chunks/", "_manifests/"


@dataclass(frozen=True, slots=True, order=True)
class Read:
    """A partition that a chunk's rows depend on. generation: as lake_generations books it; rows: its rowsout, None
    where it is not booked (yet, or for the books' own tables)."""

    table: str
    day: str
    folder: str
    generation: int | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class File:
    """One file of a chunk. key: under the export's target. sha256: of its bytes, hexadecimal."""

    key: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """One day, exported. replaces: the id of the chunk of an earlier export that held another state of the day."""

    id: str
    day: str
    rows: int
    files: list[File]
    reads: list[Read]
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What the target holds of a day after an export: the chunk, and the folders it was read from."""

    chunk: str
    folders: list[str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One export. chunks: what it brought. gone: day -> the chunk of a day that the lake does not have any more.

    holds: by day, all that this export and those before it (see `since`) brought: what the next one is compared with.
    """

    id: str
    created: str
    source: str
    sql: str
    form: str
    since: str
    rows: int
    chunks: list[Chunk]
    gone: dict[str, str] = field(default_factory=dict)
    holds: dict[str, Held] = field(default_factory=dict)


def chunk_id(source: Source, form: str, day: str, reads: Sequence[Read]) -> str:
    """The id of the chunk that these partitions make."""
    return _hash([source.sql, form, day, sorted(one.folder for one in reads)])


def manifest_id(chunks: Sequence[Chunk], gone: Sequence[str]) -> str:
    """The id of the manifest of these chunks: an export that changes nothing is the one before."""
    return _hash([[one.id for one in chunks], sorted(gone)])


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:20]


def written(value: Chunk | Manifest) -> bytes:
    """As JSON."""
    return json.dumps(asdict(value), indent=1).encode() + b"\n"


def read_chunk(text: bytes | dict[str, Any]) -> Chunk:
    """A chunk as it was written."""
    value = text if isinstance(text, dict) else json.loads(text)
    files, reads = ([kind(**one) for one in value[name]] for kind, name in ((File, "files"), (Read, "reads")))
    return Chunk(**{**value, "files": files, "reads": reads})


def read_manifest(text: bytes) -> Manifest:
    """A manifest as it was written."""
    value = json.loads(text)
    chunks = [read_chunk(one) for one in value["chunks"]]
    holds = {day: Held(**one) for day, one in value["holds"].items()}
    return Manifest(**{**value, "chunks": chunks, "holds": holds})
