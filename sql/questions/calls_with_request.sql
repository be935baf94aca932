-- calls_with_request: Who made these calls, where a field of the request has this value?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
--   event text, e.g. Put*: the event's name; * stands for any characters, here and below
--   who text, e.g. *: who called, as a plain name; * alone: anybody
--   field text, e.g. policyArn: the request's field; one inside another as filter.name, of a list as items[0]
--   value text, e.g. *Administrator*: its value; * alone: any, or none
-- Cost: of from_cloudtrail_readready for these days a dozen columns, the requests' text among them
-- Needs: everything_accounts or keep = "everything", to see more than the events that lake.toml names
SELECT
    eventtime, username, useridentityarn, recipientaccountid, awsregion, eventsource, eventname, requestparameters, errorcode,
    sourceipaddress, eventid
FROM from_cloudtrail_readready
WHERE calendarday BETWEEN ? AND ?
    AND eventname ${fits}
    AND coalesce(username, '') ${fits}
    AND coalesce(json_extract_scalar(requestparameters, concat('$.', ?)), '') ${fits}
ORDER BY eventtime, eventid
