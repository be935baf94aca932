"""The truth about the sample company's logs: written down while they are made, never read back from them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from examples.company.dice import day


@dataclass(slots=True)
class SessionTruth:
    """One session as an auditor must find it.

    sessionid: what follows the last '-' of the session's name; None where none was given out (denied, failed).
    day, starttime: of the start; where only keystrokes are known, of the first of them (starttime is then None).
    outcome: "started", "denied", "failed" or "keystrokes-only".
    streamed: True, False (one upload at the end), or None where there are no keystrokes.
    lines: the transcript; each piece of a line that a record's bound cut is an entry, and so are repeated lines.
    records: how many log events a reader must see: a second copy with the same id is none, one with a new id is.
    repeatedlines: how many of `lines` are in a record that repeats an earlier one's text under a new id.
    expects_keystrokes: "yes", or why there are none: "port forwarding", "SSH", "denied", "failed", "lost"; or
        "command": a command's session, which is never streamed.
    scene: the oddity this session is there for.
    """

    sessionid: str | None
    day: str
    starttime: datetime | None
    accountid: str
    awsregion: str
    target: str | None
    principalarn: str
    username: str
    sourceidentity: str | None
    rolearn: str | None
    sourceipaddress: str | None
    documentname: str | None
    reason: str | None
    outcome: str
    errorcode: str | None
    eventid: str | None
    expects_keystrokes: str
    scene: str
    streamed: bool | None = None
    lines: list[str] = field(default_factory=list)
    records: int = 0
    repeatedlines: int = 0
    firstkeystroke: datetime | None = None
    lastkeystroke: datetime | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """A kept event whose day is over when its first copy arrives. `delivered`: the day in that copy's key."""

    id: str
    day: str
    delivered: str


@dataclass(slots=True)
class ObjectTruth:
    """What one object holds: `records == kept + sum(filtered) + sum(quarantined)`, under the default filters."""

    job: str
    key: str
    records: int = 0
    kept: int = 0
    filtered: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Counts:
    """What one job meets. `kept` counts records; a table of them has `rows`, for `duplicates` repeat others."""

    objects: int = 0
    records: int = 0
    kept: int = 0
    filtered: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    late: list[Late] = field(default_factory=list)
    quarantined: dict[str, int] = field(default_factory=dict)
    kept_everything: int = 0
    duplicates_everything: int = 0

    @property
    def rows(self) -> int:
        """The table's rows under the default filters."""
        return self.kept - self.duplicates

    @property
    def rows_everything(self) -> int:
        """The table's rows with `keep = "everything"`."""
        return self.kept_everything - self.duplicates_everything


class Tally:
    """One object's records, counted one by one into the truth as the object is made."""

    def __init__(self, truth: Truth, job: str, key: str, delivered: str) -> None:
        self.truth, self.delivered = truth, delivered
        self.counts = truth.cloudtrail if job == "cloudtrail" else truth.cloudwatch
        self.object = ObjectTruth(job, key)

    def keep(self, identity: str, second: float, again: bool) -> None:
        """A record that the default filters keep. `again`: an earlier object had it already."""
        self.object.kept += 1
        self.counts.kept_everything += 1
        happened = day(second)
        if again:
            self.counts.duplicates += 1
            self.counts.duplicates_everything += 1
        elif happened < self.delivered:
            self.counts.late.append(Late(identity, happened, self.delivered))
        if self.counts is self.truth.cloudtrail:
            self.truth.events.setdefault(identity, happened)

    def filter(self, rule: str, number: int, again: int = 0) -> None:
        """`number` records that a rule drops; `again` of them an earlier object had already."""
        if not number:
            return
        self.object.filtered[rule] = self.object.filtered.get(rule, 0) + number
        if rule != "heartbeat":  # a heartbeat is no data: nothing keeps it
            self.counts.kept_everything += number
            self.counts.duplicates_everything += again

    def quarantine(self, reason: str) -> None:
        """A record (or an unreadable rest) that is bad under any filter."""
        self.object.quarantined[reason] = self.object.quarantined.get(reason, 0) + 1

    def close(self) -> None:
        """The object is complete."""
        one, counts = self.object, self.counts
        one.records = one.kept + sum(one.filtered.values()) + sum(one.quarantined.values())
        counts.objects += 1
        counts.records += one.records
        counts.kept += one.kept
        for total, part in ((counts.filtered, one.filtered), (counts.quarantined, one.quarantined)):
            for name, number in part.items():
                total[name] = total.get(name, 0) + number
        if self.truth.objects is not None:
            self.truth.objects.append(one)


@dataclass(slots=True)
class Truth:
    """The whole of it.

    events: eventid -> UTC day of every distinct CloudTrail event that the default filters keep.
    objects: one an object, or None where the company was not asked for that detail.
    ignored: keys that are no log of any source (digests, Config): AddAPart drops them by their names.
    """

    sessions: list[SessionTruth] = field(default_factory=list)
    events: dict[str, str] = field(default_factory=dict)
    cloudtrail: Counts = field(default_factory=Counts)
    cloudwatch: Counts = field(default_factory=Counts)
    ignored: list[str] = field(default_factory=list)
    objects: list[ObjectTruth] | None = None

    def write(self, folder: Path) -> None:
        """JSON lines, one file a kind: sessions, events, counts, late, ignored and, if asked for, objects."""
        folder.mkdir(parents=True, exist_ok=True)
        jobs = {"cloudtrail": self.cloudtrail, "cloudwatch": self.cloudwatch}
        _lines(folder / "sessions.jsonl", map(asdict, self.sessions))
        _lines(folder / "events.jsonl", ({"eventid": one, "day": day} for one, day in self.events.items()))
        _lines(folder / "counts.jsonl", (_counts(job, counts) for job, counts in jobs.items()))
        late = ({"job": job} | asdict(one) for job, counts in jobs.items() for one in counts.late)
        _lines(folder / "late.jsonl", late)
        _lines(folder / "ignored.jsonl", ({"key": key} for key in self.ignored))
        if self.objects is not None:
            _lines(folder / "objects.jsonl", map(asdict, self.objects))


def _counts(job: str, counts: Counts) -> dict[str, Any]:
    figures = {"job": job} | asdict(counts) | {"rows": counts.rows, "rows_everything": counts.rows_everything}
    return figures | {"late": len(counts.late)}


def _lines(path: Path, values: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for value in values:
            file.write(json.dumps(value, default=_time) + "\n")


def _time(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
