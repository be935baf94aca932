-- log_groups_of_days: Which log groups have rows on which day, how many, and of how many accounts?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: six columns of from_cloudwatch_readready for these days, without any text
-- Needs: other log groups than those of sessions among other_loggroups in lake.toml (docs/any-logs.md), to see these
SELECT
    calendarday,
    loggroup,
    count(sessionid) AS sessionrecords,
    count(*) - count(sessionid) AS messages,
    count(DISTINCT accountid) AS accounts,
    count(DISTINCT logstream) AS logstreams,
    min(eventtime) AS first,
    max(eventtime) AS last
FROM from_cloudwatch_readready
WHERE calendarday BETWEEN ? AND ?
GROUP BY calendarday, loggroup
ORDER BY calendarday, loggroup
