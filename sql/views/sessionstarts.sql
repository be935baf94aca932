-- sessionstarts: one row a StartSession or ECS ExecuteCommand, granted or not. The views on sessions are made from it.
--
-- Columns:
--   calendarday varchar: The day, yyyy-mm-dd, UTC.
--   starttime timestamp: When it was asked for, UTC.
--   sessionid varchar: The session's id; null if it was denied or failed.
--   accountid varchar: The account, 12 digits: that received the event, else the caller's.
--   awsregion varchar: The Region.
--   target varchar: The instance or managed node; for ECS Exec cluster/task/container.
--   principalarn varchar: The ARN of the one who asked for it.
--   username varchar: The same as a plain name: the role session's name, else the user name.
--   sourceidentity varchar: The source identity, where the principal set one: survives role chains.
--   rolearn varchar: The role whose credentials were used.
--   accesskeyid varchar: The access key of these credentials.
--   sourceipaddress varchar: Where the call came from.
--   eventname varchar: StartSession or ExecuteCommand.
--   documentname varchar: The Session Manager document that was asked for; null for the default one.
--   reason varchar: The reason that was given.
--   errorcode varchar: Why it was denied or failed; null if it was granted.
--   errormessage varchar: The error's text.
--   eventid varchar: CloudTrail's id of the event.
--   sessiontype varchar: shell, SSH, port forwarding, command, ECS Exec, custom (a document that [documents] in lake.toml
--     does not name), or what lake.toml calls it.
--   outcome varchar: started, denied or failed.
-- Cost: of from_cloudtrail_readready the days asked for.
SELECT
    calendarday,
    eventtime AS starttime,
    sessionid,
    coalesce(recipientaccountid, useridentityaccountid) AS accountid,
    awsregion,
    nullif(
        CASE
            WHEN eventname = 'StartSession' THEN json_extract_scalar(requestparameters, '$.target')
            -- Each may be a name or an ARN; what follows the last / is the name in both.
            ELSE concat_ws(
                '/',
                element_at(split(json_extract_scalar(requestparameters, '$.cluster'), '/'), -1),
                element_at(split(json_extract_scalar(requestparameters, '$.task'), '/'), -1),
                json_extract_scalar(requestparameters, '$.container')
            )
        END,
        ''
    ) AS target,
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
    eventid,
    CASE
        WHEN eventname = 'ExecuteCommand' THEN 'ECS Exec'
        ELSE CASE coalesce(json_extract_scalar(requestparameters, '$.documentName'), 'SSM-SessionManagerRunShell')
            ${documents}
            WHEN 'SSM-SessionManagerRunShell' THEN 'shell'
            ELSE 'custom'
        END
    END AS sessiontype,
    CASE
        WHEN errorcode IS NULL THEN 'started'
        WHEN ${denied} THEN 'denied'
        ELSE 'failed'
    END AS outcome
FROM from_cloudtrail_readready
WHERE (eventsource = 'ssm.amazonaws.com' AND eventname = 'StartSession')
    OR (eventsource = 'ecs.amazonaws.com' AND eventname = 'ExecuteCommand')
