-- role_chain_of_session: Through which roles did someone come to this session, and where did it begin?
--
-- Asked by: auditor
-- Parameters:
--   from day, e.g. 2026-03-02: the first day on which the session may have begun
--   to day, e.g. 2026-03-02: the last; the fewer days, the less is read
--   session text, e.g. 0b7c1cc185ccf51a9: the session's id
-- Cost: as the view role_chain, for these days
SELECT
    sessionstarts.starttime,
    sessionstarts.username,
    role_chain.sourceidentity,
    role_chain.hops,
    role_chain.foundby,
    role_chain.origin,
    role_chain.origintype,
    role_chain.originevent,
    role_chain.origintime,
    role_chain.originsourceipaddress,
    role_chain.rolechain
FROM role_chain
INNER JOIN sessionstarts
    ON sessionstarts.calendarday = role_chain.calendarday AND sessionstarts.accesskeyid = role_chain.accesskeyid
WHERE role_chain.calendarday BETWEEN ? AND ? AND sessionstarts.sessionid = ?
ORDER BY sessionstarts.starttime
