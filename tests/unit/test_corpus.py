"""The corpus of bad inputs: of every file, what is kept, what is not and why is what fates.toml says by hand."""

from __future__ import annotations

import gzip
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs import cloudtrail, cloudwatch
from jobs.rows import REASONS, Source
from lake.settings import Filters
from tests.corpus.make import HERE, LARGE, SMALL

FATES: dict[str, dict[str, dict[str, Any]]] = tomllib.loads((HERE / "fates.toml").read_text())
DECODERS = {"cloudtrail": cloudtrail.Decoder, "cloudwatch": cloudwatch.Decoder}
IDS = {"cloudtrail": "eventid", "cloudwatch": "logeventid"}
FILTERS = Filters(keep="everything", loggroups=("/aws/ssm/sessionlogs",))
CASES = [(job, name) for job, files in FATES.items() for name in files]


def ids(shorthand: list[str]) -> Iterator[str]:
    """`e0..e9`, `e1*9`, `e1`."""
    for one in shorthand:
        if several := re.fullmatch(r"(\D*)(\d+)\.\.\D*(\d+)", one):
            yield from (f"{several[1]}{number}" for number in range(int(several[2]), int(several[3]) + 1))
        elif repeated := re.fullmatch(r"(.+)\*(\d+)", one):
            yield from [repeated[1]] * int(repeated[2])
        else:
            yield one


def bads(shorthand: list[tuple[int | str, str]]) -> Iterator[tuple[int, str]]:
    for position, reason in shorthand:
        first, _, last = str(position).partition("..")
        yield from ((number, reason) for number in range(int(first), int(last or first) + 1))


def data_of(job: str, name: str) -> bytes:
    return LARGE[job][name] if name in LARGE[job] else Path(HERE, job, name).read_bytes()


def test_the_files_are_what_their_maker_makes_and_each_has_a_fate() -> None:
    for job, files in SMALL.items():
        assert {path.name: path.read_bytes() for path in (HERE / job).iterdir()} == files
        assert set(FATES[job]) == set(files) | set(LARGE[job])


@pytest.mark.parametrize(("job", "name"), CASES, ids=["/".join(case) for case in CASES])
def test_every_bad_input_has_the_fate_that_was_written_down_packed_or_not(job: str, name: str) -> None:
    fate, data = FATES[job][name], data_of(job, name)
    check(job, name, fate, data)
    if not data.startswith(b"\x1f\x8b"):
        check(job, name, fate, gzip.compress(data, 1))


def check(job: str, name: str, fate: dict[str, Any], data: bytes) -> None:
    decoder = DECODERS[job](FILTERS, fate.get("bound", 100_000_000))
    outcome = decoder.add(Source(f"s3://corpus/{name}", "etag", 0), data)
    table = decoder.take()
    table.validate(full=True)
    assert [one or "-" for one in table[IDS[job]].to_pylist()] == list(ids(fate.get("kept", [])))
    assert [(bad.record, bad.reason) for bad in outcome.bad] == list(bads(fate.get("bad", [])))
    assert outcome.filtered == fate.get("filtered", {})
    assert outcome.records == fate["records"] == outcome.kept + sum(outcome.filtered.values()) + len(outcome.bad)
    assert outcome.unpacked <= fate.get("bound", 100_000_000)
    positions = [bad.record for bad in outcome.bad] + table["sourcerecord"].to_pylist()
    assert len(set(positions)) == len(positions) == outcome.kept + len(outcome.bad)
    assert all(bad.reason in REASONS and bad.detail for bad in outcome.bad)


@pytest.mark.parametrize("job", DECODERS)
def test_a_bad_input_changes_nothing_about_the_next_object(job: str) -> None:
    """All of them through one decoder, with a good object after each."""
    good = SMALL[job]["other-order.json" if job == "cloudtrail" else "other-order"]
    decoder = DECODERS[job](FILTERS, 100_000_000)
    alone = DECODERS[job](FILTERS, 100_000_000)
    alone.add(Source("s3://corpus/good", "etag", 0), good)
    expected = alone.take().to_pylist()
    for name, data in SMALL[job].items():
        decoder.add(Source(f"s3://corpus/{name}", "etag", 0), data)
        before = decoder.pending
        decoder.add(Source("s3://corpus/good", "etag", 0), good)
        assert decoder.take().slice(before).to_pylist() == expected, name
