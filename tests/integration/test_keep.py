"""`loglake run --keep`: the lake that runs is as one deployed from the changed settings."""

from __future__ import annotations

from pathlib import Path

import boto3

from cli import home
from cli.local import set_keep
from infra.local.lifecycle import Running
from infra.local.resources import create
from infra.views import view_definition
from lake import keys

SETTINGS = home.parse((home.PROJECT / "lake.toml").read_text(), "lake.toml")


def _said_to_be_kept() -> str:
    """The end of session_context's column `kept`: for whom what is kept."""
    table = boto3.client("glue").get_table(DatabaseName=SETTINGS.lake.database, Name="session_context")["Table"]
    sql = view_definition(table["ViewOriginalText"])["originalSql"]
    return next(line for line in sql.splitlines() if line.rstrip(",").endswith(" AS kept"))


def test_what_is_said_to_be_kept_follows_the_filters_there_and_back(aws: str, tmp_path: Path) -> None:
    create(SETTINGS)
    where = f"s3://{SETTINGS.buckets.books}/{keys.SETTINGS}"
    lake = Running(str(tmp_path), aws, SETTINGS.lake.region, where, 0, 0)
    filtered = _said_to_be_kept()
    assert "AssumeRole" in filtered
    set_keep(lake, "everything")
    assert "'everything' AS kept" in _said_to_be_kept()
    assert home.settings_of(lake).jobs["cloudtrail"].everything
    set_keep(lake, "filtered")
    assert _said_to_be_kept() == filtered
