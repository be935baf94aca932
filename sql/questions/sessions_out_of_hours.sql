-- sessions_out_of_hours: Who had sessions at night or at the weekend?
--
-- Asked by: manager
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
--   opens number, e.g. 7: the hour (UTC) at which working hours begin
--   closes number, e.g. 19: the hour (UTC) at which they end
-- Cost: as the view sessions, for these days
SELECT calendarday, starttime, sessionid, username, accountid, target, reason, keystrokelines
FROM sessions
WHERE calendarday BETWEEN ? AND ?
    AND outcome = 'started'
    AND (hour(starttime) < ? OR hour(starttime) >= ? OR day_of_week(starttime) > 5)
ORDER BY calendarday, starttime, sessionid
