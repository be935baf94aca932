"""Every object that the lake itself writes, by name. Nothing else in the project formats or reads such a key.

In the books bucket, commits (created once, never changed) and the inbox; in the readready bucket, the files they name.
"""

from __future__ import annotations

import re
import uuid
from typing import NamedTuple

MARKERS = "markers/"
CONDEMNED = "condemned/"
SETTINGS = "settings/lake.toml"
_HIGHEST = 9_999_999_999
_MARKER = re.compile(re.escape(MARKERS) + r"([^/]+)/([^/]+)/\d{10}-(\d+)\.json")
_FOLDER = re.compile(r"readready/([^/]+)/calendarday=([^/]+)/(\d{10})-[0-9a-f]{32}/")
_PRIVATE = re.compile(r"(?:landed|quarantine)/([^/]+)/(?:(\d+)-(\d+)|conflicts-([\d-]{10})-(\d+))-[0-9a-f]{32}\.\w+")


def unique() -> str:
    """A name that no other attempt has."""
    return uuid.uuid4().hex


def inbox(job: str) -> str:
    """Where AddAPart writes down what arrived for a job."""
    return f"inbox/{job}/"


def plans(job: str) -> str:
    """The folder of a job's plans."""
    return f"plans/{job}/"


def _newest_first(number: int) -> str:
    """A number, written so that the highest sorts first: the newest of a thousand is one LIST of one key away."""
    return f"{_HIGHEST - number:010}-{number}.json"


def plan(job: str, number: int) -> str:
    """One plan. Numbers are dense, from 1."""
    return plans(job) + _newest_first(number)


def ledgers(job: str, number: int) -> str:
    """The folder of one plan's ledgers."""
    return f"ledger/{job}/{number:010}/"


def ledger(job: str, number: int, position: int) -> str:
    """The commit of one batch."""
    return f"{ledgers(job, number)}{position:06}.json"


def batch_id(number: int, position: int) -> str:
    """How the books call a batch: the plan's number and the batch's position in it."""
    return f"{number}-{position}"


def conflicts_id(day: str, generation: int) -> str:
    """What a generation's conflicts are called in the names of files, as `batch_id` is for a batch's."""
    return f"conflicts-{day}-{generation}"


def markers_of(table: str) -> str:
    """The folder of a table's markers: in it, a folder for every day that was ever published."""
    return f"{MARKERS}{table}/"


def markers(table: str, day: str) -> str:
    """The folder of one day's markers."""
    return f"{markers_of(table)}{day}/"


def marker(table: str, day: str, generation: int) -> str:
    """The commit of one generation of one day. Numbers are dense, from 1."""
    return markers(table, day) + _newest_first(generation)


class MarkerKey(NamedTuple):
    """What a marker's key says."""

    table: str
    day: str
    generation: int


def read_marker(key: str) -> MarkerKey | None:
    """The parts of a marker's key, or None if it is none."""
    match = _MARKER.fullmatch(key)
    return MarkerKey(match[1], match[2], int(match[3])) if match else None


def number_of(key: str) -> int:
    """The number of a plan's, ledger's or marker's key."""
    return int(key.rsplit("/", 1)[-1].rsplit("-", 1)[-1].removesuffix(".json"))


def runs(job: str) -> str:
    """The folder of the records of a job's runs."""
    return f"runs/{job}/"


def run(job: str, second: int) -> str:
    """The record of a run that began in that second since 1970. The newest sorts first."""
    return f"{runs(job)}{_HIGHEST - second:010}-{unique()}.json"


def condemned(now: str) -> str:
    """A note of what is to be deleted, one for each look that found something. now: for people."""
    return f"{CONDEMNED}{now}-{unique()}.json"


def landed_of(job: str) -> str:
    """The folder of a job's landed files."""
    return f"landed/{job}/"


def quarantined_of(job: str) -> str:
    """The folder of a job's quarantined bytes."""
    return f"quarantine/{job}/"


class Private(NamedTuple):
    """What the key of a landed or quarantined file says: the commit that may name it.

    That is the ledger of a plan's batch (number, position), or the marker of a day's generation.
    """

    job: str
    number: int = 0
    position: int = 0
    day: str = ""
    generation: int = 0


def read_private(key: str) -> Private | None:
    """The parts of a landed or quarantined file's key, or None if it is none."""
    match = _PRIVATE.fullmatch(key)
    if match is None:
        return None
    if match[4]:
        return Private(match[1], day=match[4], generation=int(match[5]))
    return Private(match[1], number=int(match[2]), position=int(match[3]))


def landed(job: str, batch: str) -> str:
    """A private file of rows; the ledger names it."""
    return f"{landed_of(job)}{batch}-{unique()}.arrows"


def quarantined(job: str, batch: str) -> str:
    """A private file of quarantined bytes (books bucket, restricted); rows of lake_quarantine name it."""
    return f"{quarantined_of(job)}{batch}-{unique()}.bin"


def quality_page(table: str, day: str) -> str:
    """What the quality gates found on a day, for people: HTML in the results bucket."""
    return f"quality/{table}/{day}.html"


def table_folder(table: str) -> str:
    """A table's own location. Never a partition's: Athena would read every generation."""
    return f"readready/{table}/"


def people_folder(table: str) -> str:
    """Where people's tools write a table, and nothing else writes: the one place that they need rights to."""
    return f"people/{table}/"


def day_folder(table: str, day: str) -> str:
    """The folder that holds the folders of a day's generations. Never a partition's either."""
    return f"{table_folder(table)}calendarday={day}/"


def day_of(folder: str) -> str:
    """The day of a `day_folder`, '' if it is none."""
    name = folder.rstrip("/").rsplit("/", 1)[-1]
    return name.removeprefix("calendarday=") if name.startswith("calendarday=") else ""


def generation(table: str, day: str, number: int) -> str:
    """A private folder for one attempt at one generation; the marker names it."""
    return f"{day_folder(table, day)}{number:010}-{unique()}/"


def read_generation(folder: str) -> MarkerKey | None:
    """At which generation a folder is an attempt, or None if it is none: only that one's marker can name it first."""
    match = _FOLDER.fullmatch(folder)
    return MarkerKey(match[1], match[2], int(match[3])) if match else None
