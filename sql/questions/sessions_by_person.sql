-- sessions_by_person: How many sessions did each person have, in how many accounts, and how much was typed?
--
-- Asked by: manager
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view sessions, for these days
SELECT
    username,
    count_if(outcome = 'started') AS started,
    count_if(outcome IN ('denied', 'failed')) AS refused,
    count(DISTINCT accountid) AS accounts,
    CAST(sum(keystrokelines) AS bigint) AS lines
FROM sessions
WHERE calendarday BETWEEN ? AND ?
GROUP BY username
ORDER BY started DESC, username
