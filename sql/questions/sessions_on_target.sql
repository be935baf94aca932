-- sessions_on_target: Who was on this instance?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
--   target text, e.g. i-0123456789abcdef0: the instance or managed node; for ECS Exec cluster/task/container
-- Cost: as the view sessions, for these days
SELECT calendarday, starttime, sessionid, username, principalarn, accountid, awsregion, reason, outcome, keystrokes
FROM sessions
WHERE calendarday BETWEEN ? AND ? AND target = ?
ORDER BY calendarday, coalesce(starttime, firstkeystroke), sessionid
