-- events_of_access_key: What was done with this access key, and who handed it out?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-03: the last day
--   key text, e.g. ASIAABCDEFGHIEXAMPLE: the access key's id
-- Cost: a dozen columns of from_cloudtrail_readready for these days; a bloom filter spares files for the calls
SELECT
    eventtime, useridentityaccesskeyid, issuedaccesskeyid, eventsource, eventname, username, useridentityarn, recipientaccountid,
    sourceipaddress, errorcode, eventid
FROM from_cloudtrail_readready
WHERE calendarday BETWEEN ? AND ? AND ? IN (useridentityaccesskeyid, issuedaccesskeyid)
ORDER BY eventtime, eventid
