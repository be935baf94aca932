-- keystrokes_without_start: Which sessions have keystrokes, and no start in CloudTrail?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view sessions, for these days
SELECT calendarday, firstkeystroke, lastkeystroke, sessionid, username, principalarn, accountid, target, keystrokelines
FROM sessions
WHERE calendarday BETWEEN ? AND ? AND outcome = 'keystrokes only'
ORDER BY calendarday, firstkeystroke, sessionid
