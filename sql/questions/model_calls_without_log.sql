-- model_calls_without_log: Which calls of models have an event and no log, or a log and no event?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view model_invocations, for these days
-- Needs: logs of job bedrock, and bedrock's InvokeModel* and Converse* in jobs.cloudtrail events
SELECT calledat, seen, requestid, username, accountid, awsregion, operation, modelid, errorcode, eventid
FROM model_invocations
WHERE calendarday BETWEEN ? AND ? AND seen <> 'log and event'
ORDER BY calledat, requestid
