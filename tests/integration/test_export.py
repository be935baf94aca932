"""`loglake export`: what it writes, what it says of it, what it does when stopped, and what changed since."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pyarrow.orc as orc
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner, Result

from cli.athena import Athena
from cli.export import CatalogAndBooks
from cli.main import cli
from cli.reach import Reach
from export import run as exporting
from export.source import SourceError, of_name, of_sql
from lake.settings import JOBS
from tests.cloudtrail_events import container, event
from tests.lakes import WORKGROUP, Lake
from tests.questions_world import SECRET, streamed

TARGET = "company-exports"
TABLE = "from_cloudtrail_readready"
Json = dict[str, Any]


def session_start(day: str, hour: int) -> Json:
    """A StartSession at that hour."""
    number = int(day.replace("-", "")) * 100 + hour
    response = {"sessionId": f"jane-0{number:016}"}
    called = {"eventSource": "ssm.amazonaws.com", "eventName": "StartSession", "responseElements": response}
    return event(number, eventTime=f"{day}T{hour:02}:00:00Z", requestParameters={"target": "i-0aaa"}, **called)


class Exporting:
    """A lake with three days of events, and the command."""

    def __init__(self) -> None:
        self.lake = Lake()
        self.lake.s3.create_bucket(Bucket=TARGET)
        self.ids: dict[str, set[str]] = {}
        for day, hours in (("2026-03-02", 3), ("2026-03-03", 2), ("2026-03-04", 1)):
            self.arrive(day, *range(hours))
        self.lake.put("cloudwatch", "2026/03/04/00/sessionlogs-by-hand", streamed(SECRET))
        self.lake.work(*JOBS)

    def arrive(self, day: str, *hours: int) -> None:
        """A file of one start of a session an hour arrives."""
        made = [session_start(day, hour) for hour in hours]
        self.ids.setdefault(day, set()).update(one["eventID"] for one in made)
        self.lake.put("cloudtrail", f"put/{day.replace('-', '/')}/{len(made)}-{hours[0]}.json", container(*made))

    @property
    def reach(self) -> Reach:
        athena = Athena(boto3.client("athena"), self.lake.settings.lake.database, WORKGROUP)
        return Reach(self.lake.access, self.lake.sqs, self.lake.glue, athena, local=True)

    def command(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["export", *arguments], obj={"reach": lambda _: self.reach})

    def export(self, *arguments: str, folder: str = "out") -> Json:
        """The manifest of an export that must succeed."""
        result = self.command(*arguments, "--to", f"s3://{TARGET}/{folder}")
        assert result.exit_code == 0, result.output
        bucket, _, key = result.stdout.strip().removeprefix("s3://").partition("/")
        manifest: Json = json.loads(self.lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return manifest | {"url": result.stdout.strip()}

    def content(self, file: Json, folder: str = "out") -> bytes:
        content: bytes = self.lake.s3.get_object(Bucket=TARGET, Key=f"{folder}/{file['key']}")["Body"].read()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
        return content

    def files(self, beginning: str = "out/calendarday=") -> list[str]:
        found = self.lake.s3.list_objects_v2(Bucket=TARGET, Prefix=beginning).get("Contents", [])
        return [one["Key"] for one in found]


@pytest.fixture(params=["duckdb", "trino"])
def exporting_(aws: str, request: pytest.FixtureRequest) -> Exporting:
    del aws
    if request.param == "trino":
        request.getfixturevalue("on_trino")
    return Exporting()


@pytest.fixture
def here(aws: str) -> Exporting:
    """On the quick engine alone: nothing in such a test depends on the engine."""
    del aws
    return Exporting()


def rows_of(content: bytes, form: str) -> list[Json]:
    if form == "parquet":
        return parquet.read_table(io.BytesIO(content)).to_pylist()
    if form == "orc":
        return orc.read_table(io.BytesIO(content)).to_pylist()
    if form == "json":
        return [json.loads(line) for line in gzip.decompress(content).splitlines()]
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.mark.parametrize("form", ["parquet", "orc", "json", "csv"])
def test_a_tables_days_are_exported_whole_with_their_counts_hashes_and_generations(
    exporting_: Exporting, form: str
) -> None:
    manifest = exporting_.export("--table", TABLE, "--from", "2026-03-02", "--to", "2026-03-03", "--format", form)
    assert [chunk["day"] for chunk in manifest["chunks"]] == ["2026-03-02", "2026-03-03"]
    assert manifest["rows"] == 5
    for chunk in manifest["chunks"]:
        rows = [row for file in chunk["files"] for row in rows_of(exporting_.content(file), form)]
        assert {row["eventid"] for row in rows} == exporting_.ids[chunk["day"]]
        assert len(rows) == chunk["rows"] == sum(file["rows"] for file in chunk["files"])
        assert {row["calendarday"] for row in rows} == {chunk["day"]}
        (read,) = chunk["reads"]
        location = exporting_.lake.partitions(TABLE)[chunk["day"],]
        assert read == {"table": TABLE, "day": chunk["day"], "folder": location, "generation": 1, "rows": len(rows)}
    named = [f"out/{file['key']}" for chunk in manifest["chunks"] for file in chunk["files"]]
    assert sorted(named) == exporting_.files()


def test_csv_keeps_newlines_commas_quotes_nulls_and_empty_text(exporting_: Exporting) -> None:
    sql = (
        "SELECT line, CAST(NULL AS varchar) AS nothing, '' AS empty, 'a,\"b\"' || chr(10) || 'c' || chr(13) AS hard, "
        "linenumber, eventtime FROM transcript WHERE calendarday = ?"
    )
    manifest = exporting_.export("--sql", sql, "--from", "2026-03-04", "--to", "2026-03-04", "--format", "csv")
    (file,) = manifest["chunks"][0]["files"]
    text = exporting_.content(file).decode()
    assert text.splitlines()[0] == '"line","nothing","empty","hard","linenumber","eventtime"'
    rows = rows_of(text.encode(), "csv")
    assert [row["line"] for row in sorted(rows, key=lambda row: int(row["linenumber"]))] == SECRET.lines
    assert {row["hard"] for row in rows} == {'a,"b"\nc\r'}
    assert {row["eventtime"] for row in rows} == {"2026-03-04 00:20:00.000"}
    assert text.count(',,"",') == len(rows), "null is an empty field, empty text is quotes"
    aside = exporting_.lake.s3.list_objects_v2(Bucket=exporting_.lake.settings.buckets.results, Prefix="export/")
    assert not aside.get("Contents"), "what was on its way is gone"


def test_a_view_is_exported_by_its_sessions_days(exporting_: Exporting) -> None:
    manifest = exporting_.export("--view", "sessions")
    rows = [
        row
        for one in manifest["chunks"]
        for file in one["files"]
        for row in rows_of(exporting_.content(file), "parquet")
    ]
    assert sorted((row["calendarday"], row["outcome"]) for row in rows) == sorted(
        [(day, "started") for day, ids in exporting_.ids.items() for _ in ids] + [("2026-03-04", "keystrokes only")]
    )
    reads = {(one["table"], one["day"]) for chunk in manifest["chunks"] for one in chunk["reads"]}
    assert ("from_cloudwatch_readready", "2026-03-04") in reads


class Stopped(BaseException):
    """As Ctrl-C."""


def test_a_stopped_export_makes_only_the_missing_days_when_run_again(
    here: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    unloaded: list[str] = []
    real = exporting.files.write

    def dying(sql: str, *others: Any) -> Any:
        made = real(sql, *others)
        if "2026-03-04" in sql:
            raise Stopped
        unloaded.append(sql)
        return made

    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    monkeypatch.setattr(exporting.files, "write", dying)
    with pytest.raises(Stopped):
        here.command("--table", TABLE, "--to", f"s3://{TARGET}/out")
    assert len(unloaded) == 2
    assert here.files("out/_manifests/") == []
    monkeypatch.setattr(exporting.files, "write", lambda sql, *others: unloaded.append(sql) or real(sql, *others))
    manifest = here.export("--table", TABLE)
    assert len(unloaded) == 3
    assert "2026-03-04" in unloaded[2]
    assert manifest["rows"] == 6
    named = [f"out/{file['key']}" for chunk in manifest["chunks"] for file in chunk["files"]]
    assert sorted(named) == here.files(), "what the stopped one left of a day is gone"
    assert here.export("--table", TABLE)["url"] == manifest["url"], "nothing changed: the same manifest"
    assert len(unloaded) == 3


def test_since_exports_the_days_that_changed_and_says_what_they_replace(here: Exporting) -> None:
    first = here.export("--table", TABLE)
    here.arrive("2026-03-02", 20)  # late
    here.arrive("2026-03-05", 1)  # new
    here.lake.later(hours=1)
    here.lake.work("cloudtrail")
    second = here.export("--table", TABLE, "--since", first["url"], folder="changes")
    old = {chunk["day"]: chunk["id"] for chunk in first["chunks"]}
    assert [(one["day"], one["rows"], one["replaces"]) for one in second["chunks"]] == [
        ("2026-03-02", 4, old["2026-03-02"]), ("2026-03-05", 1, ""),
    ]  # fmt: skip
    assert second["since"] == first["url"]
    (read,) = second["chunks"][0]["reads"]
    assert (read["generation"], read["rows"]) == (2, 4)
    third = here.command("--table", TABLE, "--since", second["url"], "--to", f"s3://{TARGET}/changes")
    assert (third.exit_code, third.stdout) == (0, ""), "nothing changed: no manifest"


def test_since_last_goes_on_from_the_newest_export_in_the_target(here: Exporting) -> None:
    none = here.command("--table", TABLE, "--since", "last", "--to", f"s3://{TARGET}/out")
    assert none.exit_code == 4
    here.export("--table", TABLE)
    here.export("--view", "sessions")
    here.arrive("2026-03-03", 21)
    here.lake.later(hours=1)
    here.lake.work("cloudtrail")
    assert [one["day"] for one in here.export("--table", TABLE, "--since", "last")["chunks"]] == ["2026-03-03"]
    changed = [one["day"] for one in here.export("--view", "sessions", "--since", "last")["chunks"]]
    assert {"2026-03-03", "2026-03-04"} <= set(changed), "a session's keystrokes and roles may be a day away"


def test_a_day_that_the_lake_has_no_more_is_named_as_gone(here: Exporting) -> None:
    first = here.export("--table", TABLE)
    here.lake.glue.delete_partition(
        DatabaseName=here.lake.settings.lake.database, TableName=TABLE, PartitionValues=["2026-03-04"]
    )
    second = here.export("--table", TABLE, "--since", "last")
    assert second["chunks"] == []
    assert second["gone"] == {"2026-03-04": first["chunks"][2]["id"]}
    assert "2026-03-04" not in second["holds"]


def test_a_day_that_is_published_during_its_export_is_exported_of_one_state(
    here: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = exporting.files.write, list[str]()

    def meanwhile(sql: str, *others: Any) -> Any:
        made = real(sql, *others)
        tries.append(sql)
        if len(tries) == 1:
            here.arrive("2026-03-02", 22)
            here.lake.later(hours=1)
            here.lake.work("cloudtrail")
        return made

    monkeypatch.setattr(exporting.files, "write", meanwhile)
    manifest = here.export("--table", TABLE, "--from", "2026-03-02", "--to", "2026-03-02")
    assert (len(tries), manifest["rows"]) == (2, 4)
    (read,) = manifest["chunks"][0]["reads"]
    assert read["folder"] == here.lake.partitions(TABLE)["2026-03-02",]
    assert len(here.files()) == len(manifest["chunks"][0]["files"])


def test_rows_that_are_not_those_of_the_books_are_refused_and_not_kept(
    here: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = CatalogAndBooks.generations
    monkeypatch.setattr(
        CatalogAndBooks,
        "generations",
        lambda self, tables: {key: (number, rows + 1) for key, (number, rows) in real(self, tables).items()},
    )
    result = here.command("--table", TABLE, "--to", f"s3://{TARGET}/out")
    assert result.exit_code == 1
    assert "3 rows were written, the lake has 4" in result.output
    assert here.files() == []
    assert here.files("out/_chunks/") == []


def test_a_book_is_exported_too_though_its_own_generations_are_not_booked(here: Exporting) -> None:
    manifest = here.export("--table", "lake_ledger")
    assert manifest["rows"] == here.lake.rows("lake_ledger").num_rows
    assert {one["generation"] for chunk in manifest["chunks"] for one in chunk["reads"]} == {None}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--table", TABLE, "--to", "2026-03-02"], "one target"),
        (["--table", TABLE, "--to", "s3://a-bucket/x", "--to", "s3://b-bucket/x"], "one target"),
        (["--table", TABLE, "--to", "/home/me"], "one target"),
        (["--to", "s3://a-bucket/x"], "--table, --view and --sql"),
        (["--table", TABLE, "--view", "sessions", "--to", "s3://a-bucket/x"], "--table, --view and --sql"),
        (["--table", TABLE, "--from", "2026-03-05", "--to", "2026-03-02", "--to", "s3://a-bucket/x"], "is after"),
        (["--table", TABLE, "--from", "march", "--to", "s3://a-bucket/x"], "not a day"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(here: Exporting, arguments: list[str], said: str) -> None:
    result = here.command(*arguments)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--table", "nothing"], "there is no table or view nothing"),
        (["--sql", "SELECT 1"], "no ? for the day"),
        (["--sql", "SELECT nothing FROM sessions WHERE calendarday = ?"], "COLUMN_NOT_FOUND"),
        (["--table", TABLE, "--since", f"s3://{TARGET}/none.json"], "is no manifest"),
    ],
)
def test_what_cannot_be_exported_is_told_in_a_sentence(here: Exporting, arguments: list[str], said: str) -> None:
    result = here.command(*arguments, "--to", f"s3://{TARGET}/out")
    assert result.exit_code in (1, 4)
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_source_knows_the_tables_it_reads_and_how_far_around_a_day() -> None:
    catalog = {
        "t": "",
        "u": "",
        "near": "SELECT date_add('day', -1, calendarday) FROM t -- u",
        "far": "SELECT * FROM near JOIN u ON INTERVAL '3' DAY",
    }
    assert (of_name("t", catalog).tables, of_name("t", catalog).around) == (("t",), 0)
    assert (of_name("near", catalog).tables, of_name("near", catalog).around) == (("t",), 1)
    assert (of_name("far", catalog).tables, of_name("far", catalog).around) == (("t", "u"), 4)
    assert of_sql("SELECT '?' FROM T WHERE d = ?", catalog).of_day("2026-03-02") == (
        "SELECT '?' FROM T WHERE d = '2026-03-02'"
    )
    with pytest.raises(SourceError):
        of_sql("SELECT 1 WHERE ? = 'x'", catalog)


def test_days_are_moved_by_the_calendar() -> None:
    assert exporting._shifted("2026-03-01", -1) == (datetime(2026, 3, 1, tzinfo=UTC) - timedelta(1)).date().isoformat()
    assert exporting._shifted("", 5) == ""
