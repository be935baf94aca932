"""`lake_quarantine`: records that could not become rows, or that contradict one that did."""

from schemas.table import CALENDARDAY, Column, Table

TABLE = Table(
    name="lake_quarantine",
    description="Records that are not in a table, and why. Their bytes lie in a restricted prefix.",
    columns=(
        Column("job", "string", "Whose logs: a name of [jobs] in lake.toml."),
        Column("batch", "string", "The batch that read it, or the generation that found the conflict."),
        Column("sourceobject", "string", "The raw object, s3://bucket/key."),
        Column("sourceetag", "string", "Its ETag."),
        Column("sourcerecord", "bigint", "The record's position in the object, counted from 0."),
        Column("edition", "int", "0 as first landed; a rebuild's is higher."),
        Column("reason", "string", "A word from a closed list, see docs/quarantine.md."),
        Column("detail", "string", "What exactly, for a person."),
        Column("sha256", "string", "The hash of the record's bytes."),
        Column("recordbytes", "bigint", "How many bytes it has."),
        Column("storedin", "string", "The object with its bytes, s3://bucket/key; restricted."),
        Column("storedat", "bigint", "Where in that object they begin."),
        Column("storedbytes", "bigint", "How many of them are stored: very long ones are cut."),
    ),
    partition_keys=(CALENDARDAY,),
    indexes=(("calendarday",),),
    layout="orc",
    identity=("job", "batch", "sourceobject", "sourceetag", "sourcerecord", "edition", "reason"),
    sort=("job", "sourceobject", "sourcerecord"),
    books=True,
)
