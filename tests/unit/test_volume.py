"""How many rows a day should have, and what holds a secret: worked out by hand, without Great Expectations."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from jobs.redact import SECRETS, redact
from jobs.unredacted import holds_secret
from jobs.volume import Volume, volume
from lake.settings import parse
from tests.lakes import SETTINGS

MONDAY = date(2026, 3, 30)


def past(workday: int, weekend: int = 0, days: int = 28) -> dict[str, int]:
    """Rows of each day before the Monday."""
    found = (MONDAY - timedelta(days=n) for n in range(1, days + 1))
    return {str(day): workday if day.weekday() < 5 else weekend for day in found}


def judged(rows: dict[str, int], day: date = MONDAY) -> Volume:
    return volume(str(day), rows, SETTINGS)


def test_a_workday_is_compared_with_workdays_and_a_weekend_with_weekends() -> None:
    found = judged(past(1000, 20))
    # The same every day: the deviation is taken for 10 %, five of them are a factor of e ** 0.5.
    assert (found.days, found.low, found.high) == (20, 607, 1649)
    saturday = judged(past(1000, 20), MONDAY - timedelta(days=2))
    # Few rows scatter by chance: 1 / sqrt(21) each, five of them a factor of 2.98.
    assert (saturday.days, saturday.low, saturday.high) == (6, 7, 61)


def test_one_odd_day_changes_nothing() -> None:
    rows = past(1000)
    rows[str(MONDAY - timedelta(days=4))] = 0
    rows[str(MONDAY - timedelta(days=5))] = 10_000_000
    assert judged(rows) == Volume(19, 607, 1649)


def test_days_that_differ_much_allow_much() -> None:
    rows = {day: 500 if number % 2 else 2000 for number, day in enumerate(past(1))}
    found = judged(rows)
    assert found.low is not None
    assert found.low < 100
    assert found.high is not None
    assert found.high > 2000


def test_too_few_days_say_nothing_and_the_setting_says_how_many_are_enough() -> None:
    assert judged(past(1000, days=6)) == Volume(4)
    assert judged(past(1000, days=7)).low is not None
    assert judged({}) == Volume(0)
    fewer = parse(SETTINGS.text.replace("volume_days = 5", "volume_days = 3"))
    assert volume(str(MONDAY), past(1000, days=5), fewer).low is not None


def test_days_without_rows_count_as_such_from_the_first_on_that_has_any() -> None:
    every_fourth = {day: count for number, (day, count) in enumerate(past(50, 50).items()) if number % 4 == 0}
    assert judged(every_fourth).low == 0
    assert judged(past(50, 50, days=9)).low != 0


def test_the_day_itself_and_days_to_come_are_no_history() -> None:
    later = {str(MONDAY + timedelta(days=n)): 1 for n in range(30)}
    assert judged(past(1000) | later) == judged(past(1000))


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_is_seen_wherever_it_stands_and_gone_once_it_is_redacted(key: str) -> None:
    for text in (
        f'{{"{key}": "real"}}',
        f'{{"a": [1, {{"{key.upper()}": 4711}}]}}',
        f'[{{"{key}": "***"}}, {{"{key}": "***", "{key}": "real"}}]',
        f'{{"\\u00{ord(key[0]):02x}{key[1:]}" : "real"}}',
    ):
        assert holds_secret(text)
        assert not holds_secret(redact(text.encode()).decode())


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "***"}',
        '{"password": "HIDDEN_DUE_TO_SECURITY_REASONS"}',
        '{"password": null, "sessionToken": true, "idToken": {"a": "b"}}',
        '{"note": "\\"password\\": \\"in a text\\""}',
        '{"tokenCode": "123456"}',
        "not JSON at all",
        "[" * 100_000,
    ],
    ids=lambda text: text[:30],
)
def test_what_is_masked_or_is_no_secret_is_none(text: str) -> None:
    assert not holds_secret(text)


def test_a_text_that_is_cut_off_is_looked_through_all_the_same() -> None:
    assert holds_secret('{"a": 1, "password": "real", "b": ')
