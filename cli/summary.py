"""What came in and what became of it, from the lake's own books, asked through Athena.

An object that a rebuild or a replay reads again is one object and two readings: records and rows are those of all
readings, because the books keep every one. Each level adds up to the one above it: objects = read + dropped + gone +
waiting; records = kept + filtered + quarantined; kept = rows in the table + duplicates + conflicts + removed. Where it
does not, `unequal` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.text import Text

from cli.athena import Answer, Athena, Column, Row
from cli.grid import Grid, Head
from cli.safe import safe
from lake.settings import JOBS
from schemas import LOGS, readready_table

RULES = {
    **{rule: words for logs in LOGS.values() for rule, words in logs.rules},
    "account": "account",
    "region": "Region",
    "removal": "removal of their account",
}
OUTCOMES = {
    "ok": "read",
    "dropped": "dropped",
    "gone": "gone before it was read (overwritten or deleted)",
    "undone": "not fetched yet, comes again",
    "waiting": "not read yet: a run failed",
    "givenup": "given up: never could be fetched",
}
_CONTROLS = {"layout": "no source has such keys"}
_OBJECTS = "SELECT job, outcome, rule, count(*) FROM arrivals GROUP BY job, outcome, rule"
_RECORDS = """
SELECT job, count_if(outcome = 'ok'), sum(recordsin), sum(kept), sum(filtered), sum(quarantined), {rules}
FROM lake_ledger
GROUP BY job""".format(
    rules=", ".join(f"sum(CAST(json_extract_scalar(filteredby, '$.{rule}') AS bigint))" for rule in RULES)
)
_QUARANTINE = "SELECT job, reason, count(*) FROM lake_quarantine WHERE reason <> 'conflict' GROUP BY job, reason"
_PUBLISHED = """
SELECT tablename, sum(rowsnew), sum(duplicates), sum(conflicts), sum(removed)
FROM lake_generations
GROUP BY tablename"""
_TABLE = "SELECT count(*), count(DISTINCT calendarday), min(calendarday), max(calendarday) FROM {table}"


@dataclass(slots=True)
class Job:
    """One job's figures. objects: by (outcome, rule). readings: how often one was read. quarantined: by reason."""

    objects: dict[tuple[str, str], int] = field(default_factory=dict)
    readings: int = 0
    records: int = 0
    kept: int = 0
    filtered: int = 0
    by_rule: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)
    published: int = 0
    duplicates: int = 0
    conflicts: int = 0
    removed: int = 0
    rows: int = 0
    days: int = 0
    first: str = ""
    last: str = ""


@dataclass(slots=True)
class Summary:
    """All jobs' figures, by the job's name."""

    jobs: dict[str, Job]

    def lines(self) -> Iterator[tuple[str, str, dict[str, int]]]:
        """Lines of the summary: (what, detail, figure by job). A line without detail is the sum of those below it."""
        each = self.jobs.items()
        yield "objects", "", {name: sum(one.objects.values()) for name, one in each}
        for outcome in OUTCOMES:
            rules = sorted({rule for one in self.jobs.values() for kind, rule in one.objects if kind == outcome})
            for rule in rules:
                detail = OUTCOMES[outcome] + (f": {_CONTROLS.get(rule, rule)}" if rule else "")
                yield "objects", detail, {name: one.objects.get((outcome, rule), 0) for name, one in each}
        yield "readings", "", {name: one.readings for name, one in each}
        yield "records", "", {name: one.records for name, one in each}
        yield "records", "kept", {name: one.kept for name, one in each}
        for rule, words in RULES.items():
            yield "records", f"filtered by {words}", {name: one.by_rule.get(rule, 0) for name, one in each}
        for reason in sorted({reason for one in self.jobs.values() for reason in one.by_reason}):
            yield "records", f"quarantined: {reason}", {name: one.by_reason.get(reason, 0) for name, one in each}
        yield "rows", "", {name: one.published for name, one in each}
        yield "rows", "in the table", {name: one.rows for name, one in each}
        yield "rows", "duplicates", {name: one.duplicates for name, one in each}
        yield "rows", "conflicts, in quarantine", {name: one.conflicts for name, one in each}
        yield "rows", "removed", {name: one.removed for name, one in each}

    def reread(self) -> bool:
        """Whether an object was read more than once: by a rebuild, a replay, an attempt that was repeated."""
        read = {name: sum(n for (kind, _), n in one.objects.items() if kind == "ok") for name, one in self.jobs.items()}
        return any(one.readings > read[name] for name, one in self.jobs.items())

    def unequal(self) -> list[str]:
        """What does not add up, in words; empty if all does."""
        wrong = []
        for name, one in self.jobs.items():
            accounted = one.kept + one.filtered + one.quarantined
            if one.records != accounted:
                wrong.append(f"{name}: {one.records:,} records came in, {accounted:,} are accounted for")
            if one.quarantined != sum(one.by_reason.values()):
                wrong.append(
                    f"{name}: {one.quarantined:,} records were quarantined, {sum(one.by_reason.values()):,} are there"
                )
            if one.kept != one.published:
                wrong.append(f"{name}: {one.kept:,} records were kept, {one.published:,} of them are published")
            accounted = one.rows + one.duplicates + one.conflicts + one.removed
            if one.published != accounted:
                wrong.append(f"{name}: {one.published:,} rows were published, {accounted:,} are accounted for")
        return wrong


def ask(athena: Athena) -> Summary:
    """The figures of the whole lake. Reads all of the books: they are small, and no query of theirs is by day."""
    jobs = {name: Job() for name in JOBS}
    for job, outcome, rule, count in athena.values(_OBJECTS):
        jobs[job or ""].objects[outcome or "", rule or ""] = _int(count)
    for row in athena.values(_RECORDS):
        one = jobs[row[0] or ""]
        one.readings, one.records, one.kept, one.filtered, one.quarantined = (_int(value) for value in row[1:6])
        one.by_rule = {rule: _int(value) for rule, value in zip(RULES, row[6:], strict=True)}
    for job, reason, count in athena.values(_QUARANTINE):
        jobs[job or ""].by_reason[reason or ""] = _int(count)
    published = {row[0]: [_int(value) for value in row[1:]] for row in athena.values(_PUBLISHED)}
    for name, one in jobs.items():
        table = readready_table(name)
        if table in published:
            one.published, one.duplicates, one.conflicts, one.removed = published[table]
        rows, days, first, last = athena.values(_TABLE.format(table=table))[0]
        one.rows, one.days, one.first, one.last = _int(rows), _int(days), first or "", last or ""
    return Summary(jobs)


def _int(value: str | None) -> int:
    return int(value or 0)


def table(summary: Summary) -> Grid:
    """The summary for people: a figure a job of which there is anything, lines that are nought for all left out."""
    shown = {name: one for name, one in summary.jobs.items() if one.objects or one.days} or summary.jobs
    result = Grid(Head(""), *(Head(name, right=True) for name in shown))
    for what, detail, figures in summary.lines():
        if detail and not any(figures.values()):
            continue
        if what == "readings" and not summary.reread():
            continue
        label = Text(f"  {safe(detail)}") if detail else Text(_TITLES[what], style="bold")
        result.add(label, *(_figure(figures[name], bool(detail)) for name in shown))
    result.add(Text("days", style="bold"), *(_days(one) for one in shown.values()))
    return result


_TITLES = {
    "objects": "objects arrived",
    "readings": "times one was read",
    "records": "records in them",
    "rows": "rows published",
}


def _figure(count: int, part: bool) -> Text:
    return Text(f"{count:,}" if count or not part else "-", style="" if part else "bold")


def _days(one: Job) -> str:
    if not one.days:
        return "-"
    return f"{one.first}\nto {one.last}\n{one.days} in all" if one.days > 1 else one.first


def answer(summary: Summary) -> Answer:
    """The summary for programs: a row a figure."""
    columns = [Column("job", "varchar"), Column("what", "varchar"), Column("detail", "varchar")]
    rows: list[Row] = [
        [name, what, detail or "all", str(figures[name])]
        for name in summary.jobs
        for what, detail, figures in summary.lines()
    ]
    return Answer([*columns, Column("count", "bigint")], iter(rows))
