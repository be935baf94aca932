"""The report as one HTML file: nothing in it is loaded from anywhere, no script can run, and no text of a log acts.

What is from a log is escaped by Jinja, spelt out by `cli.safe` where a character could act or hide, and isolated, so
that letters of right-to-left scripts order nothing around them. The page forbids itself all but its own style sheet.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from cli.safe import pieces, safe
from report import said, words
from report.facts import Event, Origin, Report
from report.verified import MOST, NAMED

_FOLDER = Path(__file__).parent
_WIDE = 1000  # of the timeline's picture, in its own units


def page(report: Report) -> str:
    """The whole file's text. It has no unpaired surrogates: they are spelt out like all else that is not to be seen."""
    style = (_FOLDER / "page.css").read_text(encoding="utf-8")
    numbers = {(one.object, one.etag): one.number for one in report.sources}

    def ref(origin: Origin) -> Markup:
        """The source's number and the record's, linked to the list of sources."""
        number = numbers[origin.object, origin.etag]
        return Markup('<a class="ref" href="#s{0}">S{0}</a>·{1}').format(number, origin.record)

    return environment().get_template("page.html.j2").render(
        report=report,
        meaning=words.MEANINGS[report.verdict.verdict],
        facts=list(said.facts(report)),
        limits=words.LIMITS,
        no_books=words.NO_BOOKS,
        most=MOST,
        named=NAMED,
        unverified=words.unverified,
        style=Markup(style),
        digest=digest(style),
        ref=ref,
        band=band(report),
    )  # fmt: skip


def digest(style: str) -> str:
    """What the page's policy (CSP) knows its one style sheet by."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def show(text: str | None, lacking: str = "not known") -> Markup:
    """A log's text: escaped, spelt out, isolated. Null is said in words."""
    if not text:
        return Markup('<span class="none">{}</span>').format(lacking)
    return Markup('<bdi dir="ltr">{}</bdi>').format(line(text))


def line(text: str) -> Markup:
    """The same without the isolation, for an element that has no other text. Tabs stay."""
    return Markup("").join(_spelt(one) if hidden else escape(one) for one, hidden in pieces(text, keep="\t"))


def _spelt(one: str) -> Markup:
    return Markup('<span class="x" title="{}">{}</span>').format(_name(one), one)


@cache
def _name(escaped: str) -> str:
    r"""`\u202e` -> U+202E RIGHT-TO-LEFT OVERRIDE."""
    character = escaped.encode().decode("unicode_escape")
    return f"U+{ord(character):04X} {unicodedata.name(character, 'control character')}"


def band(report: Report) -> dict[str, object] | None:
    """The timeline's picture: where the session lies, and each event. None where there is nothing around it."""
    if not report.events:
        return None
    ends = [one.seconds for one in report.events]
    first, last = min(0, *ends), max(_lasted(report), *ends, 1)

    def place(seconds: float) -> float:
        return round((seconds - first) / (last - first) * _WIDE, 1)

    def tone(one: Event) -> str:
        return "failed" if one.errorcode else "reads" if one.readonly else "writes"

    start = place(0)
    return {
        "start": start,
        "width": max(round(place(_lasted(report)) - start, 1), 4),
        "ticks": [(place(one.seconds), tone(one)) for one in report.events],
        "first": words.distance(first),
        "last": words.distance(last),
    }


def _lasted(report: Report) -> int:
    one = report.verdict
    last = max(filter(None, (one.lastkeystroke, one.endtime)), default=None)
    return max(int(words.seconds(one.starttime, last)), 0) if one.starttime and last else 0


@cache
def environment() -> Environment:
    """Jinja, for the templates of this folder: all that is shown is escaped."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "show": show,
        "line": line,
        "safe_text": safe,
        "moment": words.moment,
        "distance": words.distance,
        "many": words.many,
        "titled": words.titled,
        "pause": words.pause,
    }
    return made
