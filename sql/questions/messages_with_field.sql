-- messages_with_field: Which messages in JSON have this value in this field?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-02: the last; the fewer days, the less is read
--   group text, e.g. /company/*: the log group; * stands for any characters
--   field text, e.g. status: the field; one inside another as order.id, of a list as items[0]
--   value text, e.g. 500: its value, exactly
-- Cost: the messages of from_cloudwatch_readready, of all log groups, for these days
-- Needs: the log groups among other_loggroups in lake.toml (docs/any-logs.md), or keep = "everything"
SELECT eventtime, accountid, loggroup, logstream, message
FROM from_cloudwatch_readready
WHERE calendarday BETWEEN ? AND ?
    AND loggroup ${fits}
    AND json_extract_scalar(message, concat('$.', ?)) = ?
ORDER BY eventtime, loggroup, logstream, logeventid, sourceobject, sourcerecord
