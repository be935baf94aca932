"""Sessions and transcripts as people read them. All else about them is in the views (sql/views)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from cli.athena import Answer, literal
from cli.grid import Grid, Head
from cli.safe import safe
from cli.show import console

_STYLES = {"denied": "yellow", "failed": "yellow", "missing": "red"}


@dataclass(frozen=True, slots=True)
class Session:
    """A row of the view `sessions`. Values are Athena's texts, '' for null; lines: how many lines of keystrokes."""

    day: str
    start: str
    id: str
    account: str
    target: str
    who: str
    document: str
    reason: str
    outcome: str
    error: str
    keystrokes: str
    lines: int
    records: int
    last: str


def read(answer: Answer) -> list[Session]:
    """The rows of `SELECT * FROM sessions`."""
    names = [one.name for one in answer.columns]
    found = []
    for row in answer.rows:
        value = {name: text or "" for name, text in zip(names, row, strict=True)}
        found.append(
            Session(
                day=value["calendarday"],
                start=(value["starttime"] or value["firstkeystroke"])[:19],
                id=value["sessionid"],
                account=value["accountid"],
                target=value["target"],
                who=value["username"] or value["principalarn"].rsplit("/", 1)[-1],
                document=value["documentname"],
                reason=value["reason"],
                outcome=value["outcome"],
                error=value["errorcode"],
                keystrokes=value["keystrokes"],
                lines=int(value["keystrokelines"] or 0),
                records=int(value["keystrokerecords"] or 0),
                last=value["lastkeystroke"],
            )
        )
    return found


def many(count: int, thing: str = "session") -> str:
    """`1 session`, `12 sessions`."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def table(rows: Sequence[Session]) -> Grid:
    """Two lines a session: so it fits 80 columns and shows everything that an auditor asks first."""
    result = Grid(
        Head("start (UTC)\nsession", least=26),
        Head("who\nreason"),
        Head("account\ninstance", least=19),
        Head("outcome\nkeystrokes"),
    )
    for one in rows:
        outcome = one.outcome + (f": {one.error}" if one.error else "")
        first = (one.start, one.who, one.account)
        result.add(*map(_cell, first), _cell(outcome, _STYLES.get(one.outcome, "")))
        second = (one.id, one.reason, one.target)
        result.add(*(_cell(text, "dim") for text in second), _cell(words(one), _STYLES.get(one.keystrokes, "dim")))
    return result


def _cell(text: str, style: str = "") -> Text:
    return Text(safe(text) or "-", style=style)


def words(one: Session) -> str:
    """How many keystrokes there are, or why there are none."""
    if not one.lines:
        return "" if one.keystrokes == one.outcome else one.keystrokes
    return many(one.lines, "line") + (f", {one.keystrokes}" if one.keystrokes != "recorded" else "")


def transcript_query(found: Sequence[Session]) -> str:
    """The SQL of a session's transcript. found: its rows; the days in them spare reading all others."""
    days = ", ".join(literal(day) for day in sorted({one.day for one in found}))
    return (
        f"SELECT * FROM transcript WHERE sessionid = {literal(found[0].id)} AND calendarday IN ({days})"
        " ORDER BY linenumber"
    )


def _columns(answer: Answer, *names: str) -> list[int]:
    order = [one.name for one in answer.columns]
    return [order.index(name) for name in names]


def raw_lines(answer: Answer) -> Iterator[str]:
    """The transcript's lines, exactly."""
    (line,) = _columns(answer, "line")
    for row in answer.rows:
        yield row[line] or ""


def print_transcript(session: Session, answer: Answer, most: int | None = None) -> None:
    """The transcript with its head: number, time (UTC), line; ~ marks what was sent again. most: lines to print."""
    out = console()
    out.print(Text(f"session {safe(session.id)}", style="bold"))
    where = f"{session.target or 'unknown instance'}, account {session.account or 'unknown'}"
    out.print(Text(safe(f"{session.who or 'unknown'} on {where}")), soft_wrap=True)
    reason = f"; reason: {session.reason}" if session.reason else ""
    out.print(Text(safe(f"{session.outcome} {session.start} UTC{reason}")), soft_wrap=True)
    number, time, line, repeat = _columns(answer, "linenumber", "eventtime", "line", "isrepeat")
    said = ""
    for count, row in enumerate(answer.rows):
        if most is not None and count >= most:
            out.print(
                Text(f"      ... {session.lines - most:,} more: loglake transcript {safe(session.id)}", style="dim")
            )
            return
        moment = (row[time] or "")[11:19]
        mark = "~" if row[repeat] == "true" else " "
        text = safe((row[line] or "").expandtabs())
        head = Text(f"{row[number] or '':>5} {moment if moment != said else '':8} {mark}", style="dim")
        out.print(head, Text(text), sep=" ", soft_wrap=True)
        said = moment
