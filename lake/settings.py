"""`lake.toml`: read once, checked whole, refused with the line and the reason.

Standard library only: AddAPart reads it too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from lake import layout
from schemas import LOGS, TABLES, Column, Setting, Table, raw_table

JOBS = tuple(LOGS)
T = TypeVar("T")


class SettingsError(ValueError):
    """lake.toml is wrong. The message has the line, what is wrong there and what would be right."""


@dataclass(frozen=True, slots=True)
class Lake:
    """The lake as a whole."""

    database: str = "loglake"
    region: str = "us-east-1"
    queue: str = "loglake-addapart"
    keystrokedays: int = 1

    @property
    def workgroup(self) -> str:
        """Athena's workgroup is called as the database is: an account has one of a name in a Region, too."""
        return self.database


@dataclass(frozen=True, slots=True)
class Sessions:
    """What views judge sessions by. workdays: Mon ... Sun. workfrom, workto: hh:mm at the UTC offset (+hh:mm)."""

    ended_minutes: int = 120
    idle_minutes: int = 60
    context_hours: int = 12
    review_days: int = 7
    workdays: tuple[str, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri")
    workfrom: str = "07:00"
    workto: str = "19:00"
    utcoffset: str = "+00:00"

    @property
    def utcoffset_minutes(self) -> int:
        """How many minutes people's clocks are ahead of UTC."""
        minutes = int(self.utcoffset[1:3]) * 60 + int(self.utcoffset[4:])
        return -minutes if self.utcoffset[0] == "-" else minutes


@dataclass(frozen=True, slots=True)
class Buckets:
    """The lake's own buckets. None may be a source's: the lake would read what it writes."""

    books: str
    readready: str
    results: str


@dataclass(frozen=True, slots=True)
class Source:
    """A bucket and a key layout where one job's logs arrive. `name` is the raw table's partition value."""

    name: str
    job: str
    bucket: str
    layout: str


@dataclass(frozen=True, slots=True)
class Partitions:
    """A bucket and a key layout of which only partitions are registered, of the table from_<name>_raw: nothing is read.

    format: of its files. columns: each a name and a Hive type, for the table.
    """

    name: str
    bucket: str
    layout: str
    format: str = "lines"
    columns: tuple[str, ...] = ("line string",)

    @property
    def table(self) -> Table:
        """The table."""
        comments = {
            "accountid": "The account in the key.",
            "region": "The Region in the key.",
            "calendarday": "The day in the key, yyyy-mm-dd.",
            "hour": "The hour in the key.",
        }
        keys = layout.keys_of(self.layout)
        return Table(
            name=raw_table(self.name),
            description=f"Objects in s3://{self.bucket}/ as they lie there: [[partitions]] in lake.toml.",
            columns=tuple(Column(*column.split(" ", 1), "") for column in self.columns),  # type: ignore[call-arg, arg-type]  # matched by _WORDS
            partition_keys=tuple(Column(key, "string", comments[key]) for key in keys),
            layout=self.format,  # type: ignore[arg-type]  # one of FORMATS
        )


@dataclass(frozen=True, slots=True)
class Controls:
    """What AddAPart takes, by file names. Empty allow lists take all; deny wins."""

    accounts_allow: tuple[str, ...] = ()
    accounts_deny: tuple[str, ...] = ()
    regions_allow: tuple[str, ...] = ()
    regions_deny: tuple[str, ...] = ()
    keys_deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """What one job keeps, record by record. `keep="everything"` turns all of them off but the last.

    everything_accounts: of these, every record is kept, whatever the others say.
    removed: the accounts of [[removals]], whose records are never kept.
    own: what the job's declaration in `schemas` has besides these, by name.
    """

    keep: str = "filtered"
    events: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    loggroups: tuple[str, ...] = ()
    everything_accounts: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def everything(self) -> bool:
        """True if no filter applies."""
        return self.keep == "everything"


@dataclass(frozen=True, slots=True)
class Removal:
    """An account whose rows were taken out for good, and stay out. requested: yyyy-mm-dd. reason: for people."""

    account: str
    requested: str
    reason: str


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a run that worked is still a failure. completeness: per cent of arrived objects that must be read.

    volume_days, volume_deviations: when a day's rows are too few or too many, see lake.toml and jobs.volume.
    """

    completeness: int = 90
    volume_days: int = 5
    volume_deviations: int = 5


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much at once. See lake.toml for each one's meaning."""

    batch_files: int = 2000
    batch_bytes: int = 200_000_000
    plan_objects: int = 500_000
    object_bytes: int = 500_000_000
    slice_rows: int = 200_000
    task_bytes: int = 256_000_000
    attempts: int = 5
    settle_seconds: int = 3600
    retention_days: int = 7
    raw_partition_days: int = 90


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole of lake.toml. `text` is the file itself: what a job hands on to its tasks."""

    lake: Lake
    sessions: Sessions
    buckets: Buckets
    sources: tuple[Source, ...]
    controls: Controls
    jobs: Mapping[str, Filters]
    documents: Mapping[str, str]
    partitions: tuple[Partitions, ...]
    removals: tuple[Removal, ...]
    thresholds: Thresholds
    bounds: Bounds
    text: str = field(repr=False, default="")


_EVERY_JOBS = {"keep", "accounts", "regions"}
_WORDS = {
    "accounts": (re.compile(r"\d{12}"), "an account: 12 digits, in quotes"),
    "accounts_allow": (re.compile(r"\d{12}"), "an account: 12 digits, in quotes"),
    "accounts_deny": (re.compile(r"\d{12}"), "an account: 12 digits, in quotes"),
    "regions": (re.compile(layout.PARTS["region"]), "a Region such as us-east-1"),
    "regions_allow": (re.compile(layout.PARTS["region"]), "a Region such as us-east-1"),
    "regions_deny": (re.compile(layout.PARTS["region"]), "a Region such as us-east-1"),
    "columns": (
        re.compile(r"[a-z_][a-z0-9_]* (?:string|bigint|int|boolean|double|timestamp|date)"),
        'a name in lower case and a Hive type, such as "status int"',
    ),
    "keys_deny": (re.compile(r".+", re.S), "the beginning of bucket/key"),
    "workdays": (re.compile("Mon|Tue|Wed|Thu|Fri|Sat|Sun"), "a day of the week: Mon, Tue, Wed, Thu, Fri, Sat, Sun"),
}
_DATABASE = re.compile(r"[a-z0-9_]{1,128}")
_QUEUE = re.compile(r"[A-Za-z0-9_-]{1,75}")  # its dead-letter queue's name is longer, and SQS takes 80
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
FORMATS = ("lines", "json", "parquet", "orc")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_OFFSET = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")


def parse(text: str, name: str = "lake.toml") -> Settings:
    """Settings from the text of a lake.toml. Raises SettingsError; `name` is what its message calls the file."""
    return _Parser(text, name).settings()


class _Parser:
    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        try:
            self.data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{name}: not TOML: {error}") from None

    def settings(self) -> Settings:
        known = {f.name for f in fields(Settings)} - {"text"}
        self.refuse_unknown("", self.data, known)
        buckets = self.record("buckets", Buckets)
        sources = tuple(self.source(i, raw) for i, raw in enumerate(self.list_of_tables("sources")))
        if not sources:
            raise self.error("sources", "", "there is no [[sources]]: nothing could ever arrive")
        for one in sources:
            if one.bucket in (buckets.books, buckets.readready, buckets.results):
                raise self.error("bucket", one.bucket, f"{one.bucket} is the lake's own: it would read what it writes")
        names = [one.name for one in sources]
        for repeated in {n for n in names if names.count(n) > 1}:
            raise self.error("name", repeated, f"two sources are called {repeated}", last=True)
        own = (buckets.books, buckets.readready, buckets.results)
        for repeated in {n for n in own if own.count(n) > 1}:
            raise self.error("", repeated, "books, readready and results must be three buckets", last=True)
        for field_ in fields(buckets):
            self.matches(field_.name, getattr(buckets, field_.name), _BUCKET, "a bucket's name")
        jobs = self.table("jobs")
        self.refuse_unknown("jobs", jobs, set(JOBS))
        lake = self.record("lake", Lake)
        if not 0 <= lake.keystrokedays <= 30:
            raise self.error("keystrokedays", "", "keystrokedays must be 0 to 30: each day is another scan of a view")
        self.matches("database", lake.database, _DATABASE, "lower case letters, digits and _")
        self.matches("region", lake.region, _WORDS["regions"][0], "a Region such as us-east-1")
        self.matches("queue", lake.queue, _QUEUE, "letters, digits, - and _, 75 at most")
        removals = tuple(self.removal(i, raw) for i, raw in enumerate(self.list_of_tables("removals")))
        removed = tuple(sorted({one.account for one in removals}))
        return Settings(
            lake=lake,
            sessions=self.sessions(),
            buckets=buckets,
            sources=sources,
            controls=self.record("controls", Controls),
            jobs={job: replace(self.filters(job, jobs.get(job, {})), removed=removed) for job in JOBS},
            documents=self.documents(),
            partitions=self.partitions({*own, *(one.bucket for one in sources)}),
            removals=removals,
            thresholds=self.thresholds(),
            bounds=self.bounds(),
            text=self.text,
        )

    def sessions(self) -> Sessions:
        sessions = self.record("sessions", Sessions)
        highests = {"ended_minutes": 24 * 60, "idle_minutes": 24 * 60, "context_hours": 72, "review_days": 365}
        for name, highest in highests.items():
            if not 1 <= getattr(sessions, name) <= highest:
                raise self.error(name, "", f"{name} must be 1 to {highest}")
        for name in ("workfrom", "workto"):
            self.matches(name, getattr(sessions, name), _TIME, "a time of day, hh:mm")
        self.matches("utcoffset", sessions.utcoffset, _OFFSET, "an offset from UTC such as +01:00")
        if sessions.workfrom >= sessions.workto:
            raise self.error("workto", sessions.workto, "workto must be later than workfrom")
        return sessions

    def source(self, number: int, raw: dict[str, Any]) -> Source:
        one = self.build(f"sources[{number}]", raw, Source)
        if one.job not in JOBS:
            raise self.error("job", one.job, f"there is no job {one.job!r}; there are {', '.join(JOBS)}")
        self.matches("name", one.name, _NAME, "lower case letters, digits, - and _")
        self.matches("bucket", one.bucket, _BUCKET, "a bucket's name")
        try:
            layout.check(one.layout, LOGS[one.job].undated)
        except layout.LayoutError as error:
            raise self.error("layout", one.layout, f"layout of {one.name}: {error}") from None
        return one

    def partitions(self, taken: set[str]) -> tuple[Partitions, ...]:
        found: list[Partitions] = []
        for number, raw in enumerate(self.list_of_tables("partitions")):
            one = self.build(f"partitions[{number}]", raw, Partitions)
            self.matches("name", one.name, _TABLE_NAME, "lower case letters, digits and _: it is in a table's name")
            self.matches("bucket", one.bucket, _BUCKET, "a bucket's name")
            if one.bucket in taken:
                raise self.error("bucket", one.bucket, f"{one.bucket} is the lake's own, or one of [[sources]]")
            if raw_table(one.name) in TABLES or one.name in [other.name for other in found]:
                raise self.error("name", one.name, f"there is a table {raw_table(one.name)} already", last=True)
            if one.format not in FORMATS:
                raise self.error("format", one.format, f"format is {one.format!r}; there are {', '.join(FORMATS)}")
            try:
                layout.keys_of(one.layout)
            except layout.LayoutError as error:
                raise self.error("layout", one.layout, f"layout of {one.name}: {error}") from None
            found.append(one)
        return tuple(found)

    def removal(self, number: int, raw: dict[str, Any]) -> Removal:
        one = self.build(f"removals[{number}]", raw, Removal)
        self.matches("account", one.account, *_WORDS["accounts"])
        self.matches("requested", one.requested, _DATE, "a day, yyyy-mm-dd")
        return one

    def thresholds(self) -> Thresholds:
        thresholds = self.record("thresholds", Thresholds)
        if not 0 <= thresholds.completeness <= 100:
            raise self.error("completeness", "", "completeness is per cent: 0 to 100")
        if not 3 <= thresholds.volume_days <= 20:
            raise self.error("volume_days", "", "volume_days must be 3 to 20: there are 20 workdays in 28 days")
        if thresholds.volume_deviations < 1:
            raise self.error("volume_deviations", "", "volume_deviations must be at least 1")
        return thresholds

    def filters(self, job: str, raw: dict[str, Any]) -> Filters:
        where, declared = f"jobs.{job}", {one.name: one for one in LOGS[job].settings}
        self.refuse_unknown(where, raw, _EVERY_JOBS | declared.keys())
        of_all = {name: value for name, value in raw.items() if name in _EVERY_JOBS}
        given: dict[str, Any] = {
            name: self.own(one, raw[name]) if name in raw else one.default for name, one in declared.items()
        }
        for one in declared.values():
            self.refuse_covered(one, given)
        known = {one.name for one in fields(Filters)}
        filters = replace(
            self.build(where, of_all, Filters),
            **{name: value for name, value in given.items() if name in known},
            own={name: value for name, value in given.items() if name not in known},
        )
        if filters.keep not in ("filtered", "everything"):
            raise self.error("keep", filters.keep, f'keep is {filters.keep!r}; it is "filtered" or "everything"')
        return filters

    def own(self, one: Setting, value: object) -> tuple[str, ...]:
        """What a job's own setting says."""
        if one.one and not isinstance(value, str):
            raise self.error(one.name, str(value), f"{one.name} must be text, in quotes")
        texts = self.words(one.name, [value] if one.one else value)
        for text in texts:
            self.matches(one.name, text, re.compile(one.pattern), one.what)
        return texts

    def refuse_covered(self, one: Setting, given: Mapping[str, tuple[str, ...]]) -> None:
        """A text that the setting which is asked first covers: it would be written for nothing."""
        for text in given[one.name]:
            for first in given.get(one.after, ()):
                if text == first or (first.endswith("*") and text.startswith(first[:-1])):
                    why = f"{text!r} is among {one.after} already, by {first!r}: it can be in one of the two"
                    raise self.error(one.name, text, f"{one.name}: {why}")

    def documents(self) -> dict[str, str]:
        table = self.table("documents")
        for key, value in table.items():
            if not isinstance(value, str):
                raise self.error(key, str(value), f"the type of document {key} must be text")
        return table

    def bounds(self) -> Bounds:
        bounds = self.record("bounds", Bounds)
        for field_ in fields(bounds):
            if getattr(bounds, field_.name) < 1:
                raise self.error(field_.name, "", f"{field_.name} must be at least 1")
        if bounds.raw_partition_days > 36_500:
            raise self.error("raw_partition_days", "", "raw_partition_days must be at most 36500: a hundred years")
        return bounds

    # -- pieces --------------------------------------------------------------------------------------------------

    def table(self, key: str) -> dict[str, Any]:
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, "", f"[{key}] must be a table")
        return value

    def list_of_tables(self, key: str) -> list[dict[str, Any]]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.error(key, "", f"{key} are written as [[{key}]]")
        return value

    def record(self, key: str, kind: type[T]) -> T:
        return self.build(key, self.table(key), kind)

    def build(self, where: str, raw: dict[str, Any], kind: type[T]) -> T:
        """A dataclass from a table: types after the annotations, unknown and missing keys refused."""
        known = {f.name: f.type for f in fields(kind)}  # type: ignore[arg-type]  # all are dataclasses
        self.refuse_unknown(where, raw, set(known))
        values: dict[str, Any] = {}
        for key, value in raw.items():
            if known[key] == "tuple[str, ...]":
                values[key] = self.words(key, value)
            elif known[key] == "int":
                if type(value) is not int:
                    raise self.error(key, str(value), f"{key} must be a whole number")
                values[key] = value
            else:
                if not isinstance(value, str):
                    raise self.error(key, str(value), f"{key} must be text, in quotes")
                values[key] = value
        try:
            return kind(**values)
        except TypeError:
            missing = [f for f in known if f not in values]
            raise self.error(where.split("[")[0], "", f"[{where}] lacks {', '.join(missing)}") from None

    def words(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.error(key, str(value), f"{key} must be a list of texts, each in quotes")
        for one in value:
            if key in _WORDS:
                self.matches(key, one, *_WORDS[key])
        return tuple(value)

    def matches(self, key: str, value: str, pattern: re.Pattern[str], what: str) -> None:
        if not pattern.fullmatch(value):
            raise self.error(key, value, f"{key} has {value!r}, which is not {what}")

    def refuse_unknown(self, where: str, raw: dict[str, Any], known: set[str]) -> None:
        if not isinstance(raw, dict):
            raise self.error(where, "", f"[{where}] must be a table")
        for key in raw:
            if key not in known:
                inside = f"[{where}]" if where else "lake.toml"
                raise self.error(key, "", f"{inside} has no setting {key!r}; it knows {', '.join(sorted(known))}")

    def error(self, key: str, value: str, why: str, last: bool = False) -> SettingsError:
        """tomllib keeps no line numbers: the line is the first (or last) that has the key's last word and the value."""
        word = key.rsplit(".", 1)[-1]
        lines = [(number, line.split("#", 1)[0]) for number, line in enumerate(self.text.splitlines(), 1)]
        for wanted in ((word, value), (value,) if value else (word,)):
            found = [number for number, line in lines if all(one in line for one in wanted)]
            if found:
                return SettingsError(f"{self.name}, line {found[-1 if last else 0]}: {why}")
        return SettingsError(f"{self.name}: {why}")
