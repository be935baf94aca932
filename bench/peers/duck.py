"""DuckDB: one query over the files. It writes no ORC, so Parquet.

python -m bench.peers.duck <raw> <out> filtered
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

from bench.peers.columns import EVENTS, RECORD

_LARGEST = 16 << 20  # bytes of a JSON document


def main() -> None:
    """Time it, the engine up already."""
    raw, out, _ = sys.argv[1:]
    Path(out).mkdir(parents=True)
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    texts = ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "resources")
    kinds = ", ".join(
        f'"{name}" {"JSON" if name in (*texts, "tlsDetails", "userIdentity") else "VARCHAR"}' for name in RECORD
    )
    wanted = ", ".join(f"('{service}.amazonaws.com', '{action}')" for service, action in EVENTS)
    began = time.monotonic()
    connection.execute(
        f"""COPY (
            SELECT r.* FROM (
                SELECT unnest(Records) AS r FROM read_json(
                    '{raw}/**/*.json.gz', format = 'unstructured', maximum_object_size = {_LARGEST},
                    columns = {{Records: 'STRUCT({kinds})[]'}})
            ) WHERE (r.eventSource, r.eventName) IN ({wanted})
        ) TO '{out}/rows.parquet' (FORMAT parquet)"""
    )
    seconds = time.monotonic() - began
    rows = connection.execute(f"SELECT count(*) FROM '{out}/rows.parquet'").fetchone()
    print(json.dumps({"seconds": seconds, "rows": rows[0] if rows else 0}))


if __name__ == "__main__":
    main()
