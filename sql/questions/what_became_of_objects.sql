-- what_became_of_objects: Of the log files that were taken in on these days, how many were read, and what of their records?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day on which they were taken in
--   to day, e.g. 2026-03-08: the last
-- Cost: eight columns of lake_ledger for these days
SELECT
    job,
    outcome,
    rule,
    count(*) AS objects,
    CAST(sum(recordsin) AS bigint) AS records,
    CAST(sum(kept) AS bigint) AS kept,
    CAST(sum(filtered) AS bigint) AS filtered,
    CAST(sum(quarantined) AS bigint) AS quarantined
FROM lake_ledger
WHERE calendarday BETWEEN ? AND ?
GROUP BY job, outcome, rule
ORDER BY job, outcome, rule
