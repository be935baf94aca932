"""Plain Spark: dropDuplicates, sort, write, over the same landed rows as ORC.

python -m bench.peers.spark_publishing <raw> <out> <files a batch> <folder>
"""

from __future__ import annotations

import json
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as f


def main() -> None:
    """Time it, Spark's session up and warm already."""
    out, folder = sys.argv[2], sys.argv[4]
    spark = SparkSession.builder.appName("peer").getOrCreate()
    spark.range(1000).repartition(2).count()
    began = time.monotonic()
    rows = spark.read.orc(folder).dropDuplicates(["eventid", "eventtime"])
    rows = rows.withColumn("calendarday", f.date_format("eventtime", "yyyy-MM-dd"))
    rows = rows.sort("calendarday", "eventtime", "eventid")
    rows.write.partitionBy("calendarday").option("compression", "zlib").orc(out)
    print(json.dumps({"seconds": time.monotonic() - began}))
    spark.stop()


if __name__ == "__main__":
    main()
