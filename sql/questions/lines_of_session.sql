-- lines_of_session: What was typed and shown in this session?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day on which it may have begun
--   to day, e.g. 2026-03-02: the last; the fewer days, the less is read
--   session text, e.g. 0b7c1cc185ccf51a9: the session's id
-- Cost: of these days, what recordedsessions reads, and the text of files in which the session may be
SELECT linenumber, eventtime, line, isrepeat, sourceobject, sourcerecord
FROM transcript
WHERE calendarday BETWEEN ? AND ? AND sessionid = ?
ORDER BY calendarday, linenumber
