-- slowest_invocations: Which invocations of Lambda functions took longest, and how much memory did they need?
--
-- Asked by: manager
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
--   group text, e.g. /aws/lambda/*: the functions' log group; * stands for any characters
--   most number, e.g. 10: how many
-- Cost: the messages of from_cloudwatch_readready, of all log groups, for these days
-- Needs: the functions' log groups among other_loggroups in lake.toml (docs/any-logs.md), or keep = "everything"
WITH
-- What Lambda says at the end of an invocation, as text or as JSON.
reports AS (
    SELECT
        calendarday, eventtime, accountid, loggroup,
        regexp_extract(message, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}') AS requestid,
        TRY_CAST(
            coalesce(
                regexp_extract(message, chr(9) || 'Duration: ([0-9.]+) ms', 1),
                json_extract_scalar(message, '$.record.metrics.durationMs')
            ) AS decimal(18, 2)
        ) AS durationms,
        TRY_CAST(
            coalesce(
                regexp_extract(message, 'Init Duration: ([0-9.]+) ms', 1),
                json_extract_scalar(message, '$.record.metrics.initDurationMs')
            ) AS decimal(18, 2)
        ) AS initms,
        TRY_CAST(
            coalesce(
                regexp_extract(message, 'Memory Size: ([0-9]+) MB', 1),
                json_extract_scalar(message, '$.record.metrics.memorySizeMB')
            ) AS bigint
        ) AS memorymb,
        TRY_CAST(
            coalesce(
                regexp_extract(message, 'Max Memory Used: ([0-9]+) MB', 1),
                json_extract_scalar(message, '$.record.metrics.maxMemoryUsedMB')
            ) AS bigint
        ) AS usedmb
    FROM from_cloudwatch_readready
    WHERE message LIKE 'REPORT RequestId: %' OR json_extract_scalar(message, '$.type') = 'platform.report'
),
ranked AS (
    SELECT
        reports.*,
        row_number() OVER (ORDER BY durationms DESC, eventtime, requestid) AS place
    FROM reports
    WHERE calendarday BETWEEN ? AND ? AND loggroup ${fits} AND durationms IS NOT NULL
)
SELECT eventtime, accountid, loggroup, requestid, durationms, initms, memorymb, usedmb
FROM ranked
WHERE place <= ?
ORDER BY place
