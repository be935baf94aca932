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

_JSONS = (
    "requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "resources", "tlsDetails",
    "userIdentity",
)  # fmt: skip


def main() -> None:
    """Time it, the engine up already."""
    raw, out, _ = sys.argv[1:]
    Path(out).mkdir(parents=True)
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    kinds = ", ".join(f'"{name}": "{"JSON" if name in _JSONS else "VARCHAR"}"' for name in RECORD)
    calls = ", ".join(f"('{service}.amazonaws.com', '{action}')" for service, action in EVENTS)
    # Only records that hold an action's name anywhere are parsed, only those that are wanted are read whole.
    named = " OR ".join(f"contains(j::VARCHAR, '{action}')" for _, action in EVENTS)
    began = time.monotonic()
    connection.execute(
        f"""COPY (
            SELECT r.* FROM (
                SELECT json_transform(j, '{{{kinds}}}') AS r FROM (
                    SELECT unnest(Records) AS j FROM read_json('{raw}/**/*.json.gz', format = 'newline_delimited',
                        records = 'true', columns = {{Records: 'JSON[]'}})
                ) WHERE ({named}) AND (j->>'eventSource', j->>'eventName') IN ({calls})
            )
        ) TO '{out}/rows.parquet' (FORMAT parquet)"""
    )
    seconds = time.monotonic() - began
    rows = connection.execute(f"SELECT count(*) FROM '{out}/rows.parquet'").fetchone()
    print(json.dumps({"seconds": seconds, "rows": rows[0] if rows else 0}))


if __name__ == "__main__":
    main()
