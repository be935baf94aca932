"""What a lake report says in words, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lake.completeness import enough, per_cent
from report import words
from report.lakefacts import STEPS, LakeReport
from report.words import Meaning, many

TONES = ("good", "doubtful", "bad", "neutral")
TONE_WORDS = {
    "good": "complete",
    "doubtful": "in doubt",
    "bad": "evidence missing",
    "neutral": "refused, failed, still open",
}
_LACKING = (
    ("waiting", "waiting for a run that works"),
    ("undone", "not fetched yet, the next run tries again"),
    ("gone", "overwritten or deleted before it was read"),
    ("givenup", "given up after all attempts"),
)


class Point(NamedTuple):
    """Something that asks for a look. section: the id of the section that says more."""

    section: str
    says: str


def headline(report: LakeReport) -> Meaning:
    """Whether all is there: its tone, a mark, and a sentence. The title is `titles[tone]`."""
    one = report.arrived
    if report.empty:
        return Meaning(
            "neutral",
            "–",
            "Nothing of this time arrived, and the tables hold nothing of it. Where people and machines worked, that "
            "is a fault on the way here, not a quiet day: loglake doctor looks for it.",
        )
    if not one.objects:
        return Meaning(
            "neutral", "–", "Nothing was delivered in this time. What the tables hold of it came on other days."
        )
    share = f"{per_cent(one.processed, one.objects):g} % of {many(one.objects, 'object')} that arrived"
    if one.accounted != one.records:
        return Meaning("bad", "✗", f"Of {one.records:,} records, {one.accounted:,} are accounted for. All must be.")
    if not enough(one.processed, one.objects, report.least):
        return Meaning("bad", "✗", f"Only {share} are processed; lake.toml asks for {report.least} %.")
    if one.processed < one.objects:
        return Meaning(
            "doubtful", "!", f"{share} are processed, and all {one.records:,} records in them accounted for."
        )
    return Meaning(
        "good",
        "✓",
        f"All {many(one.objects, 'object')} that arrived are processed, and all {many(one.records, 'record')} in them "
        "accounted for: kept, filtered, or in quarantine.",
    )


TITLES = {"good": "Complete", "doubtful": "Nearly complete", "bad": "Incomplete", "neutral": "Nothing arrived"}


def points(report: LakeReport) -> Iterator[Point]:
    """All that asks for a look, gravest first."""
    one = report.arrived
    for check in report.verified:
        if check.failed:
            of = f"of {check.about}, verified {words.moment(check.verifiedat)[:16]}"
            yield Point("verified", f"Raw {of}: {check.failed:,} of the checks failed ({check.failedkinds}).")
    for gate in report.gates or ():
        if gate.failed:
            yield Point("quality", f"{many(gate.failed, 'day')} of {gate.tablename} failed a quality gate.")
    for name, said in _LACKING:
        if number := getattr(one, name):
            yield Point("completeness", f"{many(number, 'object')}: {said}.")
    if number := sum(bad.records for bad in report.bad):
        yield Point("quarantine", f"{many(number, 'record')} could not become rows and {_be(number)} in quarantine.")
    if number := sum(fresh.unpublished for fresh in report.freshness):
        yield Point("freshness", f"{many(number, 'object')} {_be(number)} read, with rows that are not published yet.")
    if days := report.unverified:
        yield Point("verified", words.unverified(days))
    tones = by_tone(report)
    if number := tones["bad"] + tones["doubtful"]:
        yield Point(
            "evidence", f"Of {many(report.sessions, 'session')}, {number:,} cannot be shown whole, or not for sure."
        )
    for team in report.teams:
        if team.team is None and not team.others:
            yield Point(
                "sessions", f"{many(team.sessions, 'session')} {_be(team.sessions)} of no team: nobody reviews."
            )
    if number := sum(team.denied for team in report.teams):
        yield Point("sessions", f"{many(number, 'review')} {'says' if number == 1 else 'say'}: not as it should be.")
    if number := sum(team.overdue for team in report.teams if team.team or team.others):
        yield Point("sessions", f"{many(number, 'review')} {_be(number)} overdue.")


def by_tone(report: LakeReport, day: str | None = None) -> dict[str, int]:
    """Sessions by the tone of their verdict, all or those of a day."""
    found = dict.fromkeys(TONES, 0)
    for one in report.judged:
        if day in (None, one.calendarday):
            found[words.MEANINGS[one.verdict].tone] += one.sessions
    return found


def share(part: int, whole: int) -> str:
    """Per cent, rounded down: 100 % means all."""
    value = per_cent(part, whole)
    return "–" if value is None else f"{value:g} %"


def size(number: float) -> str:
    """Bytes for people: 1.9 MB. Decimal units, as AWS bills."""
    for unit, digits in (("B", 0), ("kB", 1), ("MB", 1), ("GB", 1), ("TB", 1)):
        if abs(number) < 1000 or unit == "TB":
            text = f"{number:,.{digits}f}"
            return f"{text.removesuffix('.0')} {unit}"
        number /= 1000
    raise AssertionError


def length(seconds: int | None) -> str:
    """A time for people: 47 s, 12 min 05 s, 3 h 20 min, 2 d 04 h."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(seconds, 60)
    hours, minutes_ = divmod(minutes, 60)
    days, hours_ = divmod(hours, 24)
    if days:
        return f"{days} d {hours_:02} h"
    if hours:
        return f"{hours} h {minutes_:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def steps() -> list[str]:
    """The names of the steps that `Freshness.within` counts by."""
    names = [f"≤ {length(one).removesuffix(' 00 s').removesuffix(' 00 min').removesuffix(' 00 h')}" for one in STEPS]
    return [*names, "longer"]


def usd(value: float) -> str:
    """US dollars."""
    if 0 < value < 0.005:
        return "< 0.01"
    return f"{value:,.2f}"


def saved(percent: float | None) -> str:
    """How much smaller, in words."""
    if percent is None:
        return "–"
    return f"{percent:g} % less" if percent >= 0 else f"{-percent:g} % more"


def named(name: str | None, others: int, thing: str) -> str:
    """A name as it is, or what stands for the rest."""
    return name if name is not None else f"{many(others, 'other ' + thing)}"


def _be(number: int) -> str:
    return "is" if number == 1 else "are"
