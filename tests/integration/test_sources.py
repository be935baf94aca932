"""What every kind of logs must do, the declared ones of `schemas.LOGS`, by the fixtures in tests/sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addapart.controls import decide
from infra import source
from infra.template import TEMPLATES, load
from jobs.rows import REASONS, Arrived, Bad, Decoder, Listens, Outcome, Source
from lake import layout
from lake.settings import JOBS, Filters
from lake.sniff import sniff
from schemas import LOGS, TABLES, raw_table, readready_table
from schemas.arrow import arrow_schema
from tests.lakes import SETTINGS, Lake
from tests.sources.fixture import Fixture, fixture

NOON = datetime.fromisoformat("2024-06-01T12:00:00")  # rows hold naive times in UTC
FROM = Source("s3://raw/key", "etag-1", 0)
LIMIT = 10_000_000
COMMON = {"account", "region", "removal"}
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=JOBS)
def job(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def logs(job: str) -> Fixture:
    return fixture(job)


Object = tuple[Source, Arrived, bytes]


def objects(job: str, logs: Fixture, *records: bytes) -> list[Object]:
    """Objects that hold these records: one, or one for each where the logs are so."""
    if logs.name is None:
        return [(FROM, Arrived(), logs.pack(records))]
    return [(*told(job, logs.name(record)), logs.pack([record])) for record in records]


def told(job: str, key: str) -> tuple[Source, Arrived]:
    """What a decoder is told of an object with this key, which arrived today."""
    place = decide(SETTINGS, next(one.bucket for one in SETTINGS.sources if one.job == job), key).place
    arrived = Arrived(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", place.accountid, place.region, place.day)
    return FROM._replace(object=f"s3://raw/{key}"), arrived


def decode(job: str, filters: Filters, found: Sequence[Object]) -> tuple[list[Outcome], list[dict[str, object]]]:
    """Outcomes and rows, after what holds of any bytes was checked."""
    decoder: Decoder = import_module(f"jobs.{job}").Decoder(filters, LIMIT)
    outcomes = [
        decoder.add_arrived(source, arrived, data) if isinstance(decoder, Listens) else decoder.add(source, data)
        for source, arrived, data in found
    ]
    for one in outcomes:
        assert one.records == one.kept + sum(one.filtered.values()) + len(one.bad)
        assert all(bad.reason in REASONS for bad in one.bad)
        assert set(one.filtered) <= {rule for rule, _ in LOGS[job].rules} | COMMON
    assert decoder.pending == sum(one.kept for one in outcomes)
    rows = decoder.take()
    assert rows.schema.equals(arrow_schema(TABLES[readready_table(job)]))
    rows.validate(full=True)
    assert (rows.num_rows, decoder.pending) == (sum(one.kept for one in outcomes), 0)
    return outcomes, rows.to_pylist()


def total(outcomes: Sequence[Outcome]) -> tuple[int, int, Counter[str], list[Bad]]:
    """Of all objects together: records, kept, filtered by rule, bad."""
    filtered: Counter[str] = sum((Counter(one.filtered) for one in outcomes), Counter())
    bad = [bad for one in outcomes for bad in one.bad]
    return sum(one.records for one in outcomes), sum(one.kept for one in outcomes), filtered, bad


def at(logs: Fixture, *records: int) -> list[int]:
    """The positions of an object's records, which is 0 for each that is an object of its own."""
    return [0 if logs.name else one for one in records]


def test_every_record_is_accounted_for(job: str, logs: Fixture) -> None:
    found = objects(job, logs, logs.record(1, NOON), logs.dropped, logs.bad, logs.record(2, NOON))
    outcomes, rows = decode(job, logs.filters, found)
    records, kept, filtered, (bad,) = total(outcomes)
    assert (records, kept, filtered) == (4, 2, {logs.rule: 1})
    assert [bad.record, bad.reason] == [*at(logs, 2), logs.reason]
    assert [row["sourcerecord"] for row in rows] == at(logs, 0, 3)
    assert bad.data
    assert sum(one.unpacked for one in outcomes) >= len(logs.record(1, NOON))


def test_with_the_filters_off_only_what_is_bad_is_no_row(job: str, logs: Fixture) -> None:
    found = objects(job, logs, logs.record(1, NOON), logs.dropped, logs.bad)
    _, kept, filtered, bad = total(decode(job, replace(logs.filters, keep="everything"), found)[0])
    assert (kept, filtered, len(bad)) == (2, {}, 1)


def test_an_account_that_was_removed_has_no_rows_whatever_else_is_kept(job: str, logs: Fixture) -> None:
    filters = replace(logs.filters, keep="everything", removed=(logs.account,))
    outcomes, rows = decode(job, filters, objects(job, logs, logs.record(1, NOON), logs.record(2, NOON)))
    assert (total(outcomes)[2], rows) == ({"removal": 2}, [])


def test_other_accounts_are_filtered_where_the_settings_name_some(job: str, logs: Fixture) -> None:
    filters = replace(logs.filters, accounts=("999999999999",))
    (outcome,), _ = decode(job, filters, objects(job, logs, logs.record(1, NOON)))
    assert outcome.filtered == {"account": 1}


def test_every_column_is_filled_by_a_record_or_it_is_said_why_not(job: str, logs: Fixture) -> None:
    filters = replace(logs.filters, keep="everything")
    filled = set[str]()
    for record, expected in logs.full:
        (outcome,), (row,) = decode(job, filters, objects(job, logs, record))
        assert outcome.bad == []
        assert {name: row[name] for name in expected} == expected
        filled |= {name for name, value in row.items() if value is not None}
    table = TABLES[readready_table(job)]
    assert set(table.names) - filled == set(logs.unfilled)
    assert all(logs.unfilled.values())
    assert set(table.required) <= filled


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.8])
def test_an_object_that_is_cut_off_keeps_what_precedes(job: str, logs: Fixture, cut: float) -> None:
    if logs.name:
        pytest.skip("plain text that is cut off is plain text")
    ((source, arrived, data),) = objects(job, logs, *(logs.record(number, NOON) for number in range(20)))
    (outcome,), _ = decode(job, logs.filters, [(source, arrived, data[: int(len(data) * cut)])])
    assert outcome.bad
    assert outcome.kept < 20


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.integers(0, 10_000))
def test_no_bytes_make_it_raise(job: str, logs: Fixture, junk: bytes, at: int) -> None:
    source, arrived, _ = objects(job, logs, logs.record(1, NOON))[0]
    data = logs.pack([logs.record(1, NOON), logs.record(2, NOON)])
    at %= len(data)
    damaged = (junk, data[:at] + junk + data[at:], data[:at] + junk, logs.pack([junk]))
    decode(job, logs.filters, [(source, arrived, one) for one in damaged])


def test_a_file_is_known_as_its_own_and_as_no_other_jobs(job: str, logs: Fixture) -> None:
    for number, record in enumerate((logs.record(1, NOON), *(record for record, _ in logs.full))):
        # What only its key tells apart, no content does.
        assert sniff(logs.pack([record])).job == ("" if logs.name else job), number


# -- through a lake ----------------------------------------------------------------------------------------------------


def landed(job: str, logs: Fixture, *objects: tuple[date, str, list[bytes]]) -> Lake:
    """A lake that has taken these in: the day of delivery, a name, the records."""
    lake = Lake()
    for one in objects:
        put(lake, job, logs, *one)
    (report,) = lake.work(job)
    assert report.failed == []
    return lake


def put(lake: Lake, job: str, logs: Fixture, day: date, name: str, records: list[bytes]) -> None:
    """An object with these records is delivered; or one for each."""
    for key, data in logs.laid(day, name, records):
        lake.put(job, key, data)


def test_a_row_is_on_the_day_of_its_time_however_late_it_came(aws: str, job: str, logs: Fixture) -> None:
    del aws
    long_ago = NOON - timedelta(days=40)
    midnight = NOON - timedelta(hours=12, seconds=1)
    records = [logs.record(1, NOON), logs.record(2, midnight), logs.record(3, long_ago)]
    lake = landed(job, logs, (NOON.date(), "a", records))
    days = sorted(row["calendarday"] for row in lake.rows(readready_table(job)).to_pylist())
    assert days == ["2024-04-22", "2024-05-31", "2024-06-01"]
    ledger = lake.rows("lake_ledger").to_pylist()
    counts = [[one["recordsin"], one["kept"], one["late"]] for one in ledger if one["job"] == job]
    # A log whose time is that of its delivery is never late.
    assert np.sum(counts, axis=0).tolist() == [3, 3, 0 if logs.name else 1]


def test_copies_are_merged_and_the_generation_says_so(aws: str, job: str, logs: Fixture) -> None:
    del aws
    one, other = logs.record(1, NOON), logs.record(2, NOON)
    lake = landed(job, logs, (NOON.date(), "a", [one]), (NOON.date(), "b", [one, other]))
    assert lake.rows(readready_table(job)).num_rows == 2
    later = NOON.date() + timedelta(days=1)
    put(lake, job, logs, later, "c", [other])
    lake.work(job)
    assert lake.rows(readready_table(job)).num_rows == 2
    generations = [row for row in lake.rows("lake_generations").to_pylist() if row["tablename"] == readready_table(job)]
    # The same object again is one object, of which two versions may be read.
    assert sum(row["duplicates"] for row in generations) == 2 or logs.name
    assert sum(row["conflicts"] for row in generations) == 0


def test_a_row_leads_back_to_its_bytes(aws: str, job: str, logs: Fixture) -> None:
    del aws
    records = [logs.record(number, NOON + timedelta(minutes=number)) for number in range(3)]
    lake = landed(job, logs, (NOON.date(), "a", records))
    rows = lake.rows(readready_table(job)).sort_by("sourcerecord").to_pylist()
    assert [row["sourcerecord"] for row in rows] == at(logs, 0, 1, 2)
    for row in rows:
        bucket, _, key = row["sourceobject"].removeprefix("s3://").partition("/")
        answer = lake.s3.get_object(Bucket=bucket, Key=key)
        assert answer["ETag"].strip('"') == row["sourceetag"]
        found = logs.unpack(answer["Body"].read())[row["sourcerecord"]]
        (outcome,), (again,) = decode(job, logs.filters, objects(job, logs, found))
        assert outcome.bad == []
        own = [name for name in TABLES[readready_table(job)].names if not name.startswith("source")]
        assert {name: again[name] for name in own} == {name: row[name] for name in own}


def test_what_is_bad_is_in_quarantine_with_its_bytes(aws: str, job: str, logs: Fixture) -> None:
    del aws
    lake = landed(job, logs, (NOON.date(), "a", [logs.record(1, NOON), logs.bad]))
    (row,) = [one for one in lake.rows("lake_quarantine").to_pylist() if one["job"] == job]
    assert [row["reason"], row["sourcerecord"]] == [logs.reason, *at(logs, 1)]
    assert row["storedbytes"] > 0


def test_raw_partitions_are_registered_by_what_keys_say(aws: str, job: str, logs: Fixture) -> None:
    del aws
    lake = Lake()
    lake.put(job, logs.key(NOON.date(), "a"), logs.pack([logs.record(1, NOON)]))
    lake.work_queue()
    ((values, location),) = lake.partitions(raw_table(job)).items()
    assert values[-1] == "2024-06-01"
    assert location.endswith("/")
    assert logs.key(NOON.date(), "a").startswith(location.split("/", 3)[3])


# -- what comes by itself ----------------------------------------------------------------------------------------------


def test_lake_toml_has_an_entry_whose_layout_takes_its_keys(job: str, logs: Fixture) -> None:
    mine = [one for one in SETTINGS.sources if one.job == job]
    assert any(layout.read(one.layout, logs.key(NOON.date(), "a")) for one in mine)


def test_its_tables_are_declared_and_documented(job: str) -> None:
    raw, readready = TABLES[raw_table(job)], TABLES[readready_table(job)]
    assert raw.layout != "orc" == readready.layout
    assert [key.name for key in readready.partition_keys] == ["calendarday"]
    assert raw.partition_keys[-1].name == "calendarday"
    assert readready.identity
    assert set(readready.fallback_identity) == {"sourceobject", "sourceetag", "sourcerecord"}
    assert readready.account
    assert {"sourceobject", "sourceetag", "sourcerecord", "edition"} <= set(readready.names)
    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert all(f"## {table.name}\n" in page for table in (raw, readready))


def test_a_deployment_has_its_job_role_schedule_and_alarms(job: str) -> None:
    files = ("access.yaml", "jobs.yaml", "watch.yaml") if job in source.NAMED else (source.path(LOGS[job]).name,)
    made = [one for file in files for one in load(TEMPLATES / file)["Resources"].values()]
    jobs = [one for one in made if one["Properties"].get("DefaultArguments", {}).get("--job") == job]
    assert [one["Type"] for one in jobs] == ["AWS::Glue::Job"]
    kinds = [one["Type"] for one in made]
    assert {"AWS::IAM::Role", "AWS::Scheduler::Schedule", "AWS::CloudWatch::Alarm"} <= set(kinds)
    watched = [one["Properties"] for one in made if one["Type"] == "AWS::CloudWatch::Alarm"]
    assert sum(f"'Value': '{job}'" in str(one) for one in watched) >= 4


def test_its_template_is_what_the_declaration_and_cloudtrails_make(job: str) -> None:
    if job in source.NAMED:
        assert not source.path(LOGS[job]).exists()
    else:
        made = source.path(LOGS[job]).read_text(encoding="utf-8")
        assert made == source.text(LOGS[job]), "stale: python -m infra.source"
