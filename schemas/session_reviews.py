"""`session_reviews`: what managers said of their people's sessions. People's tools write it, no job does."""

from schemas.table import Column, Table

TABLE = Table(
    name="session_reviews",
    description="One row for every time that somebody reviewed a session; of several, the last one counts. Written by "
    "people's tools: see docs/manager.md.",
    columns=(
        Column("sessionid", "string", "The session's id: sessions.sessionid."),
        Column("reviewer", "string", "Who reviewed it, as a plain name."),
        Column("decision", "string", "confirmed (it was as it should be) or denied (it was not)."),
        Column("reviewedat", "timestamp", "When, UTC."),
        Column("comment", "string", "What is to be remarked."),
    ),
    partition_keys=(),
    layout="orc",
    people=True,
)
