-- quality: one row a table and day: whether the generation that readers see kept every rule when it was last checked.
--
-- Columns:
--   calendarday varchar: The day.
--   tablename varchar: The table.
--   generation bigint: The day's newest generation; 0 where nothing was ever published of the day.
--   checkedgeneration bigint: The newest that was checked; null for none.
--   passed boolean: Whether it kept every rule that could be judged. Null where the newest generation is not checked yet.
--   failures bigint: How many rules the checked generation broke; null where none was checked.
--   failed varchar: Which, with the column where it is about one; null for none.
--   unjudged varchar: The rules that could not be judged: lake_quality says why. Null for none.
--   dayover boolean: Whether the day was over at that check: until then no volume is too small.
--   checkedat timestamp: When it was checked, UTC.
-- Cost: lake_generations and a few columns of lake_quality, all their days; of the latter, the days asked for.
WITH
published AS (
    SELECT publishedday AS calendarday, tablename, max(generation) AS generation
    FROM lake_generations
    GROUP BY publishedday, tablename
),
-- 1 for the last check of the newest generation that was checked.
ranked AS (
    SELECT
        *,
        rank() OVER (PARTITION BY calendarday, tablename ORDER BY generation DESC, checkedat DESC) AS place,
        concat(rule, CASE WHEN columnname IS NULL THEN '' ELSE concat(' of ', columnname) END) AS named
    FROM lake_quality
),
checked AS (
    SELECT
        calendarday,
        tablename,
        max(generation) AS generation,
        CAST(count_if(NOT success) AS bigint) AS failures,
        array_join(array_agg(named ORDER BY named) FILTER (WHERE NOT success), ', ') AS failed,
        array_join(array_agg(named ORDER BY named) FILTER (WHERE success IS NULL), ', ') AS unjudged,
        bool_and(dayover) AS dayover,
        max(checkedat) AS checkedat
    FROM ranked
    WHERE place = 1
    GROUP BY calendarday, tablename
)
SELECT
    coalesce(published.calendarday, checked.calendarday) AS calendarday,
    coalesce(published.tablename, checked.tablename) AS tablename,
    greatest(coalesce(published.generation, 0), coalesce(checked.generation, 0)) AS generation,
    checked.generation AS checkedgeneration,
    CASE WHEN checked.generation >= coalesce(published.generation, 0) THEN checked.failures = 0 END AS passed,
    checked.failures,
    nullif(checked.failed, '') AS failed,
    nullif(checked.unjudged, '') AS unjudged,
    checked.dayover,
    checked.checkedat
FROM published
FULL JOIN checked ON checked.calendarday = published.calendarday AND checked.tablename = published.tablename
