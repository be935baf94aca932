"""Where a source's objects lie, as one string, e.g. `[{prefix}/]AWSLogs/{accountid}/Logs/{yyyy}/{mm}/{dd}/{file}`.

A layout reads a key into its parts, and says which folder is the partition's: the one of the deepest day part. A layout
can be undated: its keys name no day, and an object is of the day of its arrival; its partition is the folder before
{file}.

What a key says is read as far to the left as it can be: who may write below a folder of their own must not, by another
account's number further down, have their object taken for that account's. So {prefix} is as short as it can be, and
none before some.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

PARTS = {
    "prefix": r".+?",
    "organization": r"o-[a-z0-9]{4,32}",
    "accountid": r"\d{12}",
    "region": r"[a-z]{2,}(?:-[a-z0-9]+)+",
    "yyyy": r"\d{4}",
    "mm": r"(?:0[1-9]|1[0-2])",
    "dd": r"(?:0[1-9]|[12]\d|3[01])",
    "hh": r"(?:[01]\d|2[0-3])",
    "file": r".+",
}
_DATE = {"yyyy", "mm", "dd"}
_TOKEN = re.compile(r"\{(\w+)\}|(\[)|(\])|([^\[\]{}]+)|(.)", re.S)


class LayoutError(ValueError):
    """The layout's text is wrong; the message says where."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a key says of its object. Absent parts are '', the day as well where the layout is undated."""

    prefix: str
    accountid: str
    region: str
    day: str
    folder: str
    organization: str = ""


@lru_cache(maxsize=256)
def _compile(layout: str) -> re.Pattern[str]:
    pattern, seen, optional, absent = "", set[str](), False, ")?"
    for name, begins, ends, text, wrong in _TOKEN.findall(layout):
        if name:
            if name not in PARTS:
                raise LayoutError(f"{{{name}}} is no part of a key; known are {', '.join(PARTS)}")
            if name in seen:
                raise LayoutError(f"{{{name}}} stands there twice")
            seen.add(name)
            pattern += f"(?P<{name}>{PARTS[name]})"
            absent = ")??" if name == "prefix" else absent
        elif begins and not optional:
            pattern, optional, absent = pattern + "(?:", True, ")?"
        elif ends and optional:
            pattern, optional = pattern + absent, False
        elif text:
            pattern += re.escape(text)
        else:
            raise LayoutError(f"a lone {begins or ends or wrong!r}")
        if name == "dd":
            pattern += "(?P<_day>)"  # where the day's folder ends
    if optional:
        raise LayoutError("a '[' is never closed")
    wanted = {"file", *_DATE} if seen & {"hh", *_DATE} else {"file"}
    if missing := wanted - seen:
        raise LayoutError(f"it lacks {_named(missing)}")
    if not layout.endswith("{file}"):
        raise LayoutError("it must end with {file}")
    if "dd" not in seen:
        if not re.search(r"(?:^|/\]?)\{file\}$", layout):
            raise LayoutError("{file} must be a whole name: a partition is a folder")
    elif "/" not in _TOKEN.sub(lambda one: one[4] or "", re.sub(r"\[.*?\]", "", layout.partition("{dd}")[2])):
        raise LayoutError("{dd} must be in a folder: a partition is a folder")
    return re.compile(pattern, re.S)


def _named(parts: set[str]) -> str:
    return ", ".join("{" + part + "}" for part in sorted(parts))


class Token(NamedTuple):
    """A piece of a layout: a part of the key by name (a word of PARTS), or text that stands there as it is."""

    part: str
    text: str = ""


def variants(layout: str) -> list[list[Token]]:
    """The layout's tokens, once for every choice of what is optional: first without, then with it."""
    _compile(layout)
    found: list[list[Token]] = [[]]
    without: list[list[Token]] = []
    for name, begins, ends, text, _ in _TOKEN.findall(layout):
        if begins:
            without = [one.copy() for one in found]
        elif ends:
            found = without + found
        else:
            for one in found:
                one.append(Token(name, text))
    return found


class Partition(NamedTuple):
    """Where a key's object lies in a table that is partitioned as its layout says. values: in the order of `keys_of`.

    folder: ends with '/'; all objects in it have these values.
    """

    values: tuple[str, ...]
    folder: str


def keys_of(layout: str) -> tuple[str, ...]:
    """The partition keys that a layout gives: accountid, region, calendarday, hour, those that it names.

    Raises LayoutError if a partition could lie in more than one folder, or have no folder of its own.
    """
    check(layout)
    parts = [name for name, *_ in _TOKEN.findall(layout) if name]
    if "[" in layout:
        raise LayoutError("partitions only: nothing may be optional, for a partition has one folder")
    for name in ("prefix", "organization"):
        if name in parts:
            raise LayoutError(f"partitions only: {{{name}}} would give a partition several folders; write it out")
    deepest = max(layout.index("{" + name + "}") for name in parts if name != "file")
    if "/" not in layout[layout.index("}", deepest) : layout.index("{file}")]:
        raise LayoutError("partitions only: no folder ends between the last part and {file}")
    known = {"accountid": "accountid", "region": "region", "dd": "calendarday", "hh": "hour"}
    return tuple(key for name, key in known.items() if name in parts)


def partition(layout: str, key: str) -> Partition | None:
    """The partition of `key`, or None if it does not fit."""
    match = _compile(layout).fullmatch(key)
    if match is None:
        return None
    part = match.groupdict(default="")
    day = {"calendarday": f"{part['yyyy']}-{part['mm']}-{part['dd']}", "hour": part.get("hh", "")}
    values = tuple((part | day)[name] for name in keys_of(layout))
    deepest = max(match.end(name) for name in part if name not in ("file", "_day"))
    return Partition(values, key[: key.index("/", deepest) + 1])


def misfit(layout: str, key: str) -> str:
    """Why a key does not fit, for a person; '' if it does."""
    if _compile(layout).fullmatch(key):
        return ""
    best, where = -1, ""
    for tokens in variants(layout):
        for count in range(len(tokens), -1, -1):
            text = "".join(f"(?:{PARTS[one.part]})" if one.part else re.escape(one.text) for one in tokens[:count])
            if match := re.compile(text, re.S).match(key):
                if match.end() > best and count < len(tokens):
                    wanted = f"{{{tokens[count].part}}}" if tokens[count].part else repr(tokens[count].text)
                    best, where = match.end(), f"behind {key[: match.end()]!r} stands no {wanted}"
                break
    return where or "it ends too early"


def check(layout: str, undated: bool = False) -> None:
    """Raises LayoutError if the text is no layout. undated: it need not name the day."""
    if not _compile(layout).groupindex.keys() >= _DATE and not undated:
        raise LayoutError(f"it lacks {_named(_DATE)}")


def read(layout: str, key: str) -> Place | None:
    """What `key` says, or None if it does not fit. The folder ends with '/' and holds the whole day; undated, it holds
    all that has the other parts, and is '' where that is the bucket."""
    match = _compile(layout).fullmatch(key)
    if match is None:
        return None
    part = match.groupdict(default="")
    dated = "dd" in part
    return Place(
        prefix=part.get("prefix", ""),
        organization=part.get("organization", ""),
        accountid=part.get("accountid", ""),
        region=part.get("region", ""),
        day=f"{part['yyyy']}-{part['mm']}-{part['dd']}" if dated else "",
        folder=key[: key.index("/", match.end("_day")) + 1] if dated else key[: match.start("file")],
    )
