"""Asks the lake for all that a session report says. Every question goes through Athena's API, here or in AWS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Protocol

from cli.athena import Answer, literal
from report.facts import Books, Chain, Event, Hop, Origin, Question, Record, Report, Source, Start, Unread, Verdict
from report.verified import verified, without

Row = dict[str, str | None]
MOST_EVENTS = 500  # of what else the principal did: the nearest to the start
_KEYS = 500  # of objects that one question names: Athena takes 262,144 bytes of SQL
_HOPS = 3  # as far back as the view role_chain goes


class Asks(Protocol):
    """An Athena: see cli.athena."""

    def ask(self, sql: str) -> Answer:
        """The answer."""
        ...


class Asker:
    """Asks, and remembers what was asked."""

    def __init__(self, athena: Asks) -> None:
        self._athena = athena
        self.questions: list[Question] = []

    def rows(self, what: str, sql: str) -> list[Row]:
        """The answer, a row a dict. what: what it is for, for people."""
        self.questions.append(Question(what, sql))
        answer = self._athena.ask(sql)
        names = [one.name for one in answer.columns]
        return [dict(zip(names, row, strict=True)) for row in answer.rows]


def gather(
    athena: Asks, asked: str, day: str | None, *, now: datetime | None = None, version: str = "", database: str = ""
) -> Report | None:
    """The report on a session, or None if the lake has none of that id.

    asked: a session's id, with or without the user's part before it, or CloudTrail's id of the start: a session that
    was denied has no other. day: the day on which it began, yyyy-mm-dd, which spares looking for it in all days.
    """
    asker = Asker(athena)
    sessionid = asked.rsplit("-", 1)[-1]
    verdicts = _verdicts(asker, asked, sessionid, [day] if day else _days(asker, asked, sessionid))
    if not verdicts:
        return None
    # Of several rows of one id, the one with the start: the others are what was typed too late to belong to it.
    verdict, *others = sorted(verdicts, key=lambda one: (one.starttime is None, one.calendarday))
    last = _day_of(verdict.lastkeystroke) or verdict.calendarday
    start = _start(asker, verdict) if verdict.starttime else None
    chain = _chain(asker, verdict, start) if start and start.accesskeyid else None
    records = _records(asker, verdict, last) if verdict.records else ()
    events, eventsall, kept = _events(asker, verdict) if start and start.eventid else ((), 0, None)
    origins = [
        *([start.origin] if start else []),
        *(one.origin for one in (chain.hops if chain else ())),
        *(one.origin for one in records),
        *(one.origin for one in events if one.origin),
    ]
    sources = _sources(asker, origins)
    delivered = sorted({one.deliveryday for one in sources if one.deliveryday})
    checks = verified(asker, f"calendarday IN ({_list(delivered)})", verdict.accountid) if delivered else ()
    return Report(
        asked=asked,
        generated=f"{now or datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        version=version,
        database=database,
        verdict=verdict,
        start=start,
        chain=chain,
        records=records,
        events=events,
        eventsall=eventsall,
        kept=kept,
        sources=sources,
        unread=_unread(asker, verdict, records),
        books=_books(asker, verdict, last),
        verified=checks,
        unverified=tuple(without(checks, delivered)),
        others=tuple(others),
        questions=tuple(asker.questions),
    )


# -- which session -----------------------------------------------------------------------------------------------------


def _days(asker: Asker, asked: str, sessionid: str) -> list[str]:
    """The days on which either log has something of it. Bloom filters leave little of each day to read."""
    rows = asker.rows(
        "On which days is there something of it?",
        f"SELECT calendarday FROM from_cloudtrail_readready WHERE sessionid = {literal(sessionid)}"
        f" OR eventid = {literal(asked)}"
        f" UNION SELECT calendarday FROM sessionrecords WHERE sessionid = {literal(sessionid)}",
    )
    return sorted(str(row["calendarday"]) for row in rows)


def _verdicts(asker: Asker, asked: str, sessionid: str, days: Sequence[str]) -> list[Verdict]:
    if not days:
        return []
    rows = asker.rows(
        "What is there to show of it, and how sure is that?",
        f"SELECT * FROM evidence WHERE calendarday IN ({_list(days)})"
        f" AND (sessionid = {literal(sessionid)} OR eventid = {literal(asked)})",
    )
    return [
        Verdict(
            verdict=_text(row, "verdict"),
            why=tuple((row["why"] or "").split("; ")) if row["verdict"] not in ("denied", "failed to start") else
            ((row["why"],) if row["why"] else ()),
            calendarday=_text(row, "calendarday"),
            sessionid=row["sessionid"],
            eventid=row["eventid"],
            starttime=row["starttime"],
            username=row["username"],
            accountid=row["accountid"],
            awsregion=row["awsregion"],
            target=row["target"],
            sessiontype=row["sessiontype"],
            records=int(row["records"] or 0),
            degradedrecords=int(row["degradedrecords"] or 0),
            firstkeystroke=row["firstkeystroke"],
            lastkeystroke=row["lastkeystroke"],
            streamed=None if row["streamed"] is None else row["streamed"] == "true",
            endtime=row["endtime"],
            silences=int(row["silences"] or 0),
            unreadobjects=int(row["unreadobjects"] or 0),
            unreadobject=row["unreadobject"],
        )
        for row in rows
    ]  # fmt: skip


# -- who ---------------------------------------------------------------------------------------------------------------


def _start(asker: Asker, verdict: Verdict) -> Start | None:
    same = f"= {literal(verdict.eventid)}" if verdict.eventid else "IS NULL"
    rows = asker.rows(
        "Who asked for it, from where, and why?",
        "SELECT starts.*, events.useridentitytype, events.mfaauthenticated, events.useragent, events.requestparameters,"
        " events.sourceobject, events.sourceetag, events.sourcerecord"
        " FROM sessionstarts AS starts INNER JOIN from_cloudtrail_readready AS events"
        " ON events.calendarday = starts.calendarday AND events.eventtime = starts.starttime"
        " AND events.eventname = starts.eventname AND events.eventid IS NOT DISTINCT FROM starts.eventid"
        f" WHERE starts.calendarday = {literal(verdict.calendarday)} AND starts.eventid {same}"
        f" AND starts.sessionid IS NOT DISTINCT FROM {_null(verdict.sessionid)}",
    )
    if not rows:
        return None
    row = rows[0]
    return Start(
        eventname=_text(row, "eventname"),
        eventid=row["eventid"],
        outcome=_text(row, "outcome"),
        principalarn=row["principalarn"],
        identitytype=row["useridentitytype"],
        accesskeyid=row["accesskeyid"],
        sourceidentity=row["sourceidentity"],
        rolearn=row["rolearn"],
        mfa=row["mfaauthenticated"],
        sourceipaddress=row["sourceipaddress"],
        useragent=row["useragent"],
        documentname=row["documentname"],
        reason=row["reason"],
        errorcode=row["errorcode"],
        errormessage=row["errormessage"],
        requestparameters=row["requestparameters"],
        origin=_origin(row),
    )


def _chain(asker: Asker, verdict: Verdict, start: Start) -> Chain | None:
    rows = asker.rows(
        "How were the credentials come by?",
        f"SELECT * FROM role_chain WHERE calendarday = {literal(verdict.calendarday)}"
        f" AND accesskeyid = {_null(start.accesskeyid)}",
    )
    if not rows or not rows[0]["foundby"]:
        return None
    row, hops, key = rows[0], list[Hop](), start.accesskeyid
    while key and len(hops) < _HOPS:
        found = _handed_out(asker, verdict, f"issuedaccesskeyid = {literal(key)}")
        if found is None:
            break
        hop, key = found
        hops.append(hop)
    if row["foundby"] == "source identity":  # the sign-in that keys do not lead to
        found = _handed_out(
            asker,
            verdict,
            f"sourceidentity = {_null(start.sourceidentity)} AND eventname = {_null(row['originevent'])}"
            f" AND eventtime = TIMESTAMP {_null(row['origintime'])}",
        )
        hops += [found[0]] if found else []
    return Chain(row["origin"], row["origintype"], row["foundby"], row["rolechain"], tuple(reversed(hops)))


def _handed_out(asker: Asker, verdict: Verdict, condition: str) -> tuple[Hop, str | None] | None:
    """The call that handed out credentials, and the access key that it was made with. Of two accounts' records of one
    call, the one that says who called."""
    days = [_shifted(verdict.calendarday, -1), verdict.calendarday]
    rows = asker.rows(
        "Which call handed out these credentials?",
        "SELECT eventtime, eventname, eventid, coalesce(sessionissuerarn, useridentityarn, username) AS caller,"
        " json_extract_scalar(requestparameters, '$.roleArn') AS rolearn, issuedaccesskeyid, useridentityaccesskeyid,"
        " sourceipaddress, recipientaccountid, sourceobject, sourceetag, sourcerecord"
        f" FROM from_cloudtrail_readready WHERE calendarday IN ({_list(days)}) AND eventname LIKE 'AssumeRole%'"
        f" AND coalesce(sessionissuerarn, useridentityarn, username) IS NOT NULL AND {condition}"
        " ORDER BY eventtime DESC, eventid LIMIT 1",
    )
    if not rows:
        return None
    row = rows[0]
    hop = Hop(
        eventtime=_text(row, "eventtime"),
        eventname=_text(row, "eventname"),
        eventid=row["eventid"],
        caller=row["caller"],
        rolearn=row["rolearn"],
        accesskeyid=row["issuedaccesskeyid"],
        sourceipaddress=row["sourceipaddress"],
        accountid=row["recipientaccountid"],
        origin=_origin(row),
    )
    return hop, row["useridentityaccesskeyid"]


# -- what --------------------------------------------------------------------------------------------------------------


def _records(asker: Asker, verdict: Verdict, last: str) -> tuple[Record, ...]:
    session = literal(verdict.sessionid or "")
    about = asker.rows(
        "Which records of keystrokes are there?",
        "SELECT eventtime, uploadtime, runasuser, degraded, useridentityarn, sourceobject, sourceetag, sourcerecord"
        f" FROM sessionrecords WHERE calendarday BETWEEN {literal(verdict.calendarday)} AND {literal(last)}"
        f" AND sessionid = {session}",
    )
    known = {(row["sourceobject"], row["sourceetag"], row["sourcerecord"]): row for row in about}
    lines = asker.rows(
        "What was typed and shown?",
        "SELECT linenumber, eventtime, line, isrepeat, logeventid, sourceobject, sourceetag, sourcerecord"
        " FROM transcript"
        f" WHERE calendarday = {literal(verdict.calendarday)} AND sessionid = {session} ORDER BY linenumber",
    )
    return tuple(
        _record(list(some), known[place])
        for place, some in groupby(lines, lambda row: (row["sourceobject"], row["sourceetag"], row["sourcerecord"]))
    )


def _record(lines: list[Row], about: Row) -> Record:
    first = lines[0]
    return Record(
        eventtime=_text(first, "eventtime"),
        logeventid=first["logeventid"],
        uploadtime=about["uploadtime"],
        runasuser=about["runasuser"],
        principalarn=about["useridentityarn"],
        isrepeat=first["isrepeat"] == "true",
        degraded=about["degraded"] == "true",
        lines=tuple((int(row["linenumber"] or 0), row["line"] or "") for row in lines),
        origin=_origin(about),
    )


def _events(asker: Asker, verdict: Verdict) -> tuple[tuple[Event, ...], int, str | None]:
    """The events nearest to the start, in order; how many there are; what the filters keep of the account."""
    day = verdict.calendarday
    rows = asker.rows(
        "What else did the same principal do around it?",
        "SELECT around.*, events.sourceobject, events.sourceetag, events.sourcerecord,"
        " count(around.eventtime) OVER () AS eventsall"
        " FROM session_context AS around LEFT JOIN from_cloudtrail_readready AS events"
        " ON events.eventid = around.eventid AND events.eventtime = around.eventtime"
        f" AND events.calendarday BETWEEN {literal(_shifted(day, -3))} AND {literal(_shifted(day, 3))}"
        f" WHERE around.calendarday = {literal(day)} AND around.starteventid = {_null(verdict.eventid)}"
        f" ORDER BY abs(around.secondsfromstart), around.eventid LIMIT {MOST_EVENTS}",
    )
    kept = next((row["kept"] for row in rows), None)
    found = sorted(
        (row for row in rows if row["eventtime"]), key=lambda row: (row["eventtime"] or "", row["eventid"] or "")
    )
    return tuple(map(_event, found)), int(rows[0]["eventsall"] or 0) if rows else 0, kept


def _event(row: Row) -> Event:
    return Event(
        eventtime=_text(row, "eventtime"),
        seconds=int(row["secondsfromstart"] or 0),
        phase=_text(row, "phase"),
        foundby=_text(row, "foundby"),
        eventsource=_text(row, "eventsource"),
        eventname=_text(row, "eventname"),
        accountid=row["eventaccountid"],
        awsregion=row["awsregion"],
        rolearn=row["rolearn"],
        sourceipaddress=row["sourceipaddress"],
        errorcode=row["errorcode"],
        readonly=None if row["readonly"] is None else row["readonly"] == "true",
        requestparameters=row["requestparameters"],
        eventid=row["eventid"],
        origin=_origin(row) if row["sourceobject"] else None,
    )


# -- how sure ----------------------------------------------------------------------------------------------------------


def _sources(asker: Asker, origins: Iterable[Origin]) -> tuple[Source, ...]:
    """Each object once, numbered as they are first named, with what the ledger says of the reading."""
    named = list(dict.fromkeys((one.object, one.etag) for one in origins))
    ledger: dict[tuple[str, str | None], Row] = {}
    for at in range(0, len(named), _KEYS):
        keys = dict.fromkeys(_key(name) for name, _ in named[at : at + _KEYS])
        rows = asker.rows(
            "What do the books say of these objects?",
            "SELECT 's3://' || bucket || '/' || objectkey AS object, etag, sha256, edition, recordsin, quarantined,"
            " deliveryday,"
            " min(arrived) OVER (PARTITION BY bucket, objectkey, etag) AS arrived"
            f" FROM lake_ledger WHERE outcome = 'ok' AND objectkey IN ({_list(keys)})"
            " ORDER BY edition, kept",
        )
        ledger |= {(_text(row, "object"), row["etag"]): row for row in rows}  # the last is the reading that counts
    return tuple(_source(number, *one, ledger.get(one, {})) for number, one in enumerate(named, 1))


def _source(number: int, name: str, etag: str | None, row: Row) -> Source:
    return Source(
        number=number,
        object=name,
        etag=etag,
        sha256=row.get("sha256"),
        arrived=row.get("arrived"),
        deliveryday=row.get("deliveryday"),
        recordsin=_count(row.get("recordsin")),
        quarantined=_count(row.get("quarantined")),
    )


def _unread(asker: Asker, verdict: Verdict, records: Sequence[Record]) -> tuple[Unread, ...]:
    """Records in quarantine, of the objects that the keystrokes are from, and of the one that the verdict names."""
    if not verdict.unreadobject:
        return ()
    names = dict.fromkeys([verdict.unreadobject, *(one.origin.object for one in records)])
    rows = asker.rows(
        "Which records could not be read?",
        "SELECT sourceobject, sourcerecord, reason, detail, sha256 FROM quarantined"
        f" WHERE sourceobject IN ({_list(list(names)[:_KEYS])})"
        f" ORDER BY sourceobject, sourcerecord LIMIT {MOST_EVENTS}",
    )
    return tuple(
        Unread(
            object=_text(row, "sourceobject"),
            record=int(row["sourcerecord"] or 0),
            reason=_text(row, "reason"),
            detail=row["detail"],
            sha256=row["sha256"],
        )
        for row in rows
    )


def _books(asker: Asker, verdict: Verdict, last: str) -> tuple[Books, ...]:
    rows = asker.rows(
        "Was all read that arrived in these days?",
        "SELECT calendarday, source, accountid, awsregion, objects, processed, records, quarantined FROM completeness"
        f" WHERE calendarday BETWEEN {literal(verdict.calendarday)} AND {literal(_shifted(last, 1))}"
        f" AND accountid IN ('unknown', {_null(verdict.accountid)})"
        f" AND awsregion IN ('unknown', {_null(verdict.awsregion)})"
        " AND objects > 0 ORDER BY calendarday, source, accountid, awsregion",
    )
    return tuple(
        Books(
            calendarday=_text(row, "calendarday"),
            source=_text(row, "source"),
            accountid=_text(row, "accountid"),
            awsregion=_text(row, "awsregion"),
            objects=int(row["objects"] or 0),
            processed=int(row["processed"] or 0),
            records=_count(row["records"]),
            quarantined=_count(row["quarantined"]),
        )
        for row in rows
    )


# -- pieces ------------------------------------------------------------------------------------------------------------


def _text(row: Row, name: str) -> str:
    return row[name] or ""


def _count(value: str | None) -> int | None:
    return None if value is None else int(value)


def _origin(row: Row) -> Origin:
    return Origin(_text(row, "sourceobject"), row["sourceetag"], int(row["sourcerecord"] or 0))


def _null(value: str | None) -> str:
    return "NULL" if value is None else literal(value)


def _list(values: Iterable[str]) -> str:
    return ", ".join(map(literal, values))


def _key(name: str) -> str:
    """The key of s3://bucket/key."""
    return name.removeprefix("s3://").partition("/")[2]


def _day_of(time: str | None) -> str | None:
    return time[:10] if time else None


def _shifted(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()
