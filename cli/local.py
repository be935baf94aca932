"""The commands that run a lake on this machine: up, down, status, put, run."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import boto3
import click
from rich.text import Text

from cli import completeness, home, show, steps, summary, trino
from cli.athena import Answer, Column, Row
from cli.errors import CODES, Failure, NoLake
from cli.grid import Grid, Head
from cli.place import connect_local
from cli.progress import duration
from cli.safe import safe
from cli.upload import Put
from cli.work import Ended
from infra.local import hermetic, lifecycle
from infra.local.lifecycle import Running
from infra.views import view_inputs
from lake import keys
from lake.store import Store

_NAMED = 3  # files that are named in a line of the table
KEEP = click.option(
    "--keep",
    type=click.Choice(["filtered", "everything"]),
    help="everything: all of the jobs' filters off, for what is read from now on. Only here, not in lake.toml.",
)


@click.command(epilog=CODES)
@KEEP
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "trino"]),
    default="duckdb",
    show_default=True,
    help="What answers queries. trino: the engine that Athena is; the first time, it is downloaded (263 MB).",
)
def up(keep: str | None, engine: str) -> None:
    """Start an empty lake on this machine: S3, SQS, Glue and Athena, and AddAPart at work on its queue.

    A lake that runs already is replaced by an empty one. It is made from lake.toml; its state is in .loglake (or
    where LOGLAKE_HOME says), and it stays up until `loglake down`. No real AWS is ever spoken to.

    \b
      loglake up && loglake put ~/logs && loglake run && loglake sessions
      loglake up --engine trino
    """
    settings = home.settings(keep)
    runtime = trino.runtime() if engine == "trino" else None
    with steps.timed() as seconds, steps.told():
        lake = lifecycle.up(settings, home.home(), runtime)
    click.echo(f"The lake is up ({duration(seconds[0])}), and empty: S3, SQS, Glue, Athena at {lake.endpoint}")
    click.echo("Logs into it: loglake put PATH, then loglake run. How to reach it: loglake status")


@click.command(epilog=CODES)
def down() -> None:
    """Stop the lake on this machine. What was in it is gone; the log files in .loglake/log stay.

    If none is running, that is said, and is no failure.
    """
    with steps.told():
        stopped = lifecycle.down(home.home())
    click.echo("The lake is stopped." if stopped else "No lake was running.")


@click.command(epilog=CODES)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def status(form: str) -> None:
    """Whether a lake is running here, and how boto3 and the aws command reach it. Exit code 3 if none is.

    \b
      eval "$(loglake status | grep export)" && aws s3 ls
    """
    found = lifecycle.running(home.home())
    if found is None:
        raise NoLake(home.home())
    if form == "json":
        names = ["endpoint", "region", "settings", "home", "server", "worker"]
        row: Row = [str(getattr(found, name)) for name in names]
        kinds = ["bigint" if name in ("server", "worker") else "varchar" for name in names]
        show.write([show.json_line(names, kinds, row) + "\n"])
        return
    click.echo(f"The lake is up: S3, SQS, Glue, Athena at {found.endpoint} (processes {found.server}, {found.worker})")
    click.echo(f"Its settings: {found.settings}; its log files: {found.home}/log")
    click.echo("boto3, aws and whatever else speaks to AWS reach it with these, and nothing else:")
    for line in exports(found):
        click.echo(f"  {line}")


def exports(lake: Running) -> list[str]:
    """Lines for a shell, after which AWS's own tools speak to the local lake."""
    values = hermetic.environment({}, lake.endpoint, lake.region)
    names = (
        ("AWS_ENDPOINT_URL",),
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"),
        ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
    )
    return ["export " + " ".join(f"{name}={values[name]}" for name in some) for some in names]


@click.command(epilog=CODES)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@show.option
def put(paths: tuple[Path, ...], form: str) -> None:
    """Upload your own logs: files, or folders with all that lies in them.

    What a file is, its content says: CloudTrail files, Firehose objects of CloudWatch Logs, packed or not, whatever
    they are called. A path in AWS's layout (AWSLogs/...) keeps its key, so that account, Region and day are known;
    any other file goes under put/<today>/. Every file is accounted for: what is no log, or cannot be read, is named.
    `loglake run` takes in what was put.

    \b
      loglake put ~/logs/AWSLogs
      loglake put download.json.gz --format json

    With json and csv every file is a row: path, job, key, what, bytes. Exit code 1 if there is no log among them.
    """
    lake = home.running()
    results = steps.put(lake, home.settings_of(lake), paths)
    if form == "table":
        print_put(results)
    else:
        show.show(_answer(results), form)
    check_put(results)


def check_put(results: Sequence[Put]) -> None:
    """Raises Failure if nothing was uploaded."""
    if not any(one.job for one in results):
        raise Failure(
            f"none of {len(results):,} files is a log that the lake takes in",
            "It takes CloudTrail files, and CloudWatch Logs as Firehose delivers them.",
        )


def print_put(results: Sequence[Put]) -> None:
    """Every file accounted for: how many of what kind go where, and what is not taken in, by name."""
    kinds: dict[tuple[bool, str, str], list[Put]] = defaultdict(list)
    for one in results:
        kinds[not one.job, one.job, one.what].append(one)
    table = Grid(Head("what it is"), Head("files", right=True), Head("goes to"))
    for (left_out, job, what), files in sorted(kinds.items()):
        goes = Text(_named(files), style="yellow") if left_out else Text(job)
        table.add(Text(safe(what)), f"{len(files):,}", goes)
    table.print(show.console())
    taken = sum(1 for one in results if one.job)
    size = sum(one.size for one in results if one.job) / 1e6
    several = "" if len(results) == 1 else "s"
    click.echo(
        f"{len(results):,} file{several}: {taken:,} uploaded ({size:,.1f} MB), {len(results) - taken:,} not taken in"
    )


def _named(files: Sequence[Put]) -> str:
    names = ", ".join(safe(one.path.name) for one in files[:_NAMED])
    more = f" and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
    return f"nowhere: {names}{more}"


def _answer(results: Sequence[Put]) -> Answer:
    columns = [Column(name, "varchar") for name in ("path", "job", "key", "what")]
    rows: list[Row] = [
        [os.fsencode(one.path).decode("utf-8", "replace"), one.job or None, one.key or None, one.what, str(one.size)]
        for one in results
    ]
    return Answer([*columns, Column("bytes", "bigint")], iter(rows))


@click.command(epilog=CODES)
@KEEP
def run(keep: str | None) -> None:
    """Run the jobs: what has arrived is read, decoded, filtered, and published for queries, day by day.

    Waits until AddAPart has taken what was announced, runs the jobs on local Spark side by side, waits until what
    they published is registered, and prints what became of everything. Interrupted or failed, nothing is lost: the
    next run goes on from what is done. Spark's own words are in .loglake/log/job-*.log.

    At the end it says how complete the days are that it touched. Where less of what arrived on them, or of what a job
    took up now, is processed than [thresholds] in lake.toml asks for, that is a failure; what is done stays done.

    \b
      loglake put ~/logs && loglake run --keep everything
    """
    lake = home.running()
    if keep:
        set_keep(lake, keep)
    ended = run_jobs(lake)
    athena = connect_local(lake)
    figures = summary.ask(athena)
    summary.table(figures).print(show.console())
    groups = completeness.of_plans(athena, {one.job: one.last["taken"] for one in ended})
    completeness.report(groups)
    check_sums(figures)
    completeness.check(groups, home.settings_of(lake).thresholds.completeness, "[thresholds] in lake.toml")
    completeness.check_jobs(ended)


def run_jobs(lake: Running) -> list[Ended]:
    """Queue, jobs, queue."""
    steps.drain(lake, "writing down what arrived")
    with steps.timed() as seconds:
        ended = steps.jobs(lake)
    steps.drain(lake, "registering what was published")
    click.echo(f"The jobs are done ({duration(seconds[0])}); all that they published is registered", err=True)
    return ended


def check_sums(figures: summary.Summary) -> None:
    """Raises Failure if the books do not add up."""
    if wrong := figures.unequal():
        raise Failure("the figures do not add up:\n  " + "\n  ".join(wrong), f"The jobs' logs: {home.log_folder()}")


def set_keep(lake: Running, keep: str) -> None:
    """The running lake's settings with another `keep`; the jobs and AddAPart read them at their next start.

    Views are made from settings (`session_context` says what is kept): they are declared anew, as a deployment does.
    """
    text = home.with_keep(home.settings_of(lake).text, keep)
    settings = home.parse(text, lake.settings)
    Store(lake.region).put(settings.buckets.books, keys.SETTINGS, text.encode())
    glue = boto3.client("glue", region_name=lake.region)
    for view in view_inputs(settings):
        glue.update_table(DatabaseName=settings.lake.database, TableInput=view)


def command() -> str:
    """How this command is called from where the user stands."""
    called = Path(sys.argv[0])
    try:
        return str(called.absolute().relative_to(Path.cwd()))
    except ValueError:
        return called.name
