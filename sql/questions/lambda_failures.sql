-- lambda_failures: Which invocations of Lambda functions failed, or ran out of time, and what did they say?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-02: the last; the fewer days, the less is read
--   group text, e.g. /aws/lambda/*: the functions' log group; * stands for any characters
-- Cost: the messages of from_cloudwatch_readready, of all log groups, for these days
-- Needs: the functions' log groups among other_loggroups in lake.toml (docs/any-logs.md), or keep = "everything"
WITH
-- Lambda's log format is text or JSON. A function may log an error and end well: "logged" is not yet a failure.
told AS (
    SELECT
        calendarday, eventtime, accountid, loggroup, logstream, logeventid, message, sourceobject, sourcerecord,
        CASE
            WHEN message LIKE 'REPORT RequestId: %' THEN regexp_extract(message, chr(9) || 'Status: ([a-z]+)', 1)
            WHEN json_extract_scalar(message, '$.type') = 'platform.report'
                THEN nullif(json_extract_scalar(message, '$.record.status'), 'success')
            WHEN regexp_like(message, 'Task timed out after [0-9.]+ seconds') THEN 'timeout'
            WHEN json_extract_scalar(message, '$.level') IN ('ERROR', 'FATAL', 'CRITICAL')
                OR json_extract_scalar(message, '$.errorType') IS NOT NULL
                OR message LIKE '[ERROR]%'
                OR strpos(message, chr(9) || 'ERROR' || chr(9)) > 0
                THEN 'logged'
        END AS failure,
        regexp_extract(message, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}') AS requestid
    FROM from_cloudwatch_readready
)
SELECT eventtime, accountid, loggroup, requestid, failure, message
FROM told
WHERE calendarday BETWEEN ? AND ?
    AND loggroup ${fits}
    AND failure IS NOT NULL
ORDER BY eventtime, loggroup, logstream, logeventid, sourceobject, sourcerecord
