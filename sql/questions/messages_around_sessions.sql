-- messages_around_sessions: What did log groups of the same account say during these sessions, and so long before and after?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day on which a session may have begun
--   to day, e.g. 2026-03-02: the last; the fewer days, the less is read
--   who text, e.g. 0b7c1cc185ccf51a9: a session's id; or the user name of who had sessions, or the instance
--   seconds number, e.g. 300: how long before the start and after the last keystroke; a day at most
--   group text, e.g. /aws/vpc/*: the log group; * stands for any characters
-- Cost: as the view sessions, and the messages of from_cloudwatch_readready, of all log groups, for these days and one around
-- Needs: the log groups among other_loggroups in lake.toml (docs/any-logs.md), or keep = "everything"
WITH
-- Messages, once for each day of which a session may have them near.
said AS (
    -- repeat days from -1 to 1, joined by UNION ALL
    SELECT
        date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d') AS sessionday,
        eventtime, accountid, loggroup, logstream, message, logeventid, sourceobject, sourcerecord
    FROM from_cloudwatch_readready
    WHERE message IS NOT NULL
    -- end repeat
)
SELECT
    had.sessionid,
    date_diff(
        'second', date_trunc('second', coalesce(had.starttime, had.firstkeystroke)), date_trunc('second', said.eventtime)
    ) AS secondsfromstart,
    CASE
        WHEN said.eventtime < coalesce(had.starttime, had.firstkeystroke) THEN 'before'
        WHEN said.eventtime <= coalesce(had.lastkeystroke, had.starttime) THEN 'during'
        ELSE 'after'
    END AS phase,
    said.eventtime,
    said.loggroup,
    said.logstream,
    said.message
FROM sessions AS had
INNER JOIN said
    ON said.sessionday = had.calendarday AND said.accountid = had.accountid
WHERE had.calendarday BETWEEN ? AND ?
    AND ? IN (had.sessionid, had.username, had.target)
    AND greatest(
        date_diff('millisecond', said.eventtime, coalesce(had.starttime, had.firstkeystroke)),
        date_diff('millisecond', coalesce(had.lastkeystroke, had.starttime), said.eventtime)
    ) <= 1000 * ?
    AND said.loggroup ${fits}
ORDER BY
    coalesce(had.starttime, had.firstkeystroke), had.sessionid, said.eventtime, said.loggroup, said.logstream, said.logeventid,
    said.sourceobject, said.sourcerecord
