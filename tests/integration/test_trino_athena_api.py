"""Athena's API with Trino behind it, through boto3: values, pages, parameters, errors, UNLOAD, CREATE TABLE AS, a stop.

What is expected was written from Athena's documentation and from what Athena says, not from running this.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
from typing import Any

import boto3
import pyarrow.orc as orc
import pyarrow.parquet as parquet
import pytest
from botocore.exceptions import ClientError

from infra.local import duck, server
from infra.local.trino.engine import Engine
from tests.asking import answered, ask, ended, start
from tests.lakes import SETTINGS, Lake

DATABASE = SETTINGS.lake.database
RESULTS = SETTINGS.buckets.results


@pytest.fixture(autouse=True)
def lake(aws: str, on_trino: Engine) -> Lake:
    """An empty lake, asked through Trino."""
    del aws, on_trino
    return Lake()


def objects(prefix: str) -> dict[str, bytes]:
    """The results bucket's objects under a prefix, by key."""
    s3 = boto3.client("s3")
    found = s3.list_objects_v2(Bucket=RESULTS, Prefix=prefix).get("Contents", [])
    return {one["Key"]: s3.get_object(Bucket=RESULTS, Key=one["Key"])["Body"].read() for one in found}


def tables() -> set[str]:
    found = boto3.client("glue").get_tables(DatabaseName=DATABASE)["TableList"]
    return {one["Name"] for one in found}


# -- answers ---------------------------------------------------------------------------------------------------------

VALUES = (  # SQL, Athena's type, Athena's text
    ("BIGINT '9007199254740993'", "bigint", "9007199254740993"),
    ("5", "integer", "5"),
    ("SMALLINT '1'", "smallint", "1"),
    ("TINYINT '1'", "tinyint", "1"),
    ("1e10", "double", "1.0E10"),
    ("0.1e0", "double", "0.1"),
    ("nan()", "double", "NaN"),
    ("REAL '0.1'", "float", "0.1"),
    ("DECIMAL '1.50'", "decimal", "1.50"),
    ("true", "boolean", "true"),
    ("'a\"b'", "varchar", 'a"b'),
    ("CAST('a' AS char(3))", "char", "a  "),
    ("DATE '2024-03-03'", "date", "2024-03-03"),
    ("TIMESTAMP '2024-03-03 22:22:55.123'", "timestamp", "2024-03-03 22:22:55.123"),
    ("TIMESTAMP '2024-03-03 22:22:55 UTC'", "timestamp with time zone", "2024-03-03 22:22:55.000 UTC"),
    ("X'00ff'", "varbinary", "00 ff"),
    ("ARRAY[1, NULL]", "array", "[1, null]"),
    ("ARRAY[ARRAY[0.5e0]]", "array", "[[0.5]]"),
    ("MAP(ARRAY['a', 'b'], ARRAY[1, NULL])", "map", "{a=1, b=null}"),
    ("CAST(ROW(1, 'x') AS ROW(a bigint, b varchar))", "row", "{a=1, b=x}"),
    ("ROW(1, NULL)", "row", "{field0=1, field1=null}"),
    ("JSON '{\"a\":1}'", "json", '{"a":1}'),
    ("INTERVAL '2' DAY", "interval day to second", "2 00:00:00.000"),
    ("CAST(NULL AS varchar)", "varchar", None),
)


def test_every_type_has_athenas_name_and_its_values_athenas_text() -> None:
    found = answered("SELECT " + ", ".join(sql for sql, _, _ in VALUES))
    assert [kind for _, kind in found.columns] == [kind for _, kind, _ in VALUES]
    assert found.rows == [[text for _, _, text in VALUES]]


def test_the_answers_object_quotes_every_value_and_leaves_null_empty() -> None:
    found = answered("SELECT 'a\"b' AS x, CAST(NULL AS varchar) AS y, 1 AS z")
    location = found.execution["ResultConfiguration"]["OutputLocation"]
    assert objects(location.split("/", 3)[3]) == {location.split("/", 3)[3]: b'"x","y","z"\n"a""b",,"1"\n'}


def test_pages_hold_all_rows_once_and_the_header_once() -> None:
    query = start("SELECT n FROM UNNEST(sequence(1, 2500)) AS t (n) ORDER BY n")
    ended(query)
    athena, token, sizes, values = boto3.client("athena"), {}, [], []
    while True:
        page: dict[str, Any] = athena.get_query_results(QueryExecutionId=query, MaxResults=1000, **token)
        rows = page["ResultSet"]["Rows"]
        sizes.append(len(rows))
        values += [one["Data"][0]["VarCharValue"] for one in rows]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert sizes == [1000, 1000, 501]
    assert values == ["n", *map(str, range(1, 2501))]


def test_the_answers_of_a_query_that_failed_cannot_be_had() -> None:
    failed = ask("SELECT nope")
    with pytest.raises(ClientError, match="Final query state: FAILED"):
        boto3.client("athena").get_query_results(QueryExecutionId=failed.execution["QueryExecutionId"])


def test_parameters_take_the_place_of_question_marks() -> None:
    sql = "SELECT ? || '?' -- no parameter: ?\n, ? + 1"
    assert answered(sql, "'it''s'", "41").rows == [["it's?", "42"]]
    assert answered("SELECT 1 WHERE DATE '2024-03-03' = ?", "DATE '2024-03-03'").rows == [["1"]]


ERRORS = (  # SQL, parameters, what Athena says
    ("SELECT nope FROM sessions", (), "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved or requester is "
     "not authorized to access requested resources"),
    ("SELECT 1\nFROM nope", (), "TABLE_NOT_FOUND: line 2:6: Table 'awsdatacatalog.loglake.nope' does not exist"),
    ("SELECT * FROM nope.t", (), "SCHEMA_NOT_FOUND: line 1:15: Schema 'nope' does not exist"),
    ("SELECT foo(1)", (), "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered"),
    ("SELEC 1", (), "SYNTAX_ERROR: line 1:1: mismatched input 'SELEC'. Expecting: "),
    ("SELECT 'open", (), "SYNTAX_ERROR: line 1:8: mismatched input '''. Expecting: "),
    ("SELECT 1; SELECT 2", (), "SYNTAX_ERROR: line 1:1: Only one sql statement is allowed"),
    ("SELECT 1 / 0", (), "DIVISION_BY_ZERO: Division by zero"),
    ("SELECT CAST('x' AS integer)", (), "INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT"),
    ("SELECT 1 + 'x'", (), "TYPE_MISMATCH: line 1:10: Cannot apply operator: integer + varchar(1)"),
    ("SELECT nope WHERE 1 = ?", ("1",), "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved"),
    ("SELECT\n nope WHERE 1 = ?", ("1",), "COLUMN_NOT_FOUND: line 2:2: Column 'nope' cannot be resolved"),
    ("SELECT ?, ?", ("1",), "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 2 but "
     "found 1"),
    ("UNLOAD (SELECT nope) TO 's3://loglake-query-results/x/' WITH (format = 'ORC')", (),
     "COLUMN_NOT_FOUND: line 1:16: Column 'nope' cannot be resolved"),
    ("CREATE TABLE x AS\n\n SELECT nope", (), "COLUMN_NOT_FOUND: line 3:9: Column 'nope' cannot be resolved"),
    ("CREATE TABLE x AS SELECT 1", (), "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1"),
    ("UNLOAD (SELECT 1 AS a) TO 's3://nope-bucket/x/' WITH (format = 'ORC')", (), "HIVE_FILESYSTEM_ERROR: bucket"),
    ("UNLOAD (SELECT 1 AS a) TO 's3://loglake-query-results/x/' WITH (format = 'XML')", (), "NOT_SUPPORTED: format"),
    ("UNLOAD (SELECT 1 AS a) WITH (format = 'ORC')", (), "SYNTAX_ERROR: line 1:24: mismatched input 'WITH'"),
    ("MSCK REPAIR TABLE x", (), "NOT_SUPPORTED: MSCK REPAIR"),
    ("DELETE FROM lake_ledger", (), "NOT_SUPPORTED: DELETE FROM"),
)  # fmt: skip


@pytest.mark.parametrize(("sql", "parameters", "reason"), ERRORS, ids=[sql[:30] for sql, _, _ in ERRORS])
def test_an_error_is_told_in_athenas_words_and_at_its_place(sql: str, parameters: tuple[str, ...], reason: str) -> None:
    found = ask(sql, *parameters)
    assert found.state == "FAILED"
    assert found.reason.startswith(reason)
    assert found.execution["Status"]["AthenaError"]["ErrorCategory"] == 2


def test_a_view_whose_declared_types_are_wrong_is_stale() -> None:
    glue = boto3.client("glue")
    answered("CREATE VIEW one AS SELECT 1 AS n")
    view = glue.get_table(DatabaseName=DATABASE, Name="one")["Table"]
    text = base64.b64decode(view["ViewOriginalText"].split()[3]).decode()
    assert '"integer"' in text
    wrong = base64.b64encode(text.replace('"integer"', '"varchar"').encode()).decode()
    kept = ("Name", "TableType", "ViewExpandedText", "PartitionKeys", "StorageDescriptor", "Parameters", "Owner")
    changed = {name: view[name] for name in kept if name in view}
    glue.update_table(DatabaseName=DATABASE, TableInput={**changed, "ViewOriginalText": f"/* Presto View: {wrong} */"})
    assert ask("SELECT * FROM one").reason.startswith("VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.loglake.one'")


# -- stopping --------------------------------------------------------------------------------------------------------


def test_a_stopped_query_ends_in_trino_too(on_trino: Engine) -> None:
    del on_trino
    mark = "endless"
    query = start(
        f"SELECT count(*) AS {mark} FROM UNNEST(sequence(1, 10000)) AS a (x), UNNEST(sequence(1, 10000)) AS b (y), "
        "UNNEST(sequence(1, 10000)) AS c (z) WHERE x * y + z = 7"
    )
    others = f"FROM system.runtime.queries WHERE query LIKE 'SELECT count(*) AS {mark}%'"
    while not answered(f"SELECT 1 {others} AND state = 'RUNNING'").rows:
        pass
    boto3.client("athena").stop_query_execution(QueryExecutionId=query)
    assert ended(query)["Status"]["State"] == "CANCELLED"
    assert answered(f"SELECT DISTINCT state, error_code {others}").rows == [["FAILED", "USER_CANCELED"]]


# -- writing ---------------------------------------------------------------------------------------------------------


def test_unload_writes_files_that_its_manifest_names_and_no_table() -> None:
    before = tables()
    query = "SELECT n, ? AS t FROM UNNEST(sequence(1, 3)) AS s (n)"
    found = answered(f"UNLOAD ({query}) TO 's3://{RESULTS}/out' WITH (format = 'PARQUET')", "'x'")
    files = objects("out/")
    manifest = objects(found.manifest.split("/", 3)[3])
    assert list(manifest.values()) == ["".join(f"s3://{RESULTS}/{key}\n" for key in files).encode()]
    rows = [row for content in files.values() for row in parquet.read_table(io.BytesIO(content)).to_pylist()]
    assert sorted(row["n"] for row in rows) == [1, 2, 3]
    assert {row["t"] for row in rows} == {"x"}
    assert (found.updated, tables()) == (3, before)
    assert not answered("SHOW DATABASES").rows[1:]


def test_unload_refuses_a_folder_that_is_not_empty_and_leaves_it_alone() -> None:
    boto3.client("s3").put_object(Bucket=RESULTS, Key="out/mine.txt", Body=b"mine")
    found = ask(f"UNLOAD (SELECT 1 AS a) TO 's3://{RESULTS}/out/' WITH (format = 'JSON')")
    assert found.reason.startswith("HIVE_PATH_ALREADY_EXISTS: Target directory")
    assert objects("out/") == {"out/mine.txt": b"mine"}


def unloaded(properties: str) -> list[bytes]:
    """The files of an UNLOAD of one row: a = 1, b = 'x,y'."""
    answered(f"UNLOAD (SELECT 1 AS a, 'x,y' AS b) TO 's3://{RESULTS}/out/' WITH ({properties})")
    return list(objects("out/").values())


def test_unload_to_orc_is_zlib() -> None:
    (content,) = unloaded("format = 'ORC'")
    file = orc.ORCFile(io.BytesIO(content))
    assert (file.compression, file.read().to_pylist()) == ("ZLIB", [{"a": 1, "b": "x,y"}])


def test_unload_to_json_is_a_gzipped_document_a_line() -> None:
    (content,) = unloaded("format = 'JSON'")
    assert json.loads(gzip.decompress(content)) == {"a": 1, "b": "x,y"}


def test_unload_to_text_quotes_nothing() -> None:
    assert unloaded("format = 'TEXTFILE', field_delimiter = ',', compression = 'NONE'") == [b"1,x,y\n"]


def test_unload_to_parquet_compresses_as_it_is_told() -> None:
    (content,) = unloaded("format = 'parquet', compression = 'SNAPPY'")
    assert parquet.ParquetFile(io.BytesIO(content)).metadata.row_group(0).column(0).compression == "SNAPPY"


def test_unload_by_partitions_makes_a_folder_a_value() -> None:
    answered(
        f"UNLOAD (SELECT n, 'd' || CAST(n % 2 AS varchar) AS day FROM UNNEST(sequence(1, 4)) AS s (n)) "
        f"TO 's3://{RESULTS}/out/' WITH (format = 'ORC', partitioned_by = ARRAY['day'])"
    )
    assert {key.split("/")[1] for key in objects("out/")} == {"day=d0", "day=d1"}


def test_a_table_made_from_a_query_is_there_for_both_engines_and_its_files_outlive_it(on_trino: Engine) -> None:
    found = answered(
        "CREATE TABLE made WITH (format = 'ORC', write_compression = 'ZLIB', partitioned_by = ARRAY['day']) AS "
        "SELECT n, '2024-03-0' || CAST(n + 3 AS varchar) AS day FROM UNNEST(sequence(1, 2)) AS s (n)"
    )
    assert (found.updated, found.execution["StatementType"]) == (2, "DDL")
    table = boto3.client("glue").get_table(DatabaseName=DATABASE, Name="made")["Table"]
    folder = f"athena/tables/{found.execution['QueryExecutionId']}/"
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["StorageDescriptor"]["Location"].rstrip("/") == f"s3://{RESULTS}/{folder}".rstrip("/")
    question = "SELECT n, day FROM made WHERE day = '2024-03-05'"
    rows = [["2", "2024-03-05"]]
    assert answered(question).rows == rows
    quick = duck.Engine()
    server.answer_with(quick)
    try:
        assert answered(question).rows == rows
    finally:
        server.answer_with(on_trino)
        quick.close()
    written = objects(folder)
    answered("DROP TABLE made")
    assert "made" not in tables()
    assert objects(folder) == written
    assert len(written) == 2


def test_a_table_made_where_it_is_told_in_athenas_default_format() -> None:
    answered(f"CREATE TABLE made WITH (external_location = 's3://{RESULTS}/here/') AS SELECT 1 AS n, 'x' AS t")
    (content,) = objects("here/").values()
    assert parquet.read_table(io.BytesIO(content)).to_pylist() == [{"n": 1, "t": "x"}]


def test_rows_are_inserted_into_a_table_and_the_next_query_sees_them() -> None:
    answered("CREATE TABLE made WITH (format = 'ORC') AS SELECT 1 AS n")
    assert answered("INSERT INTO made VALUES 2, 3").updated == 2
    assert answered("SELECT n FROM made ORDER BY n").rows == [["1"], ["2"], ["3"]]


def test_a_view_made_by_a_query_is_athenas_form_and_can_be_dropped() -> None:
    answered("CREATE OR REPLACE VIEW short AS SELECT 'x' AS t")
    view = boto3.client("glue").get_table(DatabaseName=DATABASE, Name="short")["Table"]
    assert (view["TableType"], view["Parameters"]["presto_view"]) == ("VIRTUAL_VIEW", "true")
    assert answered("SELECT * FROM short").rows == [["x"]]
    answered("DROP VIEW short")
    assert "short" not in tables()
