-- role_chain: one row a set of credentials that sessions of a day were asked for with: how they were come by.
--
-- Columns:
--   calendarday varchar: The sessions' day, yyyy-mm-dd, UTC. Joins sessions, with accesskeyid.
--   accesskeyid varchar: The credentials' access key.
--   rolearn varchar: The role that they are of; null for a user's own keys.
--   sourceidentity varchar: Their source identity, where one was set: it survives every further role.
--   hops integer: How many times credentials were handed out on the way, as far as known by access keys: 0 to 3.
--   origin varchar: Who began, as far as known: the name of a SAML or Identity Center user, else an ARN.
--   origintype varchar: What that is: SAMLUser, IdentityCenterUser, WebIdentityUser, IAMUser, AssumedRole (what came before it
--     is not known), ...
--   originevent varchar: The call by which it began: AssumeRoleWithSAML, AssumeRole, ...
--   origintime timestamp: When that was, UTC.
--   originsourceipaddress varchar: Where it came from.
--   originaccountid varchar: The account that logged it.
--   foundby varchar: access key: each key was handed out to the key before; source identity: somewhere a link is missing, and
--     origin is the last sign-in before the session that set the same source identity. Null where nothing is known.
--   rolechain varchar: All of it in a line, oldest first: 'one > assumed > assumed'; '...' stands for the missing links.
-- Cost: of from_cloudtrail_readready the day for the sessions, and that day and the day before, as often as there are joins
--   (credentials live for twelve hours at most): few columns, and no text but that of AssumeRole* calls.
WITH
-- Role credentials that were handed out on a day or the day before. A call from another account is logged in both; the
-- other account's record does not say who called, and tells nothing.
handedout AS (
    -- repeat days from 0 to 1, joined by UNION ALL
    SELECT
        date_format(date_add('day', ${days}, date(calendarday)), '%Y-%m-%d') AS usableon,
        issuedaccesskeyid,
        useridentityaccesskeyid AS usedaccesskeyid,
        sourceidentity,
        coalesce(sessionissuerarn, useridentityarn, username) AS caller,
        CASE
            WHEN json_extract_scalar(requestparameters, '$.principalArn') LIKE '%:saml-provider/AWSSSO!_%' ESCAPE '!'
                THEN 'IdentityCenterUser'
            ELSE useridentitytype
        END AS callertype,
        eventname,
        eventtime,
        sourceipaddress,
        recipientaccountid
    FROM from_cloudtrail_readready
    WHERE eventname LIKE 'AssumeRole%'
        AND issuedaccesskeyid IS NOT NULL
        AND coalesce(sessionissuerarn, useridentityarn, username) IS NOT NULL
    -- end repeat
),
used AS (
    SELECT
        calendarday,
        accesskeyid,
        max(rolearn) AS rolearn,
        max(sourceidentity) AS sourceidentity,
        max(starttime) AS starttime
    FROM sessionstarts
    WHERE accesskeyid IS NOT NULL
    GROUP BY calendarday, accesskeyid
),
-- One hand-out after the other. The few keys are on the right of each join, where an engine holds them in memory and lets
-- the many hand-outs pass by.
onehop AS (
    SELECT
        used.*,
        handedout.caller AS caller1,
        handedout.usedaccesskeyid AS accesskeyid1,
        handedout.callertype AS type1,
        handedout.eventname AS event1,
        handedout.eventtime AS time1,
        handedout.sourceipaddress AS address1,
        handedout.recipientaccountid AS account1
    FROM handedout
    RIGHT JOIN used
        ON handedout.usableon = used.calendarday AND handedout.issuedaccesskeyid = used.accesskeyid
),
twohops AS (
    SELECT
        onehop.*,
        handedout.caller AS caller2,
        handedout.usedaccesskeyid AS accesskeyid2,
        handedout.callertype AS type2,
        handedout.eventname AS event2,
        handedout.eventtime AS time2,
        handedout.sourceipaddress AS address2,
        handedout.recipientaccountid AS account2
    FROM handedout
    RIGHT JOIN onehop
        ON handedout.usableon = onehop.calendarday AND handedout.issuedaccesskeyid = onehop.accesskeyid1
),
-- The first hand-out that is known; and one row a key, whatever was logged twice.
threehops AS (
    SELECT
        twohops.calendarday,
        twohops.accesskeyid,
        max(twohops.rolearn) AS rolearn,
        max(twohops.sourceidentity) AS sourceidentity,
        max(twohops.starttime) AS starttime,
        max(
            CASE
                WHEN handedout.caller IS NOT NULL THEN 3
                WHEN twohops.caller2 IS NOT NULL THEN 2
                WHEN twohops.caller1 IS NOT NULL THEN 1
                ELSE 0
            END
        ) AS hops,
        max(coalesce(handedout.caller, twohops.caller2, twohops.caller1)) AS origin,
        max(CASE
            WHEN handedout.caller IS NOT NULL THEN handedout.callertype
            WHEN twohops.caller2 IS NOT NULL THEN twohops.type2
            ELSE twohops.type1
        END) AS origintype,
        max(coalesce(handedout.eventname, twohops.event2, twohops.event1)) AS originevent,
        max(coalesce(handedout.eventtime, twohops.time2, twohops.time1)) AS origintime,
        max(coalesce(handedout.sourceipaddress, twohops.address2, twohops.address1)) AS originsourceipaddress,
        max(coalesce(handedout.recipientaccountid, twohops.account2, twohops.account1)) AS originaccountid,
        nullif(concat_ws(' > ', max(handedout.caller), max(twohops.caller2), max(twohops.caller1)), '') AS callers
    FROM handedout
    RIGHT JOIN twohops
        ON handedout.usableon = twohops.calendarday AND handedout.issuedaccesskeyid = twohops.accesskeyid2
    GROUP BY twohops.calendarday, twohops.accesskeyid
),
-- Where keys do not lead to a sign-in, the source identity may: the last sign-in before the session that set the same. (Not
-- a join of two CTEs that share one: an engine would do all of the above twice.)
signedin AS (
    SELECT
        threehops.calendarday,
        threehops.accesskeyid,
        threehops.rolearn,
        threehops.sourceidentity,
        threehops.starttime,
        threehops.hops,
        threehops.origin,
        threehops.origintype,
        threehops.originevent,
        threehops.origintime,
        threehops.originsourceipaddress,
        threehops.originaccountid,
        threehops.callers,
        max_by(handedout.caller, handedout.eventtime) AS caller,
        max_by(handedout.callertype, handedout.eventtime) AS callertype,
        max_by(handedout.eventname, handedout.eventtime) AS eventname,
        max(handedout.eventtime) AS eventtime,
        max_by(handedout.sourceipaddress, handedout.eventtime) AS sourceipaddress,
        max_by(handedout.recipientaccountid, handedout.eventtime) AS recipientaccountid
    FROM handedout
    RIGHT JOIN threehops
        ON handedout.usableon = threehops.calendarday
        AND handedout.sourceidentity = threehops.sourceidentity
        AND handedout.eventtime <= threehops.starttime
        AND handedout.callertype <> 'AssumedRole'
        AND coalesce(threehops.origintype, 'AssumedRole') = 'AssumedRole'
    GROUP BY
        threehops.calendarday,
        threehops.accesskeyid,
        threehops.rolearn,
        threehops.sourceidentity,
        threehops.starttime,
        threehops.hops,
        threehops.origin,
        threehops.origintype,
        threehops.originevent,
        threehops.origintime,
        threehops.originsourceipaddress,
        threehops.originaccountid,
        threehops.callers
)
SELECT
    calendarday,
    accesskeyid,
    rolearn,
    sourceidentity,
    hops,
    coalesce(caller, origin) AS origin,
    coalesce(callertype, origintype) AS origintype,
    coalesce(eventname, originevent) AS originevent,
    coalesce(eventtime, origintime) AS origintime,
    coalesce(sourceipaddress, originsourceipaddress) AS originsourceipaddress,
    coalesce(recipientaccountid, originaccountid) AS originaccountid,
    CASE
        WHEN caller IS NOT NULL THEN 'source identity'
        WHEN hops > 0 THEN 'access key'
    END AS foundby,
    CASE
        WHEN caller IS NOT NULL THEN concat_ws(' > ', caller, '...', callers, rolearn)
        ELSE callers || coalesce(' > ' || rolearn, '')
    END AS rolechain
FROM signedin
