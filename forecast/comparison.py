"""What two lake.toml keep of the same objects, as values: by rule, and the sessions that one of them loses."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from lake.settings import JOBS


@dataclass(slots=True)
class Rule:
    """Records under one rule: that it drops now and then (of all that were read), and of the rows, which it loses or
    gave way to gain."""

    now: int = 0
    then: int = 0
    lost: int = 0
    gained: int = 0

    def count(self, side: int, records: int) -> None:
        """Records more that it drops: side 0 now, 1 then."""
        if side:
            self.then += records
        else:
            self.now += records


@dataclass(slots=True)
class Kept:
    """Of one job. records: in the objects that were read under either. what: of the rows lost and gained, how many of
    which event or log group."""

    records: int = 0
    now: int = 0
    then: int = 0
    lost: int = 0
    gained: int = 0
    rules: defaultdict[str, Rule] = field(default_factory=lambda: defaultdict(Rule))
    lostwhat: Counter[str] = field(default_factory=Counter)
    gainedwhat: Counter[str] = field(default_factory=Counter)


class Start(NamedTuple):
    """A StartSession or ExecuteCommand. sessionid: '' if it was denied or failed."""

    eventid: str
    sessionid: str
    time: str
    account: str
    who: str
    event: str
    outcome: str


@dataclass(slots=True)
class Comparison:
    """What came out. objects: of the day, and how many of them were read; unread: that S3 did not give.

    starts: session starts that are lost. keystrokes: of the sessions that lose some, how many records they have and
    lose.
    """

    objects: int = 0
    read: int = 0
    unread: int = 0
    jobs: dict[str, Kept] = field(default_factory=lambda: {job: Kept() for job in JOBS})
    starts: list[Start] = field(default_factory=list)
    keystrokes: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def sampled(self) -> bool:
        """Whether there are objects that were not looked at."""
        return self.read + self.unread < self.objects
