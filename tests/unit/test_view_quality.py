"""The view `quality`: generations and findings by hand in, answers out."""

from __future__ import annotations

from tests.views_lake import Row, ViewLake, at

TABLE, DAY = "from_cloudtrail_readready", "2026-03-02"


def published(day: str, generation: int) -> Row:
    return {"tablename": TABLE, "publishedday": day, "generation": generation, "calendarday": "2026-03-09"}


def found(day: str, generation: int, rule: str, success: bool | None, **columns: object) -> Row:
    common = {"dayover": True, "checkedat": at("2026-03-09 10:00:00"), "columnname": None}
    mine = {"tablename": TABLE, "generation": generation, "rule": rule, "success": success, "calendarday": day}
    return {**common, **mine, **columns}


def test_a_day_is_what_the_last_check_of_its_newest_generation_found() -> None:
    generations = [published(DAY, 1), published(DAY, 2), published("2026-03-03", 1), published("2026-03-04", 5)]
    again = {"checkedat": at("2026-03-09 11:00:00")}
    findings = [
        found(DAY, 1, "identity", False),
        found(DAY, 2, "volume", False, dayover=False),
        found(DAY, 2, "volume", True, **again),
        found(DAY, 2, "identity", True, **again),
        found(DAY, 2, "completeness", None, **again),
        found("2026-03-04", 4, "secrets", False, columnname="otherfields"),
        found("2026-03-04", 4, "day", False, columnname="eventtime"),
        found("2026-03-05", 0, "volume", False),
    ]
    lake = ViewLake([], [], generations=generations, quality=findings, views=("quality",))
    said = lake.ask(
        "SELECT calendarday, generation, checkedgeneration, passed, failures, failed, unjudged, dayover "
        "FROM quality ORDER BY calendarday"
    )
    assert [tuple(one.values()) for one in said] == [
        (DAY, 2, 2, True, 0, None, "completeness", True),
        ("2026-03-03", 1, None, None, None, None, None, None),
        ("2026-03-04", 5, 4, None, 2, "day of eventtime, secrets of otherfields", None, True),
        ("2026-03-05", 0, 0, False, 1, "volume", None, True),
    ]
