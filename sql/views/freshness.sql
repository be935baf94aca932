-- freshness: one row an object version that arrived by itself, was read, and brought rows: how long it took until they could be read.
--
-- Columns:
--   calendarday varchar: The day of delivery: the one that its key names, or that of its arrival where it names none.
--   source varchar: The name of the source in lake.toml.
--   job varchar: cloudtrail or cloudwatch.
--   accountid varchar: The account that its key names; unknown where it names none.
--   awsregion varchar: The Region that its key names; unknown where it names none.
--   sourceobject varchar: The object, s3://bucket/key.
--   sourceetag varchar: Its ETag: which content of the key it is.
--   versionid varchar: Its version, where the bucket has versioning.
--   arrived timestamp: When it arrived, as S3 says, UTC.
--   publishedat timestamp: When the last of the days that its batch touches was published with it, UTC, by the job's clock.
--     AddAPart points the catalog there some seconds later. Null where rows were kept and are not published yet.
--   seconds bigint: From the one to the other, and never below 0, because S3's clock is another; null where publishedat is.
-- Cost: lake_ledger and lake_generations, all days, few columns. What somebody asked for (a backfill, a rebuild, a replay) has
--   no freshness and is not here. An object without a row that was kept is here if its batch has any: the same objects
--   that a run's own figure is of.
WITH
published AS (
    SELECT taken.batch, max(made.publishedat) AS publishedat
    FROM lake_generations AS made
    CROSS JOIN UNNEST(CAST(json_parse(made.batches) AS array(varchar))) AS taken (batch)
    WHERE made.tablename IN (${logtables})
    GROUP BY taken.batch
),
-- Who announces what lies in S3 (the doctor) names no version: it is the one of the same content.
readings AS (
    SELECT
        *,
        coalesce(versionid, max(versionid) OVER (PARTITION BY bucket, objectkey, etag)) AS version
    FROM lake_ledger
    WHERE outcome = 'ok'
)
SELECT
    coalesce(min(readings.deliveryday), date_format(min(readings.arrived), '%Y-%m-%d')) AS calendarday,
    min(readings.source) AS source,
    min(readings.job) AS job,
    coalesce(min(readings.accountid), 'unknown') AS accountid,
    coalesce(min(readings.awsregion), 'unknown') AS awsregion,
    's3://' || readings.bucket || '/' || readings.objectkey AS sourceobject,
    readings.etag AS sourceetag,
    readings.version AS versionid,
    min(readings.arrived) AS arrived,
    min(published.publishedat) AS publishedat,
    CASE
        WHEN min(published.publishedat) IS NOT NULL
            THEN greatest(date_diff('millisecond', min(readings.arrived), min(published.publishedat)) / 1000, 0)
    END AS seconds
FROM readings
LEFT JOIN published
    ON readings.batch = published.batch
WHERE readings.why IN ('event', 'doctor') AND (published.batch IS NOT NULL OR readings.kept > 0)
GROUP BY readings.bucket, readings.objectkey, readings.etag, readings.version
