-- rows_with_name_or_address: Which rows, of any log of sessions, have this IP address, user name, ARN or source identity?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
--   who text, e.g. 192.0.2.7: the address or name, exactly
-- Cost: the readready tables of these logs, for these days: a dozen columns without the text; bloom filters spare files for names
SELECT *
FROM (
    SELECT
        'cloudtrail' AS log, calendarday, eventtime, recipientaccountid AS accountid, username, useridentityarn,
        sourceidentity, sourceipaddress, eventname AS what, sessionid, sourceobject, sourcerecord
    FROM from_cloudtrail_readready
    UNION ALL
    SELECT
        'cloudwatch', calendarday, eventtime, accountid, username, useridentityarn,
        NULL, NULL, loggroup, sessionid, sourceobject, sourcerecord
    FROM from_cloudwatch_readready
    UNION ALL
    SELECT
        'sessionfiles', calendarday, eventtime, accountid, username, NULL,
        NULL, NULL, sessionname, sessionid, sourceobject, sourcerecord
    FROM from_sessionfiles_readready
)
WHERE calendarday BETWEEN ? AND ?
    AND ? IN (sourceipaddress, username, useridentityarn, sourceidentity)
ORDER BY eventtime, log, sourceobject, sourcerecord
