-- messages_with_text: In which messages of these log groups does this text stand, between these two times?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-02: the last; the fewer days, the less is read
--   since time, e.g. 2026-03-02 07:00: not before this time; a day alone is its beginning
--   until time, e.g. 2026-03-02 19:30: before this time
--   group text, e.g. /company/*: the log group; * stands for any characters
--   text text, e.g. timed out: what to look for, in any case
-- Cost: the messages of from_cloudwatch_readready, of all log groups, for these days
-- Needs: the log groups among other_loggroups in lake.toml (docs/any-logs.md), or keep = "everything"
SELECT eventtime, accountid, loggroup, logstream, message
FROM from_cloudwatch_readready
WHERE calendarday BETWEEN ? AND ?
    AND eventtime >= CAST(? AS timestamp) AND eventtime < CAST(? AS timestamp)
    AND loggroup ${fits}
    AND strpos(lower(message), lower(?)) > 0
ORDER BY eventtime, loggroup, logstream, logeventid, sourceobject, sourcerecord
