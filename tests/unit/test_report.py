"""The session report: what it gathers, that nothing of a log acts in any format, and the command."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import stat
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.errors import NOT_FOUND
from cli.main import cli
from infra.views import FOLDER
from report import words
from report.facts import Origin
from report.page import line, page
from report.said import facts
from report.text import text
from tests.report_world import (
    ADMIN,
    ADMINKEY,
    ALONE,
    DAY,
    DENIED,
    DISK,
    EVIL,
    FIREHOSE,
    GOOD,
    HARMFUL,
    HUB,
    HUBKEY,
    REMOVED,
    STATUS,
    TRAIL,
    Asker,
    harm,
)

SERVER = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def asker() -> Asker:
    return Asker(SERVER)


def of_trail(record: int) -> Origin:
    return Origin(f"s3://raw/{TRAIL}", "t1", record)


def of_firehose(record: int) -> Origin:
    return Origin(f"s3://raw/{FIREHOSE}", "f1", record)


# -- what is gathered --------------------------------------------------------------------------------------------------


def test_it_says_who_asked_when_where_from_and_why_by_the_record_that_says_so(asker: Asker) -> None:
    start = asker.report(GOOD).start
    assert start is not None
    assert (start.principalarn, start.mfa, start.sourceipaddress) == (
        "arn:aws:sts::444455556666:assumed-role/admin/alice",
        "true",
        "192.0.2.7",
    )
    assert (start.reason, start.outcome, start.useragent) == ("INC-4711 disk full", "started", "aws-cli/2.15.30")
    assert start.origin == of_trail(12)


def test_it_says_what_the_last_verifications_of_raw_of_its_days_and_account_found(asker: Asker) -> None:
    report = asker.report(GOOD)
    found = [(one.verification, one.accounts, one.verified, one.failed, one.unverifiable) for one in report.verified]
    assert found == [("11:00", None, 6, 1, 2), ("12:00", "111122223333,444455556666", 3, 0, 0)]
    assert report.unverified == ()
    shown = "\n".join(text(report))
    said = " ".join(shown.split())
    assert (
        "verified 2026-03-09 11:00: 1 failed (ledger-changed); 6 checks hold; 2 could not be made (no-digests)" in said
    )
    assert report.doubted == ()
    assert "<script>top.pwned" not in page(report)


def test_a_source_of_its_own_that_did_not_verify_is_told_beside_the_verdict(asker: Asker) -> None:
    report = asker.report(ALONE)
    assert [one.object for one in report.sources] == [HARMFUL]
    doubt = "S1 did not verify on 2026-03-09: it is not, or no more, what was signed or read"
    assert report.doubted == (doubt,)
    assert f"- {doubt}" in text(report)
    assert f"<li><strong>{doubt}</strong></li>" in page(report)


def test_the_role_chain_leads_back_to_the_person_call_by_call(asker: Asker) -> None:
    chain = asker.report(GOOD).chain
    assert chain is not None
    assert (chain.origin, chain.origintype) == ("alice", "SAMLUser")
    found = [(one.eventname, one.caller, one.rolearn, one.accesskeyid, one.origin) for one in chain.hops]
    assert found == [
        ("AssumeRoleWithSAML", "alice", HUB, HUBKEY, of_trail(1)),
        ("AssumeRole", HUB, ADMIN, ADMINKEY, of_trail(2)),
    ]


def test_every_line_has_its_number_its_time_and_the_record_that_it_is_from(asker: Asker) -> None:
    found = [(one.eventtime[11:], one.lines, one.isrepeat, one.origin) for one in asker.report(GOOD).records]
    assert found == [
        ("09:00:05.123", tuple(enumerate(DISK, 1)), False, of_firehose(1)),
        ("09:01:00.000", ((4, REMOVED),), False, of_firehose(2)),
        ("09:01:02.000", ((5, REMOVED),), True, of_firehose(3)),
        ("09:03:00.000", tuple(enumerate(STATUS, 6)), False, of_firehose(4)),
    ]


def test_the_timeline_has_what_the_principal_did_before_during_and_after(asker: Asker) -> None:
    report = asker.report(GOOD)
    found = [(one.eventname, one.seconds, one.phase, one.errorcode, one.origin) for one in report.events]
    assert found == [
        ("ListBuckets", -120, "before", None, of_trail(13)),
        ("DeleteObject", 150, "during", "AccessDenied", of_trail(14)),
        ("PutObject", 5400, "after", None, of_trail(15)),
    ]
    assert report.eventsall == 3
    assert (report.kept or "").startswith("only events ssm:StartSession")


def test_each_object_is_a_source_once_with_its_hash(asker: Asker) -> None:
    found = [(one.number, one.object, one.etag, one.sha256) for one in asker.report(GOOD).sources]
    assert found == [(1, f"s3://raw/{TRAIL}", "t1", "t1" * 32), (2, f"s3://raw/{FIREHOSE}", "f1", "f1" * 32)]


def test_the_verdict_is_the_views(asker: Asker) -> None:
    rows = asker.lake.ask("SELECT * FROM evidence")
    expected = {row["sessionid"] or row["eventid"]: (row["verdict"], row["why"]) for row in rows}
    assert len(expected) == 4
    for one, (verdict, why) in expected.items():
        found = asker.report(one).verdict
        assert (found.verdict, "; ".join(found.why)) == (verdict, why)


def test_every_verdict_of_the_view_has_a_meaning_and_no_other() -> None:
    comment = " ".join(
        one.lstrip("- ") for one in (FOLDER / "evidence.sql").read_text().splitlines() if one[:2] == "--"
    )
    listed = comment[comment.index("One of") : comment.index("why varchar")]
    names = re.sub(r"\([^()]*\)", "", listed.removeprefix("One of")).strip(" .").split(",")
    assert {one.strip() for one in names} == set(words.MEANINGS)


@pytest.mark.parametrize("asked", [GOOD, f"alice-{GOOD}", f"a.b-c@example.com-{GOOD}"])
def test_a_session_is_found_by_its_id_with_or_without_the_users_part(asker: Asker, asked: str) -> None:
    assert asker.report(asked).verdict.sessionid == GOOD


def test_a_refused_session_is_found_by_its_event(asker: Asker) -> None:
    report = asker.report(DENIED)
    assert (report.verdict.verdict, report.verdict.why) == ("denied", ("AccessDenied: not authorized",))
    assert report.start is not None
    assert report.records == ()


def test_keystrokes_alone_are_reported_as_far_as_they_tell(asker: Asker) -> None:
    report = asker.report(ALONE, DAY)
    assert (report.start, report.chain, report.events) == (None, None, ())
    assert report.principal == "arn:aws:sts::444455556666:assumed-role/admin/alice"
    assert report.lines == 1


def test_when_a_log_was_written_at_the_end_is_not_called_a_keystroke(asker: Asker) -> None:
    streamed = asker.report(GOOD)
    (when,) = (one for one in facts(streamed) if one.label == "When")
    assert when.more[0].startswith("first keystroke ")
    (when,) = (
        one
        for one in facts(replace(streamed, verdict=replace(streamed.verdict, streamed=False)))
        if one.label == "When"
    )
    assert not any("keystroke" in one for one in when.more)
    assert "written once, at its end" in when.more[0]


# -- what is written ---------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """What a page is made of."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.style, self.inside = "", ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data: str) -> None:
        if self.inside == "style":
            self.style, self.inside = data, ""


ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


@pytest.mark.parametrize("session", [GOOD, EVIL, ALONE, DENIED])
def test_a_page_has_only_elements_that_show_and_loads_nothing(asker: Asker, session: str) -> None:
    content = page(asker.report(session))
    page_ = Tags(content)
    names = {name for name, _ in page_.tags}
    assert not names & {"script", "img", "iframe", "link", "base", "object", "embed", "form", "input", "image", "video"}
    for name, attributes in page_.tags:
        assert not {one for one in attributes if one.startswith("on") or one in ("src", "style", "srcset", "action")}
        assert name == "a" or "href" not in attributes
        assert re.fullmatch(r"#s\d+", attributes.get("href") or "#s1")
    assert not ACTING.search(content)


def test_a_page_forbids_itself_everything_but_its_own_style_sheet(asker: Asker) -> None:
    page_ = Tags(page(asker.report(EVIL)))
    policies = [one["content"] or "" for name, one in page_.tags if name == "meta" and "http-equiv" in one]
    digest = base64.b64encode(hashlib.sha256(page_.style.encode()).digest()).decode()
    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]
    assert not re.search(r"url\(|@import|expression", page_.style)


def test_what_is_not_from_a_log_is_escaped_all_the_same(asker: Asker) -> None:
    content = page(replace(asker.report(GOOD), generated="<i>now</i>", version="<b>0</b>"))
    assert "&lt;i&gt;now&lt;/i&gt; UTC by Log Lake &lt;b&gt;0&lt;/b&gt;" in content


def test_every_ref_leads_to_a_source_and_every_table_says_what_its_columns_are(asker: Asker) -> None:
    page_ = Tags(page(asker.report(GOOD)))
    ids = {one["id"] for _, one in page_.tags if "id" in one}
    assert {(one["href"] or "")[1:] for name, one in page_.tags if name == "a"} <= ids
    tables = sum(1 for name, _ in page_.tags if name == "table")
    assert sum(1 for name, _ in page_.tags if name == "thead") == tables > 4
    assert all(one.get("scope") for name, one in page_.tags if name == "th")
    levels = [name for name, _ in page_.tags if re.fullmatch("h[1-6]", name)]
    assert levels == ["h1", *["h2"] * (len(levels) - 1)]


def test_what_would_act_is_spelt_out_and_named() -> None:
    assert line("a\u202eb\x1b\ud800\t<i>") == (
        'a<span class="x" title="U+202E RIGHT-TO-LEFT OVERRIDE">\\u202e</span>b'
        '<span class="x" title="U+001B control character">\\x1b</span>'
        '<span class="x" title="U+D800 control character">\\ud800</span>\t&lt;i&gt;'
    )


def test_text_that_says_an_escape_is_told_from_one() -> None:
    assert line("\\x1b") == "\\x1b"


def test_plain_text_holds_nothing_that_acts_and_every_line(asker: Asker) -> None:
    content = "\n".join(text(asker.report(EVIL)))
    assert not ACTING.search(content)
    for one in harm(SERVER)[:8]:
        assert one in content
    assert "\\x1b]0;title\\x07" in content


def contrast(one: str, other: str) -> float:
    """Of two colours, #rrggbb: WCAG 2's ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_all_text_can_be_read_on_its_ground_by_day_by_night_and_on_paper() -> None:
    style = (Path(words.__file__).parent / "page.css").read_text()
    schemes = [dict(re.findall(r"--(\w+): (#\w{6})", one)) for one in re.findall(r":root \{(.*?)\}", style, re.S)]
    assert len(schemes) == 3
    for scheme in schemes:
        for ink in ("ink", "soft", "mark", "link", "doubtful"):
            assert min(contrast(scheme[ink], scheme[one]) for one in ("paper", "tint")) >= 4.5, (scheme, ink)
        for tone in ("good", "doubtful", "bad", "neutral"):
            assert min(contrast(scheme[one], scheme[f"{tone}tint"]) for one in (tone, "ink")) >= 4.5, (scheme, tone)


def test_a_long_pause_between_records_is_said(asker: Asker) -> None:
    report = asker.report(GOOD)
    first, second, *rest = report.records
    later = replace(report, records=(first, replace(second, eventtime=f"{DAY} 10:05:05.123"), *rest))
    assert "1 h 05 min after the record before" in page(later)
    assert "1 h 05 min without a record" in "\n".join(text(later))
    assert "after the record before" not in page(report)


def test_that_the_lake_has_nothing_of_these_days_is_said(asker: Asker) -> None:
    report = asker.report(GOOD)
    said = "No object that was delivered in these days for this account is in the lake"
    for one, is_said in ((report, False), (replace(report, books=()), True)):
        assert (said in page(one)) is is_said
        assert (said in " ".join("\n".join(text(one)).split())) is is_said


# -- the command -------------------------------------------------------------------------------------------------------


def run(asker: Asker, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["report", *arguments], obj={"connect": lambda _: asker})


def test_json_is_one_object_that_holds_the_exact_texts(asker: Asker) -> None:
    result = run(asker, EVIL, "--format", "json")
    assert result.exit_code == 0
    (only,) = result.stdout.splitlines()
    assert only.isascii()
    assert not ACTING.search(only)
    found = json.loads(only)
    assert [text for record in found["records"] for _, text in record["lines"]] == harm(SERVER)
    assert found["verdict"]["verdict"] == "complete"


@pytest.mark.parametrize(
    ("name", "begins"), [("a.html", "<!doctype html>"), ("a.json", '{"asked": '), ("a.txt", "Session report: alice")]
)
def test_a_file_is_written_whole_for_its_owner_alone_and_its_hash_is_said(
    asker: Asker, tmp_path: Path, name: str, begins: str
) -> None:
    target = tmp_path / name
    result = run(asker, GOOD, "--day", DAY, "--out", str(target))
    assert (result.exit_code, result.stdout) == (0, "")
    assert target.read_text().startswith(begins)
    assert hashlib.sha256(target.read_bytes()).hexdigest() in result.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(["no\x1bsuch"], "loglake completeness"), ([GOOD, "--day", "2026-03-05"], "without --day")],
)
def test_a_session_that_is_not_there_is_said_to_be_none_with_what_to_try(
    asker: Asker, arguments: list[str], hint: str
) -> None:
    result = run(asker, *arguments)
    assert result.exit_code == NOT_FOUND
    assert "there is no session" in result.output
    assert hint in result.output
    assert "\x1b" not in result.output
