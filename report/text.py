"""The report as plain text, for a terminal, a mail or a printer: no character of a log acts (`cli.safe`)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from cli.safe import safe
from report import said, words
from report.facts import Event, Origin, Record, Report
from report.verified import MOST, NAMED

_WIDTH = 100
_LABEL = 12


def text(report: Report) -> Iterator[str]:
    """The lines, without their ends."""
    numbers = {(one.object, one.etag): one.number for one in report.sources}

    def ref(origin: Origin) -> str:
        return f"S{numbers[origin.object, origin.etag]}·{origin.record}"

    one = report.verdict
    yield f"Session report: {safe(one.username or 'not known')} on {safe(one.target or 'not known')}"
    yield "=" * _WIDTH
    meaning = words.MEANINGS[one.verdict]
    yield from _wrapped(f"Verdict: {one.verdict.upper()}. {meaning.says}")
    for why in one.why:
        yield from _wrapped(safe(why), "- ")
    for doubt in report.doubted:
        yield from _wrapped(doubt, "- ")
    yield from _title("Who, when, where, why")
    for fact in said.facts(report):
        refs = " ".join(map(ref, fact.origins))
        yield f"{fact.label:{_LABEL}}{safe(fact.value or fact.lacking)}" + (f"  [{refs}]" if refs else "")
        yield from (f"{'':{_LABEL}}{safe(more)}" for more in fact.more)
    for other in report.others:
        yield from _wrapped(
            f"There is more under this id, too far from the start: {other.calendarday}, {other.verdict}."
        )
    if report.chain and report.start:
        yield from _title("From the person to the session")
        yield safe(report.chain.rolechain or "")
        for hop in report.chain.hops:
            yield f"{words.moment(hop.eventtime)}  {safe(hop.eventname)}  [{ref(hop.origin)}]"
            yield f"  {safe(hop.caller or 'not known')} takes on {safe(hop.rolearn or 'not known')}"
            yield f"  from {safe(hop.sourceipaddress or 'not known')}, gives the key {safe(hop.accesskeyid or '-')}"
        yield f"{words.moment(one.starttime)}  {safe(report.start.eventname)}  [{ref(report.start.origin)}]"
    yield from _title(
        f"What was typed and shown: {words.many(report.lines, 'line')} in {words.many(len(report.records), 'record')}"
    )
    before = None
    for number, record in enumerate(report.records, 1):
        if before and (silent := words.pause(record, before)):
            yield f"   {silent} without a record"
        yield from _record(number, len(report.records), record, ref(record.origin))
        before = record
    if not report.records:
        yield "Nothing is in the lake."
    if report.start:
        yield from _title(f"What else the same principal did around it: {words.many(report.eventsall, 'event')}")
        for event in report.events:
            yield from _event(event, ref(event.origin) if event.origin else "")
        if report.eventsall > len(report.events):
            yield f"The {len(report.events)} nearest to the start are shown."
        if report.kept:
            yield f"The lake keeps of this account: {safe(report.kept)}."
    yield from _title("Where all this is from: S1·17 is record 17, from 0, of object S1")
    for source in report.sources:
        yield f"S{source.number}  {safe(source.object)}"
        yield f"     ETag {safe(source.etag or 'not known')}, SHA-256 {safe(source.sha256 or 'not known')}"
    yield from _title("How sure this is")
    for books in report.books:
        read = f"{books.processed} of {words.many(books.objects, 'object')} read"
        yield f"{books.calendarday}  {safe(books.source):20}  {read}, {books.quarantined or 0} bad records"
    if not report.books:
        yield from _wrapped(words.NO_BOOKS)
    for check in report.verified[:MOST]:
        when = words.moment(check.verifiedat)[:16]
        yield from _wrapped(safe(f"Raw of {check.about} was verified {when}: {check.outcome}."))
        yield from (f"    {safe(example)}" for example in check.examples[:NAMED])
    if report.unverified:
        yield from _wrapped(words.unverified(report.unverified))
    for bad in report.unread:
        yield f"record {bad.record} of {safe(bad.object)}: {safe(bad.reason)}, {safe(bad.detail or '')}"
    for limit in words.LIMITS:
        yield from _wrapped(limit, "- ")
    yield ""
    yield f"Made {report.generated} UTC by Log Lake {report.version}. All times are UTC."


def _record(number: int, of: int, record: Record, ref: str) -> Iterator[str]:
    flags = ["sent again by the agent"] * record.isrepeat + ["without CloudWatch's id and time"] * record.degraded
    head = f"-- {words.moment(record.eventtime)}  record {number} of {of}  [{ref}]"
    yield head + "".join(f"  ({flag})" for flag in flags)
    for place, line in record.lines:
        yield f"{place:>6}  {safe(line.expandtabs())}"


def _event(event: Event, ref: str) -> Iterator[str]:
    failed = f"  {safe(event.errorcode)}" if event.errorcode else ""
    yield (
        f"{words.moment(event.eventtime)}  {words.distance(event.seconds):>13}  {event.phase:6}  "
        f"{safe(event.eventname)} ({safe(event.eventsource)}){failed}  [{ref}]"
    )


def _title(title: str) -> Iterator[str]:
    yield from ("", title, "-" * min(len(title), _WIDTH))


def _wrapped(line: str, bullet: str = "") -> Iterator[str]:
    yield from textwrap.wrap(bullet + line, _WIDTH, subsequent_indent=" " * len(bullet), break_on_hyphens=False)
