-- model_use_around_session_of: What did the person of this session ask of models around it?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day on which the session may have begun
--   to day, e.g. 2026-03-02: the last; the fewer days, the less is read
--   session text, e.g. 0b7c1cc185ccf51a9: the session's id
-- Cost: as the view model_use_around_session, for these days
-- Needs: logs of job bedrock
SELECT
    secondsfromstart, foundby, calledat, requestid, callaccountid, operation, modelid, inputtokens, outputtokens, stopreason,
    guardrailaction, errorcode
FROM model_use_around_session
WHERE calendarday BETWEEN ? AND ? AND sessionid = ?
ORDER BY secondsfromstart, requestid
