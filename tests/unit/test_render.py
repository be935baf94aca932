"""SQL with what `lake.toml` decides filled in."""

from __future__ import annotations

import pytest

from lake.settings import parse
from schemas import LOGS
from sql.render import RenderError, render
from tests.views_lake import SETTINGS, settings

BLOCK = """WITH near AS (
    -- repeat days from {first} to {last}, joined by UNION ALL
    SELECT x + ${{days}} AS y FROM t
    -- end repeat
)
SELECT y FROM near
"""


def test_sql_without_placeholders_stays_as_it_is() -> None:
    assert render("SELECT '$' || x FROM t -- ends\n", SETTINGS) == "SELECT '$' || x FROM t -- ends\n"


def test_a_setting_stands_where_its_name_stood() -> None:
    assert render("INTERVAL '${keystrokedays}' DAY", settings(keystrokedays=3)) == "INTERVAL '3' DAY"


def test_documents_become_the_branches_of_a_case_and_quotes_in_them_stay_text() -> None:
    text = SETTINGS.text[: SETTINGS.text.index("[documents]")] + '[documents]\n"A" = "SSH"\n"B\'s" = "x\' OR \'1"\n'
    assert render("${documents}", parse(text)) == "WHEN 'A' THEN 'SSH'\nWHEN 'B''s' THEN 'x'' OR ''1'"


def test_a_repeated_select_is_written_once_for_each_number_and_joined_by_union_all() -> None:
    assert render(BLOCK.format(first="-keystrokedays", last="keystrokedays"), settings(keystrokedays=1)) == (
        "WITH near AS (\n"
        "    SELECT x + -1 AS y FROM t\n"
        "UNION ALL\n"
        "    SELECT x + 0 AS y FROM t\n"
        "UNION ALL\n"
        "    SELECT x + 1 AS y FROM t\n"
        ")\n"
        "SELECT y FROM near\n"
    )


def test_each_block_is_repeated_on_its_own() -> None:
    text = BLOCK.format(first="0", last="1") + BLOCK.format(first="5", last="5")
    assert [line.split()[3] for line in render(text, SETTINGS).splitlines() if "AS y FROM t" in line] == ["0", "1", "5"]


@pytest.mark.parametrize(("hours", "days"), [(1, "1"), (24, "1"), (25, "2")])
def test_the_days_that_hours_reach_into_are_whole(hours: int, days: str) -> None:
    text = SETTINGS.text.replace("context_hours = 12", f"context_hours = {hours}")
    assert render("${contextdays}", parse(text)) == days


def test_workdays_are_numbers_from_monday() -> None:
    text = SETTINGS.text.replace('workdays = ["Mon", "Tue", "Wed", "Thu", "Fri"]', 'workdays = ["Sun", "Mon"]')
    assert render("(${workdays})", parse(text)) == "(7, 1)"


def test_what_is_kept_is_told_by_account() -> None:
    text = SETTINGS.text.replace("everything_accounts = []", 'everything_accounts = ["111122223333"]')
    assert render("${kept}", parse(text)).startswith(
        "CASE WHEN accountid IN ('111122223333') THEN 'everything' ELSE 'only "
    )
    assert render("${kept}", parse(text.replace('keep = "filtered"', 'keep = "everything"'))) == "'everything'"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT ${keystrokeday}", r"\$\{keystrokeday\} is no setting; there are keystrokedays, documents"),
        ("SELECT ${}", r"\$\{\} is no setting"),
        (BLOCK.format(first="0", last="always"), "'always' is neither a whole number nor keystrokedays"),
        ("-- repeat days from 0 to 1, joined by UNION ALL\nSELECT ${days}\n", r"\$\{days\} is no setting"),
    ],
)
def test_what_is_no_setting_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(RenderError, match=says):
        render(text, SETTINGS)


def test_a_select_is_written_once_for_each_kind_of_logs() -> None:
    select = "SELECT '${job}', ${id}, ${account}, ${?eventname} FROM ${table}\n"
    parts = render(f"-- each logs, joined by UNION ALL\n{select}-- end each\n", SETTINGS).split("UNION ALL\n")
    assert len(parts) == len(LOGS)
    assert (
        "SELECT 'cloudtrail', eventid, coalesce(recipientaccountid, useridentityaccountid), eventname "
        "FROM from_cloudtrail_readready\n"
    ) in parts
    assert (
        "SELECT 'cloudwatch', logeventid, accountid, CAST(NULL AS varchar) AS eventname "
        "FROM from_cloudwatch_readready\n"
    ) in parts
