-- model_costs: what each principal's calls of each model came to, day by day: in tokens, and in dollars where there is a price.
--
-- Columns:
--   calendarday varchar: The day, yyyy-mm-dd, UTC.
--   accountid varchar: The account that called.
--   awsregion varchar: The Region that was called.
--   principalarn varchar: Who called.
--   username varchar: The same as a plain name.
--   modelid varchar: The model as it was called.
--   model varchar: The model alone, where modelid says: what prices are by.
--   invocations bigint: How many calls.
--   failed bigint: How many of them failed.
--   inputtokens bigint: Tokens sent.
--   outputtokens bigint: Tokens answered.
--   cachereadtokens bigint: Tokens read from a cached prompt.
--   cachewritetokens bigint: Tokens written into the cache.
--   dollars double: What these tokens cost by model_prices; null without a price. No bill: discounts, batches, provisioned
--     throughput, images are not in it.
--   pricefrom varchar: Where the price is from, and of which day.
-- Cost: of from_bedrock_readready the days asked for, without prompts, answers and bodies; model_prices whole.
WITH
prices AS (
    SELECT
        *,
        lead(validfrom) OVER (PARTITION BY model, awsregion ORDER BY validfrom) AS validto
    FROM model_prices
),
used AS (
    SELECT
        calendarday,
        accountid,
        awsregion,
        useridentityarn,
        username,
        modelid,
        model,
        count(*) AS invocations,
        count_if(errorcode IS NOT NULL) AS failed,
        coalesce(sum(inputtokens), 0) AS inputtokens,
        coalesce(sum(outputtokens), 0) AS outputtokens,
        coalesce(sum(cachereadtokens), 0) AS cachereadtokens,
        coalesce(sum(cachewritetokens), 0) AS cachewritetokens
    FROM from_bedrock_readready
    GROUP BY calendarday, accountid, awsregion, useridentityarn, username, modelid, model
),
priced AS (
    SELECT
        used.*,
        coalesce(own.inputprice, anywhere.inputprice) AS inputprice,
        coalesce(own.outputprice, anywhere.outputprice) AS outputprice,
        coalesce(own.cachereadprice, anywhere.cachereadprice, 0) AS cachereadprice,
        coalesce(own.cachewriteprice, anywhere.cachewriteprice, 0) AS cachewriteprice,
        CASE
            WHEN own.model IS NOT NULL THEN concat(own.pricesource, ', ', own.pricedate)
            WHEN anywhere.model IS NOT NULL THEN concat(anywhere.pricesource, ', ', anywhere.pricedate)
        END AS pricefrom
    FROM used
    LEFT JOIN prices AS own
        ON own.model = used.model AND own.awsregion = used.awsregion AND used.calendarday >= own.validfrom
            AND used.calendarday < coalesce(own.validto, '9999-12-31')
    LEFT JOIN prices AS anywhere
        ON anywhere.model = used.model AND anywhere.awsregion IS NULL AND used.calendarday >= anywhere.validfrom
            AND used.calendarday < coalesce(anywhere.validto, '9999-12-31')
)
SELECT
    calendarday,
    accountid,
    awsregion,
    useridentityarn AS principalarn,
    username,
    modelid,
    model,
    invocations,
    CAST(failed AS bigint) AS failed,
    CAST(inputtokens AS bigint) AS inputtokens,
    CAST(outputtokens AS bigint) AS outputtokens,
    CAST(cachereadtokens AS bigint) AS cachereadtokens,
    CAST(cachewritetokens AS bigint) AS cachewritetokens,
    -- Prices are millionths of a dollar for a million tokens.
    (
        CAST(inputtokens AS double) * inputprice + CAST(outputtokens AS double) * outputprice
        + CAST(cachereadtokens AS double) * cachereadprice + CAST(cachewritetokens AS double) * cachewriteprice
    ) / 1e12 AS dollars,
    pricefrom
FROM priced
