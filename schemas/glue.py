"""Glue's TableInput and PartitionInput of a declared table: for boto3, and, the same words, for CloudFormation.

The by-name switch: Athena reads ORC by column position unless table *and* partition say otherwise in
`SerdeInfo.Parameters` (AWS, "Handle schema updates": index access is ORC's default).
"""

from __future__ import annotations

from typing import Any

from schemas.table import Column, Table

STORAGE: dict[str, dict[str, Any]] = {
    "orc": {
        "InputFormat": "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
            "Parameters": {"serialization.format": "1", "orc.column.index.access": "false"},
        },
    },
    "cloudtrail": {
        "InputFormat": "com.amazon.emr.cloudtrail.CloudTrailInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hive.hcatalog.data.JsonSerDe",
            "Parameters": {"serialization.format": "1"},
        },
    },
    "lines": {
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "Parameters": {"serialization.format": "1"},
        },
    },
    "json": {
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
            "Parameters": {"serialization.format": "1", "ignore.malformed.json": "true"},
        },
    },
    "parquet": {
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
            "Parameters": {"serialization.format": "1"},
        },
    },
}
CLASSIFICATION = {"orc": "orc", "cloudtrail": "cloudtrail", "lines": "json", "json": "json", "parquet": "parquet"}


def _columns(columns: tuple[Column, ...]) -> list[dict[str, str]]:
    # Glue refuses a column comment of more than 255 characters.
    return [{"Name": c.name, "Type": c.type, "Comment": c.comment[:255]} for c in columns]


def storage_descriptor(table: Table, location: str) -> dict[str, Any]:
    """The StorageDescriptor of the table or of one partition at `location`, which ends with '/'."""
    if not location.endswith("/"):
        raise ValueError(f"{table.name}: location {location!r} must end with '/', or it would take in its neighbours")
    return {"Columns": _columns(table.columns), "Location": location, **STORAGE[table.layout]}


def table_input(table: Table, location: str) -> dict[str, Any]:
    """Glue's TableInput. `location` is where the table's partitions lie by default; each carries its own."""
    return {
        "Name": table.name,
        "Description": table.description,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": _columns(table.partition_keys),
        "StorageDescriptor": storage_descriptor(table, location),
        "Parameters": {
            "EXTERNAL": "TRUE",
            "classification": CLASSIFICATION[table.layout],
            "partition_filtering.enabled": "true",
            **table.parameters,
        },
    }


def partition_indexes(table: Table) -> list[dict[str, Any]]:
    """Glue's PartitionIndexes of the table, by which it finds partitions without reading them all.

    Athena uses them where the table says `partition_filtering.enabled` (Athena, "Glue partition indexing").
    """
    return [{"IndexName": f"by_{'_'.join(keys)}", "Keys": list(keys)} for keys in table.indexes]


def partition_input(table: Table, values: tuple[str, ...], location: str) -> dict[str, Any]:
    """Glue's PartitionInput: `values` in the order of the table's partition keys."""
    if len(values) != len(table.partition_keys):
        raise ValueError(f"{table.name}: {len(values)} values for {len(table.partition_keys)} partition keys")
    return {"Values": list(values), "StorageDescriptor": storage_descriptor(table, location)}
