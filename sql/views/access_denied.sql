-- access_denied: one row a call that was refused for want of rights.
--
-- Columns:
--   calendarday varchar: The day, yyyy-mm-dd, UTC.
--   eventtime timestamp: When it was, UTC.
--   username varchar: Who called, as a plain name.
--   principalarn varchar: The ARN.
--   rolearn varchar: The role whose credentials were used.
--   sourceidentity varchar: The source identity, where one was set.
--   accountid varchar: The account that received the event, else the caller's.
--   awsregion varchar: The Region.
--   eventsource varchar: The service that was called.
--   eventname varchar: The API action.
--   action varchar: The IAM action that was missing, as far as the error's text names it: ssm:StartSession.
--   because varchar: Why, as far as the error's text says: 'no identity-based policy allows ...', 'with an explicit deny in ...'.
--   target varchar: For StartSession the instance or managed node that was asked for.
--   errorcode varchar: The service's word for it.
--   errormessage varchar: The error's text.
--   sourceipaddress varchar: Where the call came from.
--   useragent varchar: The caller's own word for its software.
--   readonly boolean: Whether the call only reads.
--   requestparameters varchar: The request, JSON text; often null, because a refused call's is not always logged.
--   eventid varchar: CloudTrail's id of the event.
-- Cost: of from_cloudtrail_readready the days asked for. Only what the filters keep can be seen: by default, refused sessions
--   and roles.
SELECT
    calendarday,
    eventtime,
    username,
    useridentityarn AS principalarn,
    sessionissuerarn AS rolearn,
    sourceidentity,
    coalesce(recipientaccountid, useridentityaccountid) AS accountid,
    awsregion,
    eventsource,
    eventname,
    regexp_extract(errormessage, 'perform: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)', 1) AS action,
    regexp_extract(errormessage, '(no [a-z-]+ policy allows .*|with an explicit deny.*)', 1) AS because,
    CASE WHEN eventname = 'StartSession' THEN json_extract_scalar(requestparameters, '$.target') END AS target,
    errorcode,
    errormessage,
    sourceipaddress,
    useragent,
    readonly,
    requestparameters,
    eventid
FROM from_cloudtrail_readready
WHERE ${denied}
