-- unrecordable_sessions: Who used SSH or port forwarding, of which Session Manager records nothing?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view sessions, for these days
SELECT calendarday, starttime, sessionid, username, accountid, target, sessiontype, documentname, reason
FROM sessions
WHERE calendarday BETWEEN ? AND ? AND outcome = 'started' AND sessiontype IN ('SSH', 'port forwarding')
ORDER BY calendarday, starttime, sessionid
