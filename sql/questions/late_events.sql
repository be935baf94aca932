-- late_events: Which events of these days came so late that answers about their day have changed since?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day of the events
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view late_arrivals: few columns for these days, and of lake_ledger all days
SELECT calendarday, tablename, eventtime, accountid, username, eventname, deliveryday, dayslate, eventid, sourceobject
FROM late_arrivals
WHERE calendarday BETWEEN ? AND ?
ORDER BY calendarday, tablename, eventtime, eventid
