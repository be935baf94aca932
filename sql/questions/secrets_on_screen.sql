-- secrets_on_screen: In which sessions may an access key, a private key or a password have been shown?
--
-- Asked by: responder
-- Parameters:
--   from day, e.g. 2026-03-02: the first day
--   to day, e.g. 2026-03-08: the last day
-- Cost: as the view transcript, for these days: the text of every session
SELECT calendarday, sessionid, linenumber, eventtime, line
FROM transcript
WHERE calendarday BETWEEN ? AND ?
    AND NOT isrepeat
    AND regexp_like(line, '(AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|(?i:password|passwd|secret)[[:space:]]*[=:]')
ORDER BY calendarday, sessionid, linenumber
