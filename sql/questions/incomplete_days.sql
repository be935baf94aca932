-- incomplete_days: Of which accounts, Regions and days of delivery is less than so much read, or accounted for?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day of delivery
--   to day, e.g. 2026-03-08: the last day
--   percent number, e.g. 100: below this; 101 lists all that arrived
-- Cost: as the view completeness: lake_ledger alone, but all its days
SELECT
    calendarday, source, accountid, awsregion, objects, processed, processedpercent, waiting, undone, gone, givenup, records,
    accountedpercent
FROM completeness
WHERE calendarday BETWEEN ? AND ? AND least(processedpercent, coalesce(accountedpercent, 100)) < ?
ORDER BY processedpercent, calendarday, source, accountid, awsregion
