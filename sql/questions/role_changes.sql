-- role_changes: Who changed IAM roles last night, and how?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-03: the last day
-- Cost: ten columns of from_cloudtrail_readready for these days
-- Needs: "iam:*" among the events that lake.toml keeps, or keep = "everything"
SELECT
    eventtime, username, useridentityarn, recipientaccountid, eventname,
    json_extract_scalar(requestparameters, '$.roleName') AS rolename,
    coalesce(
        json_extract_scalar(requestparameters, '$.policyArn'),
        json_extract_scalar(requestparameters, '$.policyName'),
        json_extract_scalar(requestparameters, '$.permissionsBoundary'),
        json_extract_scalar(requestparameters, '$.instanceProfileName')
    ) AS concerning,
    sourceipaddress, errorcode, eventid
FROM from_cloudtrail_readready
WHERE calendarday BETWEEN ? AND ?
    AND eventsource = 'iam.amazonaws.com'
    AND NOT coalesce(readonly, false)
    AND (eventname LIKE '%Role%' OR eventname = 'UpdateAssumeRolePolicy')
ORDER BY eventtime, eventid
