-- late_arrivals: one row an event whose day was over for a whole day and more when the object that it is from was delivered.
--
-- Columns:
--   calendarday varchar: The event's own day, yyyy-mm-dd, UTC: answers about it have changed since.
--   tablename varchar: The readready table that it is in: from_cloudtrail_readready, from_cloudwatch_readready, ...
--   eventid varchar: Its id: CloudTrail's of the event, CloudWatch's of the log event, Bedrock's of the request.
--   eventtime timestamp: When it happened, UTC.
--   accountid varchar: Its account.
--   username varchar: Who acted, as a plain name.
--   eventname varchar: The API action; null for what is no event of CloudTrail's.
--   sessionid varchar: The session's id, where it is of one.
--   deliveryday varchar: The day of delivery that the object's key names, or that of its arrival where it names none.
--   dayslate bigint: From its day to that one: 2 or more. (One is none: what happens at 23:59 is delivered the next day.)
--   arrived timestamp: When the object first arrived, as S3 says, UTC.
--   sourceobject varchar: The object, s3://bucket/key.
--   sourceetag varchar: Its ETag: which content of the key it is.
--   sourcerecord bigint: The record's position in it, counted from 0.
-- Cost: of all readready tables the days asked for, few columns; of lake_ledger all days, as an event may arrive at any
--   time after its day, but of it only objects with late records, few columns. What was delivered twice counts as the copy
--   that is shown.
WITH
delivered AS (
    SELECT
        's3://' || bucket || '/' || objectkey AS sourceobject,
        etag AS sourceetag,
        min(deliveryday) AS deliveryday,
        min(arrived) AS arrived
    FROM lake_ledger
    -- Rows from before the ledger counted late records have none.
    WHERE outcome = 'ok' AND coalesce(late, 1) > 0
    GROUP BY bucket, objectkey, etag
),
shown AS (
    -- each logs, joined by UNION ALL
    SELECT
        calendarday,
        '${table}' AS tablename,
        ${id} AS eventid,
        eventtime,
        ${account} AS accountid,
        ${?username},
        ${?eventname},
        ${?sessionid},
        sourceobject,
        sourceetag,
        sourcerecord
    FROM ${table}
    -- end each
)
SELECT
    shown.calendarday,
    shown.tablename,
    shown.eventid,
    shown.eventtime,
    shown.accountid,
    shown.username,
    shown.eventname,
    shown.sessionid,
    delivered.deliveryday,
    date_diff('day', date(shown.calendarday), date(delivered.deliveryday)) AS dayslate,
    delivered.arrived,
    shown.sourceobject,
    shown.sourceetag,
    shown.sourcerecord
FROM shown
INNER JOIN delivered
    ON delivered.sourceobject = shown.sourceobject AND delivered.sourceetag = shown.sourceetag
WHERE date_diff('day', date(shown.calendarday), date(delivered.deliveryday)) > 1
