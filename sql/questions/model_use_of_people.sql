-- model_use_of_people: Who used which model, how much, and what did it cost?
--
-- Asked by: manager
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view model_costs, for these days
-- Needs: logs of job bedrock; dollars need rows in model_prices
SELECT
    username, accountid, modelid, sum(invocations) AS invocations, sum(failed) AS failed, sum(inputtokens) AS inputtokens,
    sum(outputtokens) AS outputtokens, sum(dollars) AS dollars
FROM model_costs
WHERE calendarday BETWEEN ? AND ?
GROUP BY username, accountid, modelid
ORDER BY outputtokens DESC, username, accountid, modelid
