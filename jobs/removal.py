"""Removal: an account's rows are taken out of every day, and stay out.

[[removals]] in lake.toml is the rule, which AddAPart, landing and publishing all apply; a request by the one way in
makes the jobs publish every day once more, without the account's rows.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from jobs.asking import Ask, account_of, quoted
from lake.announce import Announced
from lake.settings import Settings, parse
from schemas import TABLES


class Shown(NamedTuple):
    """What a table shows of an account."""

    table: str
    rows: int
    days: int
    first: str
    last: str


def shown(ask: Ask, account: str) -> list[Shown]:
    """What every table shows of the account; tables without a row of it are left out."""
    found = []
    for table in TABLES.values():
        if table.account:
            sql = f"""
SELECT count(*), count(DISTINCT calendarday), min(calendarday), max(calendarday)
FROM {table.name} WHERE {account_of(table.name)} = {quoted(account)}"""
            for rows, days, first, last in ask(sql):
                if int(rows or 0):
                    found.append(Shown(table.name, int(rows or 0), int(days or 0), first or "", last or ""))
    return found


def removed(settings: Settings, account: str) -> bool:
    """Whether the settings say so already."""
    return any(one.account == account for one in settings.removals)


def entry(account: str, requested: str, reason: str) -> str:
    """The lines for lake.toml. requested: yyyy-mm-dd."""
    lines = {"account": account, "requested": requested, "reason": reason}
    return "[[removals]]\n" + "".join(f"{name} = {_text(value)}\n" for name, value in lines.items())


def _text(value: str) -> str:
    """TOML's basic string: JSON's, but for DEL, and with letters as they are (TOML knows no surrogates)."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def with_entry(text: str, added: str) -> str:
    """lake.toml with the lines at its end; all else stays as it is. Raises SettingsError if that is no lake.toml."""
    text = f"{text.rstrip()}\n\n{added}"
    parse(text)
    return text


def request(account: str, arrived: str) -> Announced:
    """The announcement. arrived: ISO 8601 UTC."""
    return Announced("", "", "", 0, "", arrived, why="removal", accountid=account)
