"""`from_bedrock_raw`: Amazon Bedrock's model invocation logs as S3 has them, from Bedrock or through Firehose."""

from schemas.table import Column, Table

TABLE = Table(
    name="from_bedrock_raw",
    description="Objects with Bedrock's model invocation logs, by the day of delivery: lines of JSON, or CloudWatch "
    "Logs documents. With prompts and answers: for operators. People ask from_bedrock_readready.",
    columns=(Column("line", "string", "A line of the object, as it lies there."),),
    partition_keys=(
        Column("source", "string", "The name of the source in lake.toml, with the keys' prefix where they have one."),
        Column("accountid", "string", "The account in the key; 'unknown' where the key has none."),
        Column("region", "string", "The Region in the key; 'unknown' where the key has none."),
        Column("calendarday", "string", "The day of delivery in the key, yyyy-mm-dd. Not the invocations' day."),
    ),
    indexes=(("calendarday",), ("accountid", "calendarday")),
    layout="lines",
)
