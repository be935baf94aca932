-- weekly_review: one row a session and team that it concerns: what a manager reviews, without what was typed.
--
-- Columns:
--   week varchar: The Monday of the session's week, yyyy-mm-dd, UTC.
--   team varchar: A team whose account or person the session is of, by the table teams. A session of two teams is two rows;
--     null where it is of none: nobody reviews it, and somebody should.
--   manager varchar: Who reviews it, by the table teams.
--   calendarday varchar: The session's day, yyyy-mm-dd, UTC.
--   starttime timestamp: When it was asked for, UTC; null where only keystrokes are there.
--   sessionid varchar: The session's id; null if it was denied or failed.
--   accountid varchar: The account.
--   awsregion varchar: The Region.
--   target varchar: The instance or managed node; for ECS Exec cluster/task/container.
--   username varchar: Who had it, as a plain name.
--   sessiontype varchar: shell, SSH, port forwarding, command, ECS Exec, ... as in sessions.
--   reason varchar: The reason that was given.
--   outcome varchar: started, denied, failed, or keystrokes only.
--   keystrokes varchar: recorded, ..., or missing, as in sessions.
--   keystrokelines bigint: How many lines of keystrokes there are.
--   durationseconds bigint: From the start (or the first keystroke) to the last keystroke; null without keystrokes.
--   outofhours boolean: Whether its start or its last keystroke is outside of workdays, workfrom to workto in lake.toml.
--   decision varchar: What the last review says: confirmed or denied; null if nobody reviewed it.
--   reviewer varchar: Who reviewed it last.
--   reviewedat timestamp: When, UTC.
--   comment varchar: What was remarked.
--   overdue boolean: Whether nobody reviewed it and its day is more than review_days ago. What was denied or failed never is:
--     no session came of it, and a review names a session by its id.
--   eventid varchar: CloudTrail's id of the start: finds it in from_cloudtrail_readready.
-- Cost: what sessions costs, and the tables teams and session_reviews, which are small. Say calendarday: week is computed.
--   The longest: ORDER BY durationseconds DESC.
WITH
members AS (
    SELECT
        team,
        max(manager) AS manager,
        array_agg(coalesce(accountid, '*') || '/' || coalesce(username, '*')) AS who
    FROM teams
    WHERE team IS NOT NULL
    GROUP BY team
),
reviews AS (
    SELECT
        sessionid,
        max_by(decision, reviewedat) AS decision,
        max_by(reviewer, reviewedat) AS reviewer,
        max_by(comment, reviewedat) AS comment,
        max(reviewedat) AS reviewedat
    FROM session_reviews
    GROUP BY sessionid
),
judged AS (
    SELECT
        sessions.*,
        coalesce(starttime, firstkeystroke) + INTERVAL '${utcoffset_minutes}' MINUTE AS localstart,
        lastkeystroke + INTERVAL '${utcoffset_minutes}' MINUTE AS localend
    FROM sessions
)
SELECT
    date_format(date_trunc('week', date(judged.calendarday)), '%Y-%m-%d') AS week,
    members.team,
    members.manager,
    judged.calendarday,
    judged.starttime,
    judged.sessionid,
    judged.accountid,
    judged.awsregion,
    judged.target,
    judged.username,
    judged.sessiontype,
    judged.reason,
    judged.outcome,
    judged.keystrokes,
    judged.keystrokelines,
    date_diff('millisecond', judged.localstart, judged.localend) / 1000 AS durationseconds,
    (
        day_of_week(judged.localstart) NOT IN (${workdays})
        OR date_format(judged.localstart, '%H:%i') < '${workfrom}'
        OR date_format(judged.localstart, '%H:%i') >= '${workto}'
    )
    OR coalesce(
        day_of_week(judged.localend) NOT IN (${workdays})
        OR date_format(judged.localend, '%H:%i') < '${workfrom}'
        OR date_format(judged.localend, '%H:%i') >= '${workto}',
        false
    ) AS outofhours,
    reviews.decision,
    reviews.reviewer,
    reviews.reviewedat,
    reviews.comment,
    judged.sessionid IS NOT NULL
    AND reviews.reviewedat IS NULL
    AND date_add('day', ${review_days}, date(judged.calendarday)) < current_date AS overdue,
    judged.eventid
FROM judged
LEFT JOIN reviews
    ON reviews.sessionid = judged.sessionid
LEFT JOIN members
    ON arrays_overlap(
        members.who,
        ARRAY[
            judged.accountid || '/*',
            '*/' || judged.username,
            judged.accountid || '/' || judged.username
        ]
    )
