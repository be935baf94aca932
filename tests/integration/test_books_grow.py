"""The books of a day only grow: what was written is copied inside S3, many small files become one, no row is lost."""

from __future__ import annotations

import pytest

from jobs import slices
from jobs.publish import newest
from tests.fire import in_memory
from tests.integration.test_path import event, key, trail
from tests.memory_aws import MemoryStore


def test_a_run_reads_no_file_of_the_books_but_to_fold_them_and_no_row_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    lake = in_memory()
    read: list[str] = []
    original = MemoryStore.get

    def get(self: MemoryStore, bucket: str, name: str, *rest: object) -> bytes:
        read.append(name)
        return original(self, bucket, name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(MemoryStore, "get", get)
    rounds = slices.FOLD + 3
    most = 0
    for number in range(rounds):
        lake.put("cloudtrail", key(f"f{number}"), trail(event(number)))
        read.clear()
        lake.work("cloudtrail")
        books = [name for name in read if "/lake_ledger/" in name and name.endswith(".orc")]
        most = max(most, len(books))
        marker = newest(lake.access, "lake_ledger", "2024-06-01")
        assert marker is not None
        assert marker.rowsout == number + 1
        assert len(marker.files) <= slices.FOLD + 1
        if number == slices.FOLD - 1:
            assert len(books) == 0  # FOLD files, none of them read
    assert most == slices.FOLD  # once, to fold them
    assert sorted(lake.rows("lake_ledger")["objectkey"].to_pylist()) == sorted(key(f"f{n}") for n in range(rounds))
    assert sorted(lake.rows("lake_generations")["generation"].to_pylist()) == list(range(1, rounds + 1))
