"""What a lake report says, as values. Every number is an answer to one of its `questions`, or computed from answers.

Days are days of two kinds. `delivered`: of the raw objects' delivery, as their keys name it; what arrived, its
completeness, freshness and quarantine are of those. `own`: of the events themselves; sessions, rows, late events and
published files are of those. An object of one day can hold events of another.
"""

from __future__ import annotations

import calendar
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from lake.completeness import Counts, total
from report.facts import Question
from report.verified import Verified, without


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both yyyy-mm-dd: one day, or one whole month."""

    first: str
    last: str

    @classmethod
    def of_day(cls, day: date) -> Period:
        """One day."""
        return cls(day.isoformat(), day.isoformat())

    @classmethod
    def of_month(cls, month: date) -> Period:
        """The month that the day is in."""
        days = calendar.monthrange(month.year, month.month)[1]
        return cls(month.replace(day=1).isoformat(), month.replace(day=days).isoformat())

    @property
    def days(self) -> int:
        """How many there are."""
        return (date.fromisoformat(self.last) - date.fromisoformat(self.first)).days + 1

    @property
    def name(self) -> str:
        """2026-03-02, or March 2026."""
        first = date.fromisoformat(self.first)
        return self.first if self.days == 1 else f"{calendar.month_name[first.month]} {first.year}"


@dataclass(frozen=True, slots=True)
class Volume:
    """Objects that were delivered and read: of an account or a Region. name: None for all `others` together.

    bytes: as they lie in S3. records: found in them. kept: of these, those that became rows.
    """

    name: str | None
    others: int
    objects: int
    bytes: int
    records: int
    kept: int


@dataclass(frozen=True, slots=True)
class Daily:
    """Objects of a job that were delivered on a day and read. partitions: accounts times Regions that they are of."""

    calendarday: str
    job: str
    objects: int
    bytes: int
    records: int
    kept: int
    partitions: int


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of the tables, of their own days. events: CloudTrail's; keystrokes: records of session logs."""

    name: str | None
    others: int
    events: int
    keystrokes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived(Counts):
    """What the view `completeness` counts, of a source or of a day of delivery."""

    name: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A row of the view `completeness` of which something is missing."""

    calendarday: str
    source: str
    accountid: str
    awsregion: str
    objects: int
    processed: int
    records: int
    accounted: int


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds from objects' arrival to rows that can be read: nearest rank. unpublished: read, and not published yet.

    within: how many objects took at most so long, by `STEPS`, each without those before it; the last: longer.
    """

    source: str
    objects: int
    unpublished: int
    p50: int | None
    p90: int | None
    p99: int | None
    max: int | None
    within: tuple[int, ...]


STEPS = (300, 600, 900, 1800, 3600, 7200, 21600, 86400)  # seconds


@dataclass(frozen=True, slots=True)
class Late:
    """Events of a day that were delivered when it was over for a whole day and more (the view `late_arrivals`)."""

    calendarday: str
    tablename: str
    events: int
    mostdays: int
    lastarrived: str | None


@dataclass(frozen=True, slots=True)
class Bad:
    """Records in quarantine, by reason (the view `quarantined`), of objects that were delivered in the period."""

    reason: str
    job: str
    records: int
    objects: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Team:
    """A team's sessions and what their reviews say (the view `weekly_review`). team: None where nobody is responsible.

    others: how many teams this is, where it is not one (team is then None, too). unreviewed: of these, overdue;
    what was refused is neither, for nothing is there to review.
    """

    team: str | None
    manager: str | None
    others: int
    sessions: int
    started: int
    refused: int
    outofhours: int
    confirmed: int
    denied: int
    unreviewed: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Judged:
    """Sessions of a day with one verdict (the view `evidence`)."""

    calendarday: str
    verdict: str
    sessions: int


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A session whose evidence is not complete."""

    calendarday: str
    starttime: str | None
    sessionid: str | None
    eventid: str | None
    username: str | None
    accountid: str | None
    target: str | None
    verdict: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Size:
    """A table's days as published last: of lake_generations. raw: bytes of the objects of its job that were read."""

    tablename: str
    job: str
    days: int
    rows: int
    files: int
    bytes: int
    raw: int

    @property
    def saved(self) -> float | None:
        """How much less the files are than the raw objects, in per cent. None where nothing was delivered."""
        return round(100 - 100 * self.bytes / self.raw, 1) if self.raw else None


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars of a component of the lake. See `report.lakecost` for the basis."""

    name: str
    usd: float


@dataclass(frozen=True, slots=True)
class Gates:
    """A table's days against the quality gates (the view `quality`). unchecked: their newest generation, not yet."""

    tablename: str
    days: int
    passed: int
    failed: int
    unchecked: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A day that broke a rule. rules: which, in the view's words."""

    calendarday: str
    tablename: str
    rules: str | None


@dataclass(frozen=True, slots=True)
class LakeReport:
    """All of it. least: per cent of objects that must be processed, from lake.toml. generated: when, UTC.

    The first of what is ranked come first, all that remains as one `others`. gates: None where the lake has none.
    verified: the last verifications of raw that was delivered in the period.
    """

    period: Period
    generated: str
    version: str
    database: str
    least: int
    sources: tuple[Arrived, ...]
    days: tuple[Arrived, ...]
    incomplete: tuple[Incomplete, ...]
    incompleteall: int
    accounts: tuple[Volume, ...]
    regions: tuple[Volume, ...]
    daily: tuple[Daily, ...]
    heldaccounts: tuple[Held, ...]
    heldregions: tuple[Held, ...]
    freshness: tuple[Freshness, ...]
    late: tuple[Late, ...]
    bad: tuple[Bad, ...]
    teams: tuple[Team, ...]
    judged: tuple[Judged, ...]
    doubtful: tuple[Doubtful, ...]
    gates: tuple[Gates, ...] | None
    failedgates: tuple[Failed, ...]
    verified: tuple[Verified, ...]
    sizes: tuple[Size, ...]
    costs: tuple[Cost, ...]
    keeping: tuple[Cost, ...]
    costbasis: str
    questions: tuple[Question, ...] = field(repr=False)

    @property
    def arrived(self) -> Counts:
        """All sources together."""
        return total(self.sources)

    @property
    def bytes(self) -> int:
        """Of the objects that were read."""
        return sum(one.bytes for one in self.accounts)

    @property
    def events(self) -> int:
        """CloudTrail events in the table."""
        return sum(one.events for one in self.heldaccounts)

    @property
    def keystrokes(self) -> int:
        """Records of session logs in the table."""
        return sum(one.keystrokes for one in self.heldaccounts)

    @property
    def sessions(self) -> int:
        """All of them: one of two teams is one."""
        return sum(one.sessions for one in self.judged)

    @property
    def verdicts(self) -> dict[str, int]:
        """Sessions by verdict, most first."""
        found: dict[str, int] = {}
        for one in self.judged:
            found[one.verdict] = found.get(one.verdict, 0) + one.sessions
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))

    @property
    def unverified(self) -> list[str]:
        """The days of the period with deliveries, of which not all was ever verified."""
        return without(self.verified, (one.name for one in self.days if one.objects))

    @property
    def usd(self) -> float:
        """Of the period, without what keeping it costs in the months after."""
        return sum(one.usd for one in self.costs)

    @property
    def empty(self) -> bool:
        """Whether the lake knows nothing of the period."""
        return not (self.sources or self.heldaccounts or self.judged)

    def document(self) -> dict[str, Any]:
        """The report as JSON's values, with the sums that it shows."""
        sums = {
            "name": self.period.name,
            "days": self.period.days,
            "objects": self.arrived.objects,
            "processed": self.arrived.processed,
            "bytes": self.bytes,
            "records": self.arrived.records,
            "events": self.events,
            "keystrokes": self.keystrokes,
            "sessions": self.sessions,
            "verdicts": self.verdicts,
            "unverified": self.unverified,
            "usd": round(self.usd, 6),
        }
        return {"totals": sums, **asdict(self), "sizes": [{**asdict(one), "saved": one.saved} for one in self.sizes]}
