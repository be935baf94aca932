"""`loglake doctor`: what differs between S3, the books, the generations and the catalog, and what is done about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby

import click

from cli import show
from cli.athena import Answer, Column, Row
from cli.days import DAY
from cli.errors import CODES, Failure
from cli.reach import Reach, reach_options
from infra.resources import table_inputs
from jobs.doctor import LAST_DAYS, Doctor
from jobs.findings import KINDS, Condemn, Finding

_COLUMNS = ("kind", "where", "what", "would")
_FURTHER = ("fault", "nbytes")  # for programs
_FAULTS = "\n".join(f"  {name:20} {kind.means}" for name, kind in KINDS.items() if kind.fault)
_DUE = "\n".join(f"  {name:20} {kind.means}" for name, kind in KINDS.items() if not kind.fault)


class _Seen:
    """Counts what goes by."""

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self.collected: Counter[tuple[str, str]] = Counter()
        self.nbytes: Counter[tuple[str, str]] = Counter()
        self.repaired = 0

    def note(self, findings: Iterator[Finding]) -> Iterator[Finding]:
        for one in findings:
            if one.fault:
                self.faults[one.kind] += 1
                self.repaired += one.repair is not None
            else:
                due = "condemned" if isinstance(one.repair, Condemn) else "deleted"
                self.collected[one.kind, due] += 1
                self.nbytes[one.kind, due] += one.nbytes
            yield one

    def collection(self, fixed: bool) -> Iterator[str]:
        """What is due to be collected, or was, in a line a kind."""
        for kind, dues in groupby(sorted(self.collected), key=lambda one: one[0]):
            parts = []
            for _, due in dues:
                number, size = self.collected[kind, due], self.nbytes[kind, due] / 1e6
                parts.append(f"{number:,} {'' if fixed else 'to be '}{due} ({size:,.1f} MB)")
            yield f"{kind}: {', '.join(parts)}"


_HELP = f"""Compare S3, the books, the generations and the catalog, and name every difference.

Without --fix this only reads. Each line says what is wrong, where, and what --fix would do or you can. With --fix it is
done: what the lake never heard of is announced to AddAPart, which writes partitions and the inbox; what nothing needs
any more is condemned and, bounds.retention_days later, deleted. Plans, ledgers, markers, raw objects and settings are
never deleted.

\b
  loglake doctor                        a look
  loglake doctor --fix                  daily, on a schedule: repairs, and collects what is old
  loglake doctor --from 2026-03-01      raw objects of more days
  loglake doctor --format json | jq 'select(.fault)'

The exit code is 1 if anything is wrong, also where --fix has seen to it: the next look tells whether that helped.

\b
What can be wrong:
{_FAULTS}

\b
What is due to be collected, which is no fault (in a table, a line a kind):
{_DUE}
"""


@click.command(epilog=CODES, help=_HELP)
@click.option("--fix", is_flag=True, help="Do what can be done.")
@click.option("--dry-run", is_flag=True, help="Only look. This is what happens without --fix.")
@click.option(
    "--from",
    "first",
    type=DAY,
    metavar="YYYY-MM-DD",
    help=f"Raw objects are compared from this day of delivery on. Default: the last {LAST_DAYS} days.",
)
@click.option("--to", "last", type=DAY, metavar="YYYY-MM-DD", help="The last of these days. Default: today.")
@show.option
@reach_options
def doctor(at: Reach, fix: bool, dry_run: bool, first: datetime | None, last: datetime | None, form: str) -> None:
    """Look, print as it is found, and end with what that means."""
    if fix and dry_run:
        raise click.UsageError("--fix repairs, --dry-run only looks: one of them.")
    today = datetime.now(UTC).date()
    until = last.date() if last else today
    since = first.date() if first else until - timedelta(days=LAST_DAYS - 1)
    if since > until:
        raise click.UsageError(f"--from {since} is after --to {until}.")
    lake = at.lake
    here = Doctor(lake, at.glue, at.sqs, table_inputs(lake.settings), lambda: datetime.now(UTC), since, until)
    seen = _Seen()
    found = seen.note(here.fix(here.look()) if fix else here.look())
    _print(found, form)
    if form == "table":
        for line in seen.collection(fix):
            click.echo(line)
    _end(seen, fix)


def _print(found: Iterator[Finding], form: str) -> None:
    names = _COLUMNS if form == "table" else _COLUMNS + _FURTHER
    types = {"fault": "boolean", "nbytes": "bigint"}
    columns = [Column(name, types.get(name, "varchar")) for name in names]
    rows: Iterator[Row] = (_row(one)[: len(names)] for one in found if one.fault or form != "table")
    if form != "table":
        show.show(Answer(columns, rows), form)
        return
    faults = list(rows)
    if faults:
        show.show(Answer(columns, iter(faults)), form)


def _row(one: Finding) -> Row:
    return [one.kind, one.where, one.what, one.would, str(one.fault).lower(), str(one.nbytes)]


def _end(seen: _Seen, fixed: bool) -> None:
    wrong = sum(seen.faults.values())
    if not wrong:
        click.echo("Nothing is wrong.", err=True)
        return
    kinds = ", ".join(f"{number} {kind}" for kind, number in seen.faults.items())
    if fixed:
        hint = f"{seen.repaired} of them announced or repaired; look again in some minutes, or after the next run."
    else:
        hint = f"loglake doctor --fix sees to {seen.repaired} of them." if seen.repaired else ""
    raise Failure(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong: {kinds}", hint)
