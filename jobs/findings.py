"""What the doctor can find, and what can be done about it, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from lake.announce import Announced
from lake.books import Marker


class Kind(NamedTuple):
    """What it means to find one. fault: something is wrong; otherwise it is the collector's everyday work."""

    means: str
    fault: bool = True


KINDS = {
    "never-announced": Kind("An object lies in raw that the lake never heard of."),
    "partition-missing": Kind("Objects that arrived, or a published day, have no partition."),
    "partition-stale": Kind("A day's partition points to an older generation than the newest."),
    "partition-wrong": Kind("A partition lies where none should, or its columns or reader differ from the schema's."),
    "table-missing": Kind("A declared table or view is not in the catalog."),
    "table-drift": Kind("A table or view in the catalog differs from its declaration."),
    "generation-broken": Kind("What readers see of a day is not what its marker names."),
    "unbooked-generation": Kind("A generation is not in lake_generations a day after it was published."),
    "plan-stuck": Kind("A plan is still open a day after it was made."),
    "waiting": Kind("Arrivals have lain in the inbox for a day: the job does not run."),
    "account-missing": Kind("An account that delivered on each of 14 days delivered nothing yesterday."),
    "not-checked": Kind("The doctor could not look."),
    "old-folder": Kind("A generation's folder that no reader is sent to any more.", fault=False),
    "landed-file": Kind("Landed rows that are published, or of an attempt that died.", fault=False),
    "orphan-bytes": Kind("Quarantined bytes of an attempt that died: no row names them.", fault=False),
    "old-partition": Kind("A raw partition of a day long over: the catalog lets go of it.", fault=False),
    "spent-note": Kind("A note of what was to be deleted, all of which is gone.", fault=False),
}


class Condemn(NamedTuple):
    """Write down that this may be deleted a retention from now. item: a key, or a folder with its '/'."""

    item: str


class Delete(NamedTuple):
    """Delete it now. item: as Condemn's."""

    bucket: str
    item: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. kind: a key of KINDS. where: the thing, as S3, Glue or the books call it. what: what is wrong.

    would: what `--fix` does, or what a person can do. repair: what `--fix` does, as a value: an object or a marker is
    announced; None where only a person can. nbytes: of what is collected.
    """

    kind: str
    where: str
    what: str
    would: str
    repair: Announced | Marker | Condemn | Delete | None = None
    nbytes: int = 0

    @property
    def fault(self) -> bool:
        """Whether something is wrong. What is due to be collected is not."""
        return KINDS[self.kind].fault
