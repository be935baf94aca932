-- lines_with_text: In which sessions does this text stand on the screen?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
--   text text, e.g. /etc/shadow: what to look for, in any case
-- Cost: as the view transcript, for these days: the text of every session
SELECT calendarday, sessionid, linenumber, eventtime, line
FROM transcript
WHERE calendarday BETWEEN ? AND ? AND NOT isrepeat AND strpos(lower(line), lower(?)) > 0
ORDER BY calendarday, sessionid, linenumber
