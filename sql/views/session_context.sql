-- session_context: what else the same principal did before, during and after each session, by access key and source identity.
--
-- Columns:
--   calendarday varchar: The session's day, yyyy-mm-dd, UTC, of its start. The events may lie on the days around it.
--   sessionid varchar: The session's id; null if it was denied or failed.
--   starteventid varchar: CloudTrail's id of the session's StartSession or ExecuteCommand: sessions.eventid.
--   starttime timestamp: When the session was asked for, UTC.
--   username varchar: Who had it, as a plain name.
--   accountid varchar: The session's account.
--   secondsfromstart bigint: The event's time, counted from the session's start: negative before it. From here on columns
--     are null in a session's only row if nothing else of its principal is in the lake: see kept for why.
--   phase varchar: before, during (until the last keystroke or the TerminateSession, whichever is later; where neither is
--     known, ended_minutes), after.
--   foundby varchar: access key, source identity, or access key and source identity.
--   eventtime timestamp: When the event happened, UTC.
--   eventsource varchar: The service that was called.
--   eventname varchar: The API action.
--   awsregion varchar: The Region of the call.
--   eventaccountid varchar: The account that received the event.
--   rolearn varchar: The role whose credentials were used for it.
--   sourceipaddress varchar: Where it came from.
--   errorcode varchar: Why the call failed; null where it succeeded.
--   readonly boolean: Whether the call only reads.
--   requestparameters varchar: The request, JSON text.
--   eventid varchar: CloudTrail's id of the event: finds it in from_cloudtrail_readready.
--   kept varchar: What the filters in lake.toml let into the lake from the session's account: everything, or what they name.
--     If not everything, there may be more that nobody can see here: everything_accounts in lake.toml changes that.
-- Cost: with a condition on calendarday, of from_cloudtrail_readready that day and as many days around it as context_hours
--   reach, twice (by key, by source identity), request texts of what is found included, and what recordedsessions reads.
--   Narrow it: WHERE calendarday = ? AND sessionid = ? AND secondsfromstart BETWEEN ? AND ?
WITH
asked AS (
    SELECT
        starts.calendarday,
        starts.sessionid,
        starts.eventid AS starteventid,
        starts.starttime,
        starts.username,
        starts.accountid,
        starts.accesskeyid,
        starts.sourceidentity,
        typed.lastkeystroke
    FROM sessionstarts AS starts
    LEFT JOIN recordedsessions AS typed
        ON typed.calendarday = starts.calendarday AND typed.sessionid = starts.sessionid
),
-- All that was done, once for each day of which a session may have it near.
done AS (
    -- repeat days from -contextdays to contextdays, joined by UNION ALL
    SELECT
        date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d') AS sessionday,
        eventtime,
        eventsource,
        eventname,
        awsregion,
        recipientaccountid,
        sessionid,
        sessionissuerarn,
        sourceipaddress,
        errorcode,
        readonly,
        requestparameters,
        eventid,
        useridentityaccesskeyid,
        sourceidentity
    FROM from_cloudtrail_readready
    -- end repeat
),
found AS (
    SELECT
        asked.starteventid,
        asked.calendarday,
        CASE
            WHEN done.sourceidentity = asked.sourceidentity THEN 'access key and source identity'
            ELSE 'access key'
        END AS foundby,
        done.*
    FROM done
    INNER JOIN asked
        ON done.sessionday = asked.calendarday AND done.useridentityaccesskeyid = asked.accesskeyid
    WHERE done.eventid IS DISTINCT FROM asked.starteventid
        AND abs(date_diff('second', asked.starttime, done.eventtime)) <= ${context_hours} * 3600
    UNION ALL
    SELECT
        asked.starteventid,
        asked.calendarday,
        'source identity' AS foundby,
        done.*
    FROM done
    INNER JOIN asked
        ON done.sessionday = asked.calendarday AND done.sourceidentity = asked.sourceidentity
    WHERE done.eventid IS DISTINCT FROM asked.starteventid
        AND abs(date_diff('second', asked.starttime, done.eventtime)) <= ${context_hours} * 3600
        AND done.useridentityaccesskeyid IS DISTINCT FROM asked.accesskeyid
),
-- Every session, with what was found or without.
near AS (
    SELECT
        asked.calendarday,
        asked.sessionid,
        asked.starteventid,
        asked.starttime,
        asked.username,
        asked.accountid,
        date_diff('second', asked.starttime, found.eventtime) AS secondsfromstart,
        asked.lastkeystroke,
        max(
            CASE
                WHEN found.eventname = 'TerminateSession' AND found.sessionid = asked.sessionid THEN found.eventtime
            END
        ) OVER (PARTITION BY asked.calendarday, asked.starteventid) AS terminated,
        found.foundby,
        found.eventtime,
        found.eventsource,
        found.eventname,
        found.awsregion,
        found.recipientaccountid,
        found.sessionissuerarn,
        found.sourceipaddress,
        found.errorcode,
        found.readonly,
        found.requestparameters,
        found.eventid
    FROM asked
    LEFT JOIN found
        ON found.calendarday = asked.calendarday AND found.starteventid = asked.starteventid
)
SELECT
    calendarday,
    sessionid,
    starteventid,
    starttime,
    username,
    accountid,
    secondsfromstart,
    CASE
        WHEN eventtime < starttime THEN 'before'
        WHEN eventtime <= coalesce(lastkeystroke, terminated, starttime + INTERVAL '${ended_minutes}' MINUTE)
            OR eventtime <= terminated
            THEN 'during'
        WHEN eventtime >= starttime THEN 'after'
    END AS phase,
    foundby,
    eventtime,
    eventsource,
    eventname,
    awsregion,
    recipientaccountid AS eventaccountid,
    sessionissuerarn AS rolearn,
    sourceipaddress,
    errorcode,
    readonly,
    requestparameters,
    eventid,
    ${kept} AS kept
FROM near
