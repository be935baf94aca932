"""`lake_generations`: every published state of every day."""

from schemas.table import CALENDARDAY, Column, Table

TABLE = Table(
    name="lake_generations",
    description="One row for every generation of every published day: rowsbefore + rowsnew = rowsout + duplicates + "
    "conflicts + removed. The day is that of publishing.",
    columns=(
        Column("tablename", "string", "The table."),
        Column("publishedday", "string", "The day that was published, yyyy-mm-dd."),
        Column("generation", "bigint", "1, 2, 3, ...: the highest is the one that readers see."),
        Column("publishedat", "timestamp", "When its marker was written, UTC, by the job's clock."),
        Column("folder", "string", "Where its files lie, s3://bucket/key/."),
        Column("files", "bigint", "How many files it has."),
        Column("filebytes", "bigint", "Their size."),
        Column("rowsbefore", "bigint", "Rows of the generation before."),
        Column("rowsnew", "bigint", "Rows that the new batches brought."),
        Column("duplicates", "bigint", "Rows dropped because an equal one is there."),
        Column("conflicts", "bigint", "Rows in quarantine because another of the same identity differs."),
        Column("removed", "bigint", "Rows taken out by a removal."),
        Column("rowsout", "bigint", "Rows that readers see."),
        Column("batches", "string", "The new batches it took in, a JSON array."),
    ),
    partition_keys=(CALENDARDAY,),
    indexes=(("calendarday",),),
    layout="orc",
    identity=("tablename", "publishedday", "generation"),
    sort=("tablename", "publishedday", "generation"),
    books=True,
)
