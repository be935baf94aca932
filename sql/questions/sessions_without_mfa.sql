-- sessions_without_mfa: Who started a session with credentials that were not got with MFA?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: a dozen columns of from_cloudtrail_readready for these days
SELECT
    eventtime, sessionid, username, useridentitytype, recipientaccountid, sourceipaddress, mfaauthenticated, eventid
FROM from_cloudtrail_readready
WHERE calendarday BETWEEN ? AND ?
    AND (
        (eventsource = 'ssm.amazonaws.com' AND eventname = 'StartSession')
        OR (eventsource = 'ecs.amazonaws.com' AND eventname = 'ExecuteCommand')
    )
    AND errorcode IS NULL
    AND NOT coalesce(mfaauthenticated, false)
ORDER BY eventtime, eventid
