"""Of chosen accounts every event is kept, whatever the filters name: that is what session_context can show of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake.settings import Filters
from tests.cloudtrail_events import container, decode, event, text

WHOLE, OTHER = "111122223333", "444455556666"
FILTERS = Filters(events=("ssm:StartSession",), regions=("us-east-1",), everything_accounts=(WHOLE,))


def records() -> list[dict[str, Any]]:
    start = {"eventSource": "ssm.amazonaws.com", "eventName": "StartSession"}
    return [
        event(1, recipientAccountId=WHOLE),
        event(2, recipientAccountId=OTHER),
        event(3, recipientAccountId=OTHER, **start),
        event(4, recipientAccountId=WHOLE, awsRegion="eu-west-1"),
        event(5, recipientAccountId=OTHER, awsRegion="eu-west-1", **start),
        event(6, recipientAccountId=..., userIdentity={"type": "IAMUser", "accountId": WHOLE}),
    ]


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [int(row["eventid"][-12:]) for row in rows]


# A record on a line of its own is read carefully, a document of records quickly.
@pytest.mark.parametrize("written", [lambda some: container(*some), lambda some: "\n".join(map(text, some)).encode()])
def test_every_event_of_a_chosen_account_is_kept_and_of_others_what_the_filters_name(written: Any) -> None:
    outcome, rows = decode(written(records()), FILTERS)
    assert numbers(rows) == [1, 3, 4, 6]
    assert outcome.filtered == {"event": 1, "region": 1}


def test_a_removed_account_is_not_kept_though_it_was_chosen() -> None:
    filters = Filters(events=("ssm:StartSession",), everything_accounts=(WHOLE,), removed=(WHOLE,))
    outcome, rows = decode(container(*records()), filters)
    assert numbers(rows) == [3, 5]
    assert outcome.filtered == {"event": 1, "removal": 3}


def test_without_a_filter_by_event_the_other_filters_leave_a_chosen_account_alone() -> None:
    filters = Filters(accounts=(OTHER,), everything_accounts=(WHOLE,))
    stranger = event(7, recipientAccountId="777788889999")
    outcome, rows = decode(json.dumps({"Records": [*records(), stranger]}).encode(), filters)
    assert numbers(rows) == [1, 2, 3, 4, 5, 6]
    assert outcome.filtered == {"account": 1}
