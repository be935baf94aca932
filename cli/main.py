"""The command `loglake`: what there is, and how every way of ending looks from outside."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cli import (
    ask,
    backfill,
    body,
    completeness,
    demo,
    deploy,
    doctor,
    export,
    home,
    local,
    managers,
    owner_policy,
    plan,
    quality,
    quarantine,
    questions,
    rebuild,
    redrive,
    remove,
    replay,
    report,
    source,
    verify,
)
from cli.errors import CODES, FAILED, READER_LEFT, STOPPED
from infra.local import lifecycle, processes

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR)


class _ReaderLeft(Exception):
    """The pipe is closed. Not an OSError: of those click makes an exit code 1 of its own."""


class _Loglake(click.Group):
    """The group, with the ends that click leaves to its callers: Ctrl-C, a closed pipe, an error nobody expected."""

    def main(self, args: Sequence[str] | None = None, *others: Any, **options: Any) -> Any:
        """Runs a command and exits. See `cli.errors` for the codes."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # a locale that cannot say a letter must not end it all
        options["standalone_mode"] = False
        try:
            code = super().main(args, *others, **options)
            sys.stdout.flush()
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        except (KeyboardInterrupt, click.Abort):
            code = _stopped()
        except (_ReaderLeft, BrokenPipeError):
            _swallow_output()
            code = READER_LEFT
        except OSError as error:
            code = _disk(error) if error.errno in _DISK else _unexpected(error)
        except Exception as error:  # noqa: BLE001 - the last fence: a traceback is for the log file, not for people
            code = _unexpected(error)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderLeft from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order in which they are used, not of the alphabet."""
        return list(self.commands)


def _stopped() -> int:
    """After Ctrl-C: what is left."""
    click.echo("\nStopped.", err=True)
    if "put" in sys.argv[1:2]:
        click.echo("What was uploaded is in the lake; the same put again brings the rest, and nothing twice.", err=True)
    with contextlib.suppress(OSError):
        if lifecycle.running(home.home()):
            click.echo("The lake is still up, with all that was done so far: loglake run goes on from there,", err=True)
            click.echo("loglake down stops it.", err=True)
        elif left := processes.find(home.home()):
            click.echo(f"The lake is broken: of its processes only {', '.join(map(str, left))} is left.", err=True)
            click.echo("loglake down ends it; loglake up starts an empty one.", err=True)
        else:
            click.echo("No lake is running, and no process is left.", err=True)
    return STOPPED


def _swallow_output() -> None:
    """Python flushes standard output once more at its end: let that go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _disk(error: OSError) -> int:
    """The disk is full, or not ours to write to: nothing is wrong with the lake."""
    with contextlib.suppress(OSError):
        click.echo(f"loglake: {error.filename or 'standard output'}: {error.strerror}", err=True)
        if error.filename and str(error.filename).startswith(str(home.home())):
            click.echo("The lake's state is kept there; LOGLAKE_HOME names another folder.", err=True)
    return FAILED


def _unexpected(error: Exception) -> int:
    """An error that nobody thought of: its traceback goes to a file."""
    with contextlib.suppress(OSError):
        click.echo(f"loglake: {type(error).__name__}: {error}", err=True)
    with contextlib.suppress(OSError):
        path: Path = home.log_folder() / "loglake.log"
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {sys.argv}\n{traceback.format_exc()}\n")
        click.echo(f"That should not happen. Where it happened is in {path}.", err=True)
    return FAILED


@click.group(
    cls=_Loglake, epilog=CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="loglake", message="%(package)s %(version)s")
def cli() -> None:
    """Log Lake: who did what in AWS Session Manager, answered from raw logs.

    \b
    On this machine, from nothing to answers:
      loglake up              an empty lake: S3, SQS, Glue, Athena, all local
      loglake put ~/logs      your CloudTrail files and Firehose objects into it
      loglake run             the jobs: what arrived becomes tables
      loglake sessions        who, when, where, why
      loglake transcript ID   what was typed and shown
      loglake report ID       all of a session, each statement with its source, and how sure it is

    The commands that ask (sessions, transcript, report, query, ask, summary) ask a lake in AWS just as well: --aws.
    Without --aws nothing but this machine is ever spoken to. All times are UTC. Every command explains itself: --help.
    """


for command in (
    demo.demo,
    local.up,
    local.put,
    local.run,
    ask.summary,
    completeness.completeness,
    ask.sessions,
    ask.transcript,
    report.report,
    ask.query,
    questions.ask,
    verify.verify,
    quality.quality,
    export.export,
    owner_policy.owner_policy,
    source.source,
    deploy.deploy,
    managers.managers,
    local.status,
    doctor.doctor,
    plan.plan,
    backfill.backfill,
    rebuild.rebuild,
    replay.replay,
    quarantine.quarantine,
    body.body,
    remove.remove,
    redrive.redrive,
    local.down,
):
    cli.add_command(command)


def main() -> None:
    """The entry point. Being told to end (SIGTERM, a closed terminal) is as good as Ctrl-C: no process is left."""
    for told in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(told, signal.default_int_handler)
    cli()


if __name__ == "__main__":
    main()
