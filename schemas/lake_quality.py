"""`lake_quality`: what the quality gates found on every published day."""

from schemas.table import CALENDARDAY, Column, Table

TABLE = Table(
    name="lake_quality",
    description="One row for every rule and every check of a day's generation: what was expected, what was found. The "
    "day is the one that was checked. See docs/quality.md.",
    columns=(
        Column("tablename", "string", "The table that was checked."),
        Column("generation", "bigint", "Its day's generation; 0 where nothing was ever published of the day."),
        Column("rule", "string", "The rule, a word from a closed list, see docs/quality.md."),
        Column("columnname", "string", "The column that it is about; null where it is about whole rows or the day."),
        Column("expectation", "string", "The rule as Great Expectations calls it, e.g. expect_column_to_exist."),
        Column("expected", "string", "What it asks for, in words."),
        Column("success", "boolean", "Whether the day keeps it. Null where it could not be judged: see observed."),
        Column("observed", "string", "What was found, in words; never a value of a row."),
        Column("rowschecked", "bigint", "How many rows were looked at; null where the rule is not about rows."),
        Column("unexpected", "bigint", "How many of them break it."),
        Column(
            "examples",
            "string",
            "Where some of these were read from, a JSON array of s3://bucket/key#sourcerecord; never their values.",
        ),
        Column("dayover", "boolean", "Whether the day was over when checked: until then no volume is too small."),
        Column("checkedat", "timestamp", "When, UTC, by the job's clock."),
    ),
    partition_keys=(CALENDARDAY,),
    indexes=(("calendarday",),),
    layout="orc",
    identity=("tablename", "generation", "dayover", "rule", "columnname"),
    sort=("tablename", "generation", "checkedat", "rule", "columnname"),
    books=True,
)
