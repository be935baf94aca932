-- incomplete_sessions: Of which sessions is the evidence not complete, and why?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view evidence, for these days, and lake_ledger and lake_quarantine, all their days
SELECT calendarday, starttime, sessionid, username, accountid, target, verdict, why
FROM evidence
WHERE calendarday BETWEEN ? AND ? AND verdict <> 'complete'
ORDER BY calendarday, coalesce(starttime, firstkeystroke), sessionid
