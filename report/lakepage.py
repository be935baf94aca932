"""The lake report as one HTML file, in the shell of the session report: nothing loaded, no script, no text acts."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from cli.safe import safe
from report import lakesaid as said
from report import words
from report.lakefacts import Freshness, LakeReport, Volume
from report.lakeplots import Plots, Series
from report.page import digest, environment
from report.verified import MOST, NAMED
from schemas import LOGS

_FOLDER = Path(__file__).parent
_PALETTE = 5  # sources that have a colour of their own; all others share one


class Day(NamedTuple):
    """A day of the table of days. processed: of the objects; raw: bytes by job; tones: sessions by tone."""

    day: str
    objects: int
    processed: int
    records: int
    bad: int
    raw: dict[str, int]
    tones: dict[str, int]


def page(report: LakeReport) -> str:
    """The whole file's text."""
    style = "".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "lake.css"))
    headline = said.headline(report)
    return environment().get_template("lake.html.j2").render(
        report=report,
        total=report.arrived,
        headline=headline,
        title=said.TITLES[headline.tone],
        points=list(said.points(report)),
        tones=said.by_tone(report),
        meanings=words.MEANINGS,
        days=days(report) if report.period.days > 1 else [],
        jobs=[(f"s{number}", LOGS[job].title) for number, job in enumerate(_jobs(report))],
        plots=_plots(report),
        bysource=by_source(report.freshness),
        freshkeys=[(f"s{number}", name) for number, (name, _) in enumerate(by_source(report.freshness))],
        said=said,
        most=MOST,
        named=NAMED,
        unverified=words.unverified,
        style=Markup(style),
        digest=digest(style),
    )  # fmt: skip


def days(report: LakeReport) -> list[Day]:
    """Every day of the period, those too on which nothing was."""
    first = date.fromisoformat(report.period.first)
    arrived = {one.name: one for one in report.days}
    found = []
    for number in range(report.period.days):
        day = (first + timedelta(number)).isoformat()
        one = arrived.get(day)
        raw = {
            job: sum(of.bytes for of in report.daily if (of.calendarday, of.job) == (day, job)) for job in _jobs(report)
        }
        counts = (one.objects, one.processed, one.records, one.quarantined) if one else (0, 0, 0, 0)
        found.append(Day(day, *counts, raw, said.by_tone(report, day)))
    return found


def _jobs(report: LakeReport) -> list[str]:
    """Those of which anything arrived, in the order of their columns and colours."""
    return [job for job in LOGS if any(one.job == job for one in report.daily)]


def _plots(report: LakeReport) -> dict[str, Markup]:
    """By name; without those that would show nothing."""
    plots, made = Plots(), dict[str, Markup]()
    if report.period.days > 1 and not report.empty:
        every = days(report)
        labels = [day if (day := str(number)) == "1" or number % 5 == 0 else "" for number in range(1, len(every) + 1)]
        raw = [Series(job, f"s{n}", [one.raw[job] for one in every]) for n, job in enumerate(_jobs(report))]
        made["days"] = plots.columns("Raw bytes delivered, by day", labels, raw, said.size)
        if report.sessions:
            tones = [Series(said.TONE_WORDS[tone], tone, [one.tones[tone] for one in every]) for tone in said.TONES]
            made["sessions"] = plots.columns("Sessions by day and evidence", labels, tones, _whole)
    for name, thing, volumes in (("accounts", "account", report.accounts), ("regions", "Region", report.regions)):
        if volumes:
            made[name] = plots.bars(
                f"Raw bytes by {thing}", _names(volumes, thing), [Series("raw bytes", "s0", _bytes(volumes))], said.size
            )
    if any(one.objects for one in report.freshness):
        series = [
            Series(name, f"s{number}", values) for number, (name, values) in enumerate(by_source(report.freshness))
        ]
        made["freshness"] = plots.bars("Objects by the time they took", said.steps(), series, _whole)
    if report.verdicts:
        made["evidence"] = plots.bars(
            "Sessions by verdict",
            list(report.verdicts),
            [
                Series(
                    said.TONE_WORDS[tone],
                    tone,
                    [
                        number if words.MEANINGS[verdict].tone == tone else 0
                        for verdict, number in report.verdicts.items()
                    ],
                )
                for tone in said.TONES
            ],
            _whole,
        )
    return made


def _names(volumes: tuple[Volume, ...], thing: str) -> list[str]:
    return [safe(said.named(one.name, one.others, thing)) for one in volumes]


def _bytes(volumes: tuple[Volume, ...]) -> list[int]:
    return [one.bytes for one in volumes]


def by_source(every: tuple[Freshness, ...]) -> list[tuple[str, list[int]]]:
    """Objects by step: of the sources with most objects each, of all others together."""
    ranked = sorted(every, key=lambda one: (-one.objects, one.source))
    found = [(safe(one.source), list(one.within)) for one in ranked[:_PALETTE]]
    if others := ranked[_PALETTE:]:
        found.append(("all others", [sum(counts) for counts in zip(*(one.within for one in others), strict=True)]))
    return found


def _whole(value: float) -> str:
    """A count; between two whole ones there is nothing to count."""
    return f"{value:,.0f}" if value == int(value) else ""
