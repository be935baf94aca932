"""`from_cloudwatch_raw`: Firehose's objects as S3 has them: joined gzip members, often without a suffix."""

from schemas.table import Column, Table

TABLE = Table(
    name="from_cloudwatch_raw",
    description="Firehose's objects of CloudWatch Logs documents, by the day of delivery. For the jobs: Athena cannot "
    "gunzip an object whose key has no .gz. People ask from_cloudwatch_readready.",
    columns=(Column("line", "string", "A line of the object, as it lies there."),),
    partition_keys=(
        Column("source", "string", "The name of the source in lake.toml, with the keys' prefix where they have one."),
        Column("calendarday", "string", "The day of delivery in the key, yyyy-mm-dd. Not the events' day."),
    ),
    indexes=(("calendarday",),),
    layout="lines",
)
