"""What a command can end with. Scripts may rely on the codes; people on the words: what, where, what now."""

from __future__ import annotations

from typing import IO, Any

import click

FAILED = 1  # it ran, and something failed
USAGE = 2  # it was asked for wrongly (click's own code)
NO_LAKE = 3  # there is no lake running here
NOT_FOUND = 4  # there is no such thing in the lake
UNVERIFIED = 5  # nothing is wrong, but not everything could be verified
STOPPED = 130  # Ctrl-C
READER_LEFT = 141  # whoever read the output went away (`| head`), as every Unix tool ends then

CODES = """\b
Exit codes: 0 done; 1 failed; 2 wrong usage; 3 no lake is running here;
4 not found; 130 stopped by Ctrl-C; 141 the reader of a pipe went away."""


class Failure(click.ClickException):
    """Something expected went wrong. `message` says what and where, `hint` what to do now."""

    def __init__(self, message: str, hint: str = "", code: int = FAILED) -> None:
        super().__init__(message)
        self.hint = hint
        self.exit_code = code  # type: ignore[misc]  # click declares its default on the class

    def show(self, file: IO[Any] | None = None) -> None:
        """To stderr, or to `file`."""
        click.echo(f"loglake: {self.message}", file=file, err=file is None)
        if self.hint:
            click.echo(self.hint, file=file, err=file is None)


class NoLake(Failure):
    """No lake is running."""

    def __init__(self, home: object) -> None:
        super().__init__(
            f"no lake is running here (looked in {home})",
            "Start one: loglake up. Or, with a sample company's logs in it: make run. To ask the lake in AWS: --aws.",
            NO_LAKE,
        )
