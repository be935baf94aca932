"""Athena's statements in Trino's words: only what is around the query changes, and the query keeps its columns."""

from __future__ import annotations

import pytest

from infra.local.athena_errors import QueryError
from infra.local.trino.statements import Statement, read, with_parameters


def trinos(sql: str) -> Statement:
    return read(sql, "s3://results/athena/tables/1/", "t1")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ';' -- TO 's3://x' WITH (\n FROM t",
        "WITH unload AS (SELECT 1) SELECT * FROM unload",
        "VALUES 1",
        "(SELECT 1)",
        "EXPLAIN SELECT 1",
        "INSERT INTO t SELECT 1",
        "CREATE OR REPLACE VIEW v AS SELECT 1 AS a",
        "DROP TABLE IF EXISTS t",
    ],
)
def test_a_statement_that_both_know_goes_as_it_is(sql: str) -> None:
    assert trinos(sql + " ; ") == Statement(sql)


def test_an_unload_is_a_table_aside_and_its_query_keeps_its_column() -> None:
    found = trinos("UNLOAD (SELECT ')' AS a) TO 's3://b/k' WITH (format = 'orc', compression = 'zstd')")
    assert found == Statement(
        'CREATE TABLE "unload"."unload"."t1" WITH (format = \'ORC\', external_location = \'s3://b/k/\') AS\n'
        "        SELECT ')' AS a",
        writes="s3://b/k/",
        table="t1",
        session={"unload.compression_codec": "ZSTD"},
        line=1,
    )


def test_a_table_from_a_query_has_athenas_defaults() -> None:
    found = trinos("CREATE TABLE x AS SELECT 1 AS a")
    assert found == Statement(
        "CREATE TABLE x  WITH (format = 'PARQUET', external_location = 's3://results/athena/tables/1/')\n"
        "               AS SELECT 1 AS a",
        writes="s3://results/athena/tables/1/",
        session={"awsdatacatalog.compression_codec": "GZIP"},
        line=1,
    )


def test_athenas_properties_have_other_names_in_trino() -> None:
    found = trinos(
        "CREATE TABLE d.x WITH (format = 'TEXTFILE', field_delimiter = ',', is_external = true, table_type = 'HIVE', "
        "write_compression = 'NONE', partitioned_by = ARRAY['a', 'b'], external_location = 's3://b/it''s')\n"
        "AS\nSELECT 1 AS n, 2 AS a, 3 AS b"
    )
    assert found.sql == (
        "CREATE TABLE d.x  WITH (format = 'TEXTFILE', textfile_field_separator = ',', "
        "partitioned_by = ARRAY['a', 'b'], external_location = 's3://b/it''s/')\nAS\nSELECT 1 AS n, 2 AS a, 3 AS b"
    )
    assert (found.writes, found.session, found.line) == (
        "s3://b/it's/", {"awsdatacatalog.compression_codec": "NONE"}, 0
    )  # fmt: skip


def test_parameters_are_trinos_to_fill_in() -> None:
    found = with_parameters(trinos("SELECT 'it''s' || ?"), ["'x'", "5"])
    assert found.sql == "EXECUTE IMMEDIATE 'SELECT ''it''''s'' || ?' USING 'x', 5"
    assert with_parameters(found, []) is found


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("", "SYNTAX_ERROR: line 1:1: there is no statement"),
        (";", "SYNTAX_ERROR: line 1:1: there is no statement"),
        ("SELECT 1; SELECT 2", "SYNTAX_ERROR: line 1:1: Only one sql statement is allowed"),
        ("UNLOAD SELECT 1", "SYNTAX_ERROR: line 1:8: mismatched input 'SELECT'. Expecting: '('"),
        ("UNLOAD (SELECT 1", "SYNTAX_ERROR: line 1:16: mismatched input '1'. Expecting: ')'"),
        ("UNLOAD (SELECT 1) TO 's3://b/k/'", "SYNTAX_ERROR: UNLOAD needs WITH (format = '...')"),
        ("UNLOAD (SELECT 1) TO 'b/k/' WITH (format = 'ORC')", "INVALID_TABLE_PROPERTY: location 'b/k/' is not s3://"),
        ("UNLOAD (SELECT 1) TO 's3://b/k/' WITH (format)", "SYNTAX_ERROR: line 1:40: mismatched input 'format'."),
        ("CREATE TABLE x WITH (table_type = 'ICEBERG') AS SELECT 1 AS a", "NOT_SUPPORTED: table_type ICEBERG"),
        ("CREATE EXTERNAL TABLE x (a int) LOCATION 's3://b/k/'", "NOT_SUPPORTED: CREATE EXTERNAL"),
        ("CREATE TABLE x (a int)", "NOT_SUPPORTED: CREATE TABLE"),
        ("CALL system.flush()", "NOT_SUPPORTED: CALL system"),
        ("ALTER TABLE x DROP PARTITION (d = '1')", "NOT_SUPPORTED: ALTER TABLE"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why_and_where(sql: str, reason: str) -> None:
    with pytest.raises(QueryError) as caught:
        trinos(sql)
    assert caught.value.reason.upper().startswith(reason.upper())
