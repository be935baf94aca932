-- sessions_of_person: Which sessions did this person have, under which names and roles?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
--   who text, e.g. alice.miller: the user name or source identity, exactly
-- Cost: as the view sessions, for these days
SELECT
    calendarday, starttime, sessionid, accountid, target, rolearn, rolechain, reason, outcome, keystrokes, keystrokelines
FROM sessions
WHERE calendarday BETWEEN ? AND ? AND ? IN (username, sourceidentity)
ORDER BY calendarday, coalesce(starttime, firstkeystroke), sessionid
