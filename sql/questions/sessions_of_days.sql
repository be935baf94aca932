-- sessions_of_days: Which sessions were there in these days: last week's, for instance?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view sessions, for these days
SELECT
    calendarday, starttime, sessionid, username, accountid, target, sessiontype, reason, outcome, errorcode, keystrokes,
    keystrokelines
FROM sessions
WHERE calendarday BETWEEN ? AND ?
ORDER BY calendarday, coalesce(starttime, firstkeystroke), sessionid
