"""Trino behind Athena's API: its answers are the quick engine's; it sees what the catalog holds, and nothing else."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.orc as orc
import pytest

from cli.athena import Athena
from examples.company import Company
from examples.company.truth import Truth
from infra.local import duck, server
from infra.local.trino.engine import Engine
from infra.views import FOLDER, view_definition
from lake.settings import JOBS
from report.gather import gather
from report.lakefacts import Period
from report.lakegather import gather as lake_report
from schemas import TABLES
from schemas.glue import partition_input
from tests.asking import Asked, answered, ask, partitions_read
from tests.lakes import SETTINGS, WORKGROUP, Lake
from tests.sources.fixture import fixture

DATABASE = SETTINGS.lake.database
BUCKET = SETTINGS.buckets.readready
ORC = [table.name for table in TABLES.values() if table.layout == "orc"]


class Filled:
    """A lake that has taken in the sample company."""

    def __init__(self) -> None:
        company = Company(seed=1)
        self.lake = Lake()
        for one in company.objects():
            self.lake.put(one.job, one.key, one.data)
        for report in self.lake.work(*JOBS):
            assert report.failed == []
        self.truth: Truth = company.truth()
        self.quick = duck.Engine()


@pytest.fixture(scope="module")
def filled(embedded_aws: str) -> Iterator[Filled]:
    """Filled once: these tests only read it, or write aside."""
    del embedded_aws
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    found = Filled()
    yield found
    found.quick.close()


Both = Callable[[str], tuple[Asked, Asked]]


@pytest.fixture
def both(filled: Filled, trino: Engine) -> Both:
    """Asks Trino and the quick engine."""

    def on(engine: Any, sql: str) -> Asked:
        before = server.answer_with(engine)
        try:
            return answered(sql)
        finally:
            server.answer_with(before)

    return lambda sql: (on(trino, sql), on(filled.quick, sql))


def unordered(found: Asked) -> list[str]:
    """The rows in one order; the entries of a map, which has none, too."""
    maps = {number for number, (_, kind) in enumerate(found.columns) if kind == "map"}
    return sorted(
        repr([sorted(text[1:-1].split(", ")) if number in maps and text else text for number, text in enumerate(row)])
        for row in found.rows
    )


# -- the same answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", sorted(path.stem for path in FOLDER.glob("*.sql")))
def test_a_view_says_the_same_on_trino_and_on_the_quick_engine(both: Both, view: str) -> None:
    trino, quick = both(f"SELECT * FROM {view}")
    assert trino.columns == quick.columns
    assert unordered(trino) == unordered(quick)


@pytest.mark.parametrize("table", ORC)
def test_a_table_says_the_same_on_trino_and_on_the_quick_engine(both: Both, table: str) -> None:
    trino, quick = both(f"SELECT * FROM {table}")
    assert trino.columns == quick.columns
    assert unordered(trino) == unordered(quick)


# Of `sessions` only what is about it: Trino takes seconds of CPU to plan that view.
QUESTIONS = (
    "SELECT username, count(*) AS n, sum(keystrokelines), min(starttime), max(lastkeystroke), "
    "count(DISTINCT accountid) FROM sessions GROUP BY username ORDER BY n DESC, 1",
    "SELECT s.sessionid, date_diff('second', s.starttime, max(t.eventtime)) FROM sessions s LEFT JOIN transcript t "
    "ON s.sessionid = t.sessionid AND s.calendarday = t.calendarday GROUP BY s.sessionid, s.starttime ORDER BY 1, 2",
    "SELECT sessionid, linenumber, line FROM transcript WHERE regexp_like(line, '(?i)sudo|curl') ORDER BY 1, 2, 3",
    "SELECT sessionid, line FROM transcript WHERE line LIKE '%/etc/%' ESCAPE '#' ORDER BY 1, 2",
    "SELECT sessionid, word FROM transcript CROSS JOIN UNNEST(split(line, ' ')) AS w (word) WHERE word LIKE '/%' "
    "ORDER BY 1, 2",
    "SELECT eventname, errorcode, count(*) FROM from_cloudtrail_readready GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT json_extract_scalar(requestparameters, '$.target') AS target, count(*) "
    "FROM from_cloudtrail_readready GROUP BY 1 ORDER BY 2 DESC, 1",
    "SELECT sourceipaddress, array_join(array_agg(DISTINCT eventname ORDER BY eventname), ', ') "
    "FROM from_cloudtrail_readready GROUP BY 1 ORDER BY 1",
    "SELECT eventid, split_part(useridentityarn, '/', 3), upper(awsregion) FROM from_cloudtrail_readready ORDER BY 1",
    "SELECT eventid, lag(eventtime) OVER (PARTITION BY username ORDER BY eventtime, eventid) "
    "FROM from_cloudtrail_readready ORDER BY 1, 2",
    "SELECT date_format(eventtime, '%Y-%m-%d %H:%i'), CAST(eventtime AS date), eventtime + INTERVAL '2' HOUR "
    "FROM from_cloudtrail_readready ORDER BY 1, 2, 3",
    "SELECT calendarday, hour(eventtime), count(*), count_if(errorcode IS NOT NULL) FROM from_cloudtrail_readready "
    "GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT a.eventname, b.eventname FROM from_cloudtrail_readready a JOIN from_cloudtrail_readready b "
    "ON a.sourceipaddress = b.sourceipaddress AND a.eventid < b.eventid ORDER BY 1, 2",
    "WITH late AS (SELECT * FROM from_cloudtrail_readready WHERE hour(eventtime) NOT BETWEEN 9 AND 16) "
    "SELECT username, count(*) FROM late GROUP BY 1 ORDER BY 1",
    "SELECT sourceobject FROM from_cloudtrail_readready EXCEPT SELECT sourceobject FROM from_cloudwatch_readready "
    "ORDER BY 1",
    "SELECT sessionid, linecount, cardinality(split(sessiondata, chr(10))), length(sessiondata) "
    "FROM from_cloudwatch_readready ORDER BY sourceobject, sourcerecord",
    "SELECT count(*), coalesce(sum(linecount), 0) FROM from_cloudwatch_readready WHERE calendarday = '1999-01-01'",
    'SELECT calendarday FROM "from_cloudtrail_readready$partitions" ORDER BY 1',
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'loglake' ORDER BY 1, 2",
)


@pytest.mark.parametrize("sql", QUESTIONS, ids=range(len(QUESTIONS)))
def test_a_question_has_the_same_answer_on_trino_and_on_the_quick_engine(both: Both, sql: str) -> None:
    trino, quick = both(sql)
    assert trino.rows
    assert (trino.columns, trino.rows) == (quick.columns, quick.rows)


@pytest.mark.usefixtures("on_trino")
def test_trino_counts_the_sessions_that_the_company_had(filled: Filled) -> None:
    (count,) = answered("SELECT count(*) FROM sessions").rows
    assert count == [str(len(filled.truth.sessions))]


def test_what_a_session_report_asks_is_trinos_sql_too(filled: Filled, both: Both, trino: Engine) -> None:
    """The views are compared above; here what is asked of them: planning all of it would take half a minute of CPU."""
    one = next(one for one in filled.truth.sessions if one.sourceidentity and one.streamed)
    report = gather(Athena(boto3.client("athena"), DATABASE, WORKGROUP), str(one.sessionid), None)
    assert report is not None
    assert len(report.questions) > 9
    before = server.answer_with(trino)
    try:
        for question in report.questions:
            assert answered(f"EXPLAIN (TYPE VALIDATE) {question.sql}").rows == [["true"]]
    finally:
        server.answer_with(before)
    for question in report.questions:
        if " AS starts INNER JOIN " in question.sql or "issuedaccesskeyid = " in question.sql:
            by_trino, quick = both(question.sql)
            assert by_trino.rows
            assert (by_trino.columns, by_trino.rows) == (quick.columns, quick.rows)


def test_what_a_lake_report_asks_is_trinos_sql_too(both: Both, trino: Engine) -> None:
    report = lake_report(Athena(boto3.client("athena"), DATABASE, WORKGROUP), Period("2026-03-01", "2026-03-31"), 90)
    before = server.answer_with(trino)
    try:
        for question in report.questions:
            assert answered(f"EXPLAIN (TYPE VALIDATE) {question.sql}").rows == [["true"]], question.sql
    finally:
        server.answer_with(before)
    for question in report.questions:
        if " FROM freshness " in question.sql or "SELECT accountid AS name" in question.sql:
            by_trino, quick = both(question.sql)
            assert by_trino.rows
            assert (by_trino.columns, by_trino.rows) == (quick.columns, quick.rows)


# -- what it sees ----------------------------------------------------------------------------------------------------

KINDS = {"id": pa.int64(), "name": pa.string(), "more": pa.string()}


def put_orc(key: str, **columns: list[Any]) -> None:
    """An ORC file with these columns, in this order."""
    sink = io.BytesIO()
    orc.write_table(pa.table({name: pa.array(some, KINDS[name]) for name, some in columns.items()}), sink)
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=sink.getvalue())


def storage(location: str, *columns: str) -> dict[str, Any]:
    example: dict[str, Any] = partition_input(TABLES["lake_generations"], ("x",), "s3://x/y/")["StorageDescriptor"]
    hive = {"id": "bigint", "name": "string", "more": "string"}
    named = [{"Name": one, "Type": hive[one]} for one in columns]
    return {**example, "Columns": named, "Location": location}


@pytest.fixture
def things(filled: Filled, on_trino: Engine) -> Iterator[str]:
    """A table of its own: id, name, more; by calendarday. Its folder's name."""
    del filled, on_trino
    glue = boto3.client("glue")
    folder = f"s3://{BUCKET}/things/"
    table = {"Name": "things", "TableType": "EXTERNAL_TABLE", "Parameters": {"EXTERNAL": "TRUE"}}
    table["StorageDescriptor"] = storage(folder, "id", "name", "more")
    table["PartitionKeys"] = [{"Name": "calendarday", "Type": "string"}]
    glue.create_table(DatabaseName=DATABASE, TableInput=table)
    yield folder
    glue.delete_table(DatabaseName=DATABASE, Name="things")


def register(day: str, location: str, *columns: str) -> None:
    """What AddAPart does."""
    one = {"Values": [day], "StorageDescriptor": storage(location, *(columns or ("id", "name", "more")))}
    boto3.client("glue").create_partition(DatabaseName=DATABASE, TableName="things", PartitionInput=one)


def test_only_the_registered_folder_of_a_day_is_read(things: str) -> None:
    put_orc("things/d1/1-a/x.orc", id=[1], name=["an old generation"], more=[None])
    put_orc("things/d1/2-b/x.orc", id=[2], name=["the day's"], more=[None])
    put_orc("things/d2/1-c/x.orc", id=[3], name=["never registered"], more=[None])
    register("2024-03-03", f"{things}d1/2-b/")
    assert answered("SELECT name, calendarday FROM things").rows == [["the day's", "2024-03-03"]]


@pytest.mark.parametrize(
    "condition",
    [
        "calendarday = '2024-03-04'",
        "calendarday BETWEEN '2024-03-04' AND '2024-03-31'",
        "calendarday > '2024-03-03'",
        "calendarday IN ('2024-03-04', '2024-03-05')",
        "calendarday LIKE '2024-03-04%'",
        "calendarday = CAST(DATE '2024-03-03' + INTERVAL '1' DAY AS varchar)",
    ],
)
def test_a_condition_on_the_day_leaves_other_days_unopened(things: str, condition: str) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key="things/broken/x.orc", Body=b"no ORC at all")
    put_orc("things/whole/x.orc", id=[1], name=["whole"], more=[None])
    register("2024-03-03", f"{things}broken/")
    register("2024-03-04", f"{things}whole/")
    assert answered(f"SELECT name FROM things WHERE {condition}").rows == [["whole"]]
    assert ask("SELECT name FROM things").state == "FAILED"


CLOUDTRAIL, CLOUDWATCH = "from_cloudtrail_readready", "from_cloudwatch_readready"
# The days of each table, counted from the one that is asked for, that a view's Cost names; keystrokedays is 1 here, and
# context_hours reaches one day.
ONLY, BEFORE, AROUND = {0}, {-1, 0}, {-1, 0, 1}
REACH = {
    "access_denied": {CLOUDTRAIL: ONLY},
    "cloudtrail_lake_events": {CLOUDTRAIL: ONLY},
    "cloudtrail_lake_events_text": {CLOUDTRAIL: ONLY},
    "evidence": {CLOUDTRAIL: AROUND, CLOUDWATCH: AROUND},
    "late_arrivals": {CLOUDTRAIL: ONLY, CLOUDWATCH: ONLY},
    "recordedsessions": {CLOUDTRAIL: AROUND, CLOUDWATCH: AROUND},
    "role_chain": {CLOUDTRAIL: BEFORE},
    "session_context": {CLOUDTRAIL: AROUND, CLOUDWATCH: AROUND},
    "sessions": {CLOUDTRAIL: AROUND, CLOUDWATCH: AROUND},
    "sessionstarts": {CLOUDTRAIL: ONLY},
    "transcript": {CLOUDTRAIL: AROUND, CLOUDWATCH: AROUND},
    "weekly_review": {CLOUDTRAIL: AROUND, CLOUDWATCH: AROUND},
}
# Of the books, says their Cost.
EVERY_DAY = {"arrivals", "completeness", "freshness", "objects", "quality", "quarantined"}
OTHERS = {"verified"}  # of a book alone that is empty in this lake, so that there is nothing to see being pruned
FAR = 3  # days


@pytest.fixture
def day(filled: Filled, on_trino: Engine) -> Iterator[date]:
    """A day of both tables; there is something to read on every day from FAR before it to FAR after it."""
    del on_trino
    middle = date.fromisoformat(max(filled.lake.partitions(CLOUDWATCH))[0])
    glue = boto3.client("glue")
    added: list[dict[str, Any]] = []
    for name in (CLOUDTRAIL, CLOUDWATCH):
        there = filled.lake.partitions(name)
        for days in range(-FAR, FAR + 1):
            values = ((middle + timedelta(days)).isoformat(),)
            if values not in there:
                made = partition_input(TABLES[name], values, there[(middle.isoformat(),)])
                glue.create_partition(DatabaseName=DATABASE, TableName=name, PartitionInput=made)
                added.append({"DatabaseName": DATABASE, "TableName": name, "PartitionValues": list(values)})
    yield middle
    for one in added:
        glue.delete_partition(**one)


@pytest.mark.parametrize("view", REACH)
def test_a_view_asked_for_a_day_reads_the_days_that_its_cost_names_and_no_other(
    day: date, trino: Engine, view: str
) -> None:
    sql = f"SELECT * FROM {view} WHERE calendarday = '{day}'"
    answered(sql)
    read = {one for one in partitions_read(trino, sql) if one[0] in (CLOUDTRAIL, CLOUDWATCH)}
    assert read == {
        (table, (day + timedelta(away)).isoformat()) for table, days in REACH[view].items() for away in days
    }


def test_every_view_is_either_held_to_its_days_or_says_that_it_reads_all() -> None:
    by_sources = {view for job in JOBS for view in fixture(job).reach}
    assert set(REACH) | EVERY_DAY | OTHERS | by_sources == {path.stem for path in FOLDER.glob("*.sql")}
    assert all(re.search("Cost: .*all (its |their )?days", _comment(name)) for name in EVERY_DAY)


def _comment(view: str) -> str:
    return " ".join(line.lstrip("- ") for line in (FOLDER / f"{view}.sql").read_text().splitlines() if line[:2] == "--")


def test_bytes_scanned_are_those_of_the_days_that_are_asked_for(things: str) -> None:
    for day in ("2024-03-03", "2024-03-04"):
        put_orc(f"things/{day}/x.orc", id=list(range(50_000)), name=[day] * 50_000, more=[None] * 50_000)
        register(day, f"{things}{day}/")
    size = boto3.client("s3").head_object(Bucket=BUCKET, Key="things/2024-03-04/x.orc")["ContentLength"]
    one = answered("SELECT * FROM things WHERE calendarday = '2024-03-04'").scanned
    every = answered("SELECT * FROM things").scanned
    assert 0.9 * size < one < 1.1 * size
    assert 1.9 * one < every < 2.1 * one
    assert answered("SELECT 1").scanned == 0


def test_files_from_before_a_column_was_added_are_read_by_name_and_by_position(things: str) -> None:
    put_orc("things/old/x.orc", id=[1], name=["old"])
    put_orc("things/new/x.orc", id=[2], name=["new"], more=["m"])
    register("2024-03-03", f"{things}old/", "id", "name")
    register("2024-03-04", f"{things}new/")
    rows = [["1", "old", None], ["2", "new", "m"]]
    assert answered("SELECT id, name, more FROM things ORDER BY id").rows == rows
    assert answered(f"SELECT id, name, more FROM byposition.{DATABASE}.things ORDER BY id").rows == rows


def test_files_with_columns_in_another_order_are_read_right_by_name_and_only_by_name(things: str) -> None:
    put_orc("things/other/x.orc", id=[1], more=["m"], name=["n"])
    register("2024-03-03", f"{things}other/")
    assert answered("SELECT name, more FROM things").rows == [["n", "m"]]
    assert answered(f"SELECT name, more FROM byposition.{DATABASE}.things").rows == [["m", "n"]]


def test_a_view_is_what_the_catalog_holds(filled: Filled, on_trino: Engine) -> None:
    del filled, on_trino
    glue = boto3.client("glue")
    found = glue.get_table(DatabaseName=DATABASE, Name="recordedsessions")["Table"]
    assert "SELECT" in view_definition(found["ViewOriginalText"])["originalSql"]
    glue.delete_table(DatabaseName=DATABASE, Name="recordedsessions")
    kept = {name: found[name] for name in found if name in _TABLE_INPUT}
    try:
        assert ask("SELECT * FROM recordedsessions").reason == (
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.loglake.recordedsessions' does not exist"
        )
    finally:
        glue.create_table(DatabaseName=DATABASE, TableInput=kept)
    assert answered("SELECT * FROM recordedsessions").rows


_TABLE_INPUT = (
    "Name", "TableType", "ViewOriginalText", "ViewExpandedText", "PartitionKeys", "StorageDescriptor", "Parameters"
)  # fmt: skip
