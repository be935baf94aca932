"""`from_cloudtrail_raw`: CloudTrail's files as S3 has them. Registered so that any day can be looked at as it came."""

from schemas.table import Column, Table

TABLE = Table(
    name="from_cloudtrail_raw",
    description="CloudTrail's own files, by the day of delivery. For operators and for comparing; "
    "people ask from_cloudtrail_readready.",
    columns=tuple(
        Column(name, "string", comment)
        for name, comment in (
            ("eventversion", "Version of the record's format."),
            ("useridentity", "JSON text."),
            ("eventtime", "When it happened, ISO 8601 text."),
            ("eventsource", "The service."),
            ("eventname", "The API action."),
            ("awsregion", "The Region."),
            ("sourceipaddress", "Where the call came from."),
            ("useragent", "The caller's software."),
            ("errorcode", "Why the call failed."),
            ("errormessage", "The error's text."),
            ("requestparameters", "JSON text."),
            ("responseelements", "JSON text."),
            ("additionaleventdata", "JSON text."),
            ("requestid", "The service's request id."),
            ("eventid", "CloudTrail's id of the event."),
            ("resources", "JSON text."),
            ("eventtype", "AwsApiCall, AwsServiceEvent, ..."),
            ("recipientaccountid", "The account that received the event."),
        )
    ),
    partition_keys=(
        Column("source", "string", "The name of the source in lake.toml, with the keys' prefix where they have one."),
        Column("accountid", "string", "The account in the key; 'unknown' where the key has none."),
        Column("region", "string", "The Region in the key; 'unknown' where the key has none."),
        Column("calendarday", "string", "The day of delivery in the key, yyyy-mm-dd. Not the events' day."),
    ),
    indexes=(("calendarday",), ("accountid", "calendarday")),
    layout="cloudtrail",
)
