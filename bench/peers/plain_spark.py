"""Plain Spark, as it is written everywhere: read.json, explode, filter, ORC by day.

    python -m bench.peers.plain_spark <raw> <out> filtered|everything

filtered: the schema is what Spark makes of the files. everything: it is given, flat, nested objects as text, so that
the same columns are written; copies go by dropDuplicates, each day is sorted.
"""

from __future__ import annotations

import json
import sys
import time

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from bench.peers.columns import EVENTS, IDENTITY, RECORD


def main() -> None:
    """Time it, Spark's session up and warm already."""
    raw, out, keep = sys.argv[1:]
    spark = SparkSession.builder.appName("peer").getOrCreate()
    spark.conf.set("spark.sql.caseSensitive", True)  # objects hold keys that differ only in case
    spark.range(1000).repartition(2).count()
    began = time.monotonic()
    rows = _filtered(spark, raw) if keep == "filtered" else _everything(spark, raw)
    rows.write.partitionBy("calendarday").option("compression", "zlib").orc(out)
    print(json.dumps({"seconds": time.monotonic() - began}))
    spark.stop()


def _filtered(spark: SparkSession, raw: str) -> DataFrame:
    files = spark.read.option("recursiveFileLookup", True).option("pathGlobFilter", "*.json.gz").json(raw)
    events = files.select(f.explode("Records").alias("r")).select("r.*")
    wanted = f.lit(False)
    for service, action in EVENTS:
        wanted |= (f.col("eventSource") == f"{service}.amazonaws.com") & (f.col("eventName") == action)
    return events.where(wanted).withColumn("calendarday", f.substring("eventTime", 1, 10))


def _everything(spark: SparkSession, raw: str) -> DataFrame:
    schema = "Records array<struct<" + ",".join(f"`{name}`:string" for name in RECORD) + ">>"
    reader = spark.read.schema(schema).option("recursiveFileLookup", True).option("pathGlobFilter", "*.json.gz")
    files = reader.json(raw)
    events = files.select(f.posexplode("Records").alias("sourcerecord", "r"), f.input_file_name().alias("sourceobject"))
    rows = events.select("r.*", "sourcerecord", "sourceobject")
    for column, path in IDENTITY.items():
        rows = rows.withColumn(column, f.get_json_object("userIdentity", f"$.{path}"))
    session = f.regexp_extract(f.get_json_object("responseElements", "$.sessionId"), "[^-]+$", 0)
    rows = rows.withColumn("sessionid", session).withColumn("at", f.to_timestamp("eventTime"))
    rows = rows.withColumn("calendarday", f.substring("eventTime", 1, 10)).dropDuplicates(["eventID", "eventTime"])
    return rows.repartition("calendarday").sortWithinPartitions("calendarday", "at")


if __name__ == "__main__":
    main()
