"""`lake_ledger`: what became of every object that arrived."""

from schemas.table import CALENDARDAY, Column, Table

TABLE = Table(
    name="lake_ledger",
    description="One row for every object version and every batch that took it: when and why it arrived, its outcome, "
    "and records in = kept + filtered + quarantined. The day is the plan's.",
    columns=(
        Column("job", "string", "Whose logs: a name of [jobs] in lake.toml."),
        Column("batch", "string", "The batch that took it: plan number, dash, position."),
        Column("source", "string", "The name of the source in lake.toml."),
        Column("bucket", "string", "The object's bucket."),
        Column("objectkey", "string", "The object's key."),
        Column("etag", "string", "Its ETag."),
        Column("versionid", "string", "Its version, where the bucket has versioning."),
        Column("objectbytes", "bigint", "Its size in bytes, as announced."),
        Column("arrived", "timestamp", "When S3 says it arrived, UTC."),
        Column("why", "string", "event (S3 said so), backfill, rebuild, replay, doctor or removal."),
        Column("edition", "int", "0 as first landed; a rebuild's is higher."),
        Column(
            "outcome",
            "string",
            "ok (read); dropped (a control in lake.toml, see rule); gone (overwritten or deleted before it was read); "
            "undone (could not be fetched, the next plan carries it); givenup (not fetched after all attempts); "
            "waiting (planned, its batch could not be landed yet); requested (no object: a removal).",
        ),
        Column("rule", "string", "The control that dropped it."),
        Column("detail", "string", "What went wrong, for the outcomes gone, undone and givenup."),
        Column("recordsin", "bigint", "Records found. A stretch that cannot be read counts as one."),
        Column("kept", "bigint", "Records that became rows."),
        Column("filtered", "bigint", "Records that the filters dropped."),
        Column("filteredby", "string", "How many by which rule, a JSON object."),
        Column("quarantined", "bigint", "Records that are in lake_quarantine."),
        Column("sha256", "string", "The hash of the object's bytes as read."),
        Column("attempts", "int", "How often fetching it was tried, over all plans."),
        Column("accountid", "string", "The account that its key names; unknown where it names none."),
        Column("awsregion", "string", "The Region that its key names; unknown where it names none."),
        Column(
            "deliveryday", "string", "The day that its key names, yyyy-mm-dd; the day of arrival where it names none."
        ),
        Column(
            "late",
            "bigint",
            "Of the records kept, those of a day that was over for a whole day and more when the object was delivered: "
            "of 2024-03-01 or before, in an object of 2024-03-03.",
        ),
    ),
    partition_keys=(CALENDARDAY,),
    indexes=(("calendarday",),),
    layout="orc",
    identity=("objectkey", "bucket", "etag", "versionid", "edition", "batch"),
    sort=("job", "bucket", "objectkey", "batch"),
    bloom=("objectkey",),
    books=True,
)
