"""A file of SQL under this folder, made ready to run: what `lake.toml` decides is filled in.

    ${keystrokedays}        [lake] keystrokedays, a number
    ${documents}            [documents], as the WHEN ... THEN ... branches of a CASE
    ${ended_minutes}, ...   [sessions], each by its name: as they are, but workdays as numbers from Monday, 1, 2, ...
    ${utcoffset_minutes}    [sessions] utcoffset in minutes
    ${contextdays}          [sessions] context_hours in days, rounded up
    ${denied}               whether the column errorcode says that a call was refused for want of rights
    ${logtables}            the readready tables' names, in quotes and with commas between
    x ${fits}               whether x is the text of one parameter `?`, in which * stands for any characters
    ${kept}                 what [jobs.cloudtrail] lets into the lake of the account in the column accountid, as a text

    -- repeat days from -keystrokedays to 0, joined by UNION ALL
    SELECT ..., ${days} FROM ...
    -- end repeat

is that SELECT once for each whole number.

    -- each logs, joined by UNION ALL
    SELECT '${table}' AS tablename, ${id}, ${account}, ${?sessionid} FROM ${table}
    -- end each

is that SELECT once for each kind of logs that `schemas.LOGS` declares: its job and readready table, the first column of
its identity, the account that a row is of, and a text column where its table has one, else null.

A join that says "on this day or the next" makes an engine read every day of
the second table: partitions are left out for a value computed from one row's own day, never for a comparison of two
tables' days. So each day's distance is a SELECT of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields

from lake.settings import WEEKDAYS, Filters, Settings
from schemas import LOGS, TABLES, Table, readready_table

# Services word it differently: AccessDenied, AccessDeniedException, UnauthorizedOperation, NotAuthorized, ...
DENIED = "accessdenied|unauthorized|notauthorized|forbidden|authfailure"
# One mark, and in the WHERE clause: Athena takes parameters nowhere else.
_FITS = "LIKE replace(replace(replace(replace(?, '!', '!!'), '%', '!%'), '_', '!_'), '*', '%') ESCAPE '!'"

_PLACEHOLDER = re.compile(r"\$\{(\w*)\}")
_EACH = re.compile(
    r"^[ ]*-- each logs, joined by UNION ALL\n(?P<body>(?:(?![ ]*-- end each).*\n)*)[ ]*-- end each\n", re.M
)
_MAYBE = re.compile(r"\$\{\?(\w+)\}")
_REPEAT = re.compile(
    r"^[ ]*-- repeat (?P<name>\w+) from (?P<first>\S+) to (?P<last>\S+), joined by UNION ALL\n"
    r"(?P<body>(?:(?![ ]*-- end repeat).*\n)*)[ ]*-- end repeat\n",
    re.M,
)


class RenderError(ValueError):
    """The SQL names something that is no setting. The message says what."""


def render(text: str, settings: Settings) -> str:
    """The SQL with every placeholder filled in and every repeated SELECT written out. Raises RenderError."""
    sessions = settings.sessions
    numbers = {"keystrokedays": settings.lake.keystrokedays, "contextdays": -(-sessions.context_hours // 24)}
    values = {
        "keystrokedays": str(settings.lake.keystrokedays),
        "documents": "\n".join(
            f"WHEN {_quoted(name)} THEN {_quoted(kind)}" for name, kind in settings.documents.items()
        ),
        "contextdays": str(numbers["contextdays"]),
        **{one.name: str(getattr(sessions, one.name)) for one in fields(sessions)},
        "workdays": ", ".join(str(WEEKDAYS.index(day) + 1) for day in sessions.workdays),
        "utcoffset_minutes": str(sessions.utcoffset_minutes),
        "denied": f"regexp_like(lower(errorcode), '{DENIED}')",
        "fits": _FITS,
        "logtables": ", ".join(_quoted(readready_table(job)) for job in LOGS),
        "kept": _kept(settings.jobs["cloudtrail"]),
    }
    text = _EACH.sub(_each, text)
    return _filled(_REPEAT.sub(lambda block: _repeated(block, numbers), text), values)


def _kept(filters: Filters) -> str:
    """What the filters keep of the account in the column accountid, as an expression in SQL."""
    named = [
        f"{what} {', '.join(words)}"
        for what, words in (("events", filters.events), ("accounts", filters.accounts), ("Regions", filters.regions))
        if words and not filters.everything
    ]
    if not named:
        return "'everything'"
    only = _quoted("only " + "; ".join(named))
    if not filters.everything_accounts:
        return only
    accounts = ", ".join(map(_quoted, filters.everything_accounts))
    return f"CASE WHEN accountid IN ({accounts}) THEN 'everything' ELSE {only} END"


def _each(block: re.Match[str]) -> str:
    return "UNION ALL\n".join(_of(TABLES[readready_table(job)], job, block["body"]) for job in LOGS)


def _of(table: Table, job: str, body: str) -> str:
    """A SELECT, of this table."""

    def maybe(found: re.Match[str]) -> str:
        return found[1] if found[1] in table.names else f"CAST(NULL AS varchar) AS {found[1]}"

    account = table.account[0] if len(table.account) == 1 else f"coalesce({', '.join(table.account)})"
    for name, value in {"table": table.name, "job": job, "id": table.identity[0], "account": account}.items():
        body = body.replace("${" + name + "}", value)
    return _MAYBE.sub(maybe, body)


def _repeated(block: re.Match[str], numbers: Mapping[str, int]) -> str:
    first, last = (_number(block[end], numbers) for end in ("first", "last"))
    name = "${" + block["name"] + "}"
    return "UNION ALL\n".join(block["body"].replace(name, str(number)) for number in range(first, last + 1))


def _number(text: str, numbers: Mapping[str, int]) -> int:
    name = text.removeprefix("-")
    try:
        number = numbers[name] if name in numbers else int(name)
    except ValueError:
        raise RenderError(f"repeat: {text!r} is neither a whole number nor {', '.join(numbers)}") from None
    return -number if text.startswith("-") else number


def _filled(text: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise RenderError(f"{found[0]} is no setting; there are {', '.join(values)}")
        return values[found[1]]

    return _PLACEHOLDER.sub(value, text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
