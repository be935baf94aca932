-- same_file_twice: Did the same log file, byte for byte, arrive more than once?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day on which it was taken in
--   to day, e.g. 2026-03-08: the last
-- Cost: five columns of lake_ledger for these days
SELECT
    sha256,
    job,
    count(*) AS copies,
    min(recordsin) AS records,
    array_join(array_agg('s3://' || bucket || '/' || objectkey ORDER BY bucket, objectkey), ' ') AS objects
FROM (
    SELECT DISTINCT sha256, job, bucket, objectkey, etag, recordsin
    FROM lake_ledger
    WHERE calendarday BETWEEN ? AND ? AND outcome = 'ok' AND recordsin > 0
)
GROUP BY sha256, job
HAVING count(*) > 1
ORDER BY job, sha256
