"""`loglake demo`, which is `make run`: a lake from nothing to answers, and what to try next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import click
from rich.rule import Rule
from rich.text import Text

from cli import home, local, steps, summary
from cli import sessions as sessions_table
from cli.athena import Athena
from cli.errors import CODES, Failure
from cli.place import connect_local
from cli.progress import duration
from cli.sessions import Session
from cli.show import console
from cli.work import uninterrupted
from examples.company import Company, RawObject, digests
from examples.company.groups import groups
from examples.company.sessionfiles import session_files
from infra.local import hermetic, lifecycle
from infra.local.lifecycle import Running
from lake.settings import Settings

_SHOWN = 20  # sessions in the table
_LINES = 25  # of the transcript
PUBLIC_KEYS = "public-keys.json"  # in the lake's home: of the key that signed the sample company's digest files


@click.command(epilog=CODES)
@click.option("--raw", metavar="PATH", default="", help="Your own logs, a file or a folder, instead of the sample's.")
@click.option(
    "--keep",
    type=click.Choice(["filtered", "everything"]),
    default="filtered",
    show_default=True,
    help="everything: the jobs' filters off.",
)
def demo(raw: str, keep: str) -> None:
    """A lake from nothing to answers: what `make run` does.

    Starts an empty lake on this machine, uploads a sample company's raw logs (or yours), lets AddAPart work its queue,
    runs the jobs, and prints what became of everything, the sessions, and one session's transcript. The lake stays up
    for the other commands. Ctrl-C stops it, and leaves no process.

    \b
      loglake demo
      loglake demo --raw ~/logs/AWSLogs --keep everything
    """
    path = Path(raw) if raw else None
    if path and not path.exists():
        raise click.UsageError(f"there is no file or folder {raw!r} (seen from {Path.cwd()}).")
    settings = home.settings(keep)
    click.echo("Log Lake on this machine; real AWS is never spoken to. All times are UTC.\n")
    try:
        _demo(settings, path)
    except KeyboardInterrupt:
        with uninterrupted():
            lifecycle.down(home.home())
        raise


def _demo(settings: Settings, path: Path | None) -> None:
    with steps.timed() as seconds, steps.told():
        lake = lifecycle.up(settings, home.home())
        hermetic.enter(lake.endpoint, lake.region)
    _said("the embedded AWS is up", seconds, f"S3, SQS, Glue, Athena at {lake.endpoint}")
    _fill(lake, settings, path)
    with steps.timed() as seconds:
        steps.drain(lake, "writing down what arrived")
    _said("AddAPart has heard of all of it", seconds, "written down, raw partitions registered")
    with steps.timed() as seconds:
        steps.jobs(lake)
    _said("the jobs have run on Spark", seconds, "decoded, filtered, published day by day as ORC")
    with steps.timed() as seconds:
        steps.drain(lake, "registering what was published")
    _said("AddAPart has registered the days", seconds, "from here on, queries see them")
    athena = connect_local(lake)
    figures = summary.ask(athena)
    _title("What came in, and what became of it")
    summary.table(figures).print(console())
    _other_groups(athena)
    found = _sessions(athena)
    _transcript(athena, found)
    _next(lake, found)
    local.check_sums(figures)


def _said(what: str, seconds: Sequence[float], more: str) -> None:
    click.echo(f"{duration(seconds[0]):>7}  {what}: {more}")


def _title(text: str) -> None:
    out = console()
    out.print()
    out.print(Rule(Text(text, style="bold"), align="left", style="dim"))


def _fill(lake: Running, settings: Settings, path: Path | None) -> None:
    """The sample company's logs, or the person's own, into the raw buckets."""
    if path is None:
        with steps.timed() as seconds:
            objects = _company(lake, settings)
            count, size = steps.put_objects(lake, settings, objects, len(objects))
        _said("a sample company's logs are uploaded", seconds, f"{count:,} raw objects, {size / 1e6:.1f} MB")
        return
    (Path(lake.home) / PUBLIC_KEYS).unlink(missing_ok=True)  # an earlier sample's
    with steps.timed() as seconds:
        results = steps.put(lake, settings, [path])
    taken = sum(1 for one in results if one.job)
    _said("your logs are uploaded", seconds, f"{taken:,} of {len(results):,} files in {path}")
    click.echo()
    local.print_put(results)
    click.echo()
    try:
        local.check_put(results)
    except Failure:
        click.echo("The lake is empty, and stays up: loglake down stops it.")
        raise


def _company(lake: Running, settings: Settings) -> list[RawObject]:
    """The sample company's logs, those of a few sessions straight to S3, what other log groups say around sessions, and
    signed digest files of its busiest trail; the public key beside them."""
    company, signer = Company(), digests.Signer()
    logs = [one for one in company.objects() if not digests.is_digest(one)]
    sessions = company.truth().sessions
    logs += session_files(sessions).objects
    bucket = next(one.bucket for one in settings.sources if one.job == "cloudtrail")
    place = digests.busiest(logs)
    signed = digests.digests(logs, bucket, place, company.first_day, company.days, signer)
    (Path(lake.home) / PUBLIC_KEYS).write_text(signer.public_keys(), encoding="utf-8")
    return [*logs, *groups(sessions).objects, *signed]


def _other_groups(athena: Athena) -> None:
    """A line on kept log groups that hold no sessions, where there are any."""
    ((kept, messages, days),) = athena.values(
        "SELECT CAST(count(DISTINCT loggroup) AS varchar), CAST(count(*) AS varchar), "
        "'--from ' || min(calendarday) || ' --to ' || max(calendarday) "
        "FROM from_cloudwatch_readready WHERE message IS NOT NULL"
    )
    if days:
        said = f"Other log groups that are kept: {kept}, with {int(messages or 0):,} messages"
        click.echo(f"\n{said}.\n  {local.command()} ask log-groups-of-days {days}")


def _sessions(athena: Athena) -> list[Session]:
    found = sessions_table.read(
        athena.ask("SELECT * FROM sessions ORDER BY calendarday, coalesce(starttime, firstkeystroke)")
    )
    _title(f"Sessions ({len(found):,})")
    if not found:
        click.echo("No session in these logs.")
        return found
    sessions_table.table(found[:_SHOWN]).print(console())
    if len(found) > _SHOWN:
        click.echo(f"... {len(found) - _SHOWN:,} more: {local.command()} sessions")
    return found


def _transcript(athena: Athena, found: Sequence[Session]) -> None:
    """One session's transcript: one of several records, that can be read in one look if there is such a one."""
    recorded = [one for one in found if one.lines]
    if not recorded:
        return
    several = [one for one in recorded if one.records > 1] or recorded
    chosen = min(several, key=lambda one: (one.lines > _LINES, one.lines if one.lines > _LINES else -one.lines))
    _title("One session's transcript")
    answer = athena.ask(sessions_table.transcript_query([chosen]))
    sessions_table.print_transcript(chosen, answer, _LINES)


def _next(lake: Running, found: Sequence[Session]) -> None:
    loglake = local.command()
    day = found[0].day if found else "2026-03-02"
    first = next((one.id for one in found if one.lines), None)
    recorded = [f"{loglake} transcript {first}", f"{loglake} report {first} --out session.html"] if first else []
    keys = Path(lake.home) / PUBLIC_KEYS
    signed = [f"{loglake} verify --day {day} --public-keys {shlex.quote(str(keys))}"] if keys.exists() else []
    _title("What to try next")
    for line in (
        f"{loglake} sessions --day {day}",
        *recorded,
        *signed,
        f'{loglake} query "SELECT eventname, errorcode, count(*) FROM from_cloudtrail_readready GROUP BY 1, 2"',
        f'{loglake} query "SELECT * FROM lake_quarantine" --format json',
        f"{loglake} --help",
    ):
        click.echo(f"  {line}")
    click.echo("\nWith boto3, the aws command, or anything else that speaks to AWS:")
    for line in local.exports(lake):
        click.echo(f"  {line}")
    click.echo(f"\nThe lake stays up until {loglake} down (or make down); its logs are in {lake.home}/log.")
