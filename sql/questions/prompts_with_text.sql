-- prompts_with_text: Who asked a model about this, or was answered it?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-02: the last; the fewer days, the less is read
--   text text, e.g. password: what to look for in prompts and answers, in any case
-- Cost: of from_bedrock_readready the days asked for, prompts and answers included
-- Needs: logs of job bedrock, and the right to its sensitive columns; bodies longer than 100 KB are not searched
SELECT eventtime, requestid, username, accountid, modelid, prompt, answer
FROM from_bedrock_readready
WHERE calendarday BETWEEN ? AND ?
    AND strpos(lower(concat(coalesce(prompt, ''), chr(10), coalesce(answer, ''))), lower(?)) > 0
ORDER BY eventtime, requestid
