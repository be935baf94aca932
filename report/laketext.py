"""The lake report as plain text, for a terminal, a mail or a printer: no character of a log acts (`cli.safe`)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from cli.safe import safe
from report import lakesaid as said
from report import words
from report.lakefacts import LakeReport
from report.verified import MOST, NAMED

_WIDTH = 100


def text(report: LakeReport) -> Iterator[str]:
    """The lines, without their ends."""
    headline = said.headline(report)
    yield f"Lake report: {report.period.name}"
    yield "=" * _WIDTH
    yield from _wrapped(f"{said.TITLES[headline.tone].upper()}. {headline.says}")
    for point in said.points(report):
        yield from _wrapped(safe(point.says), "- ")
    yield from _arrived(report)
    yield from _volume(report)
    yield from _taken_in(report)
    yield from _sessions(report)
    if report.gates:
        yield from _title("Quality gates")
        rows = [(one.tablename, one.days, one.passed, one.failed, one.unchecked) for one in report.gates]
        yield from _grid(("table", "days", "passed", "failed", "not checked"), rows)
        for one in report.failedgates:
            yield safe(f"{one.calendarday}, {one.tablename}: {one.rules}")
    yield from _verified(report)
    yield from _sums(report)
    yield ""
    yield f"Made {report.generated} UTC by Log Lake {report.version}. All times are UTC."


def _arrived(report: LakeReport) -> Iterator[str]:
    yield from _title("Completeness, of what was delivered")
    rows = [
        (name, one.objects, said.share(one.processed, one.objects), one.records, one.kept, one.filtered,
         one.quarantined, one.late)
        for name, one in (*((one.name, one) for one in report.sources), ("all", report.arrived))
    ]  # fmt: skip
    yield from _grid(("source", "objects", "processed", "records", "kept", "filtered", "bad", "late"), rows)
    for one in report.incomplete:
        yield safe(
            f"{one.calendarday}, {one.source}, {one.accountid}, {one.awsregion}: {one.processed:,} of {one.objects:,} "
            f"objects, {one.accounted:,} of {one.records:,} records"
        )
    if report.incompleteall > len(report.incomplete):
        yield f"The worst {len(report.incomplete)} of {report.incompleteall:,}."


def _volume(report: LakeReport) -> Iterator[str]:
    for thing, volumes, held in (
        ("account", report.accounts, report.heldaccounts),
        ("Region", report.regions, report.heldregions),
    ):
        yield from _title(f"Delivered, by {thing}")
        rows = [
            (said.named(one.name, one.others, thing), one.objects, said.size(one.bytes), one.records, one.kept)
            for one in volumes
        ]
        yield from _grid((thing, "objects", "raw", "records", "kept"), rows)
        yield from _title(f"In the tables, by {thing}")
        rows_ = [(said.named(one.name, one.others, thing), one.events, one.keystrokes) for one in held]
        yield from _grid((thing, "events", "keystroke records"), rows_)


def _taken_in(report: LakeReport) -> Iterator[str]:
    yield from _title("Freshness, from arrival to rows that can be read")
    rows = [
        (one.source, one.objects, *map(said.length, (one.p50, one.p90, one.p99, one.max)), one.unpublished)
        for one in report.freshness
    ]
    yield from _grid(("source", "objects", "p50", "p90", "p99", "max", "not published"), rows)
    yield from _title("Late events, of these days")
    late = [(one.calendarday, one.tablename, one.events, one.mostdays) for one in report.late]
    yield from _grid(("day", "table", "events", "days late, at most"), late)
    yield from _title("Quarantine, of what was delivered")
    bad = [(one.reason, one.job, one.records, one.objects) for one in report.bad]
    yield from _grid(("reason", "log", "records", "objects"), bad)


def _sessions(report: LakeReport) -> Iterator[str]:
    yield from _title("Sessions and their reviews")
    rows = [
        ("no team" if one.team is None and not one.others else said.named(one.team, one.others, "team"), one.sessions,
         one.refused, one.outofhours, one.confirmed, one.denied, one.unreviewed, one.overdue)
        for one in report.teams
    ]  # fmt: skip
    heads = ("team", "sessions", "refused", "out of hours", "confirmed", "denied", "not reviewed", "overdue")
    yield from _grid(heads, rows)
    yield from _title("Evidence")
    verdicts = [(words.MEANINGS[name].mark, name, number) for name, number in report.verdicts.items()]
    yield from _grid(("", "verdict", "sessions"), verdicts)
    for one in report.doubtful:
        who = f"{one.username or 'not known'} on {one.target or 'not known'}"
        yield safe(f"{words.moment(one.starttime) or one.calendarday}  {one.sessionid or one.eventid}  {who}")
        yield safe(f"    {one.verdict}: {one.why or ''}")


def _verified(report: LakeReport) -> Iterator[str]:
    yield from _title("Raw, verified against what was signed and read")
    for one in report.verified[:MOST]:
        yield safe(f"{words.moment(one.verifiedat)[:16]}  of {one.about}: {one.outcome}")
        yield from (f"    {safe(example)}" for example in one.examples[:NAMED])
    if len(report.verified) > MOST:
        yield f"{MOST} of {len(report.verified):,}."
    if report.unverified:
        yield from _wrapped(words.unverified(report.unverified))
    if not (report.verified or report.unverified):
        yield "none"


def _sums(report: LakeReport) -> Iterator[str]:
    yield from _title("Size, against raw")
    sizes = [
        (one.tablename, said.size(one.raw), said.size(one.bytes), said.saved(one.saved), one.rows, one.files)
        for one in report.sizes
    ]
    yield from _grid(("table", "raw", "published", "against raw", "rows", "files"), sizes)
    yield from _title("Cost estimate, US$")
    costs = [(one.name, said.usd(one.usd)) for one in report.costs]
    keeping = [(f"keeping {one.name}, a month", said.usd(one.usd)) for one in report.keeping]
    yield from _grid(("component", "US$"), [*costs, (report.period.name, said.usd(report.usd)), *keeping])
    yield from _wrapped(report.costbasis)


def _title(title: str) -> tuple[str, str]:
    return "", f"{title} {'-' * (_WIDTH - len(title) - 1)}"


def _wrapped(sentence: str, first: str = "") -> list[str]:
    return textwrap.wrap(sentence, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def _grid(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Columns side by side; numbers to the right."""
    cells = [[safe(f"{one:,}" if isinstance(one, int) else str(one)) for one in row] for row in rows]
    if not cells:
        yield "none"
        return
    texts = [
        all(isinstance(one, str) and not one[:1].isdigit() for one in column) for column in zip(*cells, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    for row in (heads, *cells):
        line = (
            one.ljust(width) if number == 0 or is_text else one.rjust(width)
            for number, (one, width, is_text) in enumerate(zip(row, widths, texts, strict=True))
        )
        yield "  ".join(line).rstrip()
