-- quarantined: one row a record that is still in no table because it is bad or contradicts another. What a later reading of its object repaired is not here; lake_quarantine keeps it.
--
-- Columns:
--   calendarday varchar: The day on which it was put there, yyyy-mm-dd.
--   source varchar: The name of the source in lake.toml.
--   job varchar: cloudtrail or cloudwatch.
--   accountid varchar: The account that its object's key names; unknown where it names none.
--   awsregion varchar: The Region that its object's key names; unknown where it names none.
--   sourceobject varchar: The raw object, s3://bucket/key.
--   sourceetag varchar: Its ETag.
--   sourcerecord bigint: The record's position in the object, counted from 0.
--   edition integer: That of its object's reading that counts.
--   reason varchar: A word from a closed list, see docs/quarantine.md.
--   detail varchar: What exactly, for a person.
--   sha256 varchar: The hash of the record's bytes.
--   recordbytes bigint: How many bytes it has.
--   storedin varchar: The object with its bytes, s3://bucket/key; restricted.
--   storedat bigint: Where in that object they begin.
--   storedbytes bigint: How many of them are stored: very long ones are cut.
-- Cost: lake_quarantine and what arrivals costs, all days: whether a record was repaired, a later day says.
WITH
-- Of each object version the reading that counts: its bad records, and the conflicts that its edition's rows met.
bad AS (
    SELECT
        found.calendarday,
        arrivals.source,
        found.job,
        arrivals.accountid,
        arrivals.awsregion,
        found.sourceobject,
        found.sourceetag,
        found.sourcerecord,
        found.edition,
        found.reason,
        found.detail,
        found.sha256,
        found.recordbytes,
        found.storedin,
        found.storedat,
        found.storedbytes,
        -- Versions with equal content have the same bad records, and a conflict is found again when its object is.
        row_number() OVER (
            PARTITION BY found.sourceobject, found.sourceetag, found.sourcerecord
            ORDER BY found.calendarday, found.storedin, found.storedat, arrivals.versionid
        ) AS place
    FROM lake_quarantine AS found
    INNER JOIN arrivals
        ON found.sourceobject = 's3://' || arrivals.bucket || '/' || arrivals.objectkey
        AND found.sourceetag = arrivals.etag
        AND found.edition = arrivals.edition
        AND (found.reason = 'conflict' OR found.batch = arrivals.batch)
)
SELECT
    calendarday,
    source,
    job,
    accountid,
    awsregion,
    sourceobject,
    sourceetag,
    sourcerecord,
    edition,
    reason,
    detail,
    sha256,
    recordbytes,
    storedin,
    storedat,
    storedbytes
FROM bad
WHERE place = 1
