-- days_that_changed: Which days' tables changed, when, and by how many rows?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day of the change
--   to day, e.g. 2026-03-08: the last
-- Cost: nine columns of lake_generations for these days
SELECT
    tablename,
    publishedday,
    max(generation) AS generation,
    count(*) AS changes,
    CAST(sum(rowsnew) AS bigint) AS rowsnew,
    CAST(sum(duplicates) AS bigint) AS duplicates,
    CAST(sum(conflicts) AS bigint) AS conflicts,
    CAST(sum(removed) AS bigint) AS removed,
    max(publishedat) AS lastchange
FROM lake_generations
WHERE calendarday BETWEEN ? AND ?
GROUP BY tablename, publishedday
ORDER BY tablename, publishedday
