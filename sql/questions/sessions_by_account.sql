-- sessions_by_account: How many sessions were there in each account, day by day?
--
-- Asked by: manager
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view sessions, for these days
SELECT
    calendarday,
    accountid,
    count_if(outcome = 'started') AS started,
    count_if(outcome IN ('denied', 'failed')) AS refused,
    count(DISTINCT username) AS people
FROM sessions
WHERE calendarday BETWEEN ? AND ?
GROUP BY calendarday, accountid
ORDER BY calendarday, accountid
