"""`loglake put`: every file accounted for, and the key that each gets."""

from __future__ import annotations

import gzip
import json
import os
import socket
from datetime import date
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.upload import Put, Upload, by_day, find, key_of, readable
from lake.settings import parse
from lake.store import Store

SETTINGS = parse((Path(__file__).parents[2] / "lake.toml").read_text())
TODAY = date(2026, 3, 9)
TRAIL = (
    "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/02/111122223333_CloudTrail_us-east-1_20260302T1405Z_x.json.gz"
)
ORGANIZATION = TRAIL.replace("AWSLogs/", "AWSLogs/o-abcd12/")
FIREHOSE = "2026/03/02/14/cloudwatch-logs-1-2026-03-02-14-05-11-55239a3d"
EVENT = json.dumps({"eventVersion": "1.08", "eventTime": "2026-03-02T14:05:11Z", "eventName": "A", "eventSource": "b"})
RECORDS = gzip.compress(f'{{"Records":[{EVENT}]}}'.encode())
DOCUMENT = b'{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","logEvents":[]}'


def key(job: str, path: str, below: str = "") -> str:
    """The key of a file at `path`, of which `below` was named (the file itself, if nothing)."""
    absolute = Path("/") / path
    relative = str(absolute.relative_to(Path("/") / below)) if below else absolute.name
    return key_of(job, absolute, relative, SETTINGS.sources, TODAY)


def test_a_tree_in_awss_layout_keeps_its_keys() -> None:
    assert key("cloudtrail", f"logs/{TRAIL}", below="logs") == TRAIL
    assert key("cloudtrail", f"logs/{ORGANIZATION}", below="logs") == ORGANIZATION
    assert key("cloudwatch", f"logs/{FIREHOSE}", below="logs") == FIREHOSE


def test_folders_above_awslogs_become_the_keys_prefix() -> None:
    assert key("cloudtrail", f"logs/trail-a/{TRAIL}", below="logs") == f"trail-a/{TRAIL}"


def test_one_file_named_alone_has_its_key_from_awslogs_on() -> None:
    assert key("cloudtrail", f"home/me/logs/{TRAIL}") == TRAIL


def test_a_folder_inside_awss_layout_has_keys_from_awslogs_on() -> None:
    assert key("cloudtrail", f"logs/{TRAIL}", below="logs/AWSLogs/111122223333/CloudTrail/us-east-1/2026") == TRAIL


def test_any_other_file_goes_under_todays_date() -> None:
    assert key("cloudtrail", "logs/heap/events.json", below="logs") == "put/2026/03/09/heap/events.json"
    assert key("cloudwatch", "logs/events.json") == "put/2026/03/09/events.json"


def test_a_file_of_one_job_in_the_others_layout_goes_under_todays_date() -> None:
    assert key("cloudtrail", f"logs/{FIREHOSE}", below="logs") == f"put/2026/03/09/{FIREHOSE}"
    digest = TRAIL.replace("/CloudTrail/", "/CloudTrail-Digest/")
    assert key("cloudtrail", f"logs/{digest}", below="logs") == f"put/2026/03/09/{digest}"


@given(st.lists(st.binary(min_size=1, max_size=6).map(os.fsdecode), min_size=2, max_size=2, unique=True))
def test_two_names_never_become_one_key_and_every_key_is_utf8(names: list[str]) -> None:
    first, second = map(readable, names)
    assert first != second
    assert (first + second).encode("utf-8").decode("utf-8").isprintable()


def test_a_very_long_name_gets_a_key_that_s3_takes() -> None:
    long, other = "a/" * 600 + "x", "a/" * 600 + "y"
    assert len(by_day(long, TODAY)) <= 1024
    assert by_day(long, TODAY) != by_day(other, TODAY)


class Bucket:
    """A store that remembers."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, bucket: str, key: str, data: bytes) -> None:
        assert f"{bucket}/{key}" not in self.objects, "an object would be lost"
        self.objects[f"{bucket}/{key}"] = data


def put(*paths: Path) -> tuple[dict[str, bytes], dict[str, Put]]:
    """Upload; returns the objects, and what became of each file by its path's end."""
    bucket, results = Bucket(), list[Put]()
    Upload(cast(Store, bucket), SETTINGS, TODAY).all(find(paths), results.append)
    return bucket.objects, {str(one.path.relative_to(paths[0].parent)): one for one in results}


def test_content_decides_the_job_and_names_and_suffixes_do_not(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(RECORDS)
    (tmp_path / "b.json.gz").write_bytes(DOCUMENT)
    objects, _ = put(tmp_path)
    assert objects == {
        "loglake-raw-cloudtrail/put/2026/03/09/a.txt": RECORDS,
        "loglake-raw-cloudwatch/put/2026/03/09/b.json.gz": DOCUMENT,
    }


def test_what_is_no_log_is_named_and_not_uploaded(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("call Alice\n")
    (tmp_path / "empty").touch()
    objects, results = put(tmp_path)
    assert not objects
    assert {Path(path).name: (one.job, one.what) for path, one in results.items()} == {
        "notes.txt": ("", "text"),
        "empty": ("", "empty file"),
    }


def test_links_to_nothing_loops_pipes_and_sockets_are_named_and_stop_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "nothing").symlink_to("not-there")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    (folder / "z.json").write_bytes(RECORDS)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
        objects, results = put(folder)
    assert list(objects) == ["loglake-raw-cloudtrail/put/2026/03/09/z.json"]
    assert {path: one.what for path, one in results.items() if one.failed} == {
        "logs/loop": "a link to a folder that it lies in",
        "logs/nothing": "a link to nothing",
        "logs/pipe": "no file (a socket, a pipe or a device)",
        "logs/socket": "no file (a socket, a pipe or a device)",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret").touch(mode=0)
    _, results = put(tmp_path)
    assert [one.what for one in results.values()] == ["cannot be read: Permission denied"]


def test_a_link_to_a_file_or_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "x.json").write_bytes(RECORDS)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "near").symlink_to(tmp_path / "far")
    objects, _ = put(tmp_path / "logs")
    assert list(objects) == ["loglake-raw-cloudtrail/put/2026/03/09/near/x.json"]


def test_files_of_one_name_in_two_folders_become_two_objects(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.json").write_bytes(RECORDS)
    objects, _ = put(tmp_path / "one", tmp_path / "two")
    assert sorted(objects) == [
        "loglake-raw-cloudtrail/put/2026/03/09/again-1/x.json",
        "loglake-raw-cloudtrail/put/2026/03/09/x.json",
    ]


def test_every_file_of_a_tree_is_accounted_for(tmp_path: Path) -> None:
    for number in range(30):
        path = tmp_path / f"{number % 3}" / f"{number}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(RECORDS if number % 2 else b"no log")
    objects, results = put(tmp_path)
    assert len(results) == 30
    assert len(objects) == 15
