"""Asks the lake for all that a lake report says: views and books, through Athena's API, here or in AWS.

Every answer is a few rows, however many accounts and days there are: what is ranked is cut in SQL, and the rest is
summed there. `calendarday` is a text in every view, so that a period is one BETWEEN.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from cli.athena import literal
from lake.completeness import COUNTS
from report import words
from report.gather import Asker, Asks, Row
from report.lakecost import BASIS, costs, keeping
from report.lakefacts import (
    STEPS,
    Arrived,
    Bad,
    Daily,
    Doubtful,
    Failed,
    Freshness,
    Gates,
    Held,
    Incomplete,
    Judged,
    LakeReport,
    Late,
    Period,
    Size,
    Team,
    Volume,
)
from report.verified import verified
from schemas import LOGS, TABLES, readready_table

MOST = 10  # of what is ranked, and the rest as one
JOBS = {readready_table(job): job for job in LOGS}
QUALITY = "lake_quality"
_DOUBT = tuple(name for name, one in words.MEANINGS.items() if one.tone in ("doubtful", "bad"))


def gather(
    athena: Asks, period: Period, least: int, *, now: datetime | None = None, version: str = "", database: str = ""
) -> LakeReport:
    """The report on the period. least: per cent of the objects that arrived which must be processed."""
    asker, now = Asker(athena), now or datetime.now(UTC)
    daily = _daily(asker, period)
    sizes = _sizes(asker, period, daily)
    incomplete, incompleteall = _incomplete(asker, period)
    return LakeReport(
        period=period,
        generated=f"{now:%Y-%m-%d %H:%M:%S}",
        version=version,
        database=database,
        least=least,
        sources=_arrived(asker, period, "source", "How complete is what arrived, by source?"),
        days=_arrived(asker, period, "calendarday", "How complete is what arrived, by day of delivery?"),
        incomplete=incomplete,
        incompleteall=incompleteall,
        accounts=_volume(asker, period, "accountid", "What was delivered, by account?"),
        regions=_volume(asker, period, "awsregion", "What was delivered, by Region?"),
        daily=daily,
        heldaccounts=_held(asker, period, "accountid", "Which accounts are the tables' rows of?"),
        heldregions=_held(asker, period, "awsregion", "Which Regions are the tables' rows of?"),
        freshness=_freshness(asker, period),
        late=_late(asker, period),
        bad=_bad(asker, period),
        teams=_teams(asker, period),
        judged=_judged(asker, period),
        doubtful=_doubtful(asker, period),
        gates=_gates(asker, period) if QUALITY in TABLES else None,
        failedgates=_failed(asker, period) if QUALITY in TABLES else (),
        verified=verified(asker, _of(period)),
        sizes=sizes,
        costs=costs(period, daily, now.date()),
        keeping=keeping(sizes),
        costbasis=BASIS,
        questions=tuple(asker.questions),
    )


def _of(period: Period, column: str = "calendarday") -> str:
    if period.days == 1:
        return f"{column} = {literal(period.first)}"
    return f"{column} BETWEEN {literal(period.first)} AND {literal(period.last)}"


def _int(row: Row, *names: str) -> tuple[int, ...]:
    return tuple(int(row[name] or 0) for name in names)


def _counts(row: Row, *names: str) -> dict[str, Any]:
    return dict(zip(names, _int(row, *names), strict=True))


def _sums(names: Sequence[str], of: str = "") -> str:
    return ", ".join(f"sum({of}{name}) AS {name}" for name in names)


# -- what arrived ------------------------------------------------------------------------------------------------------


def _arrived(asker: Asker, period: Period, by: str, what: str) -> tuple[Arrived, ...]:
    rows = asker.rows(
        what, f"SELECT {by}, {_sums(COUNTS)} FROM completeness WHERE {_of(period)} GROUP BY {by} ORDER BY {by}"
    )
    return tuple(Arrived(name=row[by] or "", **_counts(row, *COUNTS)) for row in rows)


def _incomplete(asker: Asker, period: Period) -> tuple[tuple[Incomplete, ...], int]:
    counts = ("objects", "processed", "records", "accounted")
    rows = asker.rows(
        "Of what is something missing?",
        "SELECT calendarday, source, accountid, awsregion, objects, processed, records,"
        " kept + filtered + quarantined AS accounted, count(*) OVER () AS groups"
        f" FROM completeness WHERE {_of(period)}"
        " AND (processed < objects OR kept + filtered + quarantined <> records)"
        " ORDER BY objects - processed DESC, calendarday, source, accountid, awsregion"
        f" LIMIT {MOST}",
    )
    keys = ("calendarday", "source", "accountid", "awsregion")
    named: list[dict[str, Any]] = [{key: row[key] or "" for key in keys} for row in rows]
    found = tuple(Incomplete(**one, **_counts(row, *counts)) for one, row in zip(named, rows, strict=True))
    return found, int(rows[0]["groups"] or 0) if rows else 0


def _ranked(groups: str, counts: Sequence[str], by: str) -> str:
    """The SQL of the first MOST groups, and of all others as one row with a null for a name, last."""
    return (
        f"WITH groups AS ({groups}),"
        f" ranked AS (SELECT *, row_number() OVER (ORDER BY {by} DESC, name) AS place FROM groups)"
        f" SELECT CASE WHEN place <= {MOST} THEN name END AS name, min(place) AS place,"
        f" count(*) AS groups, {_sums(counts)}"
        f" FROM ranked GROUP BY CASE WHEN place <= {MOST} THEN name END, place <= {MOST} ORDER BY 2"
    )


def _volume(asker: Asker, period: Period, by: str, what: str) -> tuple[Volume, ...]:
    counts = ("objects", "bytes", "records", "kept")
    groups = (
        f"SELECT {by} AS name, count(*) AS objects, sum(objectbytes) AS bytes, sum(recordsin) AS records,"
        f" sum(kept) AS kept FROM arrivals WHERE {_of(period)} AND outcome = 'ok' GROUP BY {by}"
    )
    rows = asker.rows(what, _ranked(groups, counts, "bytes"))
    return tuple(Volume(*_named(row), *_int(row, *counts)) for row in rows)


def _named(row: Row) -> tuple[str | None, int]:
    """The name, or how many others."""
    if int(row["place"] or 0) > MOST:
        return None, int(row["groups"] or 0)
    return row["name"] or "unknown", 0


def _held(asker: Asker, period: Period, by: str, what: str) -> tuple[Held, ...]:
    account = {"accountid": "coalesce(recipientaccountid, useridentityaccountid)", "awsregion": "awsregion"}[by]
    groups = (
        "SELECT coalesce(name, 'unknown') AS name, sum(event) AS events, sum(keystroke) AS keystrokes FROM ("
        f"SELECT {account} AS name, 1 AS event, 0 AS keystroke FROM from_cloudtrail_readready WHERE {_of(period)}"
        f" UNION ALL SELECT {by}, 0, 1 FROM from_cloudwatch_readready WHERE {_of(period)}"
        f" UNION ALL SELECT {by}, 0, 1 FROM from_sessionfiles_readready WHERE {_of(period)}"
        ") AS bothtables GROUP BY coalesce(name, 'unknown')"
    )
    rows = asker.rows(what, _ranked(groups, ("events", "keystrokes"), "events + keystrokes"))
    return tuple(Held(*_named(row), *_int(row, "events", "keystrokes")) for row in rows)


def _daily(asker: Asker, period: Period) -> tuple[Daily, ...]:
    rows = asker.rows(
        "What was delivered, by day?",
        "SELECT calendarday, job, count(*) AS objects, sum(objectbytes) AS bytes, sum(recordsin) AS records,"
        " sum(kept) AS kept, count(DISTINCT accountid || '/' || awsregion) AS partitions"
        f" FROM arrivals WHERE {_of(period)} AND outcome = 'ok' GROUP BY calendarday, job ORDER BY calendarday, job",
    )
    counts = ("objects", "bytes", "records", "kept", "partitions")
    return tuple(Daily(row["calendarday"] or "", row["job"] or "", *_int(row, *counts)) for row in rows)


# -- how well it was taken in ------------------------------------------------------------------------------------------


def _freshness(asker: Asker, period: Period) -> tuple[Freshness, ...]:
    # Nearest rank, in whole numbers: 100 * place >= 90 * measured holds first at the rank of p90.
    ranks = ", ".join(
        f"min(CASE WHEN 100 * place >= {share} * measured THEN seconds END) AS p{share}" for share in (50, 90, 99)
    )
    within = ", ".join(f"count_if(seconds <= {step}) AS within{step}" for step in STEPS)
    rows = asker.rows(
        "How long did it take from an object's arrival to rows that can be read?",
        "WITH ranked AS (SELECT source, seconds,"
        " row_number() OVER (PARTITION BY source ORDER BY seconds NULLS LAST) AS place,"
        " count(seconds) OVER (PARTITION BY source) AS measured"
        f" FROM freshness WHERE {_of(period)})"
        f" SELECT source, count(seconds) AS objects, count_if(seconds IS NULL) AS unpublished, {ranks},"
        f" max(seconds) AS longest, {within} FROM ranked GROUP BY source ORDER BY source",
    )
    found = []
    for row in rows:
        objects, unpublished = _int(row, "objects", "unpublished")
        upto = [0, *_int(row, *(f"within{step}" for step in STEPS)), objects]
        p50, p90, p99, longest = (_none(row[name]) for name in ("p50", "p90", "p99", "longest"))
        each = tuple(after - before for before, after in pairwise(upto))
        found.append(Freshness(row["source"] or "", objects, unpublished, p50, p90, p99, longest, each))
    return tuple(found)


def _none(text: str | None) -> int | None:
    return None if text is None else int(text)


def _late(asker: Asker, period: Period) -> tuple[Late, ...]:
    rows = asker.rows(
        "Which days' events came late?",
        "SELECT calendarday, tablename, count(*) AS events, max(dayslate) AS mostdays, max(arrived) AS lastarrived"
        f" FROM late_arrivals WHERE {_of(period)} GROUP BY calendarday, tablename ORDER BY calendarday, tablename",
    )
    return tuple(
        Late(
            calendarday=row["calendarday"] or "",
            tablename=row["tablename"] or "",
            lastarrived=row["lastarrived"],
            **_counts(row, "events", "mostdays"),
        )
        for row in rows
    )


def _bad(asker: Asker, period: Period) -> tuple[Bad, ...]:
    rows = asker.rows(
        "Which records could not become rows, and why?",
        "SELECT reason, job, count(*) AS records, count(DISTINCT sourceobject || sourceetag) AS objects,"
        " sum(recordbytes) AS bytes FROM quarantined INNER JOIN"
        " (SELECT DISTINCT 's3://' || bucket || '/' || objectkey AS delivered, etag"
        f" FROM arrivals WHERE {_of(period)}) AS objects"
        " ON sourceobject = delivered AND sourceetag = etag GROUP BY reason, job ORDER BY 3 DESC, reason, job",
    )
    counts = ("records", "objects", "bytes")
    return tuple(Bad(row["reason"] or "", row["job"] or "", *_int(row, *counts)) for row in rows)


# -- what people did ---------------------------------------------------------------------------------------------------


def _teams(asker: Asker, period: Period) -> tuple[Team, ...]:
    counts = ("sessions", "started", "refused", "outofhours", "confirmed", "denied", "unreviewed", "overdue")
    # The sessions of no team come first, whatever their number: nobody reviews them.
    rows = asker.rows(
        "Whose sessions were there, and who has reviewed them?",
        "WITH each AS (SELECT team, max(manager) AS manager, count(*) AS sessions,"
        " count_if(outcome = 'started') AS started, count_if(outcome IN ('denied', 'failed')) AS refused,"
        " count_if(outofhours) AS outofhours, count_if(decision = 'confirmed') AS confirmed,"
        " count_if(decision = 'denied') AS denied,"
        " count_if(reviewedat IS NULL AND sessionid IS NOT NULL) AS unreviewed,"
        f" count_if(overdue) AS overdue FROM weekly_review WHERE {_of(period)} GROUP BY team),"
        " ranked AS (SELECT *, row_number() OVER (ORDER BY CASE WHEN team IS NULL THEN 0 ELSE 1 END,"
        " sessions DESC, team) AS place FROM each)"
        f" SELECT CASE WHEN place <= {MOST} THEN team END AS team,"
        f" max(CASE WHEN place <= {MOST} THEN manager END) AS manager, min(place) AS place,"
        f" count(*) AS teams, {_sums(counts)} FROM ranked"
        f" GROUP BY CASE WHEN place <= {MOST} THEN team END, place <= {MOST} ORDER BY 3",
    )
    return tuple(
        Team(row["team"], row["manager"], others, *_int(row, *counts))
        for row in rows
        for others in [int(row["teams"] or 0) if int(row["place"] or 0) > MOST else 0]
    )


def _judged(asker: Asker, period: Period) -> tuple[Judged, ...]:
    rows = asker.rows(
        "What does the evidence on the sessions come to?",
        f"SELECT calendarday, verdict, count(*) AS sessions FROM evidence WHERE {_of(period)}"
        " GROUP BY calendarday, verdict ORDER BY calendarday, verdict",
    )
    return tuple(Judged(row["calendarday"] or "", row["verdict"] or "", *_int(row, "sessions")) for row in rows)


def _doubtful(asker: Asker, period: Period) -> tuple[Doubtful, ...]:
    names = Doubtful.__slots__
    doubt = ", ".join(map(literal, _DOUBT))
    rows = asker.rows(
        "Which sessions should somebody look at?",
        f"SELECT {', '.join(names)} FROM evidence WHERE {_of(period)} AND verdict IN ({doubt})"
        f" ORDER BY calendarday, coalesce(starttime, firstkeystroke), sessionid, eventid LIMIT {MOST}",
    )
    return tuple(
        Doubtful(
            calendarday=row["calendarday"] or "",
            starttime=row["starttime"],
            sessionid=row["sessionid"],
            eventid=row["eventid"],
            username=row["username"],
            accountid=row["accountid"],
            target=row["target"],
            verdict=row["verdict"] or "",
            why=row["why"],
        )
        for row in rows
    )


# -- what it comes to --------------------------------------------------------------------------------------------------


def _sizes(asker: Asker, period: Period, daily: Sequence[Daily]) -> tuple[Size, ...]:
    tables = ", ".join(map(literal, JOBS))
    counts = ("days", "rows", "files", "bytes")
    rows = asker.rows(
        "How big are the days as they are published now?",
        "WITH published AS (SELECT *, row_number() OVER"
        " (PARTITION BY tablename, publishedday ORDER BY generation DESC) AS place"
        f" FROM lake_generations WHERE {_of(period, 'publishedday')} AND tablename IN ({tables}))"
        ' SELECT tablename, count(*) AS days, sum(rowsout) AS "rows", sum(files) AS files, sum(filebytes) AS bytes'
        " FROM published WHERE place = 1 GROUP BY tablename",
    )
    found = {row["tablename"]: _counts(row, *counts) for row in rows}
    raw = {job: sum(one.bytes for one in daily if one.job == job) for job in JOBS.values()}
    return tuple(
        Size(tablename=table, job=job, raw=raw[job], **found.get(table, dict.fromkeys(counts, 0)))
        for table, job in JOBS.items()
        if table in found or raw[job]
    )


def _gates(asker: Asker, period: Period) -> tuple[Gates, ...]:
    tables = ", ".join(map(literal, JOBS))
    rows = asker.rows(
        "Which days passed the quality gates?",
        "SELECT tablename, count(*) AS days, count_if(passed) AS passed, count_if(NOT passed) AS failed,"
        f" count_if(passed IS NULL) AS unchecked FROM quality WHERE {_of(period)} AND tablename IN ({tables})"
        " GROUP BY tablename ORDER BY tablename",
    )
    counts = ("days", "passed", "failed", "unchecked")
    return tuple(Gates(row["tablename"] or "", *_int(row, *counts)) for row in rows)


def _failed(asker: Asker, period: Period) -> tuple[Failed, ...]:
    rows = asker.rows(
        "Which rules did the others break?",
        f"SELECT calendarday, tablename, failed FROM quality WHERE {_of(period)} AND NOT passed"
        f" ORDER BY calendarday, tablename LIMIT {MOST}",
    )
    return tuple(Failed(row["calendarday"] or "", row["tablename"] or "", row["failed"]) for row in rows)
