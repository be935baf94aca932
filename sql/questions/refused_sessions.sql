-- refused_sessions: Who was denied a session, or failed to get one, and why?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view sessions, for these days
SELECT calendarday, starttime, username, accountid, target, outcome, errorcode, errormessage, sourceipaddress, eventid
FROM sessions
WHERE calendarday BETWEEN ? AND ? AND outcome IN ('denied', 'failed')
ORDER BY calendarday, starttime, eventid
