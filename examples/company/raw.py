"""What a company delivers: one object of a raw bucket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RawObject:
    """job: "cloudtrail" or "cloudwatch", whose raw bucket it lies in. data: its bytes there. arrival: UTC."""

    job: str
    key: str
    data: bytes
    arrival: datetime
