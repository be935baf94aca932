-- transcript: what was typed and shown in sessions, one row a line, numbered through each session.
--
-- Columns:
--   calendarday varchar: The session's day as in the view sessions, not the line's: a session over midnight is read whole.
--   sessionid varchar: The session's id.
--   linenumber bigint: The line's number in its session, from 1: order by it.
--   eventtime timestamp: When the line's record was logged, UTC, to the millisecond.
--   line varchar: The line, exactly; a carriage return at its end and terminal escapes included.
--   isrepeat boolean: True if the same session had a record of the same text at most 300 s before: the agent sends lines again
--     after a failed upload.
--   logeventid varchar: CloudWatch's id of the record; null where Firehose extracted messages.
--   sourceobject varchar: The raw object that the line was read from, s3://bucket/key.
--   sourcerecord bigint: The record's position in that object, counted from 0.
-- Cost: the text of all sessions that the condition leaves. With one on calendarday, the text of that day's records and of
--   keystrokedays after it (and what recordedsessions reads); with one on sessionid as well, bloom filters leave little of
--   it; with sessionid alone every day's files are opened. Conditions on other columns alone read everything.
WITH
-- Records with their text, once for each day on which their session may have begun: see recordedsessions.
records AS (
    -- repeat days from -keystrokedays to 0, joined by UNION ALL
    SELECT
        date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d') AS sessionday,
        sessionid, eventtime, sessiondata, linecount, logeventid, sourceobject, sourcerecord
    FROM from_cloudwatch_readready
    WHERE sessionid IS NOT NULL
    -- end repeat
),
-- Those that are the session's own. The text of a record that is sent again is the same and its id is new.
own AS (
    SELECT
        recorded.calendarday,
        records.*,
        lag(records.eventtime) OVER (
            PARTITION BY recorded.calendarday, records.sessionid, records.sessiondata
            ORDER BY
                records.eventtime,
                length(records.logeventid),
                records.logeventid,
                records.sourceobject,
                records.sourcerecord
        ) AS saidbefore
    FROM recordedsessions AS recorded
    INNER JOIN records
        ON records.sessionday = recorded.calendarday
        AND records.sessionid = recorded.sessionid
        AND records.eventtime BETWEEN recorded.firstkeystroke AND recorded.lastkeystroke
)
SELECT
    own.calendarday,
    own.sessionid,
    row_number() OVER (
        PARTITION BY own.calendarday, own.sessionid
        -- Ids are decimal numbers as text: the longer is the higher. Nulls are last.
        ORDER BY
            own.eventtime,
            length(own.logeventid),
            own.logeventid,
            own.sourceobject,
            own.sourcerecord,
            lines.place
    ) AS linenumber,
    own.eventtime,
    lines.line,
    coalesce(own.eventtime <= own.saidbefore + INTERVAL '300' SECOND, false) AS isrepeat,
    own.logeventid,
    own.sourceobject,
    own.sourcerecord
FROM own
CROSS JOIN UNNEST(split(own.sessiondata, chr(10))) WITH ORDINALITY AS lines (line, place)
-- What follows the last newline of a text is no line.
WHERE lines.place <= own.linecount OR lines.line <> ''
