"""`from_cloudwatch_readready`: Session Manager's keystrokes and other kept log groups, one row a log event."""

from schemas.table import CALENDARDAY, ORIGIN, SOURCE_OBJECT, Column, Logs, Setting, Table

_LOGGROUP = (r"[\w./#-]+\*?|\*", "a log group's name, or its beginning followed by *")
LOGS = Logs(
    name="cloudwatch",
    title="session logs",
    settings=(
        Setting("loggroups", *_LOGGROUP),
        Setting("other_loggroups", *_LOGGROUP, after="loggroups"),
    ),
    shapes=(
        (("messageType=DATA_MESSAGE",), "CloudWatch Logs documents"),
        (("messageType=CONTROL_MESSAGE",), "CloudWatch Logs documents"),
        (("logGroup", "logEvents"), "CloudWatch Logs documents"),
        (("sessionId", "sessionData"), "Session Manager session records"),
    ),
    rules=(("loggroup", "log group"), ("heartbeat", "heartbeat (no data)")),
    loose=True,  # what Firehose's message extraction leaves of sessions that were not streamed
)
TABLE = Table(
    name="from_cloudwatch_readready",
    description="CloudWatch Logs events that came through Firehose, one row a log event, on the day they happened. "
    "What was typed and shown in a session is in sessiondata.",
    columns=(
        Column(
            "sessionid",
            "string",
            "The session's id, what follows the last '-' of the session's name. Joins "
            "from_cloudtrail_readready.sessionid. Null for log groups that are not sessions.",
        ),
        Column("eventtime", "timestamp", "CloudWatch's timestamp of the log event, UTC, to the millisecond."),
        Column("sessiondata", "string", "The lines of the record, joined by newline: a session's screen as text."),
        Column("linecount", "bigint", "How many lines sessiondata holds."),
        Column("accountid", "string", "The account that owns the log group: 12 digits, zeros in front."),
        Column("username", "string", "The user part of the session's name: what precedes the last '-'."),
        Column("loggroup", "string", "The log group."),
        Column("logstream", "string", "The log stream: for a session, its whole name."),
        Column("logeventid", "string", "CloudWatch's id of the log event. Null where Firehose extracted messages."),
        Column("awsregion", "string", "The Region that the agent wrote down (streamed sessions)."),
        Column("target", "string", "The instance or managed node (streamed sessions)."),
        Column("useridentityarn", "string", "Who had the session (streamed sessions)."),
        Column("runasuser", "string", "The operating system's user (streamed sessions)."),
        Column("uploadtime", "timestamp", "When the agent uploaded the record, UTC, to the second: not for ordering."),
        Column("streamed", "boolean", "True if streamed while the session ran, false if uploaded once at its end."),
        Column(
            "degraded",
            "boolean",
            "True where Firehose's message extraction dropped owner, group, stream and id: "
            "eventtime is then uploadtime.",
        ),
        Column("message", "string", "The message, exactly, of log groups that are not sessions."),
        *ORIGIN,
    ),
    partition_keys=(CALENDARDAY,),
    indexes=(("calendarday",),),
    layout="orc",
    identity=("logeventid", "eventtime", "accountid", "loggroup", "logstream"),
    fallback_identity=SOURCE_OBJECT,
    sort=("eventtime", "logeventid", *SOURCE_OBJECT),
    account=("accountid",),
    required=("eventtime", *(column.name for column in ORIGIN)),
    bloom=("sessionid", "username", "logstream"),
)
