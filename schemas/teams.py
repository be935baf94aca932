"""`teams`: which accounts and people are whose. People's tools write it, no job does."""

from schemas.table import Column, Table

TABLE = Table(
    name="teams",
    description="One row for every account or person of a team. Written by people's tools, as a whole: see "
    "docs/manager.md.",
    columns=(
        Column("team", "string", "The team's name."),
        Column("manager", "string", "Who reviews its sessions, as a plain name. The same in all of a team's rows."),
        Column("accountid", "string", "An account of the team, 12 digits, zeros in front; null for any."),
        Column("username", "string", "A person of the team, as sessions.username has it; null for anybody."),
        Column(
            "principal",
            "string",
            "Who may see the team's sessions in AWS: the ARN of a role, or of an IAM Identity Center user or group. "
            "The same in all of a team's rows; null for nobody.",
        ),
    ),
    partition_keys=(),
    layout="orc",
    people=True,
)
