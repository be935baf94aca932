-- model_invocations: every call of a model in Amazon Bedrock: by its log, by CloudTrail's event of it, or by both.
--
-- Columns:
--   calendarday varchar: The day, yyyy-mm-dd, UTC: of the log, where there is one.
--   calledat timestamp: When the model was called, UTC.
--   requestid varchar: Bedrock's id of the request; finds the prompt and the answer in from_bedrock_readready.
--   seen varchar: log and event, log only (its event is not kept: see jobs.cloudtrail in lake.toml), event only (not logged:
--     invocation logging was off, its log is not here yet, or the call failed before a model was asked).
--   accountid varchar: The account that called.
--   awsregion varchar: The Region that was called.
--   username varchar: Who called, as a plain name.
--   principalarn varchar: Who called.
--   sourceidentity varchar: The source identity, where the principal set one. Of the event.
--   rolearn varchar: The role whose credentials were used. Of the event.
--   accesskeyid varchar: The access key of these credentials. Of the event.
--   sourceipaddress varchar: Where the call came from. Of the event.
--   operation varchar: Converse, ConverseStream, InvokeModel, InvokeModelWithResponseStream, ...
--   modelid varchar: The model as it was called.
--   model varchar: The model alone, where modelid says. Of the log.
--   inputtokens bigint: Tokens that were sent. Of the log, as the next ones.
--   outputtokens bigint: Tokens that were answered.
--   cachereadtokens bigint: Tokens read from a cached prompt.
--   cachewritetokens bigint: Tokens written into the cache.
--   latencyms bigint: Milliseconds until the answer.
--   stopreason varchar: Why the model stopped.
--   guardrailaction varchar: INTERVENED or NONE, where the log says.
--   errorcode varchar: Why the call failed; the event's, else the log's.
--   eventid varchar: CloudTrail's id of the event.
--   sourceobject varchar: The raw object of the log, s3://bucket/key; of the event where there is no log.
-- Cost: with a condition on calendarday, of from_bedrock_readready and from_cloudtrail_readready that day, the one before and
--   the one after; never a prompt, an answer or a body.
WITH
calls AS (
    SELECT
        calendarday,
        eventtime,
        requestid,
        coalesce(recipientaccountid, useridentityaccountid) AS accountid,
        awsregion,
        username,
        useridentityarn,
        sourceidentity,
        sessionissuerarn,
        useridentityaccesskeyid,
        sourceipaddress,
        eventname,
        json_extract_scalar(requestparameters, '$.modelId') AS modelid,
        errorcode,
        eventid,
        sourceobject,
        row_number() OVER (PARTITION BY calendarday, requestid ORDER BY eventtime, eventid) AS place
    FROM from_cloudtrail_readready
    WHERE eventsource = 'bedrock.amazonaws.com' AND regexp_like(eventname, '^(InvokeModel|Converse)')
),
-- A call's log may be on the day before or after its event's, around midnight.
nearcalls AS (
    -- repeat days from -1 to 1, joined by UNION ALL
    SELECT
        date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d') AS logday,
        eventtime,
        requestid,
        accountid,
        awsregion,
        username,
        useridentityarn,
        sourceidentity,
        sessionissuerarn,
        useridentityaccesskeyid,
        sourceipaddress,
        eventname,
        modelid,
        errorcode,
        eventid,
        sourceobject
    FROM calls
    WHERE place = 1
    -- end repeat
),
nearlogs AS (
    -- repeat days from -1 to 1, joined by UNION ALL
    SELECT
        date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d') AS callday,
        requestid
    FROM from_bedrock_readready
    WHERE requestid IS NOT NULL
    -- end repeat
)
SELECT
    logs.calendarday,
    logs.eventtime AS calledat,
    logs.requestid,
    CASE WHEN calls.requestid IS NULL THEN 'log only' ELSE 'log and event' END AS seen,
    logs.accountid,
    logs.awsregion,
    coalesce(logs.username, calls.username) AS username,
    coalesce(logs.useridentityarn, calls.useridentityarn) AS principalarn,
    calls.sourceidentity,
    calls.sessionissuerarn AS rolearn,
    calls.useridentityaccesskeyid AS accesskeyid,
    calls.sourceipaddress,
    logs.operation,
    logs.modelid,
    logs.model,
    logs.inputtokens,
    logs.outputtokens,
    logs.cachereadtokens,
    logs.cachewritetokens,
    logs.latencyms,
    logs.stopreason,
    logs.guardrailaction,
    coalesce(calls.errorcode, logs.errorcode) AS errorcode,
    calls.eventid,
    logs.sourceobject
FROM from_bedrock_readready AS logs
LEFT JOIN nearcalls AS calls
    ON calls.logday = logs.calendarday AND calls.requestid = logs.requestid
UNION ALL
SELECT
    calls.calendarday,
    calls.eventtime,
    calls.requestid,
    'event only',
    calls.accountid,
    calls.awsregion,
    calls.username,
    calls.useridentityarn,
    calls.sourceidentity,
    calls.sessionissuerarn,
    calls.useridentityaccesskeyid,
    calls.sourceipaddress,
    calls.eventname,
    calls.modelid,
    CAST(NULL AS varchar),
    CAST(NULL AS bigint),
    CAST(NULL AS bigint),
    CAST(NULL AS bigint),
    CAST(NULL AS bigint),
    CAST(NULL AS bigint),
    CAST(NULL AS varchar),
    CAST(NULL AS varchar),
    calls.errorcode,
    calls.eventid,
    calls.sourceobject
FROM calls
LEFT JOIN nearlogs AS logs
    ON logs.callday = calls.calendarday AND logs.requestid = calls.requestid
WHERE logs.requestid IS NULL
