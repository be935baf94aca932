"""S3 as the jobs use it, against the embedded AWS: what is gone, what is only out of reach, what is too much."""

from __future__ import annotations

import boto3
import pytest

from lake.store import Gone, Store


@pytest.fixture
def store(aws: str) -> Store:
    del aws
    boto3.client("s3").create_bucket(Bucket="things")
    return Store("us-east-1")


def test_an_object_that_is_not_there_is_gone(store: Store) -> None:
    with pytest.raises(Gone):
        store.get("things", "no")


def test_a_bucket_that_is_not_there_says_nothing_about_its_objects(store: Store) -> None:
    with pytest.raises(OSError, match="no such bucket"):
        store.get("nothing", "no")


def test_another_content_under_the_key_is_gone(store: Store) -> None:
    store.put("things", "a", b"new")
    with pytest.raises(Gone):
        store.get("things", "a", "0" * 32)


@pytest.mark.parametrize("name", ["plain", "with//empty part"])
@pytest.mark.parametrize(("most", "found"), [(None, 3_000_000), (2_500_000, 2_500_000), (3_000_000, 3_000_000)])
def test_no_more_than_asked_for_is_read(store: Store, name: str, most: int | None, found: int) -> None:
    data = bytes(range(250)) * 12_000
    boto3.client("s3").put_object(Bucket="things", Key=name, Body=data)
    assert store.get("things", name, most=most) == data[:found]


def test_folders_are_named_once_with_their_slash(store: Store) -> None:
    for name in ("m/t/2024-01-01/a", "m/t/2024-01-01/b", "m/t/2024-01-02/a", "m/u/2024-01-03/a", "m/t/file"):
        store.put("things", name, b"")
    assert sorted(store.folders("things", "m/t/")) == ["m/t/2024-01-01/", "m/t/2024-01-02/"]
    assert list(store.folders("things", "nothing/")) == []


def test_a_commit_is_made_by_one(store: Store) -> None:
    assert store.create("things", "c", b"first")
    assert not store.create("things", "c", b"second")
    assert store.get("things", "c") == b"first"
