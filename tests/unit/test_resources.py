"""What a lake consists of, and views as Athena keeps them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from infra import resources
from infra.views import ViewError, hive_type, read_view, view_definition, view_input
from lake.settings import JOBS, parse

SETTINGS = parse((Path(__file__).parents[2] / "lake.toml").read_text())
VIEW = """\
-- logins: who came in.
--
-- Columns:
--   calendarday varchar: The day.
--   attime timestamp: When it was,
--     in UTC.
--   share decimal(5,2): How much.
--   names array(varchar): Who.
--   inside row(at timestamp,
--     by varchar): A long type goes on, too.
-- Cost: one day.
WITH x AS (SELECT 1) -- a comment inside stays
SELECT calendarday, ${keystrokedays} FROM x;
"""


def test_a_views_file_declares_its_columns_in_its_opening_comment() -> None:
    view = read_view(VIEW, SETTINGS, "logins")
    assert view.description == "who came in."
    assert [(one.name, one.type, one.comment) for one in view.columns] == [
        ("calendarday", "varchar", "The day."),
        ("attime", "timestamp", "When it was, in UTC."),
        ("share", "decimal(5,2)", "How much."),
        ("names", "array(varchar)", "Who."),
        ("inside", "row(at timestamp, by varchar)", "A long type goes on, too."),
    ]
    assert view.sql == "WITH x AS (SELECT 1) -- a comment inside stays\nSELECT calendarday, 1 FROM x"


def test_athena_finds_sql_schema_and_presto_types_in_the_catalogs_view() -> None:
    made = view_input(read_view(VIEW, SETTINGS, "logins"), "loglake")
    assert (made["TableType"], made["Parameters"]["presto_view"]) == ("VIRTUAL_VIEW", "true")
    assert view_definition(made["ViewOriginalText"]) == {
        "originalSql": "WITH x AS (SELECT 1) -- a comment inside stays\nSELECT calendarday, 1 FROM x",
        "catalog": "awsdatacatalog",
        "schema": "loglake",
        "columns": [
            {"name": "calendarday", "type": "varchar"},
            {"name": "attime", "type": "timestamp(3)"},
            {"name": "share", "type": "decimal(5,2)"},
            {"name": "names", "type": "array(varchar)"},
            {"name": "inside", "type": "row(at timestamp(3), by varchar)"},
        ],
    }


@pytest.mark.parametrize(
    ("presto", "hive"),
    [
        ("varchar", "string"),
        ("integer", "int"),
        ("bigint", "bigint"),
        ("timestamp(3)", "timestamp"),
        ("decimal(5,2)", "decimal(5,2)"),
        ("array(varchar)", "array<string>"),
        ("map(varchar, varchar)", "map<string,string>"),
        (
            "row(a varchar, b row(at timestamp, c map(varchar, bigint)), d array(row(e boolean)))",
            "struct<a:string,b:struct<at:timestamp,c:map<string,bigint>>,d:array<struct<e:boolean>>>",
        ),
    ],
)
def test_a_views_columns_have_hive_types_in_the_catalog(presto: str, hive: str) -> None:
    assert hive_type(presto) == hive


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (VIEW.replace("-- logins:", "-- others:"), "its first line must be '-- logins: "),
        ("SELECT 1", "its first line must be '-- logins: "),
        ("-- logins: who came in.\nSELECT 1", "no columns"),
    ],
)
def test_a_view_in_another_form_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ViewError, match=reason):
        read_view(text, SETTINGS, "logins")


def test_what_is_no_view_of_athenas_is_not_read_as_one() -> None:
    with pytest.raises(ViewError):
        view_definition("SELECT 1")


def test_raw_buckets_are_told_of_whole_and_of_the_lakes_own_only_markers() -> None:
    told = resources.notifications(SETTINGS, "arn:aws:sqs:us-east-1:111122223333:q")
    assert set(told) == {*(f"loglake-raw-{job}" for job in JOBS), "loglake-books"}
    assert "Filter" not in told["loglake-raw-cloudtrail"]["QueueConfigurations"][0]
    rules = told["loglake-books"]["QueueConfigurations"][0]["Filter"]["Key"]["FilterRules"]
    assert rules == [{"Name": "prefix", "Value": "markers/"}]


def test_a_message_is_a_dead_letter_after_five_receives_and_invisible_longer_than_the_function_runs() -> None:
    queue, dead = resources.queue(SETTINGS), resources.dead_letters(SETTINGS)
    assert (queue.name, queue.dead_letters, queue.receives) == ("loglake-addapart", dead.name, 5)
    assert queue.visibility >= 6 * 60
    assert dead.retention == 14 * 24 * 3600


def test_every_table_has_its_place_and_results_go_to_the_lakes_own_bucket() -> None:
    places = {one["Name"]: one["StorageDescriptor"]["Location"] for one in resources.table_inputs(SETTINGS)}
    assert places["from_cloudtrail_raw"] == "s3://loglake-raw-cloudtrail/"
    assert places["from_cloudwatch_raw"] == "s3://loglake-raw-cloudwatch/"
    assert places["from_cloudwatch_readready"] == "s3://loglake-readready/readready/from_cloudwatch_readready/"
    assert places["teams"] == "s3://loglake-readready/people/teams/"
    assert places["lake_ledger"] == "s3://loglake-readready/readready/lake_ledger/"
    configuration = resources.workgroup(SETTINGS)["Configuration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["ResultConfiguration"]["OutputLocation"] == "s3://loglake-query-results/athena/"


def test_two_lakes_in_an_account_share_no_workgroup() -> None:
    other = replace(SETTINGS, lake=replace(SETTINGS.lake, database="second"))
    assert (resources.workgroup(SETTINGS)["Name"], resources.workgroup(other)["Name"]) == ("loglake", "second")
    assert {one["WorkGroup"] for one in resources.named_queries(other)} == {"second"}
