-- rejected_connections: Which connections from or to this address or network interface did a VPC reject?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-02: the last; the fewer days, the less is read
--   who text, e.g. 198.51.100.200: an IP address, or a network interface: eni-...
-- Cost: the messages of from_cloudwatch_readready, of all log groups, for these days
-- Needs: the VPC flow logs' group among other_loggroups in lake.toml (docs/any-logs.md), or keep = "everything"; flow logs in AWS's
--   default format. For records that AWS itself skipped: messages-with-text, SKIPDATA
WITH
-- The default format, version 2: version, account, interface, two addresses, two ports, protocol, packets, bytes, start, end,
-- action, status.
flows AS (
    SELECT calendarday, eventtime, loggroup, split(message, ' ') AS fields
    FROM from_cloudwatch_readready
    WHERE message LIKE '2 % REJECT OK'
)
SELECT
    element_at(fields, 2) AS accountid,
    element_at(fields, 3) AS interfaceid,
    element_at(fields, 4) AS sourceaddress,
    element_at(fields, 5) AS destinationaddress,
    element_at(fields, 7) AS destinationport,
    element_at(fields, 8) AS protocol,
    count(*) AS flows,
    sum(TRY_CAST(element_at(fields, 9) AS bigint)) AS packets,
    sum(TRY_CAST(element_at(fields, 10) AS bigint)) AS bytes,
    min(eventtime) AS first,
    max(eventtime) AS last
FROM flows
WHERE calendarday BETWEEN ? AND ?
    AND cardinality(fields) = 14
    AND ? IN (element_at(fields, 3), element_at(fields, 4), element_at(fields, 5))
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY flows DESC, 1, 2, 3, 4, 5, 6
