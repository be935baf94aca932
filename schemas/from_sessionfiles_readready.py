"""`from_sessionfiles_readready`: what sessions showed, from the log files that came straight to S3."""

from schemas.table import CALENDARDAY, ORIGIN, SOURCE_OBJECT, Column, Logs, Table

LOGS = Logs(
    name="sessionfiles",
    title="session log files",
    settings=(),
    shapes=(),  # plain text: nothing in it says what it is, only its key does
    undated=True,
)
TABLE = Table(
    name="from_sessionfiles_readready",
    description="Session logs that Session Manager's agent wrote straight to S3, whole, when the session had ended, "
    "one row for each 256 KiB. The views take it where CloudWatch Logs has nothing of the session.",
    columns=(
        Column(
            "sessionid",
            "string",
            "The session's id, what follows the last '-' of the session's name. Joins "
            "from_cloudtrail_readready.sessionid.",
        ),
        Column(
            "eventtime",
            "timestamp",
            "When S3 had the object, minutes after the session's end, UTC: no line has a time of its own. Of a file "
            "that lies under another day than its arrival's, the last second of that day.",
        ),
        Column(
            "sessiondata",
            "string",
            "What the log shows here, cut at a line's end. Bytes that are no UTF-8 stand as \\xhh.",
        ),
        Column("linecount", "bigint", "How many lines sessiondata holds."),
        Column("accountid", "string", "The account in the object's key: 12 digits. Null where the key has none."),
        Column("username", "string", "The user part of the session's name: what precedes the last '-'."),
        Column("awsregion", "string", "The Region in the object's key. Null where the key has none."),
        Column("sessionname", "string", "The session's whole name: the object's, without folders and .log."),
        Column("logbytes", "bigint", "How many bytes the whole log has, as it was read."),
        Column("logsha256", "string", "Their SHA-256: two logs of one session with the same are copies."),
        *ORIGIN,
    ),
    partition_keys=(CALENDARDAY,),
    indexes=(("calendarday",),),
    layout="orc",
    identity=SOURCE_OBJECT,
    fallback_identity=SOURCE_OBJECT,
    sort=("eventtime", "sessionid", *SOURCE_OBJECT),
    account=("accountid",),
    required=(
        "sessionid",
        "eventtime",
        "sessiondata",
        "linecount",
        "sessionname",
        "logbytes",
        "logsha256",
        *(column.name for column in ORIGIN),
    ),
    bloom=("sessionid", "username"),
)
