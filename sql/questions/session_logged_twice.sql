-- session_logged_twice: Which sessions' keystrokes were sent again, and how many of their lines?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view transcript, for these days: the text of every session
SELECT
    calendarday,
    sessionid,
    count(*) AS lines,
    count_if(isrepeat) AS repeatedlines,
    count(DISTINCT sourceobject) AS objects
FROM transcript
WHERE calendarday BETWEEN ? AND ?
GROUP BY calendarday, sessionid
HAVING count_if(isrepeat) > 0
ORDER BY calendarday, sessionid
