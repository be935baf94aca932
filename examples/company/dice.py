"""One seeded source of chance, with the shapes of names and numbers that AWS gives."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_MIXED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Dice(random.Random):
    """Python's generator, whose sequence for a seed is the same on every platform and version."""

    def hex(self, digits: int) -> str:
        """Lower-case hexadecimal digits."""
        return f"{self.getrandbits(4 * digits):0{digits}x}"

    def uuid(self) -> str:
        """An id as CloudTrail writes `eventID`."""
        digits = f"{self.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def mixed(self, length: int) -> str:
        """Letters and digits, as in the random end of a CloudTrail file's name."""
        return "".join(self.choices(_MIXED, k=length))

    def key_body(self) -> str:
        """The 16 characters after `AKIA` or `ASIA`; its word keeps a generated key from passing for a real one."""
        return "".join(self.choices(_BASE32, k=9)) + "EXAMPLE"

    def session_id(self) -> str:
        """Session Manager's id: 17 hexadecimal digits or, in newer logs, 26 characters of base 36."""
        if self.random() < 0.5:
            return "0" + self.hex(16)
        return "".join(self.choices(_BASE36, k=26))

    def log_event_id(self, milliseconds: int) -> str:
        """CloudWatch's id of a log event: 56 digits that grow with its time."""
        return f"3{milliseconds:015d}{self.randrange(10**40):040d}"

    def pick(self, things: Sequence[T], weights: Sequence[float]) -> T:
        """One of them, by weight."""
        return self.choices(things, weights)[0]


def iso(second: int) -> str:
    """A time as CloudTrail writes it: UTC, to the second."""
    minute, rest = divmod(second, 60)
    return f"{_minute(minute)}{rest:02d}Z"


@lru_cache(maxsize=64)
def _minute(minute: int) -> str:
    return moment(minute * 60).strftime("%Y-%m-%dT%H:%M:")


def moment(second: float) -> datetime:
    """Seconds since 1970 as a time with its zone, UTC."""
    return datetime.fromtimestamp(second, UTC)


def day(second: float) -> str:
    """The UTC day, yyyy-mm-dd."""
    return moment(second).strftime("%Y-%m-%d")
