-- refused_to_principal: What was refused to this person or role, and for want of which right?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
--   who text, e.g. alice.miller: the user name, the source identity, or the ARN of the user, session or role, exactly
-- Cost: as the view access_denied, for these days
-- Needs: the calls in jobs.cloudtrail events; by default only refused sessions and roles are kept
SELECT
    eventtime, username, rolearn, accountid, eventsource, eventname, action, because, target, errorcode, sourceipaddress, eventid
FROM access_denied
WHERE calendarday BETWEEN ? AND ? AND ? IN (username, sourceidentity, principalarn, rolearn)
ORDER BY eventtime, eventid
