-- refused_calls: Which calls were refused, to whom, and how often?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: seven columns of from_cloudtrail_readready for these days
SELECT username, eventsource, eventname, errorcode, count(*) AS times, min(eventtime) AS first, max(eventtime) AS last
FROM from_cloudtrail_readready
WHERE calendarday BETWEEN ? AND ?
    AND regexp_like(lower(errorcode), 'accessdenied|unauthorized|notauthorized|forbidden|authfailure')
GROUP BY 1, 2, 3, 4
ORDER BY times DESC, 1, 2, 3, 4
