"""The declarations keep the promises that readers of old files depend on."""

import pytest

from schemas import TABLES, Table, docs
from schemas.arrow import arrow_schema
from schemas.glue import partition_input, table_input

READREADY = [table for table in TABLES.values() if table.layout == "orc" and not table.people]
PEOPLES = [table for table in TABLES.values() if table.people]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_flat_and_every_column_is_described(table: Table) -> None:
    keys = [*table.names, *(key.name for key in table.partition_keys)]
    assert len(keys) == len(set(keys))
    for column in (*table.columns, *table.partition_keys):
        assert column.name == column.name.lower()
        assert column.type in {"string", "bigint", "int", "boolean", "timestamp"}
        assert column.comment.endswith(".")


@pytest.mark.parametrize("table", READREADY, ids=lambda table: table.name)
def test_table_and_partition_carry_the_by_name_switch(table: Table) -> None:
    whole = table_input(table, "s3://b/t/")["StorageDescriptor"]
    part = partition_input(table, ("2024-03-03",), "s3://b/t/x/")["StorageDescriptor"]
    for descriptor in (whole, part):
        assert descriptor["SerdeInfo"]["Parameters"]["orc.column.index.access"] == "false"
        assert [column["Name"] for column in descriptor["Columns"]] == arrow_schema(table).names


@pytest.mark.parametrize("table", READREADY, ids=lambda table: table.name)
def test_identity_sort_and_bloom_name_columns_of_the_table(table: Table) -> None:
    for name in (*table.identity, *table.fallback_identity, *table.sort, *table.bloom):
        assert name in table.names


def test_a_location_without_a_slash_is_refused_because_it_would_take_in_its_neighbours() -> None:
    with pytest.raises(ValueError, match="must end with '/'"):
        table_input(TABLES["lake_ledger"], "s3://b/t")


@pytest.mark.parametrize("table", PEOPLES, ids=lambda table: table.name)
def test_a_table_that_people_write_is_read_by_name_and_has_no_partitions(table: Table) -> None:
    made = table_input(table, "s3://b/t/")
    assert made["PartitionKeys"] == []
    assert made["StorageDescriptor"]["SerdeInfo"]["Parameters"]["orc.column.index.access"] == "false"


def test_glue_is_asked_to_filter_partitions() -> None:
    assert (
        table_input(TABLES["from_cloudtrail_readready"], "s3://b/t/")["Parameters"]["partition_filtering.enabled"]
        == "true"
    )


def test_the_tables_page_says_what_is_declared() -> None:
    assert docs.TARGET.read_text() == docs.render(), "stale: run python -m schemas.docs"
