-- evidence: one row a session: the verdict on what the lake can show of it, and why. `loglake report` says the same.
--
-- Columns:
--   calendarday varchar: The session's day, yyyy-mm-dd, UTC, as in sessions.
--   starttime timestamp: When it was asked for, UTC; null where only keystrokes are there.
--   sessionid varchar: The session's id; null if it was denied or failed.
--   username varchar: Who had it, as a plain name.
--   accountid varchar: The account: of the start, else the one that owns the log group.
--   awsregion varchar: The Region.
--   target varchar: The instance or managed node; for ECS Exec cluster/task/container.
--   sessiontype varchar: As in sessions; null where only keystrokes uploaded at the end are there.
--   verdict varchar: One of
--     complete (start and streamed keystrokes are there, and none of the signs of a gap),
--     gap suspected (they are there, and something may be missing or contradicts, see why),
--     not streamed (uploaded once at the end, to CloudWatch Logs or straight to S3, although its type can be streamed),
--     type not streamed (the same, of a type that Session Manager never streams: command, ECS Exec),
--     started but no keystrokes, keystrokes but no StartSession,
--     cannot be logged (SSH and port forwarding), denied, failed to start,
--     still open (its last sign of life is less than ended_minutes ago: more may come).
--   why varchar: The reasons, in words, joined by '; '. Times are UTC.
--   records bigint: How many records of keystrokes there are.
--   degradedrecords bigint: Of these, how many came without CloudWatch's ids and times (Firehose's message extraction).
--   firstkeystroke timestamp: The time of the first record, UTC.
--   lastkeystroke timestamp: The time of the last record, UTC.
--   streamed boolean: True if recorded while the session ran, false if logged once at its end: then the times above are those
--     of the logging, and no line has its own. Null without records.
--   endtime timestamp: When TerminateSession was called, UTC; null where nobody did, or where lake.toml does not keep it.
--   silences bigint: How many times a streamed session showed nothing for more than idle_minutes, from its start to its end.
--   unreadobjects bigint: How many objects that may hold something of it were not read, or not all of their records:
--     delivered around its time, its account's as far as their keys tell. Firehose's, or, where CloudWatch Logs has nothing,
--     a log file of the session's name; where the start is missing, CloudTrail's too. They are in the views arrivals and
--     quarantined.
--   unreadobject varchar: One of them, s3://bucket/key.
--   eventid varchar: CloudTrail's id of the start: sessions.eventid.
-- Cost: no text of any session. With a condition on calendarday, of the three readready tables that day and keystrokedays before
--   and after it; and what arrivals costs, twice: lake_ledger, all its days, and of lake_quarantine few columns.
WITH
-- Records of keystrokes, once for each day on which their session may have begun: see recordedsessions.
records AS (
    -- repeat days from -keystrokedays to 0, joined by UNION ALL
    SELECT
        date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d') AS sessionday,
        sessionid, eventtime, degraded, useridentityarn, logfile, sourceobject
    FROM sessionrecords
    -- end repeat
),
own AS (
    SELECT
        recorded.*,
        records.eventtime,
        records.degraded,
        records.useridentityarn,
        lag(records.eventtime) OVER (
            PARTITION BY recorded.calendarday, recorded.sessionid ORDER BY records.eventtime
        ) AS eventbefore
    FROM records
    INNER JOIN recordedsessions AS recorded
        ON records.sessionday = recorded.calendarday
        AND records.sessionid = recorded.sessionid
        AND records.eventtime BETWEEN recorded.firstkeystroke AND recorded.lastkeystroke
        AND coalesce(records.logfile, '') = coalesce(recorded.logfile, '')
),
-- What each of three sources says of a session: its start, its keystrokes, its end. A row each; a session is all of a name.
said AS (
    SELECT
        calendarday,
        coalesce(sessionid, eventid, CAST(starttime AS varchar)) AS name,
        sessionid,
        starttime,
        eventid,
        accountid,
        awsregion,
        target,
        principalarn,
        username,
        sessiontype,
        outcome,
        concat_ws(': ', errorcode, errormessage) AS refusal,
        CAST(NULL AS bigint) AS records,
        CAST(NULL AS bigint) AS degradedrecords,
        CAST(NULL AS timestamp) AS firstkeystroke,
        CAST(NULL AS timestamp) AS lastkeystroke,
        CAST(NULL AS boolean) AS streamed,
        CAST(NULL AS bigint) AS silences,
        CAST(NULL AS timestamp) AS silentfrom,
        CAST(NULL AS timestamp) AS silentto,
        CAST(NULL AS varchar) AS firstarn,
        CAST(NULL AS varchar) AS lastarn,
        CAST(NULL AS varchar) AS typedaccount,
        CAST(NULL AS varchar) AS typedregion,
        CAST(NULL AS varchar) AS typedtarget,
        CAST(NULL AS varchar) AS typedusername,
        CAST(NULL AS varchar) AS typedtype,
        CAST(NULL AS timestamp) AS endtime,
        CAST(NULL AS varchar) AS loggedto,
        CAST(NULL AS boolean) AS logfilesdiffer
    FROM sessionstarts
    UNION ALL
    SELECT
        calendarday, sessionid, sessionid, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        count(*),
        CAST(count_if(degraded) AS bigint),
        min(eventtime),
        max(eventtime),
        bool_or(streamed),
        CAST(count_if(streamed AND eventtime > eventbefore + INTERVAL '${idle_minutes}' MINUTE) AS bigint),
        min(CASE WHEN eventtime > eventbefore + INTERVAL '${idle_minutes}' MINUTE THEN eventbefore END),
        min(CASE WHEN eventtime > eventbefore + INTERVAL '${idle_minutes}' MINUTE THEN eventtime END),
        min(useridentityarn),
        max(useridentityarn),
        max(accountid),
        max(awsregion),
        max(target),
        max(username),
        max(sessiontype),
        NULL,
        max(loggedto),
        bool_or(logfilesdiffer)
    FROM own
    GROUP BY calendarday, sessionid
    UNION ALL
    -- repeat days from -keystrokedays to 0, joined by UNION ALL
    SELECT
        date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d'),
        sessionid, sessionid, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        eventtime, NULL, NULL
    FROM from_cloudtrail_readready
    WHERE eventsource = 'ssm.amazonaws.com' AND eventname = 'TerminateSession' AND sessionid IS NOT NULL AND errorcode IS NULL
    -- end repeat
),
everysession AS (
    SELECT
        calendarday,
        name,
        max(sessionid) AS sessionid,
        min(starttime) AS starttime,
        max(eventid) AS eventid,
        coalesce(max(accountid), max(typedaccount)) AS accountid,
        max(typedaccount) AS typedaccount,
        coalesce(max(awsregion), max(typedregion)) AS awsregion,
        coalesce(max(target), max(typedtarget)) AS target,
        max(principalarn) AS principalarn,
        coalesce(max(username), max(typedusername)) AS username,
        coalesce(max(sessiontype), max(typedtype)) AS sessiontype,
        max(outcome) AS outcome,
        max(refusal) AS refusal,
        coalesce(max(records), 0) AS records,
        coalesce(max(degradedrecords), 0) AS degradedrecords,
        max(firstkeystroke) AS firstkeystroke,
        max(lastkeystroke) AS lastkeystroke,
        bool_or(streamed) AS streamed,
        coalesce(max(silences), 0) AS silences,
        max(silentfrom) AS silentfrom,
        max(silentto) AS silentto,
        max(firstarn) AS firstarn,
        max(lastarn) AS lastarn,
        max(endtime) AS endtime,
        max(loggedto) AS loggedto,
        bool_or(logfilesdiffer) AS logfilesdiffer
    FROM said
    GROUP BY calendarday, name
),
-- Objects of which something is not in the tables: never read, or with records that are bad or contradict one shown.
troubled AS (
    SELECT
        arrivals.job,
        arrivals.accountid,
        arrivals.awsregion,
        's3://' || arrivals.bucket || '/' || arrivals.objectkey AS sourceobject,
        arrivals.calendarday AS deliveryday,
        -- Firehose's keys name the hour of delivery.
        regexp_extract(arrivals.objectkey, '(?:^|/)\d{4}/\d{2}/\d{2}/(\d{2})/', 1) AS deliveryhour
    FROM arrivals
    LEFT JOIN (
        SELECT DISTINCT sourceobject, sourceetag, edition FROM lake_quarantine WHERE reason = 'conflict'
    ) AS conflicts
        ON conflicts.sourceobject = 's3://' || arrivals.bucket || '/' || arrivals.objectkey
        AND conflicts.sourceetag = arrivals.etag
        AND conflicts.edition = arrivals.edition
    -- What no source in lake.toml has such keys for is no log.
    WHERE arrivals.source <> 'unknown'
        AND (arrivals.outcome <> 'ok' OR arrivals.quarantined > 0 OR conflicts.sourceobject IS NOT NULL)
),
-- When what is missing may have happened. Around the other records of the same object: Firehose holds them for 15 minutes
-- at most (its longest buffer interval). Of an object without any, from ended_minutes before its hour or day of delivery.
missing AS (
    SELECT
        sessionday,
        sourceobject,
        max(job) AS job,
        max(accountid) AS accountid,
        max(awsregion) AS awsregion,
        coalesce(
            min(eventtime) - INTERVAL '15' MINUTE,
            min(delivered) - INTERVAL '${ended_minutes}' MINUTE
        ) AS missingfrom,
        coalesce(max(eventtime) + INTERVAL '15' MINUTE, max(deliveredbefore)) AS missingto
    FROM (
        SELECT
            records.sessionday,
            troubled.sourceobject,
            troubled.job,
            troubled.accountid,
            troubled.awsregion,
            records.eventtime,
            CAST(NULL AS timestamp) AS delivered,
            CAST(NULL AS timestamp) AS deliveredbefore
        FROM records
        INNER JOIN troubled
            ON records.sourceobject = troubled.sourceobject
        UNION ALL
        -- repeat days from -keystrokedays to 0, joined by UNION ALL
        SELECT
            date_format(date_add('day', ${days}, date(deliveryday)), '%Y-%m-%d'),
            sourceobject,
            job,
            accountid,
            awsregion,
            NULL,
            date_add('hour', coalesce(TRY_CAST(deliveryhour AS bigint), 0), CAST(date(deliveryday) AS timestamp)),
            date_add(
                'hour', coalesce(TRY_CAST(deliveryhour AS bigint) + 1, 24), CAST(date(deliveryday) AS timestamp)
            )
        FROM troubled
        -- end repeat
    ) AS either
    GROUP BY sessionday, sourceobject
),
judged AS (
    SELECT
        everysession.calendarday,
        everysession.starttime,
        everysession.sessionid,
        everysession.username,
        everysession.accountid,
        everysession.awsregion,
        everysession.target,
        everysession.principalarn,
        everysession.sessiontype,
        everysession.outcome,
        everysession.refusal,
        everysession.records,
        everysession.degradedrecords,
        everysession.firstkeystroke,
        everysession.lastkeystroke,
        everysession.streamed,
        everysession.silences,
        everysession.silentfrom,
        everysession.silentto,
        everysession.firstarn,
        everysession.lastarn,
        everysession.endtime,
        everysession.eventid,
        everysession.loggedto,
        everysession.logfilesdiffer,
        everysession.typedaccount,
        count(missing.sourceobject) AS unreadobjects,
        min(missing.sourceobject) AS unreadobject
    FROM everysession
    LEFT JOIN missing
        ON missing.sessionday = everysession.calendarday
        AND missing.accountid IN ('unknown', everysession.accountid)
        AND missing.awsregion IN ('unknown', everysession.awsregion)
        -- A log file is of the session that its key names, and is whole: where one is shown, CloudWatch's objects take
        -- nothing from it; where CloudWatch's records are, no log file does.
        AND CASE missing.job
            WHEN 'cloudwatch' THEN coalesce(everysession.loggedto, '') <> 'S3'
            WHEN 'sessionfiles' THEN
                coalesce(everysession.loggedto, 'S3') = 'S3'
                AND missing.sourceobject LIKE '%-' || everysession.sessionid || '.log'
            WHEN 'cloudtrail' THEN everysession.starttime IS NULL
            ELSE false
        END
        AND (
            missing.job = 'sessionfiles'
            OR (
                missing.missingfrom <= greatest(
                    coalesce(
                        everysession.lastkeystroke, everysession.starttime + INTERVAL '${ended_minutes}' MINUTE
                    ),
                    coalesce(everysession.endtime, everysession.starttime, everysession.firstkeystroke)
                )
                AND missing.missingto >= least(
                    coalesce(everysession.starttime, everysession.firstkeystroke),
                    coalesce(everysession.firstkeystroke, everysession.starttime)
                )
            )
        )
    -- A TerminateSession alone is no session.
    WHERE everysession.starttime IS NOT NULL OR everysession.firstkeystroke IS NOT NULL
    -- By all of the session's columns.
    GROUP BY everysession.name, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26
),
-- The signs of a gap, each in words, null where there is none.
signs AS (
    SELECT
        *,
        CASE
            WHEN unreadobjects = 1 THEN
                'an object of that time that may hold records of it could not be read, or not whole: ' || unreadobject
            WHEN unreadobjects > 1 THEN
                CAST(unreadobjects AS varchar)
                || ' objects of that time that may hold records of it could not be read, or not whole; one is ' || unreadobject
        END AS unread,
        CASE
            WHEN silences > 0 THEN
                'nothing is recorded from ' || date_format(silentfrom, '%Y-%m-%d %H:%i:%s')
                || ' to ' || date_format(silentto, '%Y-%m-%d %H:%i:%s')
                || CASE
                    WHEN silences > 1 THEN ', and ' || CAST(silences - 1 AS varchar) || ' times more for so long'
                    ELSE ''
                END
                || ', but a session that is idle for ${idle_minutes} minutes ends'
        END AS silence,
        CASE
            WHEN streamed AND firstkeystroke > starttime + INTERVAL '${idle_minutes}' MINUTE THEN
                'nothing is recorded from its start to ' || date_format(firstkeystroke, '%Y-%m-%d %H:%i:%s')
                || ', but a session that is idle for ${idle_minutes} minutes ends'
        END AS latebegin,
        CASE
            WHEN streamed AND endtime > lastkeystroke + INTERVAL '${idle_minutes}' MINUTE THEN
                'nothing is recorded from ' || date_format(lastkeystroke, '%Y-%m-%d %H:%i:%s')
                || ' to its end at ' || date_format(endtime, '%Y-%m-%d %H:%i:%s')
                || ', but a session that is idle for ${idle_minutes} minutes ends'
        END AS earlyend,
        -- AWS refuses a call that is signed with a clock more than 5 minutes off.
        CASE
            WHEN firstkeystroke < starttime - INTERVAL '5' MINUTE THEN
                'keystrokes are recorded at ' || date_format(firstkeystroke, '%Y-%m-%d %H:%i:%s') || ', before its start'
        END AS beforestart,
        CASE
            WHEN degradedrecords > 0 THEN
                CAST(degradedrecords AS varchar) || ' of ' || CAST(records AS varchar)
                || ' records came without CloudWatch''s ids and times: whether all are there, once and in order, cannot be checked'
        END AS degraded,
        CASE
            WHEN logfilesdiffer THEN
                'S3 has several log files of it, and they differ: '
                || CASE WHEN loggedto = 'S3' THEN 'the first is shown' ELSE 'CloudWatch''s records are shown' END
        END AS differing,
        CASE
            WHEN loggedto = 'S3' AND typedaccount <> accountid THEN
                'its log file lies under account ' || typedaccount || ', the start is of ' || accountid
        END AS foreignlog,
        -- ECS asks for its sessions in the user's place.
        CASE
            WHEN sessiontype <> 'ECS Exec' AND firstarn <> principalarn THEN 'records name ' || firstarn || ', the start another'
            WHEN sessiontype <> 'ECS Exec' AND lastarn <> principalarn THEN 'records name ' || lastarn || ', the start another'
        END AS stranger,
        greatest(
            coalesce(starttime, firstkeystroke), coalesce(lastkeystroke, starttime), coalesce(endtime, starttime, firstkeystroke)
        ) > CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp) - INTERVAL '${ended_minutes}' MINUTE AS isopen
    FROM judged
),
found AS (
    SELECT
        *,
        CASE
            WHEN streamed THEN 'streamed while it ran'
            WHEN sessiontype IN ('command', 'ECS Exec') THEN
                'Session Manager streams no ' || sessiontype
                || ': what it showed came ' || CASE WHEN loggedto = 'S3' THEN 'straight to S3 ' ELSE '' END
                || 'once, at its end, without the time of each line'
            WHEN streamed IS NOT NULL THEN
                'not streamed: what it showed came ' || CASE WHEN loggedto = 'S3' THEN 'straight to S3 ' ELSE '' END
                || 'once, at its end, without the time of each line, and lay on the machine until then'
        END AS manner,
        nullif(concat_ws('; ', unread, silence, latebegin, earlyend, beforestart, degraded, differing, foreignlog, stranger), '') AS gaps
    FROM signs
)
SELECT
    calendarday,
    starttime,
    sessionid,
    username,
    accountid,
    awsregion,
    target,
    sessiontype,
    CASE
        WHEN outcome = 'denied' THEN 'denied'
        WHEN outcome = 'failed' THEN 'failed to start'
        WHEN records = 0 AND sessiontype IN ('SSH', 'port forwarding') THEN 'cannot be logged'
        WHEN isopen THEN 'still open'
        WHEN starttime IS NULL THEN 'keystrokes but no StartSession'
        WHEN records = 0 THEN 'started but no keystrokes'
        WHEN gaps IS NOT NULL THEN 'gap suspected'
        WHEN streamed THEN 'complete'
        WHEN sessiontype IN ('command', 'ECS Exec') THEN 'type not streamed'
        ELSE 'not streamed'
    END AS verdict,
    CASE
        WHEN outcome <> 'started' THEN refusal
        WHEN records = 0 AND sessiontype IN ('SSH', 'port forwarding') THEN
            'Session Manager records nothing of what goes through ' || sessiontype
        WHEN isopen THEN
            concat_ws(
                '; ', 'its last sign of life is less than ${ended_minutes} minutes ago: more may come', manner, gaps
            )
        WHEN starttime IS NULL THEN
            concat_ws(
                '; ',
                'no StartSession or ExecuteCommand with this id is in the lake: filtered, not delivered yet, or never logged',
                manner,
                gaps
            )
        WHEN records = 0 THEN
            concat_ws(
                '; ',
                'it was granted, and nothing that was typed or shown is in the lake: logging was off or stopped, or its log is lost or late',
                gaps
            )
        WHEN gaps IS NOT NULL THEN concat_ws('; ', gaps, manner)
        WHEN streamed THEN
            concat_ws(
                '; ',
                manner,
                CAST(records AS varchar) || CASE WHEN records = 1 THEN ' record' ELSE ' records' END
                || ' from ' || date_format(firstkeystroke, '%Y-%m-%d %H:%i:%s')
                || ' to ' || date_format(lastkeystroke, '%Y-%m-%d %H:%i:%s'),
                'never silent for more than ${idle_minutes} minutes',
                'all that arrived around its time has been read'
            )
        ELSE concat_ws('; ', manner, 'all that arrived around its time has been read')
    END AS why,
    records,
    degradedrecords,
    firstkeystroke,
    lastkeystroke,
    streamed,
    endtime,
    silences + CASE WHEN latebegin IS NULL THEN 0 ELSE 1 END + CASE WHEN earlyend IS NULL THEN 0 ELSE 1 END AS silences,
    unreadobjects,
    unreadobject,
    eventid
FROM found
