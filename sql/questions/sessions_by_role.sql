-- sessions_by_role: Who used this role for sessions: the break-glass one, for instance?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
--   role text, e.g. BreakGlass: the role's name, without its path
-- Cost: as the view sessions, for these days
SELECT calendarday, starttime, sessionid, username, sourceidentity, accountid, target, rolearn, rolechain, reason, outcome
FROM sessions
WHERE calendarday BETWEEN ? AND ? AND element_at(split(rolearn, '/'), -1) = ?
ORDER BY calendarday, starttime, sessionid
