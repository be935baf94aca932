-- events_of_days: Which CloudTrail events are there on which day, how many, and by how many people?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: six columns of from_cloudtrail_readready for these days
-- Needs: everything_accounts or keep = "everything", to see more than the events that lake.toml names
SELECT
    calendarday,
    eventsource,
    eventname,
    count(*) AS events,
    count(errorcode) AS failed,
    count(DISTINCT username) AS people,
    count(DISTINCT recipientaccountid) AS accounts
FROM from_cloudtrail_readready
WHERE calendarday BETWEEN ? AND ?
GROUP BY calendarday, eventsource, eventname
ORDER BY calendarday, events DESC, eventsource, eventname
