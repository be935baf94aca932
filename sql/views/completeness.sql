-- completeness: one row a source, account, Region and day of delivery: of what arrived, how much is processed, and of that, how much is accounted for.
--
-- Columns:
--   calendarday varchar: The day of delivery, as objects' keys name it; that of arrival where they name none.
--   source varchar: The name of the source in lake.toml; unknown where none has such keys.
--   accountid varchar: The account that the keys name; unknown where they name none.
--   awsregion varchar: The Region that the keys name; unknown where they name none.
--   objects bigint: Object versions that arrived, each once, without those that the controls dropped.
--   processed bigint: How many of them were read.
--   processedpercent double: That in per cent of objects, rounded down: 100 means all. Null where nothing arrived.
--   waiting bigint: Planned and not landed yet, because a run failed.
--   undone bigint: Could not be fetched yet; the next plan carries them.
--   gone bigint: Overwritten or deleted before they were read.
--   givenup bigint: Not fetched after all attempts.
--   givenuppercent double: That in per cent of objects, rounded up: 0 means none.
--   dropped bigint: Object versions that the controls in lake.toml dropped: not among objects.
--   records bigint: Records in the objects processed. A stretch that cannot be read counts as one.
--   kept bigint: Records that became rows.
--   filtered bigint: Records that the filters dropped.
--   quarantined bigint: Records that are in quarantine.
--   accountedpercent double: kept + filtered + quarantined in per cent of records, rounded down: must be 100. Null where there
--     are no records.
--   quarantinedpercent double: quarantined in per cent of records, rounded up.
--   late bigint: Of the records kept, those of a day that was over for a whole day and more at delivery.
--   latepercent double: That in per cent of kept, rounded up. Null where nothing was kept.
-- Cost: what arrivals costs: lake_ledger alone, all its days, whatever is asked for.
WITH
counted AS (
    SELECT
        calendarday,
        source,
        accountid,
        awsregion,
        CAST(count_if(outcome <> 'dropped') AS bigint) AS objects,
        CAST(count_if(outcome = 'ok') AS bigint) AS processed,
        CAST(count_if(outcome = 'waiting') AS bigint) AS waiting,
        CAST(count_if(outcome = 'undone') AS bigint) AS undone,
        CAST(count_if(outcome = 'gone') AS bigint) AS gone,
        CAST(count_if(outcome = 'givenup') AS bigint) AS givenup,
        CAST(count_if(outcome = 'dropped') AS bigint) AS dropped,
        CAST(sum(recordsin) AS bigint) AS records,
        CAST(sum(kept) AS bigint) AS kept,
        CAST(sum(filtered) AS bigint) AS filtered,
        CAST(sum(quarantined) AS bigint) AS quarantined,
        CAST(sum(late) AS bigint) AS late
    FROM arrivals
    GROUP BY calendarday, source, accountid, awsregion
)
-- Hundredths of a per cent are cut to whole ones before they are divided: what is good is never shown as more than it is.
SELECT
    calendarday,
    source,
    accountid,
    awsregion,
    objects,
    processed,
    floor(10000 * CAST(processed AS double) / nullif(objects, 0)) / 100 AS processedpercent,
    waiting,
    undone,
    gone,
    givenup,
    ceil(10000 * CAST(givenup AS double) / nullif(objects, 0)) / 100 AS givenuppercent,
    dropped,
    records,
    kept,
    filtered,
    quarantined,
    floor(10000 * CAST(kept + filtered + quarantined AS double) / nullif(records, 0)) / 100 AS accountedpercent,
    ceil(10000 * CAST(quarantined AS double) / nullif(records, 0)) / 100 AS quarantinedpercent,
    late,
    ceil(10000 * CAST(late AS double) / nullif(kept, 0)) / 100 AS latepercent
FROM counted
