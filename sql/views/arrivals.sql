-- arrivals: one row an object version that arrived, and what became of it. The views objects, quarantined and completeness are made from it.
--
-- Columns:
--   calendarday varchar: The day of delivery: the one that its key names, or that of its first arrival where it names none.
--   source varchar: The name of the source in lake.toml; unknown where none has such keys.
--   job varchar: cloudtrail or cloudwatch.
--   accountid varchar: The account that its key names; unknown where it names none.
--   awsregion varchar: The Region that its key names; unknown where it names none.
--   bucket varchar: The object's bucket.
--   objectkey varchar: The object's key.
--   etag varchar: Its ETag: which content of the key it is.
--   versionid varchar: Its version, where the bucket has versioning.
--   objectbytes bigint: Its size in bytes.
--   firstarrived timestamp: When it first arrived, as S3 says, UTC.
--   timestaken bigint: How many batches have taken it: for each plan that met an announcement of it, and for each further
--     attempt. 0 while it waits for its first.
--   why varchar: Why it was taken the last time: event (S3 said so), backfill, rebuild, replay or doctor.
--   outcome varchar: ok if it was ever read; else what became of it the last time: gone (overwritten or deleted before it
--     was read), dropped (by a control, see rule), givenup, undone (comes again), waiting (planned, not landed yet).
--   rule varchar: The control in lake.toml that dropped it.
--   detail varchar: What went wrong, for the outcomes gone, undone and givenup.
--   edition integer: That of the reading that counts: the highest, and of equal ones the reading that kept most, then the
--     latest. All that follows is of that reading.
--   batch varchar: The batch that made it.
--   recordsin bigint: Records found. A stretch that cannot be read counts as one.
--   kept bigint: Records that became rows.
--   filtered bigint: Records that the filters dropped.
--   quarantined bigint: Records that are in lake_quarantine.
--   late bigint: Of the records kept, those of a day that was over for a whole day and more at delivery.
-- Cost: lake_ledger alone, but all its days whatever calendarday is asked for: an object can be announced again years
--   later. With a condition on objectkey, bloom filters leave little of it. Columns that are not asked for are not read.
WITH
-- Who announces what lies in S3 (backfill, rebuild, doctor) names no version: it is the one of the same content.
versions AS (
    SELECT *, coalesce(versionid, max(versionid) OVER (PARTITION BY bucket, objectkey, etag)) AS version
    FROM lake_ledger
    WHERE outcome <> 'requested'
),
taken AS (
    SELECT
        *,
        -- '<job>/<plan>-<position>' and, of one that waits, '/waiting' behind it.
        TRY_CAST(split_part(split_part(batch, '/', 2), '-', 1) AS bigint) AS plan
    FROM versions
),
-- reading: 1 for the row that counts; taking: 1 for the last. A row that says waiting is there to be overtaken: by one of
-- the same plan, too.
ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY bucket, objectkey, etag, version
            ORDER BY
                CASE WHEN outcome = 'ok' THEN 0 ELSE 1 END,
                CASE WHEN outcome = 'ok' THEN edition ELSE 0 END DESC,
                kept DESC,
                calendarday DESC,
                plan DESC,
                CASE WHEN outcome = 'waiting' THEN 1 ELSE 0 END,
                edition DESC,
                batch DESC
        ) AS reading,
        row_number() OVER (
            PARTITION BY bucket, objectkey, etag, version
            ORDER BY calendarday DESC, plan DESC, CASE WHEN outcome = 'waiting' THEN 1 ELSE 0 END, edition DESC, batch DESC
        ) AS taking
    FROM taken
)
SELECT
    coalesce(min(deliveryday), min(calendarday)) AS calendarday,
    coalesce(nullif(max(source) FILTER (WHERE reading = 1), ''), 'unknown') AS source,
    max(job) FILTER (WHERE reading = 1) AS job,
    coalesce(max(accountid) FILTER (WHERE reading = 1), 'unknown') AS accountid,
    coalesce(max(awsregion) FILTER (WHERE reading = 1), 'unknown') AS awsregion,
    bucket,
    objectkey,
    etag,
    version AS versionid,
    max(objectbytes) FILTER (WHERE reading = 1) AS objectbytes,
    min(arrived) AS firstarrived,
    CAST(count_if(outcome <> 'waiting') AS bigint) AS timestaken,
    max(why) FILTER (WHERE taking = 1) AS why,
    max(outcome) FILTER (WHERE reading = 1) AS outcome,
    max(rule) FILTER (WHERE reading = 1) AS rule,
    max(detail) FILTER (WHERE reading = 1) AS detail,
    max(edition) FILTER (WHERE reading = 1) AS edition,
    max(batch) FILTER (WHERE reading = 1) AS batch,
    max(recordsin) FILTER (WHERE reading = 1) AS recordsin,
    max(kept) FILTER (WHERE reading = 1) AS kept,
    max(filtered) FILTER (WHERE reading = 1) AS filtered,
    max(quarantined) FILTER (WHERE reading = 1) AS quarantined,
    coalesce(max(late) FILTER (WHERE reading = 1), 0) AS late
FROM ranked
GROUP BY bucket, objectkey, etag, version
