-- longest_sessions: Which sessions took longest, from the start to the last keystroke?
--
-- Asked by: manager
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view sessions, for these days
SELECT
    calendarday, starttime, sessionid, username, accountid, target,
    date_diff('second', starttime, lastkeystroke) AS seconds,
    keystrokelines
FROM sessions
WHERE calendarday BETWEEN ? AND ? AND starttime IS NOT NULL AND lastkeystroke IS NOT NULL
ORDER BY seconds DESC, sessionid
LIMIT 10
