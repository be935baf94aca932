-- recordedsessions: one row a session that has keystrokes: which they are. The views sessions and transcript are made from it.
--
-- Columns:
--   calendarday varchar: The session's day, yyyy-mm-dd, UTC: of its start, or of its first keystroke where there is no start.
--   sessionid varchar: The session's id.
--   started boolean: Whether there is a StartSession or ExecuteCommand on that day.
--   keystrokerecords bigint: How many records of keystrokes there are.
--   keystrokelines bigint: How many lines they hold, those that the agent sent again included.
--   firstkeystroke timestamp: The time of the first record, UTC.
--   lastkeystroke timestamp: The time of the last record, UTC. All of the session's records from the first to this one are its.
--   streamed boolean: True if recorded while the session ran, false if uploaded once at its end.
--   accountid varchar: The account that owns the log group, or that stands in the log file's key.
--   awsregion varchar: The Region that the agent wrote down (streamed sessions), or that stands in the log file's key.
--   target varchar: The instance or managed node (streamed sessions).
--   principalarn varchar: Who had the session (streamed sessions).
--   username varchar: The user part of the session's name; null for ECS Exec, whose names have none.
--   sessiontype varchar: As far as the keystrokes alone tell: ECS Exec, shell (only shells are streamed), else null.
--   loggedto varchar: Where they were logged to: CloudWatch Logs, S3 (a log file alone), or CloudWatch Logs and S3. Of the
--     last, CloudWatch's records are the session's, and the log file's are shown nowhere.
--   logfile varchar: Of S3 alone, the log file that is shown, as in sessionrecords: of several, the first that S3 had, and
--     none whose key names another account than the start's as long as there is another.
--   logfilesdiffer boolean: True where S3 has several log files of the session, and not all are equal.
-- Cost: no text of any session is read. With a condition on calendarday the tables are read from keystrokedays before
--   to keystrokedays after it; with one on sessionid alone, every day's files are opened (bloom filters tell most off).
WITH
-- What is said of a session on one day: that it was started, what CloudWatch Logs has of it, or what a log file.
seen AS (
    SELECT
        calendarday,
        sessionid,
        CAST(NULL AS varchar) AS startedon,
        calendarday AS typedon,
        count(*) AS keystrokerecords,
        sum(linecount) AS keystrokelines,
        min(eventtime) AS firstkeystroke,
        max(eventtime) AS lastkeystroke,
        bool_or(streamed) AS streamed,
        max(accountid) AS accountid,
        max(awsregion) AS awsregion,
        max(target) AS target,
        max(useridentityarn) AS principalarn,
        max(username) AS username,
        logfile,
        logsha256
    FROM sessionrecords
    WHERE sessionid IS NOT NULL
    -- Of a log file, each reading: announced again, the same object can be of another second.
    GROUP BY calendarday, sessionid, logfile, logsha256, CASE WHEN logfile IS NOT NULL THEN eventtime END
    UNION ALL
    SELECT
        calendarday, sessionid, calendarday, NULL, NULL, NULL, NULL, NULL, NULL, accountid, NULL, NULL, NULL, NULL, NULL, NULL
    FROM sessionstarts
    WHERE sessionid IS NOT NULL
),
-- The same, once for each day on which the session may have begun, and with what lies around that day. The day is
-- computed from each row's own, so that a condition on it decides which partitions are read.
around AS (
    -- repeat days from -keystrokedays to keystrokedays, joined by UNION ALL
    SELECT date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d') AS sessionday, seen.* FROM seen
    -- end repeat
),
-- A day's keystrokes belong to the earliest start on it or the days before it, else to the earliest keystrokes there:
-- to one row of this view, whatever is missing. (What comes later than keystrokedays after a start is then a row of
-- its own, not lost.) Windows are by sessionday, or a condition on it would not reach the tables.
owned AS (
    SELECT
        around.*,
        min(startedon) OVER back AS firststart,
        min(CASE WHEN startedon IS NOT NULL THEN accountid END) OVER back AS startaccount,
        min(typedon) OVER back AS firsttyped
    FROM around
    WINDOW back AS (
        PARTITION BY sessionday, sessionid
        ORDER BY date(calendarday)
        RANGE BETWEEN INTERVAL '${keystrokedays}' DAY PRECEDING AND CURRENT ROW
    )
),
-- All of CloudWatch's is first; without any, the log file that S3 had first is, and no other. An instance writes below its
-- own account's number only: what lies below another's is not of this session.
ranked AS (
    SELECT
        owned.*,
        rank() OVER (
            PARTITION BY sessionday, sessionid
            ORDER BY
                CASE WHEN logfile IS NULL THEN 0 ELSE 1 END,
                CASE WHEN logfile IS NOT NULL AND accountid <> startaccount THEN 1 ELSE 0 END,
                CASE WHEN logfile IS NOT NULL THEN firstkeystroke END,
                logfile
        ) AS place,
        min(logsha256) OVER (PARTITION BY sessionday, sessionid) AS leastlog,
        max(logsha256) OVER (PARTITION BY sessionday, sessionid) AS greatestlog
    FROM owned
    WHERE typedon IS NOT NULL AND coalesce(firststart, firsttyped) = sessionday
)
SELECT
    sessionday AS calendarday,
    sessionid,
    max(firststart) IS NOT NULL AS started,
    CAST(sum(keystrokerecords) AS bigint) AS keystrokerecords,
    CAST(sum(keystrokelines) AS bigint) AS keystrokelines,
    min(firstkeystroke) AS firstkeystroke,
    max(lastkeystroke) AS lastkeystroke,
    bool_or(streamed) AS streamed,
    max(accountid) AS accountid,
    max(awsregion) AS awsregion,
    max(target) AS target,
    max(principalarn) AS principalarn,
    max(nullif(username, 'ecs-execute-command')) AS username,
    CASE
        WHEN max(username) = 'ecs-execute-command' THEN 'ECS Exec'
        WHEN bool_or(streamed) THEN 'shell'
    END AS sessiontype,
    CASE
        WHEN max(logfile) IS NOT NULL THEN 'S3'
        WHEN max(leastlog) IS NOT NULL THEN 'CloudWatch Logs and S3'
        ELSE 'CloudWatch Logs'
    END AS loggedto,
    max(logfile) AS logfile,
    coalesce(max(leastlog) <> max(greatestlog), false) AS logfilesdiffer
FROM ranked
WHERE place = 1
GROUP BY sessionday, sessionid
