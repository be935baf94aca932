-- activity_as_cloudtrail_lake: What did this person do in this account, asked as one asked CloudTrail Lake?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
--   who text, e.g. alice.miller: the role session's name, as IAM Identity Center gives it
--   account text, e.g. 111122223333: the account that received the events
-- Cost: eight columns of from_cloudtrail_readready for these days, useridentity's text among them
-- Needs: everything_accounts or keep = "everything", to see more than the events that lake.toml names
SELECT
    eventtime,
    eventsource,
    eventname,
    useridentity.sessioncontext.sessionissuer.arn AS rolearn,
    sourceipaddress,
    errorcode,
    eventid
FROM cloudtrail_lake_events
WHERE calendarday BETWEEN ? AND ?
    AND lower(element_at(split(useridentity.principalid, ':'), 2)) = lower(?)
    AND recipientaccountid = ?
ORDER BY eventtime, eventid
