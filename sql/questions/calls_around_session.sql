-- calls_around_session: What else did this session's user do in AWS, so long before and after its start?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day on which the session may have begun
--   to day, e.g. 2026-03-02: the last; the fewer days, the less is read
--   session text, e.g. 0b7c1cc185ccf51a9: the session's id
--   seconds number, e.g. 3600: how far from the start; no further than context_hours in lake.toml
-- Cost: as the view session_context, for these days
-- Needs: everything_accounts or keep = "everything", to see more than the events that lake.toml names; the column kept says
--   what it was
SELECT
    secondsfromstart, phase, foundby, eventtime, eventsource, eventname, eventaccountid, rolearn, sourceipaddress, errorcode,
    eventid, kept
FROM session_context
WHERE calendarday BETWEEN ? AND ? AND sessionid = ? AND abs(secondsfromstart) <= ?
ORDER BY secondsfromstart, eventid
