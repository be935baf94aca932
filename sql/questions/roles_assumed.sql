-- roles_assumed: Which people assumed which roles, from where, how often?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: eight columns of from_cloudtrail_readready for these days, the requests' text among them
SELECT
    username,
    json_extract_scalar(requestparameters, '$.roleArn') AS assumed,
    eventname,
    count(*) AS times,
    count(DISTINCT sourceipaddress) AS addresses,
    min(eventtime) AS first,
    max(eventtime) AS last
FROM from_cloudtrail_readready
WHERE calendarday BETWEEN ? AND ?
    AND eventsource = 'sts.amazonaws.com'
    AND eventname LIKE 'AssumeRole%'
    AND useridentitytype NOT IN ('AWSService', 'AWSAccount')
    AND errorcode IS NULL
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
