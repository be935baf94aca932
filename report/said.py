"""The facts of a report as rows of a table: a label, what is known, and the record that says so. For every format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from report.facts import Origin, Report
from report.words import length, many, moment

PEOPLE = {
    "SAMLUser": "SAML user",
    "IdentityCenterUser": "IAM Identity Center user",
    "WebIdentityUser": "web identity user",
    "IAMUser": "IAM user",
    "AssumedRole": "role; who took it on is not in the lake",
}


class Said(NamedTuple):
    """label: one of few words of ours. value: the logs' text, exactly, or None. more: the same, of less weight.

    lacking: what is said instead of a value that is None. code: whether the value is JSON.
    """

    label: str
    value: str | None
    more: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    lacking: str = "not known"
    code: bool = False


def facts(report: Report) -> Iterator[Said]:
    """Who, when, where, why, and what became of it."""
    verdict, start = report.verdict, report.start
    first = tuple(one.origin for one in report.records[:1])
    last = tuple(one.origin for one in report.records[-1:])
    asked = (start.origin,) if start else ()
    said = asked or first  # by whom the session itself is known
    human = report.chain.origin if report.chain else None
    yield Said("Who", verdict.username, tuple(_who(report)), said)
    if human and report.chain:
        kind = report.chain.origintype or ""
        hops = tuple(one.origin for one in report.chain.hops[:1])
        yield Said("Behind it", human, (PEOPLE.get(kind, kind),), hops)
    yield Said("When", _times(report), tuple(_ends(report)), tuple(dict.fromkeys((*asked, *first, *last))))
    where = [f"account {verdict.accountid or 'not known'}", f"Region {verdict.awsregion or 'not known'}"]
    yield Said("Where", verdict.target, (*where, *([f"as {report.runas}"] if report.runas else [])), said)
    if start:
        yield Said("From", start.sourceipaddress, (start.useragent,) if start.useragent else (), asked)
        yield Said("Why", start.reason or None, (), asked, "no reason was given")
    named = (f"document {start.documentname}",) if start and start.documentname else ()
    yield Said("Type", verdict.sessiontype, named, said)
    if start and start.requestparameters:
        yield Said("Request", start.requestparameters, (), asked, code=True)
    yield Said("Outcome", *_outcome(report), asked)
    event = (f"event {verdict.eventid}",) if verdict.eventid else ()
    yield Said("Session", verdict.sessionid, event, said, "no id was given out")


def _who(report: Report) -> Iterator[str]:
    start = report.start
    if report.principal:
        yield report.principal
    if start and start.sourceidentity:
        yield f"source identity {start.sourceidentity}"
    if start and start.mfa is not None:
        yield "credentials with MFA" if start.mfa == "true" else "credentials without MFA"


def _times(report: Report) -> str:
    one = report.verdict
    if one.starttime:
        return f"{moment(one.starttime)} UTC"
    what = "when its log was written, at its end" if one.streamed is False else "the first keystroke"
    return f"{moment(one.firstkeystroke)} UTC, {what}"


def _ends(report: Report) -> Iterator[str]:
    one = report.verdict
    if one.lastkeystroke and one.streamed is False:
        yield f"its log was written once, at its end, by {moment(one.lastkeystroke)}: no line has a time of its own"
    elif one.firstkeystroke and one.starttime:
        yield f"first keystroke {moment(one.firstkeystroke)}"
    if one.lastkeystroke and one.streamed is not False:
        took = length(one.starttime or one.firstkeystroke, one.lastkeystroke)
        yield f"last keystroke {moment(one.lastkeystroke)}, after {took}"
    if one.endtime:
        yield f"ended by TerminateSession {moment(one.endtime)}"


def _outcome(report: Report) -> tuple[str, tuple[str, ...]]:
    start, lines = report.start, many(report.lines, "line")
    recorded = f"{lines} in {many(len(report.records), 'record')}"
    if start is None:
        return "not known: only keystrokes are there", (recorded,)
    if start.outcome == "started":
        return "started", (recorded if report.records else "no keystrokes",)
    return start.outcome, tuple(one for one in (start.errorcode, start.errormessage) if one)
