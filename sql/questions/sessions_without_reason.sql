-- sessions_without_reason: Who started sessions without saying why?
--
-- Asked by: manager
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view sessions, for these days
SELECT username, accountid, count(*) AS sessions, min(starttime) AS first, max(starttime) AS last
FROM sessions
WHERE calendarday BETWEEN ? AND ? AND outcome = 'started' AND nullif(trim(reason), '') IS NULL
GROUP BY username, accountid
ORDER BY sessions DESC, username, accountid
