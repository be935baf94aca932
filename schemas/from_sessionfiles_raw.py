"""`from_sessionfiles_raw`: the log files that Session Manager's agent writes straight to S3, as they lie there."""

from schemas.table import Column, Table

TABLE = Table(
    name="from_sessionfiles_raw",
    description="Log files of sessions that came straight to S3: plain text, an object a session. For operators. "
    "People ask from_sessionfiles_readready.",
    columns=(Column("line", "string", "A line of the object, as it lies there."),),
    partition_keys=(
        Column("source", "string", "The name of the source in lake.toml, with the keys' prefix where they have one."),
        Column("accountid", "string", "The account in the key; 'unknown' where the key has none."),
        Column("region", "string", "The Region in the key; 'unknown' where the key has none."),
        Column(
            "calendarday", "string", "The day in the key, yyyy-mm-dd; 'unknown' as Session Manager writes: it has none."
        ),
    ),
    indexes=(("calendarday",), ("accountid", "calendarday")),
    layout="lines",
)
