"""What a report says in words of its own, the same in every format."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from report.facts import Record


class Meaning(NamedTuple):
    """tone: good, doubtful, bad or neutral. mark: a sign that says it without colour. says: one or two sentences."""

    tone: str
    mark: str
    says: str


_UPLOADED = (
    "What it showed was uploaded once, at its end. Until then it lay on the machine, where whoever had the session may "
    "have had the rights to change it. Its lines have no times of their own."
)
# Every verdict of the view `evidence`.
MEANINGS = {
    "complete": Meaning(
        "good",
        "✓",
        "The lake holds who asked for this session and what it showed, streamed while it ran, and no sign that "
        "anything of it is missing.",
    ),
    "gap suspected": Meaning(
        "doubtful",
        "!",
        "The lake holds who asked for this session and what it showed. But something may be missing, or does not fit.",
    ),
    "not streamed": Meaning("doubtful", "!", _UPLOADED + " Sessions of this type can be streamed."),
    "type not streamed": Meaning("doubtful", "!", _UPLOADED + " Sessions of this type are never streamed."),
    "started but no keystrokes": Meaning(
        "bad", "✗", "The session was granted. What was typed and shown in it is not in the lake."
    ),
    "keystrokes but no StartSession": Meaning(
        "bad",
        "✗",
        "What was typed and shown is here. Who was granted the session, from where and why, is not.",
    ),
    "cannot be logged": Meaning(
        "bad",
        "✗",
        "Session Manager passes this type of session on without recording it. What was done in it only the machine "
        "that it led to can tell.",
    ),
    "denied": Meaning("neutral", "–", "The session was asked for and refused. Nothing was typed."),
    "failed to start": Meaning("neutral", "–", "The session was asked for and did not come about. Nothing was typed."),
    "still open": Meaning(
        "neutral", "…", "The session may still run, or its log may still be on its way. Ask again later."
    ),
}
_PAUSE = 900  # seconds
NO_BOOKS = (
    "No object that was delivered in these days for this account is in the lake: what is known of the session came "
    "later, or was put there by hand, and the rest of those days' logs is not here."
)
LIMITS = (
    "A transcript is what the screen showed, as the agent on the machine uploaded it. What is typed without an echo, "
    "such as a password, is not in it.",
    "Who has an administrator's rights on a machine can stop its agent or deceive it. A silence, or an end that is "
    "missing, is then the only sign.",
    "The verdict is about what had been delivered to the lake when this report was made. What is delivered later can "
    "change it: ask again.",
    "The SHA-256 of each source object is of its bytes as the lake read them. Compare it with the object in S3 to see "
    "whether that is still the same: loglake verify does.",
)


def unverified(days: Sequence[str]) -> str:
    """That of these days nobody has verified all of raw."""
    which = days[0] if len(days) == 1 else f"{len(days):,} days between {days[0]} and {days[-1]}"
    return (
        f"What was delivered on {which} was never verified as a whole: loglake verify compares it with what was signed "
        "and what was read."
    )


def titled(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]


def moment(time: str | None) -> str:
    """A time as people read it: without milliseconds that say nothing."""
    return (time or "").removesuffix(".000")


def distance(seconds: int) -> str:
    """How far from the start: -1 h 05 min, +12 s."""
    sign, rest = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{sign}{hours} h {minutes:02} min"
    return f"{sign}{minutes} min {rest:02} s" if minutes else f"{sign}{rest} s"


def length(first: str | None, last: str | None) -> str:
    """How long from the first to the last, both timestamps; '' where one is not known."""
    if not first or not last:
        return ""
    return distance(int(seconds(first, last))).lstrip("+")


def seconds(first: str, last: str) -> float:
    """From one timestamp to another."""
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


def pause(record: Record, before: Record) -> str:
    """How long nothing was recorded between two records; '' where that is nothing to speak of."""
    silent = int(seconds(before.eventtime, record.eventtime))
    return distance(silent).lstrip("+") if silent >= _PAUSE else ""


def many(count: int, thing: str) -> str:
    """`1 line`, `12 lines`."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")
