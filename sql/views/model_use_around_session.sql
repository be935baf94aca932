-- model_use_around_session: what the person of each session asked of models before, during and after it.
--
-- Columns:
--   calendarday varchar: The session's day, yyyy-mm-dd, UTC, of its start. The calls may lie on the days around it.
--   sessionid varchar: The session's id; null if it was denied or failed.
--   starteventid varchar: CloudTrail's id of the session's start: sessions.eventid.
--   starttime timestamp: When the session was asked for, UTC.
--   username varchar: Who had it, as a plain name.
--   accountid varchar: The session's account.
--   secondsfromstart bigint: The call's time, counted from the session's start: negative before it.
--   foundby varchar: principal (the same ARN: the same role session, or user), or user name (another role or account).
--   calledat timestamp: When the model was called, UTC.
--   requestid varchar: Bedrock's id of the request; finds the prompt and the answer in from_bedrock_readready.
--   callaccountid varchar: The account that called.
--   awsregion varchar: The Region that was called.
--   operation varchar: Converse, InvokeModel, ...
--   modelid varchar: The model as it was called.
--   inputtokens bigint: Tokens that were sent.
--   outputtokens bigint: Tokens that were answered.
--   stopreason varchar: Why the model stopped.
--   guardrailaction varchar: INTERVENED or NONE, where the log says.
--   errorcode varchar: Why the call failed.
-- Cost: with a condition on calendarday, of from_bedrock_readready that day and as many days around it as context_hours reach,
--   without prompts, answers and bodies; of from_cloudtrail_readready that day.
WITH
done AS (
    -- repeat days from -contextdays to contextdays, joined by UNION ALL
    SELECT
        date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d') AS sessionday,
        eventtime,
        requestid,
        accountid,
        awsregion,
        useridentityarn,
        username,
        operation,
        modelid,
        inputtokens,
        outputtokens,
        stopreason,
        guardrailaction,
        errorcode
    FROM from_bedrock_readready
    -- end repeat
)
SELECT
    starts.calendarday,
    starts.sessionid,
    starts.eventid AS starteventid,
    starts.starttime,
    starts.username,
    starts.accountid,
    date_diff('second', starts.starttime, done.eventtime) AS secondsfromstart,
    CASE WHEN done.useridentityarn = starts.principalarn THEN 'principal' ELSE 'user name' END AS foundby,
    done.eventtime AS calledat,
    done.requestid,
    done.accountid AS callaccountid,
    done.awsregion,
    done.operation,
    done.modelid,
    done.inputtokens,
    done.outputtokens,
    done.stopreason,
    done.guardrailaction,
    done.errorcode
FROM sessionstarts AS starts
INNER JOIN done
    ON done.sessionday = starts.calendarday AND done.username = starts.username
WHERE abs(date_diff('second', starts.starttime, done.eventtime)) <= ${context_hours} * 3600
