"""What goes to quarantine: the bytes to one restricted object of the books bucket, a row of lake_quarantine about each.

Bytes wait on the worker's disk, not in its memory: a broken object can be all of them.
"""

from __future__ import annotations

import hashlib
import tempfile
from typing import IO

from jobs.access import Access
from jobs.rows import Source
from lake import keys

STORED = 1 << 20  # bytes kept of one quarantined record
_SPOOL = 16 << 20  # bytes in memory before they go to the worker's disk


class Quarantine:
    """Collects the records of one batch (or of one slice of a generation). Use as a context: it owns a file.

    rows: of lake_quarantine, those not taken yet.
    """

    def __init__(self, lake: Access, job: str, batch: str, name: str) -> None:
        self.rows: list[dict[str, object]] = []
        self._lake, self._job, self._batch = lake, job, batch
        self._key = keys.quarantined(job, name)
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_SPOOL)  # noqa: SIM115 - closed by close()

    def add(self, source: Source, record: int, reason: str, detail: str, data: bytes) -> None:
        """One record. reason: a key of jobs.rows.REASONS. data: its bytes, of which the first MiB is kept."""
        at = self._file.tell()
        self._file.write(data[:STORED])
        self.rows.append(
            {
                "job": self._job,
                "batch": self._batch,
                "sourceobject": source.object,
                "sourceetag": source.etag,
                "sourcerecord": record,
                "edition": source.edition,
                "reason": reason,
                "detail": detail,
                "sha256": hashlib.sha256(data).hexdigest(),
                "recordbytes": len(data),
                "storedin": f"s3://{self._lake.books}/{self._key}",
                "storedat": at,
                "storedbytes": min(len(data), STORED),
            }
        )

    def take(self) -> list[dict[str, object]]:
        """The rows added since the last take."""
        rows, self.rows = self.rows, []
        return rows

    def store(self) -> None:
        """Write the bytes, if there are any. Before the commit that names the rows."""
        if self._file.tell():
            self._file.seek(0)
            self._lake.store.put(self._lake.books, self._key, self._file)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
