"""A file of SQL under this folder, made ready to run: what `lake.toml` decides is filled in.

    ${keystrokedays}    [lake] keystrokedays, a number
    ${documents}        [documents], as the WHEN ... THEN ... branches of a CASE

    -- repeat days from -keystrokedays to 0, joined by UNION ALL
    SELECT ..., ${days} FROM ...
    -- end repeat

is that SELECT once for each whole number. A join that says "on this day or the next" makes an engine read every day of
the second table: partitions are left out for a value computed from one row's own day, never for a comparison of two
tables' days. So each day's distance is a SELECT of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lake.settings import Settings

_PLACEHOLDER = re.compile(r"\$\{(\w*)\}")
_REPEAT = re.compile(
    r"^[ ]*-- repeat (?P<name>\w+) from (?P<first>\S+) to (?P<last>\S+), joined by UNION ALL\n"
    r"(?P<body>(?:(?![ ]*-- end repeat).*\n)*)[ ]*-- end repeat\n",
    re.M,
)


class RenderError(ValueError):
    """The SQL names something that is no setting. The message says what."""


def render(text: str, settings: Settings) -> str:
    """The SQL with every placeholder filled in and every repeated SELECT written out. Raises RenderError."""
    values = {
        "keystrokedays": str(settings.lake.keystrokedays),
        "documents": "\n".join(
            f"WHEN {_quoted(name)} THEN {_quoted(kind)}" for name, kind in settings.documents.items()
        ),
    }
    return _filled(_REPEAT.sub(lambda block: _repeated(block, settings.lake.keystrokedays), text), values)


def _repeated(block: re.Match[str], keystrokedays: int) -> str:
    first, last = (_number(block[end], keystrokedays) for end in ("first", "last"))
    name = "${" + block["name"] + "}"
    return "UNION ALL\n".join(block["body"].replace(name, str(number)) for number in range(first, last + 1))


def _number(text: str, keystrokedays: int) -> int:
    try:
        return int(text.replace("keystrokedays", str(keystrokedays)))
    except ValueError:
        raise RenderError(f"repeat: {text!r} is neither a whole number nor keystrokedays") from None


def _filled(text: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise RenderError(f"{found[0]} is no setting; there are {', '.join(values)}")
        return values[found[1]]

    return _PLACEHOLDER.sub(value, text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
