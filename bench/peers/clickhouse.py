"""chDB (ClickHouse inside a Python process): the files in, ORC out, all in SQL.

Runs on an environment of its own, .venv-bench: chDB wants other versions of what the lake runs on.

    python -m bench.peers.clickhouse <raw> <out> filtered|everything

The quickest ways that were found. everything: the same columns as ours, copies merged, sorted by time.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.peers.columns import EVENTS, IDENTITY, RECORD

_SETTINGS = {
    "input_format_json_read_objects_as_strings": 1,
    "input_format_json_read_arrays_as_strings": 1,
    "input_format_json_read_bools_as_strings": 1,
    "input_format_json_ignore_unknown_keys_in_named_tuple": 1,
    "input_format_json_defaults_for_missing_elements_in_named_tuple": 1,
    "input_format_skip_unknown_fields": 1,
    "output_format_orc_compression_method": "'zlib'",
    "output_format_orc_dictionary_key_size_threshold": 0.8,
    "max_threads": 2,
}
_NUMBERED = "arrayJoin(arrayZip(Records, arrayEnumerate(Records)))"
_TUPLE = "Tuple(" + ", ".join(f"`{name}` Nullable(String)" for name in RECORD) + ")"


def statements(raw: str, out: str, keep: str) -> list[str]:
    """The statements."""
    columns = [f"r.{name} AS `{name.lower()}`" for name in RECORD if name != "eventTime"]
    # One JSONExtract of a Tuple for all eleven is slower.
    columns += [
        f"JSONExtractString(ifNull(r.userIdentity, ''), {_keys(path)}) AS {column}" for column, path in IDENTITY.items()
    ]
    columns.append("extract(JSONExtractString(ifNull(r.responseElements, ''), 'sessionId'), '[^-]+$') AS sessionid")
    columns += ["sourcerecord", "sourceobject"]
    records = _everything(raw)
    if keep == "filtered":
        records = f"SELECT JSONExtract(text, '{_TUPLE}') AS r, sourcerecord, sourceobject FROM kept"
    select = f"SELECT parseDateTimeBestEffortOrNull(r.eventTime) AS eventtime, {', '.join(columns)} FROM ({records})"
    if keep == "everything":
        select += " ORDER BY eventtime, eventid LIMIT 1 BY eventid, eventtime"
    settings = "SETTINGS " + ", ".join(f"{name}={value}" for name, value in _SETTINGS.items())
    write = f"INSERT INTO FUNCTION file('{out}/rows.orc', 'ORC') {select} {settings}"
    if keep == "everything":
        return [write]
    # In one statement, the records would be read again for every column.
    return [f"CREATE TABLE kept ENGINE = Memory AS {_kept(raw)} {settings}", write]


def _keys(path: str) -> str:
    return ", ".join(f"'{key}'" for key in path.split("."))


def _everything(raw: str) -> str:
    files = f"file('{raw}/**/*.json.gz', 'JSONEachRow', 'Records Array({_TUPLE})')"
    return f"SELECT {_NUMBERED} AS pair, pair.1 AS r, pair.2 AS sourcerecord, _path AS sourceobject FROM {files}"


def _kept(raw: str) -> str:
    """The records that are wanted, as text: only those that hold an action's name anywhere are parsed."""
    files = f"file('{raw}/**/*.json.gz', 'JSONEachRow', 'Records Array(String)')"
    actions = ", ".join(f"'{action}'" for _, action in EVENTS)
    calls = ", ".join(f"('{service}.amazonaws.com', '{action}')" for service, action in EVENTS)
    call = "(JSONExtractString(text, 'eventSource'), JSONExtractString(text, 'eventName'))"
    texts = f"SELECT {_NUMBERED} AS pair, pair.1 AS text, pair.2 AS sourcerecord, _path AS sourceobject FROM {files}"
    return (
        f"SELECT text, sourcerecord, sourceobject FROM ({texts}) "
        f"WHERE multiSearchAny(text, [{actions}]) AND {call} IN ({calls})"
    )


def main() -> None:
    """Time it, the engine up already."""
    from chdb import session  # type: ignore[import-not-found]  # of another environment

    raw, out, keep = sys.argv[1:]
    Path(out).mkdir(parents=True)
    engine = session.Session()
    engine.query("CREATE DATABASE IF NOT EXISTS peer")
    engine.query("USE peer")
    began = time.monotonic()
    for statement in statements(raw, out, keep):
        engine.query(statement)
    seconds = time.monotonic() - began
    rows = int(str(engine.query(f"SELECT count() FROM file('{out}/rows.orc', 'ORC')")))
    print(json.dumps({"seconds": seconds, "rows": rows, "bytes": (Path(out) / "rows.orc").stat().st_size}))


if __name__ == "__main__":
    main()
