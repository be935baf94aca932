"""The files of one chunk: unloaded by Athena, or for CSV written here; each is read once, for its rows and its hash.

UNLOAD's own text format quotes nothing, and keystrokes hold newlines, commas and quotes: CSV is made here, from what
UNLOAD wrote as Parquet, ten thousand rows at a time. Files pass through a temporary one: memory is bounded, whatever
their size.
"""

from __future__ import annotations

import gzip
import hashlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import IO, Literal

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.orc as paorc
import pyarrow.parquet as pq

from export.books import File
from export.place import Place

Form = Literal["parquet", "orc", "json", "csv"]
FORMS: tuple[Form, ...] = ("parquet", "orc", "json", "csv")
COMPRESSION: dict[str, str] = {"parquet": "SNAPPY", "orc": "ZLIB", "json": "GZIP"}
SUFFIX = {"parquet": ".parquet", "orc": ".orc", "json": ".json.gz", "csv": ".csv"}
_ROWS = 10_000

Unload = Callable[[str, str, str, str], None]  # query, s3://folder/, format and compression in Athena's words


def write(sql: str, form: Form, chunk: str, target: Place, aside: Place, unload: Unload) -> list[File]:
    """Unload the query as the chunk's files into a new folder of `target`. aside: for what is on its way to CSV."""
    folder = f"{chunk}-{uuid.uuid4().hex}/"
    if form == "csv":
        source = aside.inside(folder)
        try:
            unload(sql, source.url, "PARQUET", COMPRESSION["parquet"])
            return _csv(source, target, folder)
        finally:
            source.delete(list(source.names()))
    unload(sql, target.url + folder, form.upper(), COMPRESSION[form])
    return [_described(key, form, target) for key in target.names(folder) if _is_data(key)]


def _is_data(key: str) -> bool:
    return PurePosixPath(key).name[:1] not in ("_", ".")


def _described(key: str, form: Form, target: Place) -> File:
    with TemporaryFile() as file:
        target.download(key, file)
        size, digest = _hashed(file)
        return File(key, _count(file, form), size, digest)


def _hashed(file: IO[bytes]) -> tuple[int, str]:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # a real file
    size = file.tell()
    file.seek(0)
    return size, digest


def _count(file: IO[bytes], form: Form) -> int:
    """How many rows the file says it has."""
    if form == "parquet":
        return int(pq.ParquetFile(file).metadata.num_rows)
    if form == "orc":
        return int(paorc.ORCFile(file).nrows)
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    with gzip.open(file) if packed else file as lines:
        return sum(1 for _ in lines)


def _csv(source: Place, target: Place, folder: str) -> list[File]:
    """One file a file that was unloaded: RFC 4180 with a header, UTF-8; text in quotes, null as an empty field."""
    found = []
    for number, key in enumerate(one for one in source.names() if _is_data(one)):
        with TemporaryFile() as unloaded, TemporaryFile() as file:
            source.download(key, unloaded)
            rows = _write_csv(unloaded, file)
            size, digest = _hashed(file)
            name = f"{folder}part-{number:05}{SUFFIX['csv']}"
            target.upload(file, name)
            found.append(File(name, rows, size, digest))
    return found


def _write_csv(unloaded: IO[bytes], file: IO[bytes]) -> int:
    parquet = pq.ParquetFile(unloaded)
    schema = pa.schema([pa.field(one.name, _plain(one.type)) for one in parquet.schema_arrow])
    rows = 0
    with pacsv.CSVWriter(file, schema) as out:
        for batch in _batches(parquet, schema):
            out.write_batch(batch)
            rows += batch.num_rows
    return rows


def _batches(parquet: pq.ParquetFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in parquet.iter_batches(_ROWS):
        columns = [column.cast(kind, safe=False) for column, kind in zip(batch.columns, schema.types, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _plain(kind: pa.DataType) -> pa.DataType:
    """Times to the millisecond, as the lake has them."""
    return pa.timestamp("ms") if pa.types.is_timestamp(kind) else kind
