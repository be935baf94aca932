"""Plain Spark, as it is written everywhere: read.json, explode, filter, ORC by day.

    python -m bench.peers.plain_spark <raw> <out> inferred|filtered|everything

inferred: the schema is what Spark makes of the files, which takes a pass more over them. Else it is given, flat, nested
objects as text. everything: copies go by dropDuplicates, each hour is sorted.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f

from bench.peers.columns import EVENTS, IDENTITY, RECORD

_WHO = (
    "type string, arn string, principalId string, accountId string, accessKeyId string, userName string, "
    "invokedBy string, sessionContext struct<sourceIdentity: string, attributes: struct<mfaAuthenticated: string>, "
    "sessionIssuer: struct<arn: string, userName: string>>"
)


def main() -> None:
    """Time it, Spark's session up already, and warm with a few of the files."""
    raw, out, keep = sys.argv[1:]
    spark = SparkSession.builder.appName("peer").getOrCreate()
    spark.conf.set("spark.sql.caseSensitive", True)  # objects hold keys that differ only in case
    work = {"inferred": _inferred, "filtered": _filtered, "everything": _everything}[keep]
    few = next(path.parent for path in Path(raw).rglob("*.json.gz"))
    work(spark, str(few)).write.partitionBy("calendarday").option("compression", "zlib").orc(f"{out}/few")
    began = time.monotonic()
    work(spark, raw).write.partitionBy("calendarday").option("compression", "zlib").orc(f"{out}/all")
    seconds = time.monotonic() - began
    size = sum(file.stat().st_size for file in Path(out, "all").rglob("*.orc"))
    print(json.dumps({"seconds": seconds, "rows": spark.read.orc(f"{out}/all").count(), "bytes": size}))
    spark.stop()


def _records(spark: SparkSession, raw: str) -> DataFrame:
    schema = "Records array<struct<" + ",".join(f"`{name}`:string" for name in RECORD) + ">>"
    reader = spark.read.schema(schema).option("recursiveFileLookup", True).option("pathGlobFilter", "*.json.gz")
    files = reader.json(raw)
    events = files.select(f.posexplode("Records").alias("sourcerecord", "r"), f.input_file_name().alias("sourceobject"))
    return events.select("r.*", "sourcerecord", "sourceobject").withColumn(
        "calendarday", f.substring("eventTime", 1, 10)
    )


def _inferred(spark: SparkSession, raw: str) -> DataFrame:
    files = spark.read.option("recursiveFileLookup", True).option("pathGlobFilter", "*.json.gz").json(raw)
    events = files.select(f.explode("Records").alias("r")).select("r.*")
    return events.where(_wanted()).withColumn("calendarday", f.substring("eventTime", 1, 10))


def _filtered(spark: SparkSession, raw: str) -> DataFrame:
    return _columns(_records(spark, raw).where(_wanted())).repartition("calendarday")


def _wanted() -> Column:
    wanted = f.lit(False)
    for service, action in EVENTS:
        wanted |= (f.col("eventSource") == f"{service}.amazonaws.com") & (f.col("eventName") == action)
    return wanted


def _everything(spark: SparkSession, raw: str) -> DataFrame:
    rows = _records(spark, raw).withColumn("hour", f.substring("eventTime", 1, 13)).repartition("hour")
    rows = rows.dropDuplicates(["hour", "eventID", "eventTime"]).drop("hour")
    return _columns(rows).sortWithinPartitions("calendarday", "at")


def _columns(rows: DataFrame) -> DataFrame:
    """What is made of a record's fields."""
    rows = rows.withColumn("who", f.from_json("userIdentity", _WHO))
    for column, path in IDENTITY.items():
        rows = rows.withColumn(column, f.col(f"who.{path}"))
    session = f.regexp_extract(f.get_json_object("responseElements", "$.sessionId"), "[^-]+$", 0)
    return rows.drop("who").withColumn("sessionid", session).withColumn("at", f.to_timestamp("eventTime"))


if __name__ == "__main__":
    main()
