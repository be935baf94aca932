"""Plain Spark on Firehose's objects: binaryFiles, Python for the documents, ORC.

python -m bench.peers.spark_logs <raw> <out>
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

from pyspark.sql import SparkSession

from bench.peers.python_logs import GROUP, gunzip


def _rows(file: tuple[str, bytes]) -> Iterator[tuple[str, str, str, int, str, str]]:
    decoder, at = json.JSONDecoder(), 0
    text = gunzip(file[1]).decode()
    while at < len(text):
        one, at = decoder.raw_decode(text, at)
        if one["logGroup"] == GROUP:
            for event in one["logEvents"]:
                lines = "\n".join(json.loads(event["message"])["sessionData"])
                yield one["owner"], one["logStream"], event["id"], event["timestamp"], lines, file[0]


def main() -> None:
    """Time it, Spark's session up already."""
    raw, out = sys.argv[1:3]
    spark = SparkSession.builder.appName("peer").getOrCreate()
    spark.sparkContext.parallelize(range(4), 2).map(lambda _: json.__name__).collect()
    began = time.monotonic()
    schema = "accountid string, logstream string, logeventid string, at long, sessiondata string, sourceobject string"
    rows = spark.sparkContext.binaryFiles(f"{raw}/*/*/*/*", 8).flatMap(_rows).toDF(schema)
    rows.repartition(1).sortWithinPartitions("at").write.option("compression", "zlib").orc(out)
    print(json.dumps({"seconds": time.monotonic() - began}))
    spark.stop()


if __name__ == "__main__":
    main()
