"""The commands that ask: sessions, transcript, query, summary. All through Athena's API, here or in AWS."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from pathlib import Path

import click

from cli import sessions as sessions_table
from cli import show
from cli import summary as summary_lines
from cli.athena import Athena, literal, where
from cli.days import DAY, between, of_account, text
from cli.errors import CODES, NOT_FOUND, Failure
from cli.place import place_options
from cli.safe import safe


@click.command(epilog=CODES)
@click.option("--day", type=DAY, metavar="YYYY-MM-DD", help="Sessions that began on this day (UTC).")
@click.option("--from", "first", type=DAY, metavar="YYYY-MM-DD", help="The first day.")
@click.option("--to", "last", type=DAY, metavar="YYYY-MM-DD", help="The last day.")
@click.option("--account", help="Only this account: 12 digits.")
@click.option("--user", help="Only people whose name or source identity holds this text.")
@click.option("--raw", is_flag=True, help="With csv: the exact text, control characters and formulas included.")
@show.option
@place_options
def sessions(
    athena: Athena,
    day: datetime | None,
    first: datetime | None,
    last: datetime | None,
    account: str | None,
    user: str | None,
    form: str,
    raw: bool,
) -> None:
    """Who had sessions, when and where, why, and whether there are keystrokes.

    Two lines a session in the table: started, denied or failed. All times are UTC. Where there are no keystrokes, the
    last column says why (port forwarding and SSH cannot be logged; missing means that they should be there).

    \b
      loglake sessions --day 2026-03-02
      loglake sessions --from 2026-03-01 --to 2026-03-31 --account 111122223333 --user alice
      loglake sessions --format json | jq 'select(.outcome == "denied")'

    json and csv have all columns of the view `sessions`, the table the chief ones. Without days, all days are read.
    """
    show.raw_with(form, raw)
    conditions = [*between(day, first, last), *of_account(account)]
    if user:
        names = " || ' ' || ".join(f"coalesce({one}, '')" for one in ("username", "sourceidentity", "principalarn"))
        conditions.append(f"strpos(lower({names}), lower({literal(user)})) > 0")
    sql = f"SELECT * FROM sessions{where(conditions)} ORDER BY calendarday, coalesce(starttime, firstkeystroke)"
    answer = athena.ask(sql)
    if form != "table":
        show.show(answer, form, raw)
        return
    rows = sessions_table.read(answer)
    if rows:
        sessions_table.table(rows).print(show.console())
    click.echo(f"{sessions_table.many(len(rows))}; all times are UTC", err=True)


@click.command(epilog=CODES)
@click.argument("session_id", metavar="ID")
@click.option(
    "--day", type=DAY, metavar="YYYY-MM-DD", help="The day on which the session began (UTC): reads much less."
)
@click.option("--raw", is_flag=True, help="The lines as they were recorded, byte for byte, and nothing else.")
@show.option
@place_options
def transcript(athena: Athena, session_id: str, day: datetime | None, form: str, raw: bool) -> None:
    """What was typed and shown in one session, line by line.

    ID is a session's id, as `loglake sessions` shows it; with the user's part before it (alice-0b7c...) it will do too.

    \b
      loglake transcript 0b7c1cc185ccf51a9
      loglake transcript 0b7c1cc185ccf51a9 --raw > session.txt

    Terminal escapes and whatever else would act on your screen are spelt out (\\x1b); `--raw` gives the bytes. Lines
    that the agent sent again after a failed upload are marked with ~. Times are when a line's record was logged, in
    UTC. A session without keystrokes prints none, says why on stderr, and that is no failure; an ID that is nowhere
    in the lake is (exit code 4).
    """
    if raw and form != "table":
        raise click.UsageError("--raw is a format of its own: leave --format out.")
    identifier = session_id.rsplit("-", 1)[-1]
    conditions = [*between(day, None, None), f"sessionid = {literal(identifier)}"]
    found = sessions_table.read(athena.ask(f"SELECT * FROM sessions{where(conditions)}"))
    if not found:
        on = f" on {text(day)}" if day else ""
        raise Failure(f"there is no session {safe(identifier)} in the lake{on}", "See loglake sessions.", NOT_FOUND)
    answer = athena.ask(sessions_table.transcript_query(found))
    if raw:
        show.write(f"{line}\n" for line in sessions_table.raw_lines(answer))
    elif form != "table":
        show.show(answer, form)
    else:
        sessions_table.print_transcript(found[0], answer)
    if not found[0].lines:
        click.echo(f"no keystrokes: {safe(found[0].keystrokes)}", err=True)


@click.command(epilog=CODES)
@click.argument("sql", metavar="SQL|FILE|-")
@click.option("--raw", is_flag=True, help="With csv: the exact text, control characters and formulas included.")
@show.option
@place_options
def query(athena: Athena, sql: str, form: str, raw: bool) -> None:
    """Ask in Athena's SQL.

    SQL is the query itself, a file that holds it, or - for standard input.

    \b
      loglake query "SELECT username, count(*) FROM sessions GROUP BY username ORDER BY 2 DESC"
      loglake query denied.sql --format csv > denied.csv
      echo "SHOW TABLES" | loglake query - --format json

    Tables: from_cloudtrail_readready, from_cloudwatch_readready, the views sessions and transcript, and the lake's
    books lake_ledger, lake_quarantine, lake_generations; `DESCRIBE <table>` says what a column is. In Athena you pay
    for what is read: name the days you want, WHERE calendarday BETWEEN '2026-03-01' AND '2026-03-02'.
    """
    show.raw_with(form, raw)
    show.show(athena.ask(_sql(sql)), form, raw)


def _sql(text: str) -> str:
    if text == "-":
        text = sys.stdin.read()
    elif text.strip(" \t\r\n;") and (not re.search(r"\s", text.strip()) or text.endswith(".sql")):
        try:
            text = Path(text).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise click.UsageError(f"{safe(text)} is neither SQL nor a file that can be read: {why}") from None
    text = text.strip().removesuffix(";").rstrip()
    if not text:
        raise click.UsageError("there is no SQL to run.")
    return text


@click.command(epilog=CODES)
@show.option
@place_options
def summary(athena: Athena, form: str) -> None:
    """What came in and what became of it, by the lake's own books.

    Objects that arrived: read, dropped by which control, gone. Records in them: kept, filtered by which rule,
    quarantined and why. Rows: in the tables, duplicates, conflicts. Each level must add up to the one above; if it does
    not, that is said and the exit code is 1 (so it is while a run is only half done). What a rebuild or a replay read
    again is counted again in records and rows: then the table has the line "times one was read".
    """
    figures = summary_lines.ask(athena)
    if form == "table":
        summary_lines.table(figures).print(show.console())
    else:
        show.show(summary_lines.answer(figures), form)
    if wrong := figures.unequal():
        raise Failure(
            "the figures do not add up:\n  " + "\n  ".join(wrong),
            "If a run was stopped: loglake run ends it. If none was: loglake doctor says what is missing.",
        )
