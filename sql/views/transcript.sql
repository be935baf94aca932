-- transcript: what was typed and shown in sessions, one row a line, numbered through each session.
--
-- Columns:
--   calendarday varchar: The session's day as in the view sessions, not the line's: a session over midnight is read whole.
--   sessionid varchar: The session's id.
--   linenumber bigint: The line's number in its session, from 1: order by it.
--   eventtime timestamp: When the line's record was logged, UTC, to the millisecond; of a log file that came straight to S3,
--     when that had it, after the session's end.
--   line varchar: The line, exactly; a carriage return at its end and terminal escapes included.
--   isrepeat boolean: True if the same session had a record of the same text at most 300 s before: the agent sends lines again
--     after a failed upload.
--   logeventid varchar: CloudWatch's id of the record; null where Firehose extracted messages, and of a log file.
--   sourceobject varchar: The raw object that the line was read from, s3://bucket/key.
--   sourcerecord bigint: The record's position in that object, counted from 0.
--   sourceetag varchar: That object's ETag.
-- Cost: the text of all sessions that the condition leaves. With one on calendarday, the text of that day's records and of
--   keystrokedays after it (and what recordedsessions reads); with one on sessionid as well, bloom filters leave little of
--   it; with sessionid alone every day's files are opened. Conditions on other columns alone read everything.
WITH
-- Records with their text, once for each day on which their session may have begun: see recordedsessions.
records AS (
    -- repeat days from -keystrokedays to 0, joined by UNION ALL
    SELECT
        date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d') AS sessionday,
        sessionid, eventtime, sessiondata, linecount, logeventid, logfile, sourceobject, sourceetag, sourcerecord
    FROM sessionrecords
    WHERE sessionid IS NOT NULL
    -- end repeat
),
-- Those that are the session's own, and their lines' number: what follows a text's last newline is no line.
own AS (
    SELECT
        recorded.calendarday,
        records.*,
        cardinality(split(records.sessiondata, chr(10))) - CASE
            WHEN element_at(split(records.sessiondata, chr(10)), -1) = ''
                AND cardinality(split(records.sessiondata, chr(10))) > records.linecount
                THEN 1
            ELSE 0
        END AS lines
    FROM records
    INNER JOIN recordedsessions AS recorded
        ON records.sessionday = recorded.calendarday
        AND records.sessionid = recorded.sessionid
        AND records.eventtime BETWEEN recorded.firstkeystroke AND recorded.lastkeystroke
        AND coalesce(records.logfile, '') = coalesce(recorded.logfile, '')
),
-- Records in order. Ids are decimal numbers as text: the longer is the higher. Nulls are last. A record that is sent again
-- has the same text and another id.
inorder AS (
    SELECT
        own.*,
        sum(lines) OVER (
            PARTITION BY calendarday, sessionid
            ORDER BY eventtime, length(logeventid), logeventid, sourceobject, sourcerecord
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS lastline,
        lag(eventtime) OVER (
            PARTITION BY calendarday, sessionid, sessiondata
            ORDER BY eventtime, length(logeventid), logeventid, sourceobject, sourcerecord
        ) AS sentbefore
    FROM own
)
SELECT
    inorder.calendarday,
    inorder.sessionid,
    CAST(inorder.lastline - inorder.lines + each.place AS bigint) AS linenumber,
    inorder.eventtime,
    each.line,
    -- A log file is written once; that a part of it is as the part before says nothing.
    inorder.logfile IS NULL AND coalesce(inorder.eventtime <= inorder.sentbefore + INTERVAL '300' SECOND, false) AS isrepeat,
    inorder.logeventid,
    inorder.sourceobject,
    inorder.sourcerecord,
    inorder.sourceetag
FROM inorder
CROSS JOIN UNNEST(split(inorder.sessiondata, chr(10))) WITH ORDINALITY AS each (line, place)
WHERE each.place <= inorder.lines
