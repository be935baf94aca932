"""The options that name days, --day or --from and --to, and what they mean in SQL."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import click

from cli.athena import literal
from cli.safe import safe

_ACCOUNT = re.compile(r"\d{12}")


class _Named(click.DateTime):
    """A day or a month, and for what is none the words of people rather than those of strptime."""

    def __init__(self, form: str, what: str) -> None:
        super().__init__([form])
        self._what = what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The midnight with which it begins. Raises BadParameter."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{safe(str(value))!r} is not {self._what}, for instance.", param, ctx)


DAY = _Named("%Y-%m-%d", "a day, yyyy-mm-dd: 2026-03-02")
MONTH = _Named("%Y-%m", "a month, yyyy-mm: 2026-03")


def between(day: datetime | None, first: datetime | None, last: datetime | None) -> list[str]:
    """Conditions on calendarday: on one day, or from the first to the last. Raises UsageError where they disagree."""
    if day and (first or last):
        raise click.UsageError("--day is one day; --from and --to are the first and the last of several.")
    if first and last and first > last:
        raise click.UsageError(f"--from {first:%Y-%m-%d} is after --to {last:%Y-%m-%d}.")
    first, last = day or first, day or last
    if first and first == last:
        return [f"calendarday = {literal(text(first))}"]
    found = [f"calendarday >= {literal(text(first))}"] if first else []
    return [*found, f"calendarday <= {literal(text(last))}"] if last else found


def of_account(account: str | None) -> list[str]:
    """The condition on accountid, if one is given. Raises UsageError if it is no account."""
    if account is None:
        return []
    if not _ACCOUNT.fullmatch(account):
        raise click.UsageError(f"--account {account!r}: an account has 12 digits, leading zeros included.")
    return [f"accountid = {literal(account)}"]


def text(day: datetime) -> str:
    """yyyy-mm-dd."""
    return day.date().isoformat()
