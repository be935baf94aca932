"""`loglake plan --settings`: what another lake.toml would keep otherwise; refused if sessions would be lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from obstore.exceptions import BaseError

from cli import again, home, show
from cli.athena import Answer, Column, Row
from cli.errors import Failure
from cli.grid import Grid, Head
from cli.progress import Board
from cli.reach import Reach
from cli.safe import safe
from forecast.comparison import Comparison
from forecast.differences import Difference, decides, differences
from forecast.simulate import compare, of_day, silent
from lake.settings import Settings

_NAMED = 20  # sessions that a table names
_COLUMNS = (
    *(Column(name, "varchar") for name in ("what", "job", "name")),
    *(Column(name, "bigint") for name in ("now", "proposed", "lost", "gained")),
    Column("detail", "varchar"),
)


def simulate(at: Reach, proposed: Path, day: str, most: int, allowed: bool, form: str) -> None:
    """Check the file, show its differences, compare a day, and raise Failure if it may not be."""
    then = _read(proposed)
    now = at.settings
    found = differences(now, then)
    compared = Comparison()
    if any(decides(one) for one in found):
        compared = _compared(at, now, then, day, most)
    dropped = silent(now, then)
    if form == "table":
        _table(found, compared, day)
    else:
        show.show(Answer(list(_COLUMNS), _rows(found, compared)), form)
    _end(found, compared, dropped, allowed, day)


def _read(path: Path) -> Settings:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path}: {error}") from None
    return home.parse(text, str(path))


def _compared(at: Reach, now: Settings, then: Settings, day: str, most: int) -> Comparison:
    with again.told(), Board() as board:
        board.set("plan", "looking through raw")
        try:
            every = of_day(at.lake.store, now, then, day)
            return compare(
                at.lake.store,
                now,
                then,
                every,
                most,
                lambda done, of: board.set("plan", "decoding under both", done, of, "objects"),
            )
        except (OSError, BaseError) as error:
            raise Failure(f"S3: {safe(str(error).splitlines()[0])}", "Nothing was changed.") from None


def _table(found: list[Difference], compared: Comparison, day: str) -> None:
    out = show.console()
    if found:
        grid = Grid(Head("setting", 24), Head("now"), Head("proposed"))
        for one in found:
            grid.add(one.setting, safe(one.now) or "-", safe(one.then) or "-")
        grid.print(out)
    if not compared.objects:
        return
    out.print()
    heads = ("records", "kept now", "kept then", "lost", "gained")
    grid = Grid(Head(f"delivered {day}", 20), *(Head(one, right=True) for one in heads))
    for job, kept in compared.jobs.items():
        if kept.records:
            grid.add(job, *(f"{one:,}" for one in (kept.records, kept.now, kept.then, kept.lost, kept.gained)))
    grid.print(out)
    _rules(compared)
    _sessions(compared)


def _rules(compared: Comparison) -> None:
    out = show.console()
    grid = Grid(Head("rule", 24), *(Head(one, right=True) for one in ("drops now", "drops then", "lost", "gained")))
    several = False
    for job, kept in compared.jobs.items():
        for name, one in sorted(kept.rules.items()):
            several = True
            figures = (one.now, one.then, one.lost, one.gained)
            grid.add(f"{job}: {name}", *(f"{figure:,}" if figure else "-" for figure in figures))
    if several:
        out.print()
        grid.print(out)
    for what, counts in (("lost", "lostwhat"), ("gained", "gainedwhat")):
        for job, kept in compared.jobs.items():
            for name, number in getattr(kept, counts).most_common(5):
                out.print(f"  {what}: {number:,} of {safe(name)} ({job})", soft_wrap=True)


def _sessions(compared: Comparison) -> None:
    out = show.console()
    if compared.starts:
        out.print()
        grid = Grid(Head("session starts lost", 19), Head("who"), Head("account", 12), Head("session", 17))
        for one in compared.starts[:_NAMED]:
            event = f"{one.event}, {one.outcome}"
            grid.add(f"{one.time}\n{event}", safe(one.who), safe(one.account), safe(one.sessionid) or "-")
        grid.print(out)
        _more(len(compared.starts))
    if compared.keystrokes:
        out.print()
        grid = Grid(Head("keystrokes lost of session", 26), Head("records", right=True), Head("lost", right=True))
        for session, (number, lost) in list(compared.keystrokes.items())[:_NAMED]:
            grid.add(safe(session), f"{number:,}", f"{lost:,}")
        grid.print(out)
        _more(len(compared.keystrokes))


def _more(number: int) -> None:
    if number > _NAMED:
        show.console().print(f"... {number - _NAMED:,} more: --format json")


def _rows(found: Iterable[Difference], compared: Comparison) -> Iterator[Row]:
    for one in found:
        yield ["setting", None, one.setting, None, None, None, None, f"{one.now} -> {one.then}"]
    for job, kept in compared.jobs.items():
        figures = [str(one) for one in (kept.now, kept.then, kept.lost, kept.gained)]
        yield ["kept", job, "records", *figures, f"of {kept.records} records"]
        for name, rule in sorted(kept.rules.items()):
            yield ["rule", job, name, *(str(one) for one in (rule.now, rule.then, rule.lost, rule.gained)), None]
        for name, number in sorted(kept.lostwhat.items()):
            yield ["lost", job, name, None, None, str(number), None, None]
        for name, number in sorted(kept.gainedwhat.items()):
            yield ["gained", job, name, None, None, None, str(number), None]
    for start in compared.starts:
        detail = f"{start.time} {start.account} {start.event} {start.outcome} {start.who}"
        yield ["start", "cloudtrail", start.sessionid or start.eventid, "1", "0", "1", None, detail]
    for session, (number, lost) in compared.keystrokes.items():
        yield ["keystrokes", "cloudwatch", session, str(number), str(number - lost), str(lost), None, None]


def _end(found: list[Difference], compared: Comparison, dropped: list[str], allowed: bool, day: str) -> None:
    """What it means, on stderr; and the refusal."""
    if not found:
        click.echo("The proposed settings are the lake's own.", err=True)
        return
    if not any(decides(one) for one in found):
        click.echo("Nothing of that decides what is kept: no record is lost or gained.", err=True)
        return
    _looked_at(compared, day)
    if not (compared.starts or dropped):
        ending = " No session start is lost" + (" in the sample." if compared.sampled else ".")
        click.echo(f"Accepted.{ending}", err=True)
        return
    what = []
    if dropped:
        what.append(f"it drops every {' and '.join(dropped)}")
    if compared.starts:
        what.append(f"{len(compared.starts):,} session starts of {day} would be lost")
    sentence = "; ".join(what)
    if allowed:
        click.echo(f"{sentence[0].upper()}{sentence[1:]}: allowed by --allow-losing-sessions.", err=True)
        return
    raise Failure(
        f"refused: {sentence}",
        "A session without its start has no who, why and from where. If that is meant: --allow-losing-sessions.",
    )


def _looked_at(compared: Comparison, day: str) -> None:
    said = f"{compared.read:,} of {compared.objects:,} objects delivered on {day} were decoded under both"
    if compared.sampled:
        said += " (a sample: more with --sample)"
    if compared.unread:
        said += f"; {compared.unread:,} more S3 did not give: nothing is said of these"
    click.echo(f"{said}.", err=True)
    if not compared.objects:
        click.echo("Nothing was delivered on it: only the settings themselves were judged. Another: --day", err=True)
