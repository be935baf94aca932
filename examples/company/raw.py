"""What a company delivers: one object of a raw bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RawObject:
    """job: "cloudtrail" or "cloudwatch", whose raw bucket it lies in. data: its bytes there. arrival: UTC.

    metadata: what S3 keeps with the object, names without x-amz-meta-.
    """

    job: str
    key: str
    data: bytes
    arrival: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
