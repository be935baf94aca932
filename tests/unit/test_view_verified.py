"""The view `verified`: results of verifications by hand in, the last of each day and scope out."""

from __future__ import annotations

import json

from tests.views_lake import ViewLake
from tests.views_lake import verification as found

DAY = "2026-03-02"


def test_a_day_is_what_the_last_verification_of_each_scope_found() -> None:
    of_one = {"accounts": "111122223333"}
    both = {"firstday": DAY}
    lake = ViewLake(
        [],
        [],
        verified=[
            found("10:00", "log-intact", "verified", 5, DAY),
            found("10:00", "log-changed", "failed", 1, DAY),
            found("11:00", "ledger-changed", "failed", 2, DAY),
            found("11:00", "log-missing", "failed", 1, DAY),
            found("11:00", "log-intact", "verified", 4, DAY),
            found("11:00", "digest-signed", "verified", 24, DAY),
            found("11:00", "no-digests", "unverifiable", 3, DAY),
            found("11:00", "lock-off", "note", 4, DAY),
            found("12:00", "log-intact", "verified", 2, DAY, **of_one),
            found("09:00", "ledger-same", "verified", 7, "2026-03-03", **both),
        ],
        views=("verified",),
    )
    said = lake.ask(
        "SELECT calendarday, accounts, verification, lastday, verified, failed, unverifiable, failedkinds, "
        "unverifiablekinds, examples FROM verified ORDER BY calendarday, accounts NULLS FIRST"
    )
    *first, examples = said[0].values()
    assert first == [DAY, None, "11:00", DAY, 28, 3, 3, "ledger-changed, log-missing", "no-digests"]
    assert json.loads(examples) == [["s3://raw/ledger-changed"], ["s3://raw/log-missing"]]
    assert [tuple(one.values()) for one in said[1:]] == [
        (DAY, "111122223333", "12:00", DAY, 2, 0, 0, None, None, None),
        ("2026-03-03", None, "09:00", "2026-03-03", 7, 0, 0, None, None, None),
    ]
