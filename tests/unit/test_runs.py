"""What a job keeps of its run for the next estimate; nothing that was done depends on it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from jobs import job
from jobs.run import Report
from lake.runs import Run, newest, write
from tests.lakes import SETTINGS

BEGAN = datetime(2024, 5, 31, 10, 20, 30, tzinfo=UTC)


class Books(dict[str, bytes]):
    """A books bucket, as far as records need one."""

    def put(self, bucket: str, key: str, data: bytes) -> None:
        assert bucket == "books"
        self[key] = data

    def list(self, bucket: str, prefix: str) -> Any:
        assert bucket == "books"
        return (one for one in sorted(self) if one.startswith(prefix))

    def get(self, bucket: str, key: str) -> bytes:  # type: ignore[override]
        assert bucket == "books"
        return self[key]


def made() -> Run:
    counts = Counter(ok=7, undone=2, gone=1, dropped=5, recordsin=100, kept=9)
    report = Report("cloudtrail", batches=3, bytes=4_000, days=2, rows=8, counts=counts)
    return job.record(report, SETTINGS, "done", BEGAN, 30.5, 10.0, 4)


def test_a_record_says_what_the_run_found_and_took() -> None:
    assert made() == Run(
        job="cloudtrail",
        started="2024-05-31T10:20:30+00:00",
        seconds=30.5,
        spark=10.0,
        slots=4,
        files=10,
        bytes=4_000,
        records=100,
        rows=8,
        days=2,
        keep="filtered",
        step="done",
    )


def test_the_newest_record_is_read_first_and_no_more_than_are_asked_for() -> None:
    books = Books()
    for second in (99, 1_717_149_600, 1_717_149_601):
        write(books, "books", made(), second)  # type: ignore[arg-type]  # of a Store, all that records need
    later = list(books)[-1]
    books[later] = books[later].replace(b'"seconds": 30.5', b'"seconds": 7, "unknown": 1')
    assert [one.seconds for one in newest(books, "books", "cloudtrail", 2)] == [7, 30.5]  # type: ignore[arg-type]
    assert list(newest(books, "books", "cloudwatch", 2)) == []  # type: ignore[arg-type]


def test_a_run_that_may_not_keep_its_record_says_so_and_is_done_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError("AccessDenied")

    monkeypatch.setattr(job, "write", refused)
    job.keep_record(SETTINGS, made(), BEGAN)
    assert "the record of this run could not be kept: AccessDenied" in capsys.readouterr().err
