"""The page on a new source is true: its declarations, decoder and fixture, as they stand there, work together."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from jobs.rows import Source
from lake import layout
from schemas import LOGS, TABLES
from schemas.glue import table_input
from tests.sources.fixture import Fixture

PAGE = (Path(__file__).parents[2] / "docs" / "onboard-source.md").read_text(encoding="utf-8")
_FILE = re.compile(r"^## \d\. [^\n]*?`([\w/.]+)`\n.*?```(?:python|toml)\n(.*?)```", re.S | re.M)
FILES = dict(_FILE.findall(PAGE))


def module(path: str) -> ModuleType:
    """A file of the page, run."""
    made = ModuleType(path.removesuffix(".py").replace("/", "."))
    sys.modules[made.__name__] = made
    exec(compile(FILES[path], path, "exec"), made.__dict__)
    return made


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> Fixture:
    """The page's fixture, its declarations declared."""
    for name in ("raw", "readready"):
        declared = module(f"schemas/from_doors_{name}.py")
        monkeypatch.setitem(TABLES, declared.TABLE.name, declared.TABLE)
    monkeypatch.setitem(LOGS, "doors", declared.LOGS)
    fixture: Fixture = module("tests/sources/doors.py").FIXTURE
    return fixture


def test_the_page_names_every_file_that_is_needed() -> None:
    assert list(FILES) == [
        "schemas/from_doors_raw.py", "schemas/from_doors_readready.py", "jobs/doors.py", "tests/sources/doors.py",
        "lake.toml",
    ]  # fmt: skip


def test_the_pages_decoder_makes_the_pages_rows(doors: Fixture) -> None:
    decoder = module("jobs/doors.py").Decoder(doors.filters, 10_000_000)
    at = datetime.fromisoformat("2026-03-02T10:00:00")
    data = doors.pack([doors.record(1, at), doors.dropped, doors.bad, doors.full[0][0]])
    outcome = decoder.add(Source("s3://raw/key", "e", 0), data)
    assert (outcome.kept, outcome.filtered, [bad.reason for bad in outcome.bad]) == (2, {"door": 1}, ["no-time"])
    first, second = decoder.take().to_pylist()
    assert first["eventtime"] == at
    assert {name: second[name] for name in doors.full[0][1]} == doors.full[0][1]


def test_the_pages_entry_takes_the_pages_keys(doors: Fixture) -> None:
    (pattern,) = re.findall(r'layout = "(.*)"', FILES["lake.toml"])
    assert layout.read(pattern, doors.key(datetime.fromisoformat("2026-03-02T10:00:00").date(), "a"))
    assert table_input(TABLES["from_doors_raw"], "s3://loglake-raw-doors/")["PartitionKeys"]
