-- missing_keystrokes: Which sessions should have keystrokes and have none?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view sessions, for these days
SELECT calendarday, starttime, sessionid, username, accountid, awsregion, target, documentname, eventid
FROM sessions
WHERE calendarday BETWEEN ? AND ? AND keystrokes = 'missing'
ORDER BY calendarday, starttime, sessionid
