-- sessionrecords: one row a record of what was typed and shown, from either way that a session's log takes: through CloudWatch
-- Logs, or as a file that Session Manager's agent writes straight to S3. recordedsessions says which of them is a session's.
--
-- Columns:
--   calendarday varchar: The day, yyyy-mm-dd, UTC.
--   sessionid varchar: The session's id; null for log groups that are not sessions.
--   eventtime timestamp: When the record was logged, UTC; of a log file, when S3 had it.
--   sessiondata varchar: The lines of the record, joined by newline.
--   linecount bigint: How many lines sessiondata holds.
--   accountid varchar: The account that owns the log group, or that stands in the log file's key.
--   awsregion varchar: The Region that the agent wrote down (streamed sessions), or that stands in the log file's key.
--   target varchar: The instance or managed node (streamed sessions).
--   useridentityarn varchar: Who had the session (streamed sessions).
--   username varchar: The user part of the session's name.
--   runasuser varchar: The operating system's user (streamed sessions).
--   uploadtime timestamp: When the agent uploaded the record, UTC (streamed sessions).
--   streamed boolean: True if recorded while the session ran, false if uploaded once at its end.
--   degraded boolean: True where Firehose's message extraction dropped owner, group, stream and id.
--   logeventid varchar: CloudWatch's id of the record.
--   logfile varchar: Which log file of which content the record is of: its object and its ETag, with a blank between; null
--     for what came through CloudWatch Logs.
--   logsha256 varchar: The SHA-256 of the whole log file; null for what came through CloudWatch Logs.
--   sourceobject varchar: The raw object that the record was read from, s3://bucket/key.
--   sourceetag varchar: That object's ETag.
--   sourcerecord bigint: The record's position in that object, counted from 0.
-- Cost: of from_cloudwatch_readready and from_sessionfiles_readready the days and the columns asked for.
SELECT
    calendarday,
    sessionid,
    eventtime,
    sessiondata,
    linecount,
    accountid,
    awsregion,
    target,
    useridentityarn,
    username,
    runasuser,
    uploadtime,
    streamed,
    degraded,
    logeventid,
    CAST(NULL AS varchar) AS logfile,
    CAST(NULL AS varchar) AS logsha256,
    sourceobject,
    sourceetag,
    sourcerecord
FROM from_cloudwatch_readready
UNION ALL
SELECT
    calendarday, sessionid, eventtime, sessiondata, linecount, accountid, awsregion, NULL, NULL, username, NULL, NULL,
    false, false, NULL, sourceobject || ' ' || sourceetag, logsha256, sourceobject, sourceetag, sourcerecord
FROM from_sessionfiles_readready
