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
--   rolechain varchar: How the credentials were come by, oldest first, 'one > assumed > assumed': from AssumeRole events of
--     the session's day and the day before, three at most. Null where there is none.
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
--     (started less than two hours ago), or missing: they should be there and are not.
-- Cost: for one calendarday, no text of any session; of from_cloudtrail_readready that day for the starts, the day before for
--   role chains, and of both tables keystrokedays before and after. Without a condition on calendarday, the whole lake's days.
WITH
-- Who asked for a session, whether they got it or not.
starts AS (
    SELECT
        calendarday,
        eventtime AS starttime,
        sessionid,
        coalesce(recipientaccountid, useridentityaccountid) AS accountid,
        awsregion,
        CASE
            WHEN eventname = 'StartSession' THEN json_extract_scalar(requestparameters, '$.target')
            -- Each may be a name or an ARN; what follows the last / is the name in both.
            ELSE concat_ws(
                '/',
                element_at(split(json_extract_scalar(requestparameters, '$.cluster'), '/'), -1),
                element_at(split(json_extract_scalar(requestparameters, '$.task'), '/'), -1),
                json_extract_scalar(requestparameters, '$.container')
            )
        END AS target,
        useridentityarn AS principalarn,
        username,
        sourceidentity,
        sessionissuerarn AS rolearn,
        useridentityaccesskeyid AS accesskeyid,
        sourceipaddress,
        eventname,
        json_extract_scalar(requestparameters, '$.documentName') AS documentname,
        json_extract_scalar(requestparameters, '$.reason') AS reason,
        errorcode,
        errormessage,
        eventid
    FROM from_cloudtrail_readready
    WHERE (eventsource = 'ssm.amazonaws.com' AND eventname = 'StartSession')
        OR (eventsource = 'ecs.amazonaws.com' AND eventname = 'ExecuteCommand')
),
-- Role credentials that were handed out on a day or the day before: they live for twelve hours at most.
handedout AS (
    -- repeat days from 0 to 1, joined by UNION ALL
    SELECT
        date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d') AS usableon,
        issuedaccesskeyid,
        useridentityaccesskeyid,
        coalesce(sessionissuerarn, useridentityarn, username) AS caller
    FROM from_cloudtrail_readready
    WHERE eventname LIKE 'AssumeRole%' AND issuedaccesskeyid IS NOT NULL
    -- end repeat
),
-- The chain of each key that a session was asked for with, one hand-out after the other. The few keys are on the right of
-- each join, where an engine holds them in memory and lets the many hand-outs pass by. A call from another account is logged
-- in both, and only the caller's record has the caller's key and name: max takes that one, and there is one row a key.
onehop AS (
    SELECT
        used.calendarday,
        used.accesskeyid,
        max(handedout.caller) AS caller1,
        max(handedout.useridentityaccesskeyid) AS accesskeyid1
    FROM handedout
    INNER JOIN (SELECT DISTINCT calendarday, accesskeyid FROM starts) AS used
        ON handedout.usableon = used.calendarday AND handedout.issuedaccesskeyid = used.accesskeyid
    GROUP BY used.calendarday, used.accesskeyid
),
twohops AS (
    SELECT
        onehop.calendarday,
        onehop.accesskeyid,
        onehop.caller1,
        max(handedout.caller) AS caller2,
        max(handedout.useridentityaccesskeyid) AS accesskeyid2
    FROM handedout
    RIGHT JOIN onehop
        ON handedout.usableon = onehop.calendarday AND handedout.issuedaccesskeyid = onehop.accesskeyid1
    GROUP BY onehop.calendarday, onehop.accesskeyid, onehop.caller1
),
chains AS (
    SELECT
        twohops.calendarday,
        twohops.accesskeyid,
        nullif(concat_ws(' > ', max(handedout.caller), twohops.caller2, twohops.caller1), '') AS callers
    FROM handedout
    RIGHT JOIN twohops
        ON handedout.usableon = twohops.calendarday AND handedout.issuedaccesskeyid = twohops.accesskeyid2
    GROUP BY twohops.calendarday, twohops.accesskeyid, twohops.caller1, twohops.caller2
),
asked AS (
    SELECT
        starts.calendarday,
        starts.starttime,
        starts.sessionid,
        starts.accountid,
        starts.awsregion,
        nullif(starts.target, '') AS target,
        starts.principalarn,
        starts.username,
        starts.sourceidentity,
        starts.rolearn,
        chains.callers || coalesce(' > ' || starts.rolearn, '') AS rolechain,
        starts.sourceipaddress,
        starts.documentname,
        CASE
            WHEN starts.eventname = 'ExecuteCommand' THEN 'ECS Exec'
            ELSE CASE coalesce(starts.documentname, 'SSM-SessionManagerRunShell')
                ${documents}
                WHEN 'SSM-SessionManagerRunShell' THEN 'shell'
                ELSE 'custom'
            END
        END AS sessiontype,
        starts.reason,
        CASE
            WHEN starts.errorcode IS NULL THEN 'started'
            -- Services word it differently: AccessDenied, AccessDeniedException, UnauthorizedOperation, NotAuthorized, ...
            WHEN regexp_like(lower(starts.errorcode), 'accessdenied|unauthorized|notauthorized|forbidden|authfailure')
                THEN 'denied'
            ELSE 'failed'
        END AS outcome,
        starts.errorcode,
        starts.errormessage,
        typed.keystrokerecords,
        typed.keystrokelines,
        typed.firstkeystroke,
        typed.lastkeystroke,
        starts.eventid,
        typed.streamed
    FROM starts
    LEFT JOIN recordedsessions AS typed
        ON typed.calendarday = starts.calendarday AND typed.sessionid = starts.sessionid
    LEFT JOIN chains
        ON chains.calendarday = starts.calendarday AND chains.accesskeyid = starts.accesskeyid
),
-- Keystrokes whose start is not in the lake: it was filtered, lost or is not there yet. An auditor must see them.
everysession AS (
    SELECT * FROM asked
    UNION ALL
    SELECT
        calendarday, NULL, sessionid, accountid, awsregion, target, principalarn, username, NULL, NULL, NULL, NULL, NULL,
        sessiontype, NULL, 'keystrokes only', NULL, NULL,
        keystrokerecords, keystrokelines, firstkeystroke, lastkeystroke, NULL, streamed
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
        -- Not streamed means uploaded at the end, and the end is up to two hours away as people use sessions.
        WHEN starttime > CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp) - INTERVAL '2' HOUR THEN 'awaited'
        ELSE 'missing'
    END AS keystrokes
FROM everysession
