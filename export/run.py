"""The export itself: which days, which of them are there already, the rest, and the manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from export import files
from export.books import (
    CHUNKS,
    MANIFESTS,
    Chunk,
    Held,
    Manifest,
    Read,
    chunk_id,
    manifest_id,
    read_chunk,
    read_manifest,
    written,
)
from export.files import Form, Unload
from export.place import Place
from export.source import Source

AT_ONCE = 4  # UNLOADs that run at the same time
TRIES = 5  # for a day that is published anew while it is exported
Folders = Mapping[tuple[str, str], str]  # table, day -> the folder that the catalog points at


class ExportError(Exception):
    """An export cannot go on. The message says which day and why."""


class Lake(Protocol):
    """What an export asks of the lake."""

    def folders(self, tables: Sequence[str], first: str, last: str) -> dict[tuple[str, str], str]:
        """The registered partitions from the first to the last day ('' is no bound)."""
        ...

    def generations(self, tables: Sequence[str]) -> dict[tuple[str, str, str], tuple[int, int]]:
        """What lake_generations books: table, day, folder -> generation, rowsout."""
        ...

    def count(self, sql: str) -> int:
        """How many rows a query has."""
        ...


@dataclass(frozen=True, slots=True)
class Export:
    """What to export, and where. aside: for files on their way. since: an earlier export's manifest, and its name."""

    source: Source
    form: Form
    target: Place
    aside: Place
    first: str = ""
    last: str = ""
    since: Manifest | None = None
    bookmark: str = ""


def run(wish: Export, lake: Lake, unload: Unload, now: datetime, told: Callable[[Chunk, bool], None]) -> Manifest:
    """Export what is not there yet. Returns the manifest, which is written. Raises ExportError.

    told: hears of each chunk, and whether it was there already.
    """
    before = wish.since or newest(wish.target, wish.source, wish.form)
    held = before.holds if before else {}
    booked = lake.generations(wish.source.tables)
    folders = lake.folders(
        wish.source.tables, _shifted(wish.first, -wish.source.around), _shifted(wish.last, wish.source.around)
    )
    days = sorted({day for _, day in folders if (wish.first or day) <= day <= (wish.last or day)})
    if wish.since:
        days = [
            day for day in days if day not in held or _folders(reads(wish.source, day, folders)) != held[day].folders
        ]

    def chunk(day: str) -> Chunk:
        made, was_there = _chunk(wish, lake, unload, day, folders, booked)
        told(made, was_there)
        old = held.get(day)
        return replace(made, replaces=old.chunk) if old and old.chunk != made.id else made

    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            chunks = list(pool.map(chunk, days))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    registered = {day for _, day in folders}
    gone = {
        day: one.chunk
        for day, one in held.items()
        if (wish.first or day) <= day <= (wish.last or day) and day not in registered
    }
    manifest = _manifest(wish, chunks, gone, held, now)
    if before and (before.id == manifest.id or not (chunks or gone)):
        return before if before.id == manifest.id else manifest  # nothing changed: the bookmark stays where it is
    wish.target.create(key_of(manifest), written(manifest))
    return manifest


def reads(source: Source, day: str, folders: Folders) -> list[Read]:
    """The partitions that a day's rows depend on."""
    first = date.fromisoformat(day) - timedelta(days=source.around)
    around = [(first + timedelta(days=one)).isoformat() for one in range(2 * source.around + 1)]
    places = [(table, one) for table in source.tables for one in around]
    return [Read(*place, folders[place]) for place in places if place in folders]


def newest(target: Place, source: Source, form: Form) -> Manifest | None:
    """The newest manifest of the same export in the target."""
    for key in reversed(list(target.names(MANIFESTS))):
        manifest = read_manifest(target.get(key) or b"{}")
        if (manifest.sql, manifest.form) == (source.sql, form):
            return manifest
    return None


def _folders(found: Sequence[Read]) -> list[str]:
    return sorted(one.folder for one in found)


def _shifted(day: str, by: int) -> str:
    return day and (date.fromisoformat(day) + timedelta(days=by)).isoformat()


def _chunk(
    wish: Export,
    lake: Lake,
    unload: Unload,
    day: str,
    folders: Folders,
    booked: Mapping[tuple[str, str, str], tuple[int, int]],
) -> tuple[Chunk, bool]:
    """The day's chunk, and whether it was there. It is of one state: if the catalog moved meanwhile, it is redone."""
    source = wish.source
    for _ in range(TRIES):
        found = [_booked(one, booked) for one in reads(source, day, folders)]
        name = chunk_id(source, wish.form, day, found)
        if content := wish.target.get(f"{CHUNKS}{name}.json"):
            return read_chunk(content), True
        inside = wish.target.inside(f"calendarday={day}/")
        made = files.write(source.of_day(day), wish.form, name, inside, wish.aside, unload)
        made = [replace(one, key=f"calendarday={day}/{one.key}") for one in made]
        rows, expected = sum(one.rows for one in made), _expected(source, lake, day, found)
        folders = lake.folders(source.tables, _shifted(day, -source.around), _shifted(day, source.around))
        if _folders(reads(source, day, folders)) == _folders(found):
            if rows != expected:
                wish.target.delete([one.key for one in made])
                raise ExportError(
                    f"{day}: {rows:,} rows were written, the lake has {expected:,}: nothing is kept of it"
                )
            return _commit(wish.target, Chunk(name, day, rows, made, found)), False
        wish.target.delete([one.key for one in made])
        booked = lake.generations(source.tables)
    raise ExportError(f"{day}: published anew during each of {TRIES} attempts: try again when the jobs are done")


def _booked(one: Read, booked: Mapping[tuple[str, str, str], tuple[int, int]]) -> Read:
    generation, rows = booked.get((one.table, one.day, one.folder), (None, None))
    return replace(one, generation=generation, rows=rows)


def _expected(source: Source, lake: Lake, day: str, found: Sequence[Read]) -> int:
    """How many rows there must be: of a table what its books say, else what the query itself counts."""
    mine = [one.rows for one in found if one.day == day]
    if source.is_table and len(mine) == 1 and mine[0] is not None:
        return mine[0]
    return lake.count(source.of_day(day))


def _commit(target: Place, chunk: Chunk) -> Chunk:
    """The chunk that counts: ours, or that of another export of the same that was first."""
    if not target.create(f"{CHUNKS}{chunk.id}.json", written(chunk)):
        content = target.get(f"{CHUNKS}{chunk.id}.json")
        assert content is not None
        chunk = read_chunk(content)
    kept = {one.key for one in chunk.files}
    target.delete([key for key in target.names(f"calendarday={chunk.day}/{chunk.id}-") if key not in kept])
    return chunk


def _manifest(
    wish: Export, chunks: list[Chunk], gone: dict[str, str], held: Mapping[str, Held], now: datetime
) -> Manifest:
    holds = {day: one for day, one in held.items() if day not in gone}
    holds |= {one.day: Held(one.id, _folders(one.reads)) for one in chunks}
    return Manifest(
        id=manifest_id(chunks, list(gone.values())),
        created=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        source=wish.source.name,
        sql=wish.source.sql,
        form=wish.form,
        since=wish.bookmark,
        rows=sum(one.rows for one in chunks),
        chunks=chunks,
        gone=gone,
        holds=dict(sorted(holds.items())),
    )


def key_of(manifest: Manifest) -> str:
    """The manifest's key under the target: they sort by when they were made."""
    return f"{MANIFESTS}{manifest.created.replace(':', '').replace('-', '')}-{manifest.id}.json"
