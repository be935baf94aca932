"""The local Athena's engine: SQL as people write it for Athena, answers written out by hand."""

from __future__ import annotations

import base64
import io
import json
import threading
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.orc as orc
import pytest

from infra.local import duck
from infra.local.athena_catalog import CatalogTable, Partition
from infra.local.athena_errors import QueryError
from infra.local.athena_information import answer, is_information
from infra.local.athena_results import Result, column_info, csv, page, texts

EVENTS = (
    ("id", "bigint", ""),
    ("name", "string", ""),
    ("at", "timestamp", ""),
    ("js", "string", ""),
    ("ok", "boolean", ""),
)
DAY = (("calendarday", "string", "The day."),)
MOMENT = datetime(2024, 3, 3, 22, 22, 55, 123000)  # noqa: DTZ001 - naive, holding UTC, as the files have it
JSON = '{"target":"i-1","n":5,"list":[1,2],"inner":{"x":1},"none":null}'


def orc_file(**columns: list[Any]) -> bytes:
    types = {"id": pa.int64(), "name": pa.string(), "at": pa.timestamp("us"), "js": pa.string(), "ok": pa.bool_()}
    table = pa.table({name: pa.array(values, types[name]) for name, values in columns.items()})
    sink = io.BytesIO()
    orc.write_table(table, sink, compression="zlib")
    return sink.getvalue()


def view(sql: str, schema: str = "lake", **columns: str) -> CatalogTable:
    definition = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": schema}
    definition["columns"] = [{"name": name, "type": kind} for name, kind in columns.items()]  # type: ignore[assignment]
    text = base64.b64encode(json.dumps(definition).encode()).decode()
    hive = tuple((name, kind, "") for name, kind in columns.items())
    return CatalogTable("v", hive, view=f"/* Presto View: {text} */")


class Shelf:
    """A catalog in memory: one database of events on three days, of which two are registered."""

    def __init__(self) -> None:
        self.views: dict[str, Any] = {}  # what an engine remembers between queries
        self.read_files: list[str] = []
        self.content = {
            "b/t/d1/g2/a.orc": orc_file(
                id=[1, 2], name=["ann", None], at=[MOMENT, None], js=[JSON, None],
                ok=[True, None],
            ),
            "b/t/d1/g1/old.orc": orc_file(id=[99], name=["a generation before"]),
            "b/t/d2/g1/a.orc": orc_file(name=["bob"], id=[3]),  # an older file: fewer columns, another order
            "b/t/d3/g1/a.orc": orc_file(id=[77], name=["never registered"]),
        }  # fmt: skip
        self.known = {
            "events": CatalogTable("events", EVENTS, DAY),
            "empty": CatalogTable("empty", EVENTS, DAY),
            "raw": CatalogTable("raw", EVENTS, DAY, orc=False),
            "plain": CatalogTable("plain", EVENTS[:2], location="s3://b/t/d2/g1/"),
            "named": view(
                "SELECT id, name, calendarday FROM events WHERE name IS NOT NULL",
                id="bigint", name="varchar", calendarday="varchar",
            ),
            "upper": view("SELECT upper(name) FROM named", big="varchar"),
            "selfish": view("SELECT * FROM selfish", x="bigint"),
        }  # fmt: skip

    def databases(self) -> list[str]:
        return ["default", "lake"]

    def tables(self, database: str) -> list[CatalogTable]:
        if database == "default":
            return []
        if database != "lake":
            raise KeyError(database)
        return [CatalogTable(name, one.columns, one.keys, one.view, one.orc) for name, one in self.known.items()]

    def table(self, database: str, name: str) -> CatalogTable | None:
        if database not in self.databases():
            raise KeyError(database)
        return self.known.get(name) if database == "lake" else None

    def partitions(self, database: str, name: str) -> list[Partition]:
        days = [Partition(("2024-03-03",), "s3://b/t/d1/g2/"), Partition(("2024-03-04",), "s3://b/t/d2/g1/")]
        return days if (database, name) == ("lake", "events") else []

    def files(self, location: str) -> list[str]:
        return [path for path in self.content if f"s3://{path}".startswith(location)]

    def read(self, path: str) -> bytes:
        self.read_files.append(path)
        return self.content[path]


@pytest.fixture(scope="module")
def database() -> Any:
    return duck.database()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def ask(database: Any, shelf: Shelf) -> Any:
    """Asks; gives the rows as Athena's texts, None for null."""

    def run(sql: str, *parameters: str, schema: str = "lake") -> list[list[str | None]]:
        with database.cursor() as cursor:
            return list(texts(duck.Query(cursor, shelf, shelf.views).run(sql, schema, parameters).rows))

    return run


def result(database: Any, shelf: Shelf, sql: str) -> Result:
    with database.cursor() as cursor:
        return duck.Query(cursor, shelf, shelf.views).run(sql, "lake")


# -- tables ----------------------------------------------------------------------------------------------------------


def test_only_the_registered_partitions_folders_are_read(ask: Any) -> None:
    assert ask("SELECT id, name, calendarday FROM events ORDER BY id") == [
        ["1", "ann", "2024-03-03"],
        ["2", None, "2024-03-03"],
        ["3", "bob", "2024-03-04"],
    ]


def test_a_column_that_a_file_lacks_is_null_and_columns_go_by_name(ask: Any) -> None:
    assert ask("SELECT * FROM events WHERE id = 3") == [["3", "bob", None, None, None, "2024-03-04"]]


@pytest.mark.parametrize(
    "condition",
    [
        "calendarday = '2024-03-04'",
        "calendarday BETWEEN '2024-03-04' AND '2024-03-31'",
        "calendarday > '2024-03-03' AND name <> 'x'",
        "calendarday IN ('2024-03-04', '2024-03-05')",
    ],
)
def test_a_condition_on_the_day_leaves_other_days_unopened(ask: Any, shelf: Shelf, condition: str) -> None:
    assert ask(f"SELECT id FROM named WHERE {condition}") == [["3"]]
    assert set(shelf.read_files) == {"b/t/d2/g1/a.orc"}


def test_the_bytes_scanned_are_those_of_the_files_that_were_opened(database: Any, shelf: Shelf) -> None:
    found = result(database, shelf, "SELECT id FROM events WHERE calendarday = '2024-03-04'")
    assert found.scanned == len(shelf.content["b/t/d2/g1/a.orc"])


def test_a_table_without_partitions_answers_with_no_rows_and_its_types(database: Any, shelf: Shelf) -> None:
    found = result(database, shelf, "SELECT * FROM empty")
    assert found.rows.num_rows == 0
    assert found.names == ["id", "name", "at", "js", "ok", "calendarday"]
    assert found.types == ["bigint", "varchar", "timestamp", "varchar", "boolean", "varchar"]


def test_a_table_without_partition_keys_is_its_own_folder(ask: Any) -> None:
    assert ask("SELECT id, name FROM plain") == [["3", "bob"]]


@pytest.mark.parametrize(
    "name", ["events", "EVENTS", '"events"', "lake.events", '"Lake"."Events"', "awsdatacatalog.lake.events"]
)
def test_a_table_is_found_however_it_is_named(ask: Any, name: str) -> None:
    assert ask(f"SELECT count(*) FROM {name}") == [["3"]]


def test_columns_may_be_qualified_by_table_alias_or_database(ask: Any) -> None:
    assert ask("SELECT e.id, E.NAME FROM lake.events e WHERE e.id = 1") == [["1", "ann"]]
    assert ask("SELECT events.id, lake.events.name FROM lake.events WHERE events.id = 1") == [["1", "ann"]]


def test_a_views_names_mean_its_own_database(ask: Any) -> None:
    assert ask("SELECT big FROM lake.upper ORDER BY 1", schema="default") == [["ANN"], ["BOB"]]


def test_a_view_is_what_the_catalog_says_now_whatever_was_asked_before(ask: Any, shelf: Shelf) -> None:
    for _ in range(2):
        assert ask("SELECT big FROM upper ORDER BY 1") == [["ANN"], ["BOB"]]
    shelf.known["named"] = view("SELECT 'zoe' AS name", name="varchar")
    assert ask("SELECT big FROM upper") == [["ZOE"]]
    shelf.known["upper"] = view("SELECT lower(name) FROM named", big="varchar")
    assert ask("SELECT big FROM upper") == [["zoe"]]
    del shelf.known["named"]
    with pytest.raises(QueryError, match=r"TABLE_NOT_FOUND: line 1:25: Table .*named"):
        ask("SELECT big FROM upper")
    shelf.known["named"] = view("SELECT big AS name FROM upper", name="varchar")
    with pytest.raises(QueryError, match="VIEW_IS_RECURSIVE"):
        ask("SELECT big FROM upper")


def test_a_view_moves_days_by_the_types_that_its_tables_have_now(ask: Any, shelf: Shelf) -> None:
    shelf.known["days"] = view("SELECT DATE '2024-03-03' AS d", d="date")
    shelf.known["before"] = view("SELECT CAST(d - INTERVAL '1' DAY AS varchar) FROM days", text="varchar")
    assert ask("SELECT text FROM before") == [["2024-03-02"]]
    shelf.known["days"] = view("SELECT TIMESTAMP '2024-03-03 10:00:00' AS d", d="timestamp")
    assert ask("SELECT text FROM before") == [["2024-03-02 10:00:00.000"]]


def test_a_tables_partitions_and_the_information_schema_can_be_asked(ask: Any) -> None:
    assert ask('SELECT max(calendarday), count(*) FROM "events$partitions"') == [["2024-03-04", "2"]]
    assert ask(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'plain' ORDER BY 1"
    ) == [["id", "bigint"], ["name", "varchar"]]
    assert ask("SELECT count(*) FROM information_schema.tables WHERE table_type = 'VIEW'") == [["3"]]


def test_a_date_moved_by_days_stays_a_date_wherever_it_comes_from(ask: Any) -> None:
    moved = "today - INTERVAL '1' DAY, CAST(today - INTERVAL '1' DAY AS varchar)"
    expected = [["2024-02-29", "2024-02-29"]]
    assert ask(f"WITH d AS (SELECT DATE '2024-03-01' AS today) SELECT {moved} FROM d") == expected
    assert (
        ask(f"SELECT {moved} FROM (SELECT date_parse('2024-03-01', '%Y-%m-%d') x, DATE '2024-03-01' today)") == expected
    )
    assert ask("SELECT at + INTERVAL '1' DAY AS Later FROM events WHERE id = 1") == [["2024-03-04 22:22:55.123"]]
    assert ask("SELECT date_add('day', 1, date(calendarday)) FROM named WHERE id = 1") == [["2024-03-04"]]


def test_a_name_of_with_is_not_looked_up_in_the_catalog(ask: Any) -> None:
    assert ask("WITH nowhere AS (SELECT 7 AS x) SELECT x FROM nowhere") == [["7"]]
    assert ask("WITH events AS (SELECT id FROM lake.events WHERE id = 1) SELECT * FROM events") == [["1"]]


def test_subqueries_joins_and_unions_read_tables_too(ask: Any) -> None:
    assert ask(
        "SELECT a.id FROM events a LEFT JOIN named b ON a.id = b.id WHERE b.id IS NULL "
        "UNION ALL SELECT max(id) FROM (SELECT id FROM events WHERE EXISTS (SELECT 1 FROM named))"
    ) == [["2"], ["3"]]


# -- functions: what Athena answers, by hand -------------------------------------------------------------------------

ONE_ROW: dict[str, list[str | None]] = {
    # JSON
    f"json_extract_scalar('{JSON}', '$.target'), json_extract_scalar('{JSON}', '$.n')": ["i-1", "5"],
    f"json_extract_scalar('{JSON}', '$.inner'), json_extract_scalar('{JSON}', '$.none')": [None, None],
    "json_extract_scalar('no JSON', '$.a'), json_extract('no JSON', '$.a')": [None, None],
    """json_extract_scalar('{"a.b":"x"}', '$["a.b"]')""": ["x"],
    f"json_extract_scalar('{JSON}', '$.list[1]'), json_array_get('[4,5]', 1)": ["2", "5"],
    f"json_extract('{JSON}', '$.inner'), json_format(json_extract('{JSON}', '$.list'))": ['{"x":1}', "[1,2]"],
    f"json_array_length(json_extract('{JSON}', '$.list')), json_size('{JSON}', '$.inner')": ["2", "1"],
    f"CAST(json_extract('{JSON}', '$.list') AS array(bigint))": ["[1, 2]"],
    # dates and times
    "date_diff('second', TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-01 00:01:30')": ["90"],
    "date_add('day', -1, DATE '2024-03-01'), date_add('minute', 5, TIMESTAMP '2024-03-01 00:00:00')": [
        "2024-02-29",
        "2024-03-01 00:05:00.000",
    ],
    "DATE '2024-03-01' - INTERVAL '1' DAY, CAST(DATE '2024-03-01' - INTERVAL '7' DAY AS varchar)": [
        "2024-02-29",
        "2024-02-23",
    ],
    "date_parse('2024-03-03', '%Y-%m-%d'), date_parse('2024-03-03 10:11:12', '%Y-%m-%d %H:%i:%s')": [
        "2024-03-03 00:00:00.000",
        "2024-03-03 10:11:12.000",
    ],
    "date_format(date_add('day', -1, date_parse('2024-03-01', '%Y-%m-%d')), '%Y-%m-%d')": ["2024-02-29"],
    "from_iso8601_timestamp('2024-03-03T22:22:55.5+02:00')": ["2024-03-03 20:22:55.500 UTC"],
    "to_iso8601(TIMESTAMP '2024-03-03 22:22:55.1'), to_iso8601(DATE '2024-03-03')": [
        "2024-03-03T22:22:55.100",
        "2024-03-03",
    ],
    "from_unixtime(1709504575), to_unixtime(TIMESTAMP '2024-03-03 22:22:55')": [
        "2024-03-03 22:22:55.000 UTC",
        "1.709504575E9",
    ],
    "date_trunc('hour', TIMESTAMP '2024-03-03 22:22:55'), day_of_week(DATE '2024-03-03')": [
        "2024-03-03 22:00:00.000",
        "7",
    ],
    "CAST(TIMESTAMP '2024-03-03 01:02:03' AS varchar), CAST(TIMESTAMP '2024-03-03 01:02:03' AS date)": [
        "2024-03-03 01:02:03.000",
        "2024-03-03",
    ],
    "millisecond(TIMESTAMP '2024-03-03 01:02:03.456'), current_date > DATE '2024-01-01'": ["456", "true"],
    "parse_datetime('2024-03-03 05', 'yyyy-MM-dd HH'), last_day_of_month(DATE '2024-02-03')": [
        "2024-03-03 05:00:00.000 UTC",
        "2024-02-29",
    ],
    # text
    "regexp_like('abc', 'b'), regexp_extract('i-0abc', 'i-([0-9a-f]+)', 1), regexp_extract('z', 'a')": [
        "true",
        "0abc",
        None,
    ],
    "regexp_replace('a1b2', '([0-9])', '<$1>'), regexp_replace('aXbX', 'X')": ["a<1>b<2>", "ab"],
    "split('a,b,c', ','), split('a,b,c', ',', 2), split_part('a,b', ',', 3)": ["[a, b, c]", "[a, b,c]", None],
    "concat('a', 'b', 'c'), concat('a', NULL), 'a' || NULL": ["abc", None, None],
    "substr('hello', 2, 3), strpos('hello', 'l'), lpad('5', 3, '0'), length('é')": ["ell", "3", "005", "1"],
    "format('%s-%03d', 'a', 5), codepoint('a'), chr(97), to_hex(to_utf8('az'))": ["a-005", "97", "a", "617A"],
    "url_extract_host('https://u@example.com:8443/x?y'), url_decode('a%20b')": ["example.com", "a b"],
    "'a_c' LIKE 'a\\_c' ESCAPE '\\', 'abc' LIKE 'a%', 'it''s'": ["true", "true", "it's"],
    # arrays and maps; positions count from 1
    "cardinality(ARRAY[1,2]), contains(ARRAY['a'], 'a'), element_at(ARRAY[1,2], 5), ARRAY[7,8][1]": [
        "2",
        "true",
        None,
        "7",
    ],
    "transform(ARRAY[1,2], x -> x + 1), filter(ARRAY[1,2], x -> x > 1), any_match(ARRAY[1,2], x -> x > 1)": [
        "[2, 3]",
        "[2]",
        "true",
    ],
    "reduce(ARRAY[1,2], 0, (s, x) -> s + x, s -> s), repeat('a', 2), sequence(1, 3)": ["3", "[a, a]", "[1, 2, 3]"],
    "slice(ARRAY[1,2,3], 2, 2), array_join(ARRAY['a', NULL], ','), array_position(ARRAY['a'], 'b')": [
        "[2, 3]",
        "a",
        "0",
    ],
    "sequence(DATE '2024-01-01', DATE '2024-01-02', INTERVAL '1' DAY)": ["[2024-01-01, 2024-01-02]"],
    "MAP(ARRAY['a'], ARRAY[1])['a'], MAP(ARRAY['a'], ARRAY[1])": ["1", "{a=1}"],
    # numbers and casts
    "7 / 2, 7.0 / 2, 7 % 3, TRY(1 / 0), TRY_CAST('x' AS integer), CAST(5 AS varchar)": [
        "3",
        "3.5",
        "1",
        None,
        None,
        "5",
    ],
    "TIMESTAMP '2024-03-03 22:22:55' - TIMESTAMP '2024-03-01 22:22:50.5', INTERVAL '90' MINUTE": [
        "2 00:00:04.500",
        "0 01:30:00.000",
    ],
    "1e0 / 3, 1e7, 12345678e0, 0.0001e0, -1e0": ["0.3333333333333333", "1.0E7", "1.2345678E7", "1.0E-4", "-1.0"],
    "true, NULL, CAST(ROW(1, 'a') AS ROW(x integer, y varchar)), X'61ff'": ["true", None, "{x=1, y=a}", "61 ff"],
    "IF(1 = 2, 'x'), coalesce(NULL, 'y'), nullif('a', 'a'), greatest(1, 2), typeof(1)": [
        None,
        "y",
        None,
        "2",
        "integer",
    ],
}


@pytest.mark.parametrize("expressions", ONE_ROW)
def test_expressions_mean_what_they_mean_in_athena(ask: Any, expressions: str) -> None:
    assert ask(f"SELECT {expressions}") == [ONE_ROW[expressions]]


def test_aggregates(ask: Any) -> None:
    assert ask(
        "SELECT count(*), count(name), sum(id), approx_distinct(id), max_by(name, id), min_by(name, id), "
        "array_agg(id ORDER BY id DESC), approx_percentile(id, 0.5), "
        "count_if(ok), count(*) FILTER (WHERE ok), bool_or(ok) FROM events"
    ) == [["3", "2", "6", "3", "bob", "ann", "[3, 2, 1]", "2", "1", "1", "true"]]


def test_window_functions(ask: Any) -> None:
    assert ask(
        "SELECT id, row_number() OVER (ORDER BY id DESC), lag(id) OVER (PARTITION BY calendarday ORDER BY id) "
        "FROM events ORDER BY id"
    ) == [["1", "3", None], ["2", "2", "1"], ["3", "1", None]]


def test_unnest_with_ordinality_counts_from_1_beside_each_row(ask: Any) -> None:
    assert ask(
        "SELECT e.id, u.part, u.n FROM events e CROSS JOIN UNNEST(split(e.name, 'n')) WITH ORDINALITY AS u(part, n) "
        "WHERE e.id = 1 ORDER BY u.n"
    ) == [["1", "a", "1"], ["1", "", "2"], ["1", "", "3"]]


def test_nulls_sort_last_in_both_directions(ask: Any) -> None:
    assert ask("SELECT name FROM events ORDER BY name") == [["ann"], ["bob"], [None]]
    assert ask("SELECT name FROM events ORDER BY name DESC") == [["bob"], ["ann"], [None]]


def test_question_marks_take_literals_in_the_order_of_the_text(ask: Any) -> None:
    sql = "SELECT ?, id FROM events WHERE name = ? AND calendarday = ? LIMIT 1"
    assert ask(sql, "5", "'ann'", "'2024-03-03'") == [["5", "1"]]
    assert ask("SELECT '?' , ?", "'it''s'") == [["?", "it's"]]


@pytest.mark.parametrize("parameter", ["ann", "1; DROP TABLE x", "(SELECT 1)", "id"])
def test_a_parameter_that_is_no_literal_is_refused(ask: Any, parameter: str) -> None:
    with pytest.raises(QueryError, match="is not a literal"):
        ask("SELECT id FROM events WHERE name = ?", parameter)


# -- errors ----------------------------------------------------------------------------------------------------------

REASONS = {
    "SELECT * FROM nowhere": "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake.nowhere' does not exist",
    "SELECT *\nFROM other.events": "SCHEMA_NOT_FOUND: line 2:6: Schema 'other' does not exist",
    "SELECT * FROM elsewhere.lake.events": "CATALOG_NOT_FOUND: line 1:15: Catalog 'elsewhere' not found",
    "SELECT id,\n  nothing FROM events": "COLUMN_NOT_FOUND: line 2:3: Column 'nothing' cannot be resolved",
    "SELECT e.nothing FROM events e": "COLUMN_NOT_FOUND: line 1:10: Column 'nothing' cannot be resolved",
    "SELECT no_such_thing(1)": "FUNCTION_NOT_FOUND: line 1:8: Function 'no_such_thing' not registered",
    "SELECT * FRM events": "SYNTAX_ERROR: line 1:14: mismatched input 'events'",
    "SELECT 'open": "SYNTAX_ERROR: ",
    "SELECT 1; SELECT 2": "SYNTAX_ERROR: line 1:1: Only one sql statement is allowed",
    "SELECT 1 / 0": "DIVISION_BY_ZERO: Division by zero",
    "SELECT CAST(name AS integer) FROM events": "INVALID_CAST_ARGUMENT: ",
    "SELECT * FROM events WHERE name = ?": "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters",
    "SELECT * FROM raw": "NOT_SUPPORTED: raw is not ORC",
    "SELECT * FROM selfish": "VIEW_IS_RECURSIVE: ",
    "DROP TABLE events": "NOT_SUPPORTED: DROP",
    "INSERT INTO events SELECT * FROM events": "NOT_SUPPORTED: INSERT",
    "CREATE TABLE x AS SELECT 1": "NOT_SUPPORTED: CREATE",
    "SELECT TIMESTAMP '2024-01-01 00:00:00' AT TIME ZONE 'Europe/Berlin'": "NOT_SUPPORTED: the local engine knows no",
}


@pytest.mark.parametrize("sql", REASONS)
def test_a_query_fails_in_athenas_words(ask: Any, sql: str) -> None:
    with pytest.raises(QueryError) as caught:
        ask(sql)
    assert caught.value.reason.startswith(REASONS[sql])
    assert caught.value.user


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_parquet('http://127.0.0.1:9/x')",
        "SELECT * FROM query('COPY (SELECT 1) TO ''/loglake-must-not-exist''')",
        "COPY (SELECT 1) TO '/loglake-must-not-exist'",
        "ATTACH '/loglake-must-not-exist'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT getenv('HOME')",
        "SELECT * FROM shelf",
    ],
)  # fmt: skip
def test_no_query_reaches_files_the_network_or_the_process(ask: Any, sql: str) -> None:
    with pytest.raises(QueryError):
        ask(sql)


def test_a_stopped_query_ends(database: Any, shelf: Shelf) -> None:
    with database.cursor() as cursor:
        query, ended = duck.Query(cursor, shelf, shelf.views), threading.Event()

        def stop() -> None:
            while not ended.wait(0.1):  # a busy machine may begin the query later than the first stop
                query.stop()

        stopper = threading.Thread(target=stop)
        stopper.start()
        many = "UNNEST(sequence(1, 100000))"
        with pytest.raises(QueryError, match="USER_CANCELED"):
            query.run(f"SELECT count(*) FROM {many} a(x) CROSS JOIN {many} b(y) WHERE x * y = 7", "lake")
        ended.set()
        stopper.join()


# -- results ---------------------------------------------------------------------------------------------------------


def test_columns_without_a_name_are_called_by_their_position(database: Any, shelf: Shelf) -> None:
    found = result(database, shelf, "SELECT count(*), max(id) AS Top, 5, 'text' FROM events")
    assert found.names == ["_col0", "Top", "_col2", "_col3"]
    assert result(database, shelf, "SELECT *, 1 FROM named").names == ["id", "name", "calendarday", "_col3"]
    assert result(database, shelf, "SELECT a.id, b.id FROM events a, events b").names == ["id", "id"]


def test_column_info_has_athenas_types(database: Any, shelf: Shelf) -> None:
    sql = (
        "SELECT id, CAST(id AS integer), name, at, ok, CAST(1 AS double), DATE '2024-01-01', ARRAY[1], "
        "current_timestamp, sum(id) OVER (), json_extract(js, '$'), MAP(ARRAY['a'], ARRAY[1]), "
        "CAST(1.5 AS decimal(4,2)), X'00' FROM events"
    )
    info = column_info(result(database, shelf, sql))
    assert [one["Type"] for one in info] == [
        "bigint", "integer", "varchar", "timestamp", "boolean", "double", "date", "array", "timestamp with time zone",
        "bigint", "json", "map", "decimal", "varbinary",
    ]  # fmt: skip
    assert (info[12]["Precision"], info[12]["Scale"]) == (4, 2)


def test_the_csv_quotes_every_value_and_leaves_null_empty(database: Any, shelf: Shelf) -> None:
    found = result(
        database, shelf, "SELECT id, name, '' AS none, 'a \"b\", c' AS odd FROM events WHERE id IN (1, 2) ORDER BY id"
    )
    assert csv(found).decode() == (
        '"id","name","none","odd"\n"1","ann","","a ""b"", c"\n"2",,"","a ""b"", c"\n'
    )  # fmt: skip


def test_pages_begin_with_the_header_and_lose_no_row(database: Any, shelf: Shelf) -> None:
    found = result(database, shelf, "SELECT x FROM UNNEST(sequence(1, 2500)) u(x)")
    rows: list[list[str | None]] = []
    start: int | None = 0
    sizes = []
    while start is not None:
        more, start = page(found, start, 1000)
        sizes.append(len(more))
        rows += more
    assert sizes == [1000, 1000, 501]
    assert rows == [["x"], *([str(number)] for number in range(1, 2501))]


# -- SHOW and DESCRIBE -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SHOW DATABASES", [["default"], ["lake"]]),
        ("show tables in lake 'e*'", [["events"], ["empty"]]),
        ("SHOW VIEWS", [["named"], ["upper"], ["selfish"]]),
        ("SHOW PARTITIONS lake.events;", [["calendarday=2024-03-03"], ["calendarday=2024-03-04"]]),
        ("SHOW COLUMNS IN plain", [["id"], ["name"]]),
        ("DESCRIBE `plain`", [["id", "bigint", ""], ["name", "string", ""]]),
        ("SHOW CREATE VIEW upper", [["CREATE VIEW lake.upper AS"], ["SELECT upper(name) FROM named"]]),
    ],
)
def test_show_and_describe_say_what_the_catalog_holds(shelf: Shelf, sql: str, rows: list[list[str]]) -> None:
    assert is_information(sql)
    found = answer(sql, "lake", shelf)
    assert list(texts(found.rows)) == rows
    assert page(found, 0, 1000)[0] == rows  # no header row


def test_describe_tells_partition_keys_apart(shelf: Shelf) -> None:
    rows = list(texts(answer("DESCRIBE events", "lake", shelf).rows))
    assert rows[-2:] == [["# col_name", "data_type", "comment"], ["calendarday", "string", "The day."]]


@pytest.mark.parametrize("sql", ["DESCRIBE nowhere", "SHOW TABLES IN other", "SHOW PARTITIONS plain", "SHOW FUNCTIONS"])
def test_show_and_describe_fail_with_a_reason(shelf: Shelf, sql: str) -> None:
    with pytest.raises(QueryError, match=r"^(TABLE_NOT_FOUND|SCHEMA_NOT_FOUND|INVALID_TABLE|NOT_SUPPORTED): "):
        answer(sql, "lake", shelf)
