"""What a table is. Every table of the lake is one frozen `Table` in a module of its own in this package.

Glue's TableInput (`schemas.glue`), the Arrow schema that writers use (`schemas.arrow`) and `docs/tables.md`
(`schemas.docs`) are made from it; nothing else in the project writes a column's name and type together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

HiveType = Literal["string", "bigint", "int", "boolean", "timestamp", "double", "date"]
Layout = Literal["orc", "cloudtrail", "lines", "json", "parquet"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name (lower case, as Athena compares names), Hive type, and a sentence for its reader."""

    name: str
    type: HiveType
    comment: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the lake.

    columns: in the order of the files. New ones go at the end and nowhere else: readers may go by position.
    partition_keys: strings, in the order of the registered partition's values.
    indexes: partition indexes of the Glue catalog, each the keys it goes by; three at most. A lookup uses one whose
        first keys it compares with =, and ranges of the next.
    layout: how its files are written: ORC by the jobs, or a raw layout: CloudTrail's own, or lines of text.
    identity: the columns that make two rows the same row. Rows in which any of `identity` is null are
        identified by `fallback_identity`.
    sort: the order of rows inside a file, after the identity's ties are settled.
    bloom: columns that get a bloom filter: the ones people look a single value up by.
    account: the columns that say which account a row is about, the first that is not null; a removal goes by it.
    required: columns that are never null; the quality gates check it.
    sensitive: columns that are not for everybody who may ask the table: see docs/permissions.md.
    books: True for the lake's own book-keeping tables.
    people: True for a table that people's tools write: no job knows it, it has no partitions, and all files in its
        folder are its.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    layout: Layout
    identity: tuple[str, ...] = ()
    fallback_identity: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    bloom: tuple[str, ...] = ()
    account: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    books: bool = False
    people: bool = False
    indexes: tuple[tuple[str, ...], ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in the order of the files."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of [jobs.<name>] in lake.toml that one kind of logs has: a list of texts, of which each must match.

    what: such a text, in words, for whoever wrote another. one: it is one text, not a list.
    after: another list of names, and beginnings followed by *, that is asked first: a text of this one that it covers
        would never be reached, and is refused.
    """

    name: str
    pattern: str
    what: str
    default: tuple[str, ...] = ()
    one: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class Logs:
    """A kind of logs, declared once, beside its readready table; all else that the lake has of it is made from this.

    name: of its job in lake.toml, of its decoder's module in `jobs`, and in its tables' names: from_<name>_raw,
        from_<name>_readready.
    title: what people call it.
    settings: what [jobs.<name>] has besides keep, accounts and regions.
    shapes: what tells its files from others': see `lake.sniff`. Each the paths that a JSON document of it has, and
        what such a file is called.
    rules: the filters that only it has, as the books call them, each with words for people.
    loose: its documents may lie between lines of plain text.
    undated: keys of its objects may name no day (`lake.layout`): an object is of the day of its arrival.
    """

    name: str
    title: str
    settings: tuple[Setting, ...]
    shapes: tuple[tuple[tuple[str, ...], str], ...]
    rules: tuple[tuple[str, str], ...] = ()
    loose: bool = False
    undated: bool = False


CALENDARDAY = Column("calendarday", "string", "The day in UTC, yyyy-mm-dd.")
SOURCE_OBJECT = ("sourceobject", "sourceetag", "sourcerecord")
ORIGIN = (
    Column("sourceobject", "string", "The raw object this row was read from, s3://bucket/key."),
    Column("sourceetag", "string", "That object's ETag: which content of the key it was."),
    Column("sourcerecord", "bigint", "The record's position in the object, counted from 0."),
    Column("edition", "int", "0 as first landed; a rebuild lands the same records again under a higher one."),
)
