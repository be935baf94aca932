"""`lake_verified`: what `loglake verify` found of raw, each time that somebody asked."""

from schemas.table import CALENDARDAY, Column, Table

TABLE = Table(
    name="lake_verified",
    description="One row for every kind of finding of a verification, for every day that it was about: raw against "
    "CloudTrail's digest files, the ledger and Object Lock. The day is that of delivery. See docs/verify.md.",
    columns=(
        Column("verification", "string", "Its name, the same in all of its rows."),
        Column("verifiedat", "timestamp", "When it ended, UTC, by the clock of who ran it."),
        Column("firstday", "string", "The first of the days that it was about: its figures are of all of them."),
        Column("lastday", "string", "The last of them."),
        Column("sources", "string", "The sources that it was about, joined by commas; null for all."),
        Column("accounts", "string", "The accounts that it was about, joined by commas; null for all."),
        Column("checkname", "string", "What was checked: digest, chain, log-file, ledger or object-lock."),
        Column("kind", "string", "The kind of finding, a word from a closed list, see docs/verify.md."),
        Column("state", "string", "verified, failed, unverifiable or note."),
        Column("findings", "bigint", "How many there were."),
        Column("examples", "string", "What some of them are about, a JSON array of s3://bucket/key."),
    ),
    partition_keys=(CALENDARDAY,),
    indexes=(("calendarday",),),
    layout="orc",
    identity=("verification", "kind"),
    sort=("verifiedat", "verification", "kind"),
    books=True,
)
