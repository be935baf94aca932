-- unreviewed_sessions: Which of this team's sessions has nobody reviewed, the longest first?
--
-- Asked by: manager
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
--   team text, e.g. payments: the team, as the table teams has it
-- Cost: as the view weekly_review, for these days
-- What was denied or failed is not among them: no session came of it that could be reviewed.
SELECT
    calendarday, starttime, sessionid, username, accountid, target, sessiontype, reason, outcome, keystrokes, durationseconds,
    outofhours, overdue, eventid
FROM weekly_review
WHERE calendarday BETWEEN ? AND ? AND team = ? AND reviewedat IS NULL AND sessionid IS NOT NULL
ORDER BY durationseconds DESC NULLS LAST, calendarday, starttime, sessionid, eventid
