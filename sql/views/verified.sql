-- verified: one row a day of delivery and scope: the last verification of raw (loglake verify) that was about it.
--
-- Columns:
--   calendarday varchar: The day, by the keys of the objects that were delivered on it.
--   sources varchar: The sources that it was about, joined by commas; null for all.
--   accounts varchar: The accounts that it was about, joined by commas; null for all.
--   verifiedat timestamp: When, UTC.
--   verification varchar: Its name: its rows in lake_verified say more.
--   firstday varchar: The first of the days that it was about. The counts are of all of them together.
--   lastday varchar: The last of them.
--   verified bigint: How many checks held.
--   failed bigint: How many did not: what lies in raw is not what was signed or read.
--   unverifiable bigint: How many could not be made.
--   failedkinds varchar: What did not verify, by the words of docs/verify.md; null for nothing.
--   unverifiablekinds varchar: What could not be verified, the same way.
--   examples varchar: Some of what did not verify, a JSON array of JSON arrays of s3://bucket/key; null for nothing.
-- Cost: of lake_verified, which is small, the days asked for.
WITH ranked AS (
    SELECT
        *,
        rank() OVER (
            PARTITION BY calendarday, sources, accounts ORDER BY verifiedat DESC, verification DESC
        ) AS place
    FROM lake_verified
)
SELECT
    calendarday,
    sources,
    accounts,
    max(verifiedat) AS verifiedat,
    max(verification) AS verification,
    max(firstday) AS firstday,
    max(lastday) AS lastday,
    CAST(sum(CASE WHEN state = 'verified' THEN findings ELSE 0 END) AS bigint) AS verified,
    CAST(sum(CASE WHEN state = 'failed' THEN findings ELSE 0 END) AS bigint) AS failed,
    CAST(sum(CASE WHEN state = 'unverifiable' THEN findings ELSE 0 END) AS bigint) AS unverifiable,
    nullif(array_join(array_agg(kind ORDER BY kind) FILTER (WHERE state = 'failed'), ', '), '') AS failedkinds,
    nullif(array_join(array_agg(kind ORDER BY kind) FILTER (WHERE state = 'unverifiable'), ', '), '')
        AS unverifiablekinds,
    '[' || nullif(array_join(array_agg(examples ORDER BY kind) FILTER (WHERE state = 'failed'), ', '), '') || ']'
        AS examples
FROM ranked
WHERE place = 1
GROUP BY calendarday, sources, accounts
