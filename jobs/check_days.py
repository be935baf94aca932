"""The published days: what their newest markers name, what lies in S3, and where the catalog points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from jobs.access import Access
from jobs.check_catalog import Partition, day_partition
from jobs.collect import Notes, booked_on, over, over_since
from jobs.findings import Finding
from jobs.publish import newest
from jobs.remake import days
from lake import keys
from lake.books import Marker
from lake.store import Listed
from schemas import TABLES

PATIENCE = timedelta(days=1)  # what is under way for longer is stuck
_NAMED = 3  # files named in one finding


class Days:
    """The days of one table. partitions: the catalog's, by values, as they were at `seen`."""

    def __init__(
        self, lake: Access, table: str, partitions: dict[tuple[str, ...], Partition], seen: datetime, notes: Notes
    ) -> None:
        self._lake, self._table, self._seen, self._notes = lake, table, seen, notes
        self._partitions = partitions
        self._bucket = lake.settings.buckets.readready
        self._booked = booked_on(lake)

    def all(self) -> list[str]:
        """Every day that has a marker, a partition or a folder."""
        folders = self._lake.store.folders(self._bucket, keys.table_folder(self._table))
        named = {day for folder in folders if (day := keys.day_of(folder))}
        return sorted(named | set(days(self._lake, self._table, "")) | {values[0] for values in self._partitions})

    def look(self, day: str) -> list[Finding]:
        """What is found on one day. Three requests, and one for each folder that is newly over."""
        # The marker before the files: what it names is there then, and what it shuts out stays shut out.
        marker = newest(self._lake, self._table, day)
        folders: dict[str, list[Listed]] = defaultdict(list)
        for one in self._lake.store.objects(self._bucket, keys.day_folder(self._table, day)):
            folders[one.key.rsplit("/", 1)[0] + "/"].append(one)
        found = self._partitions.get((day,))
        findings = list(day_partition(self._table, day, marker, found, self._seen))
        if marker:
            findings += self._broken(marker, folders.get(marker.folder, []))
            findings += self._unbooked(marker)
            if found and found.location == marker.location:
                findings += self._old(marker, folders)
        return findings

    def _broken(self, marker: Marker, listed: list[Listed]) -> Iterator[Finding]:
        there = {one.key.removeprefix(marker.folder): one.size for one in listed}
        named = {one.name: one.bytes for one in marker.files}
        where = f"{self._table} {marker.day} generation {marker.generation}"
        for wrong, what, would in (
            (
                [name for name, size in named.items() if there.get(name) != size],
                "missing, or of another size than its marker says",
                "bring them back (the bucket's versions, a copy): until then the day cannot be published again",
            ),
            (
                [name for name in there if name not in named],
                "there, and named by no marker: readers see rows that no book knows",
                "delete them by hand: the lake did not write them",
            ),
        ):
            if wrong:
                some = ", ".join(sorted(wrong)[:_NAMED]) + (", ..." if len(wrong) > _NAMED else "")
                text = f"{len(wrong)} of its files in {marker.location} {what}: {some}"
                yield Finding("generation-broken", where, text, would)

    def _unbooked(self, marker: Marker) -> Iterator[Finding]:
        if TABLES[self._table].books or self._seen - datetime.fromisoformat(marker.at) <= PATIENCE:
            return
        if marker.id not in self._booked(marker.at[:10]):  # what is booked has no gaps: the newest speaks for all
            what = f"generation {marker.generation} of {marker.at} is not in lake_generations"
            yield Finding("unbooked-generation", f"{self._table} {marker.day}", what, "run the job: loglake run")

    def _old(self, marker: Marker, folders: dict[str, list[Listed]]) -> Iterator[Finding]:
        """The folders that are over, where the catalog was seen at the newest one.

        Condemned only when they have been over for longer than a request can be in flight: then no UpdatePartition
        that was sent before can still point a reader there. So all their readers began before the note.
        """
        settle = timedelta(seconds=self._lake.settings.bounds.settle_seconds)
        for folder, listed in folders.items():
            if not over(folder, marker):
                continue
            if folder not in self._notes and self._seen - over_since(self._lake, folder, marker) <= settle:
                continue
            nbytes = sum(one.size for one in listed)
            what = f"{len(listed)} files that generation {marker.generation} does without"
            if finding := self._notes.sentence("old-folder", self._bucket, folder, what, nbytes):
                yield finding
