-- objects: one row an object version that arrived: what became of it, and what of it is shown.
--
-- Columns:
--   calendarday varchar: The day of delivery: the one that its key names, or that of its first arrival where it names none.
--   source varchar: The name of the source in lake.toml; unknown where none has such keys.
--   job varchar: Whose logs it holds: a name of [jobs] in lake.toml; cloudtrail, cloudwatch, ...
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
--     latest. The figures are of that reading.
--   recordsin bigint: Records found. A stretch that cannot be read counts as one.
--   kept bigint: Records that became rows.
--   filtered bigint: Records that the filters dropped.
--   quarantined bigint: Records that are in lake_quarantine.
--   late bigint: Of the records kept, those of a day that was over for a whole day and more at delivery.
--   rowsshown bigint: Rows of the readready table that were read from it. Of versions with equal content, the first has them.
--   rowselsewhere bigint: Records kept of which this object has no row: an equal one of another object is shown, or one
--     that contradicts it (see lake_quarantine), or they were removed, or their day is not published yet. 0 where more are
--     shown than kept: rows of an earlier reading stay where no rebuild of their day took them out.
-- Cost: what arrivals costs, and sourceobject and sourceetag of all readready tables, all days: events of any day can lie in
--   an object. For questions that need neither rowsshown nor rowselsewhere, ask arrivals: it has the other columns.
WITH
shown AS (
    SELECT sourceobject, sourceetag, count(*) AS rowsshown
    FROM (
        -- each logs, joined by UNION ALL
        SELECT sourceobject, sourceetag FROM ${table}
        -- end each
    ) AS alltables
    GROUP BY sourceobject, sourceetag
),
-- A row names its object's ETag and not its version: versions with equal content have the same rows, shown once.
versions AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY bucket, objectkey, etag
            ORDER BY CASE WHEN outcome = 'ok' THEN 0 ELSE 1 END, firstarrived, versionid
        ) AS place
    FROM arrivals
)
SELECT
    versions.calendarday,
    versions.source,
    versions.job,
    versions.accountid,
    versions.awsregion,
    versions.bucket,
    versions.objectkey,
    versions.etag,
    versions.versionid,
    versions.objectbytes,
    versions.firstarrived,
    versions.timestaken,
    versions.why,
    versions.outcome,
    versions.rule,
    versions.detail,
    versions.edition,
    versions.recordsin,
    versions.kept,
    versions.filtered,
    versions.quarantined,
    versions.late,
    coalesce(shown.rowsshown, 0) AS rowsshown,
    greatest(versions.kept - coalesce(shown.rowsshown, 0), 0) AS rowselsewhere
FROM versions
LEFT JOIN shown
    ON versions.place = 1
    AND 's3://' || versions.bucket || '/' || versions.objectkey = shown.sourceobject
    AND versions.etag = shown.sourceetag
