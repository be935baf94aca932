"""awswrangler, as people have it, against the local lake: its own code, its own boto3 calls, either engine behind."""

from __future__ import annotations

import io
import warnings

import boto3
import pytest

warnings.filterwarnings("ignore", module="awswrangler")

import awswrangler as wr  # noqa: E402
import pyarrow.orc as orc  # noqa: E402

from schemas import TABLES  # noqa: E402
from schemas.glue import partition_input  # noqa: E402
from tests.lakes import (  # noqa: E402
    SETTINGS,
    WORKGROUP,
    Lake,
)
from tests.views_lake import arrow_table, start, typed  # noqa: E402

DATABASE = SETTINGS.lake.database
RESULTS = SETTINGS.buckets.results
STARTS = [
    start("2026-03-02 10:00:00", "0b7c1cc185ccf5101", requestparameters='{"target":"i-1","reason":"a, \\"b\\"\\nc"}'),
    start("2026-03-03 11:00:00", "0b7c1cc185ccf5102", username="bob", errorcode=None),
    start("2026-03-03 12:00:00", None, username="bob", errorcode="AccessDenied"),
]
TYPED = [typed("2026-03-02 10:00:05.250", "0b7c1cc185ccf5101", "$ echo 'a,b'", 'say "hi"', number=1)]


def publish(lake: Lake) -> None:
    """The rows on their days, registered, as the jobs would leave them."""
    for name, rows in (("from_cloudtrail_readready", STARTS), ("from_cloudwatch_readready", TYPED)):
        for day in sorted({row["calendarday"] for row in rows}):
            table = arrow_table(name, [row for row in rows if row["calendarday"] == day]).drop_columns(["calendarday"])
            sink = io.BytesIO()
            orc.write_table(table, sink, compression="zlib")
            lake.s3.put_object(Bucket="loglake-readready", Key=f"x/{name}/{day}/a.orc", Body=sink.getvalue())
            folder = f"s3://loglake-readready/x/{name}/{day}/"
            partition = partition_input(TABLES[name], (day,), folder)
            lake.glue.create_partition(DatabaseName=DATABASE, TableName=name, PartitionInput=partition)


@pytest.fixture(params=["duckdb", "trino"])
def lake(aws: str, request: pytest.FixtureRequest) -> Lake:
    del aws
    if request.param == "trino":
        request.getfixturevalue("on_trino")
    made = Lake()
    publish(made)
    return made


SQL = "SELECT calendarday, eventtime, username, requestparameters FROM from_cloudtrail_readready ORDER BY eventtime"


@pytest.mark.parametrize(
    "approach",
    [
        {"ctas_approach": False, "unload_approach": False},
        {"ctas_approach": True, "unload_approach": False},
        {"ctas_approach": False, "unload_approach": True, "s3_output": f"s3://{RESULTS}/wr/"},
    ],
    ids=["plain", "ctas", "unload"],
)
def test_a_query_becomes_a_data_frame_whichever_way_it_is_fetched(lake: Lake, approach: dict[str, object]) -> None:
    frame = wr.athena.read_sql_query(SQL, DATABASE, workgroup=WORKGROUP, **approach)
    rows = frame.sort_values("eventtime")
    assert rows["username"].tolist() == ["alice", "bob", "bob"]
    assert [str(one) for one in rows["eventtime"]] == [
        "2026-03-02 10:00:00", "2026-03-03 11:00:00", "2026-03-03 12:00:00",
    ]  # fmt: skip
    assert rows["requestparameters"].tolist()[0] == '{"target":"i-1","reason":"a, \\"b\\"\\nc"}'
    left = lake.glue.get_tables(DatabaseName=DATABASE)["TableList"]
    assert not [one["Name"] for one in left if one["Name"].startswith("temp_table")]


def test_a_query_takes_parameters_and_comes_in_pieces(lake: Lake) -> None:
    del lake
    sql = "SELECT eventtime FROM from_cloudtrail_readready WHERE calendarday = ? AND username = ?"
    pieces = wr.athena.read_sql_query(
        sql, DATABASE, workgroup=WORKGROUP, ctas_approach=False, chunksize=1,
        params=["'2026-03-03'", "'bob'"], paramstyle="qmark",
    )  # fmt: skip
    assert [len(one) for one in pieces] == [1, 1]


@pytest.mark.parametrize(("form", "reader"), [("PARQUET", wr.s3.read_parquet), ("ORC", wr.s3.read_orc)])
def test_what_is_unloaded_is_read_back(lake: Lake, form: str, reader: object) -> None:
    del lake
    path = f"s3://{RESULTS}/unloaded-{form.lower()}/"
    done = wr.athena.unload("SELECT * FROM sessions", path, DATABASE, form, workgroup=WORKGROUP)
    assert done.manifest_location
    frame = reader(path)  # type: ignore[operator]
    assert sorted(frame["username"]) == ["alice", "bob", "bob"]
    assert sorted(frame["outcome"]) == ["denied", "started", "started"]


def test_a_days_files_are_read_as_the_jobs_wrote_them(lake: Lake) -> None:
    del lake
    (location,) = wr.catalog.get_partitions(DATABASE, "from_cloudwatch_readready")
    frame = wr.s3.read_orc(location, columns=["sessionid", "sessiondata", "eventtime"])
    assert frame["sessiondata"].tolist() == ["$ echo 'a,b'\nsay \"hi\""]


def test_the_catalog_says_what_there_is(lake: Lake) -> None:
    del lake
    assert DATABASE in set(wr.catalog.databases()["Database"])
    assert {"sessions", "from_cloudtrail_readready"} <= set(wr.catalog.tables(database=DATABASE, limit=500)["Table"])
    assert wr.catalog.does_table_exist(DATABASE, "sessions")
    types = wr.catalog.get_table_types(DATABASE, "from_cloudwatch_readready")
    assert types["sessiondata"] == "string"
    assert types["calendarday"] == "string"
    described = wr.catalog.table(DATABASE, "from_cloudtrail_readready").set_index("Column Name")
    assert described.loc["calendarday", "Partition"]
    partitions = wr.catalog.get_partitions(DATABASE, "from_cloudtrail_readready")
    assert sorted(partitions.values()) == [["2026-03-02"], ["2026-03-03"]]
    assert wr.catalog.get_table_location(DATABASE, "from_cloudtrail_readready").startswith("s3://loglake-readready/")


def test_a_whole_table_is_read_by_its_name(lake: Lake) -> None:
    del lake
    frame = wr.athena.read_sql_table("from_cloudwatch_readready", DATABASE, workgroup=WORKGROUP, ctas_approach=False)
    assert frame["linecount"].tolist() == [2]


def test_a_query_that_fails_says_why_in_athenas_words(lake: Lake) -> None:
    del lake
    with pytest.raises(wr.exceptions.QueryFailed, match="COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be"):
        wr.athena.read_sql_query("SELECT nothing FROM sessions", DATABASE, workgroup=WORKGROUP, ctas_approach=False)


def test_every_page_of_an_answer_and_of_the_catalog_comes_by_boto3s_paginators(lake: Lake) -> None:
    athena = boto3.client("athena")
    query = wr.athena.start_query_execution(
        "SELECT * FROM UNNEST(sequence(1, 2500)) AS t (n)", database=DATABASE, workgroup=WORKGROUP
    )
    wr.athena.wait_query(query)
    pages = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=query))
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]
    tables = lake.glue.get_paginator("get_tables").paginate(DatabaseName=DATABASE, PaginationConfig={"PageSize": 3})
    names = [one["Name"] for page in tables for one in page["TableList"]]
    assert len(names) == len(set(names)) > 9
