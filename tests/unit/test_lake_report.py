"""The lake report: its numbers are the views', nothing of a log acts in any format, and it stays small."""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from infra.costs import Day, components, total
from lake.completeness import COUNTS
from report import lakesaid as said
from report.lakecost import costs
from report.lakefacts import Arrived, Daily, Freshness, LakeReport, Period
from report.lakegather import gather
from report.lakepage import page
from report.lakeplots import Plots, Series
from report.laketext import text
from report.page import digest
from tests.lake_report_world import ACCOUNTS, CLOUDTRAIL, DAYS, HARM, Asker, ledger, sessions
from tests.views_lake import Row

MARCH = Period.of_month(date(2026, 3, 9))
NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@pytest.fixture(scope="module")
def asker() -> Asker:
    return Asker()


@pytest.fixture(scope="module")
def month(asker: Asker) -> LakeReport:
    return gather(asker, MARCH, 90, now=NOW, version="0", database="loglake")


@pytest.fixture(scope="module")
def nothing() -> LakeReport:
    """An empty lake's day. Asked for the month, because then the questions are translated already."""
    empty = gather(Asker(empty=True), MARCH, 90, now=NOW, database="loglake")
    return replace(empty, period=Period.of_day(DAYS[3]))


@pytest.fixture(scope="module")
def shown(month: LakeReport) -> str:
    return page(month)


@pytest.fixture(scope="module")
def said_in_json(month: LakeReport) -> dict[str, Any]:
    """The report as `--format json` says it."""
    found: dict[str, Any] = json.loads(json.dumps(month.document()))
    return found


def in_march(asker: Asker, view: str) -> list[Row]:
    return asker.lake.ask(f"SELECT * FROM {view} WHERE calendarday BETWEEN '2026-03-01' AND '2026-03-31'")


# -- its numbers -------------------------------------------------------------------------------------------------------


def test_its_completeness_is_the_view_completeness(asker: Asker, said_in_json: dict[str, Any]) -> None:
    rows = in_march(asker, "completeness")
    for by, where in (("source", "sources"), ("calendarday", "days")):
        expected: dict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            expected[row[by]].update({name: row[name] or 0 for name in COUNTS})
        assert {one.pop("name"): Counter(one) for one in json.loads(json.dumps(said_in_json[where]))} == expected
    missing = [row for row in rows if row["processed"] < row["objects"]]
    assert said_in_json["incompleteall"] == len(missing) == 2


def test_its_sums_are_those_of_the_objects_themselves(said_in_json: dict[str, Any]) -> None:
    read = [row for row in ledger() if row["outcome"] == "ok"]
    assert said_in_json["totals"]["processed"] == len(read)
    assert said_in_json["totals"]["objects"] == len(read) + 2  # one undone, one given up; the dropped one is no object
    assert said_in_json["totals"]["bytes"] == sum(row["objectbytes"] for row in read)
    assert said_in_json["totals"]["records"] == sum(row["recordsin"] for row in read)
    of_first = [row["objectbytes"] for row in read if row["accountid"] == ACCOUNTS[0]]
    assert said_in_json["accounts"][0] | {"records": 0, "kept": 0} == {
        "name": ACCOUNTS[0], "others": 0, "objects": len(of_first), "bytes": sum(of_first), "records": 0, "kept": 0,
    }  # fmt: skip


def test_what_is_ranked_shows_ten_and_all_others_as_one(month: LakeReport) -> None:
    read = [row for row in ledger() if row["outcome"] == "ok"]
    for column, found in (("accountid", month.accounts), ("awsregion", month.regions)):
        names = {row[column] for row in read}
        assert [one.others for one in found] == [0] * 10 + [len(names) - 10]
        assert [one.bytes for one in found[:10]] == sorted((one.bytes for one in found[:10]), reverse=True)
        assert sum(one.kept for one in found) == sum(row["kept"] for row in read)


def test_rows_in_the_tables_are_counted_on_their_own_days(month: LakeReport) -> None:
    events, keystrokes = sessions()
    assert (month.events, month.keystrokes) == (len(events), len(keystrokes))


def test_its_freshness_is_the_nearest_rank_of_the_view_freshness(asker: Asker, month: LakeReport) -> None:
    seconds: dict[str, list[int]] = defaultdict(list)
    for row in in_march(asker, "freshness"):
        seconds[row["source"]].append(row["seconds"])
    assert {one.source for one in month.freshness} == set(seconds)
    for one in month.freshness:
        every = sorted(seconds[one.source])
        ranks = [every[math.ceil(share * len(every) / 100) - 1] for share in (50, 90, 99)]
        assert [one.objects, one.p50, one.p90, one.p99, one.max] == [len(every), *ranks, every[-1]]
        assert len(set(every)) > 20
        assert one.within[4] == sum(1800 < took <= 3600 for took in every)
        assert sum(one.within) == len(every)


def test_its_late_events_its_quarantine_and_its_gates_are_those_of_their_views(asker: Asker, month: LakeReport) -> None:
    late = Counter((row["calendarday"], row["tablename"]) for row in in_march(asker, "late_arrivals"))
    assert (
        {(one.calendarday, one.tablename): one.events for one in month.late} == late == {("2026-03-02", CLOUDTRAIL): 3}
    )
    assert [one.mostdays for one in month.late] == [10]
    bad = Counter(row["reason"] for row in asker.lake.ask("SELECT * FROM quarantined"))
    assert {one.reason: one.records for one in month.bad} == bad == {"truncated": 1, "no-time": 1}
    assert month.gates is not None
    days = Counter(row["tablename"] for row in in_march(asker, "quality"))
    assert {one.tablename: one.days for one in month.gates} == days
    assert all(one.unchecked == one.days == 31 for one in month.gates)


def test_it_says_what_the_last_verifications_of_raw_found_and_which_days_had_none(month: LakeReport) -> None:
    found = [(one.verification, len(one.calendardays), one.limited, one.failed) for one in month.verified]
    assert found == [("09:00", 1, False, 2), ("08:00", 9, False, 0), ("10:00", 1, True, 0)]
    assert month.unverified == [str(day) for day in DAYS[10:]]
    points = [one.says for one in said.points(month) if one.section == "verified"]
    assert points == [
        "Raw of 2026-03-05, verified 2026-03-09 09:00: 2 of the checks failed (ledger-gone).",
        "What was delivered on 21 days between 2026-03-11 and 2026-03-31 was never verified as a whole: loglake verify "
        "compares it with what was signed and what was read.",
    ]
    shown = "\n".join(text(month))
    assert "of 2026-03-01 to 2026-03-10: 170 checks hold" in shown
    assert f"of 2026-03-20, only account {ACCOUNTS[0]}: 0 checks hold; 1 could not be made (no-digests)" in shown


def test_its_sessions_are_those_of_weekly_review_and_evidence(asker: Asker, month: LakeReport) -> None:
    by_team = defaultdict(list)
    for row in in_march(asker, "weekly_review"):
        by_team[row["team"]].append(row)
    assert month.teams[0].team is None
    assert len(month.teams) == len(by_team) == 4
    for one in month.teams:
        rows = by_team[one.team]
        assert one.sessions == len(rows)
        assert one.refused == sum(row["outcome"] in ("denied", "failed") for row in rows)
        assert one.outofhours == sum(row["outofhours"] for row in rows)
        came_about = [row for row in rows if row["outcome"] not in ("denied", "failed")]
        assert (one.confirmed, one.denied, one.unreviewed) == tuple(
            sum(row["decision"] == decision for row in came_about) for decision in ("confirmed", "denied", None)
        )
        assert one.overdue == sum(row["overdue"] for row in rows)
    verdicts = Counter(row["verdict"] for row in in_march(asker, "evidence"))
    assert month.verdicts == verdicts
    assert len(verdicts) >= 4
    assert all(one.verdict not in ("complete", "denied") for one in month.doubtful)
    assert len(month.doubtful) == 10


def test_a_size_is_that_of_each_days_newest_generation(month: LakeReport) -> None:
    raw = sum(row["objectbytes"] for row in ledger() if row["outcome"] == "ok" and row["job"] == "cloudtrail")
    one = month.sizes[0]
    assert (one.tablename, one.days, one.files, one.bytes, one.rows) == (CLOUDTRAIL, 31, 31, 31 * 24_000, 31 * 240)
    assert (one.raw, one.saved) == (raw, round(100 - 100 * 31 * 24_000 / raw, 1))


def test_the_cost_is_the_model_of_each_day_that_is_over_or_runs() -> None:
    period = Period("2026-03-01", "2026-03-02")
    of = Daily("2026-03-02", "cloudtrail", objects=2000, bytes=1, records=1_000_000, kept=20_000, partitions=30)
    idle, busy = components(Day("", 0, 0, 0)), components(Day("", 1_000_000, 2_000, 30))
    both = costs(period, [of], date(2026, 3, 31))
    assert sum(one.usd for one in both) == pytest.approx(total(idle) + total(busy))
    assert [one.usd for one in both if one.name == "Glue jobs"] == [
        pytest.approx(total({"": idle["Glue jobs"]}) + total({"": busy["Glue jobs"]}))
    ]
    assert sum(one.usd for one in costs(period, [of], date(2026, 3, 1))) == pytest.approx(total(idle))
    assert costs(period, [], date(2026, 2, 28)) == ()


# -- what it says ------------------------------------------------------------------------------------------------------


def test_an_empty_lake_is_said_and_not_drawn(nothing: LakeReport) -> None:
    made = page(nothing)
    assert said.headline(nothing).tone == "neutral"
    assert "Nothing of this time arrived" in made
    assert "<svg" not in made
    assert list(said.points(nothing)) == []
    assert "Nothing of this time arrived" in " ".join(text(nothing))


def test_a_day_of_which_everything_was_delivered_on_other_days_is_not_empty(
    nothing: LakeReport, month: LakeReport
) -> None:
    one = replace(nothing, heldaccounts=month.heldaccounts)
    assert said.headline(one).says.startswith("Nothing was delivered")


@pytest.mark.parametrize(
    ("processed", "accounted", "tone"), [(10, 100, "good"), (9, 100, "doubtful"), (8, 100, "bad"), (10, 99, "bad")]
)
def test_complete_is_only_what_is_wholly_read_and_accounted_for(
    nothing: LakeReport, processed: int, accounted: int, tone: str
) -> None:
    counts = {"objects": 10, "processed": processed, "waiting": 10 - processed, "records": 100, "kept": accounted}
    one = Arrived(name="cloudtrail", **dict.fromkeys(COUNTS, 0) | counts)
    report = replace(nothing, sources=(one,))
    assert said.headline(report).tone == tone
    assert '<h2 id="verdict">' in page(report)
    assert [point.section for point in said.points(report)] == (["completeness"] if processed < 10 else [])


def test_what_asks_for_a_look_is_said_first(month: LakeReport, shown: str) -> None:
    assert [one.section for one in said.points(month)] == [
        "verified", "completeness", "completeness", "quarantine", "verified", "evidence",
        "sessions", "sessions", "sessions",
    ]  # fmt: skip
    assert all(f'<h2 id="{one.section}">' in shown for one in said.points(month))


def test_a_month_has_all_its_days_those_too_on_which_nothing_was(nothing: LakeReport) -> None:
    february = replace(nothing, period=Period.of_month(date(2024, 2, 9)))
    assert (february.period.name, february.period.days) == ("February 2024", 29)
    assert re.findall(r'<th scope="row">(\d\d-\d\d)</th>', page(february)) == [f"02-{day:02}" for day in range(1, 30)]


def test_its_page_stays_small_whatever_the_lake_holds(month: LakeReport, shown: str) -> None:
    assert len(shown) < 150_000
    many = tuple(Freshness(f"source-{n}", n, 0, 1, 1, 1, 1, (n, *[0] * 8)) for n in range(30))
    assert page(replace(month, freshness=many)).count('class="series s') < 20  # five sources have a colour of their own


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_940_000, "1.9 MB"), (5e15, "5,000 TB")]
)
def test_bytes_are_said_in_units_of_a_thousand(size: int, words: str) -> None:
    assert said.size(size) == words


# -- nothing acts ------------------------------------------------------------------------------------------------------


class _Tags(HTMLParser):
    def __init__(self, content: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_no_name_of_a_log_acts_in_the_page(shown: str) -> None:
    tags = _Tags(shown).found
    assert not {"script", "iframe", "object", "embed", "link", "img", "base"} & {tag for tag, _ in tags}
    for tag, attributes in tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src")], (tag, attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert not HIDDEN.search(shown)
    assert "&lt;script&gt;top.pwned" in shown
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_its_policy_allows_its_own_style_sheet_and_nothing_else(shown: str) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", shown, re.S)
    assert f"default-src 'none'; style-src 'sha256-{digest(style)}'; base-uri" in shown


def test_every_plot_has_a_name_and_a_description(shown: str) -> None:
    tags = _Tags(shown).found
    plots = [attributes for tag, attributes in tags if tag == "svg"]
    named = {attributes.get("id") for tag, attributes in tags if tag in ("title", "desc")}
    assert len(plots) == 6
    for one in plots:
        assert one["role"] == "img"
        assert {*str(one["aria-labelledby"]).split()} <= named


def test_a_plots_bars_are_as_long_as_their_numbers() -> None:
    made = Plots().bars("Bytes", ["a", HARM, "c"], [Series("bytes", "s0", [10, 40, 20])], said.size)
    assert "<script" not in made
    widths = [float(one) for one in re.findall(r'<rect [^>]*width="([\d.]+)"[^>]*class="rect', made)]
    longest = max(widths)
    assert [round(one / longest, 3) for one in widths] == [0.5, 1.0, 0.25]  # the last label lies lowest, drawn first


def test_no_name_of_a_log_acts_in_text(month: LakeReport) -> None:
    lines = "".join(f"{line}\n" for line in text(month))
    assert not HIDDEN.search(lines)
    assert "\\x1b[2J\\u202e" in lines


# -- the command -------------------------------------------------------------------------------------------------------


def run(asker: Asker, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["report", *arguments], obj={"connect": lambda _: asker})


def test_the_command_writes_a_page_that_only_its_owner_can_read(asker: Asker, tmp_path: Path) -> None:
    target = tmp_path / "march.html"
    result = run(asker, "--month", "2026-03", "--out", str(target))
    assert result.exit_code == 0, result.output
    assert target.stat().st_mode & 0o777 == 0o600
    assert "lake report, March 2026; " in result.stderr
    assert target.read_text().startswith("<!doctype html>")


def test_json_is_one_object_with_the_exact_texts(asker: Asker, month: LakeReport) -> None:
    result = run(asker, "--month", "2026-03", "--format", "json")
    (line,) = result.stdout.splitlines()
    assert line.isascii()
    assert json.loads(line)["teams"] == json.loads(json.dumps(month.document()))["teams"]
    assert HARM in [one["team"] for one in json.loads(line)["teams"]]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Name a session's ID"),
        (["--day", "2026-03-02", "--month", "2026-03"], "Name a session's ID"),
        (["0b7c", "--month", "2026-03"], "--month is for a report on the lake"),
        (["--month", "2026-13"], "not a month, yyyy-mm"),
    ],
)
def test_what_is_asked_for_wrongly_is_told(asker: Asker, arguments: list[str], told: str) -> None:
    result = run(asker, *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
