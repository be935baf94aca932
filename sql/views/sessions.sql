-- sessions: one row a session: who had it, when, where, why, what became of it, and whether there are keystrokes.
--
-- Columns:
--   calendarday varchar: The session's day, yyyy-mm-dd, UTC: of its start, or of its first keystroke where there is no start.
--   starttime timestamp: When it was asked for, UTC; null where only keystrokes are there.
--   sessionid varchar: The session's id; null if it was denied or failed.
--   accountid varchar: The account, 12 digits: that received the event, else the caller's.
--   awsregion varchar: The Region.
--   target varchar: The instance or managed node; for ECS Exec cluster/task/container.
--   principalarn varchar: The ARN of the one who asked for it.
--   username varchar: The same as a plain name: the role session's name, else the user name.
--   sourceidentity varchar: The source identity, where the principal set one: survives role chains.
--   rolearn varchar: The role whose credentials were used.
--   rolechain varchar: How the credentials were come by, oldest first, 'one > assumed > assumed', as in the view role_chain.
--     Null where nothing is known.
--   sourceipaddress varchar: Where the call came from.
--   documentname varchar: The Session Manager document that was asked for; null for the default one.
--   sessiontype varchar: shell, SSH, port forwarding, command, ECS Exec, custom (a document that [documents] in lake.toml
--     does not name), or what lake.toml calls it.
--   reason varchar: The reason that was given.
--   outcome varchar: started, denied, failed, or keystrokes only: there are keystrokes and no start that they belong to.
--   errorcode varchar: Why it was denied or failed.
--   errormessage varchar: The error's text.
--   keystrokerecords bigint: How many records of keystrokes there are.
--   keystrokelines bigint: How many lines they hold, those that the agent sent again included.
--   firstkeystroke timestamp: The time of the first record, UTC.
--   lastkeystroke timestamp: The time of the last record, UTC.
--   eventid varchar: CloudTrail's id of the StartSession or ExecuteCommand: finds it in from_cloudtrail_readready.
--   streamed boolean: True if recorded while the session ran, false if uploaded once at its end, null without keystrokes.
--   keystrokes varchar: recorded, recorded at end, cannot be logged (SSH or port forwarding), denied, failed, awaited
--     (started less than ended_minutes ago), or missing: they should be there and are not.
--   accesskeyid varchar: The access key of the credentials: finds how they were come by in role_chain.
-- Cost: for one calendarday, no text of any session; of from_cloudtrail_readready that day for the starts, the day before for
--   role chains, and of both tables keystrokedays before and after. Without a condition on calendarday, the whole lake's days.
WITH
asked AS (
    SELECT
        starts.calendarday,
        starts.starttime,
        starts.sessionid,
        starts.accountid,
        starts.awsregion,
        starts.target,
        starts.principalarn,
        starts.username,
        starts.sourceidentity,
        starts.rolearn,
        role_chain.rolechain,
        starts.sourceipaddress,
        starts.documentname,
        starts.sessiontype,
        starts.reason,
        starts.outcome,
        starts.errorcode,
        starts.errormessage,
        typed.keystrokerecords,
        typed.keystrokelines,
        typed.firstkeystroke,
        typed.lastkeystroke,
        starts.eventid,
        typed.streamed,
        starts.accesskeyid
    FROM sessionstarts AS starts
    LEFT JOIN recordedsessions AS typed
        ON typed.calendarday = starts.calendarday AND typed.sessionid = starts.sessionid
    LEFT JOIN role_chain
        ON role_chain.calendarday = starts.calendarday AND role_chain.accesskeyid = starts.accesskeyid
),
-- Keystrokes whose start is not in the lake: it was filtered, lost or is not there yet. An auditor must see them.
everysession AS (
    SELECT * FROM asked
    UNION ALL
    SELECT
        calendarday, NULL, sessionid, accountid, awsregion, target, principalarn, username, NULL, NULL, NULL, NULL, NULL,
        sessiontype, NULL, 'keystrokes only', NULL, NULL,
        keystrokerecords, keystrokelines, firstkeystroke, lastkeystroke, NULL, streamed, NULL
    FROM recordedsessions
    WHERE NOT started
)
SELECT
    calendarday,
    starttime,
    sessionid,
    accountid,
    awsregion,
    target,
    principalarn,
    username,
    sourceidentity,
    rolearn,
    rolechain,
    sourceipaddress,
    documentname,
    sessiontype,
    reason,
    outcome,
    errorcode,
    errormessage,
    coalesce(keystrokerecords, 0) AS keystrokerecords,
    coalesce(keystrokelines, 0) AS keystrokelines,
    firstkeystroke,
    lastkeystroke,
    eventid,
    streamed,
    CASE
        WHEN streamed THEN 'recorded'
        WHEN keystrokerecords > 0 THEN 'recorded at end'
        WHEN outcome IN ('denied', 'failed') THEN outcome
        WHEN sessiontype IN ('SSH', 'port forwarding') THEN 'cannot be logged (' || sessiontype || ')'
        -- Not streamed means uploaded at the end, which may still be ahead.
        WHEN starttime > CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp) - INTERVAL '${ended_minutes}' MINUTE
            THEN 'awaited'
        ELSE 'missing'
    END AS keystrokes,
    accesskeyid
FROM everysession
