-- sessions_from_address: From which addresses did each person ask for sessions?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view sessions, for these days
SELECT username, sourceipaddress, count(*) AS sessions, min(starttime) AS first, max(starttime) AS last
FROM sessions
WHERE calendarday BETWEEN ? AND ? AND starttime IS NOT NULL
GROUP BY username, sourceipaddress
ORDER BY username, sourceipaddress
