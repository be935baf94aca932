"""Every question of `sql/questions`, asked of the sample company's lake through Athena's API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta

import boto3
import pytest
from click.testing import CliRunner

from cli.athena import Athena
from cli.main import cli
from examples.company.groups import STRANGER, interface
from infra.local.resources import create_queries
from lake.settings import JOBS
from sql.question import Question, questions
from tests import groups_answers, questions_answers
from tests.asking import answered, partitions_read
from tests.lakes import SETTINGS, WORKGROUP
from tests.questions_answers import Row
from tests.questions_world import FIRST, LAST, World, build
from tests.sources.fixture import fixture

QUESTIONS = questions(SETTINGS)
ANSWERS = questions_answers.ANSWERS | groups_answers.ANSWERS
# What the truth does not say, or no reader relies on, is left out of the comparison: the columns that are compared.
COLUMNS = {
    "lines_of_session": ("linenumber", "line"),
    "lines_with_text": ("calendarday", "sessionid", "linenumber", "line"),
    "secrets_on_screen": ("calendarday", "sessionid", "linenumber", "line"),
    "incomplete_sessions": ("calendarday", "starttime", "sessionid", "username", "accountid", "target", "verdict"),
    "session_logged_twice": ("calendarday", "sessionid", "lines", "repeatedlines"),
    "same_file_twice": ("job", "copies", "records", "objects"),
    "unreadable_records": ("job", "reason", "sourceobject"),
    "refused_to_principal": (
        "eventtime", "username", "rolearn", "accountid", "eventsource", "eventname", "errorcode", "sourceipaddress",
        "eventid",
    ),
    "incomplete_days": (
        "calendarday", "source", "accountid", "awsregion", "objects", "processed", "processedpercent",
    ),
    "unreviewed_sessions": (
        "calendarday", "starttime", "sessionid", "username", "accountid", "target", "sessiontype", "reason", "outcome",
        "keystrokes", "durationseconds", "outofhours", "eventid",
    ),
}  # fmt: skip
Asked = Callable[..., list[Row]]


@pytest.fixture(scope="module")
def world(embedded_aws: str) -> World:
    """Filled once: making and reading a company takes seconds."""
    del embedded_aws
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    return build()


@pytest.fixture(params=["duckdb", "trino"])
def asked(world: World, request: pytest.FixtureRequest) -> Asked:
    """Asks a question of one engine, and then of the other; Trino must read no day that the question cannot need."""
    engine = request.getfixturevalue("on_trino") if request.param == "trino" else None

    def ask(name: str, values: dict[str, str], columns: tuple[str, ...] = ()) -> list[Row]:
        question = questions(world.lake.settings)[name]
        found = answered(question.sql, *question.literals(values))
        if engine:
            read = partitions_read(engine, question.sql)
            assert {day for table, day in read if table not in whole(question)} <= needed(question, values)
        names = [one for one, _ in found.columns]
        places = [names.index(one) for one in columns or names]
        return [[row[place] for place in places] for row in found.rows]

    return ask


def whole(question: Question) -> set[str]:
    """The tables that a question reads all days of, as its Cost says."""
    books = ("lake_ledger", "lake_quarantine")
    return {one for one in books if re.search(f"{one}.* all (its |their )?days", question.cost)}


def needed(question: Question, values: dict[str, str]) -> set[str]:
    """The days from --from to --to; with the views of sessions, those in which their keystrokes and roles may lie."""
    first, last = (date.fromisoformat(values[one]) for one in ("from", "to"))
    views = "sessions|evidence|transcript|session_context|role_chain|weekly_review"
    around = 1 if re.search(rf"FROM ({views})", question.sql) else 0
    days = range(-around, (last - first).days + around + 1)
    return {(first + timedelta(days=one)).isoformat() for one in days}


@pytest.mark.parametrize("name", sorted(set(ANSWERS) - {"days_that_changed"}))
def test_a_question_is_answered_as_the_truth_says(world: World, asked: Asked, name: str) -> None:
    values, expected = ANSWERS[name](world)
    assert expected, "the company must have a case of it"
    assert asked(name, values, COLUMNS.get(name, ())) == expected


def test_the_days_that_changed_and_by_how_much_follow_from_the_events(world: World, asked: Asked) -> None:
    values, events = ANSWERS["days_that_changed"](world)
    columns = ("tablename", "publishedday", "rowsnew", "duplicates", "conflicts", "removed")
    found = [row for row in asked("days_that_changed", values, columns) if row[0] == "from_cloudtrail_readready"]
    net = [[row[0], row[1], str(int(row[2] or 0) - sum(int(one or 0) for one in row[3:]))] for row in found]
    assert net == events


def test_days_that_are_read_whole_are_not_among_the_incomplete(asked: Asked) -> None:
    assert asked("incomplete_days", {"from": FIRST, "to": LAST, "percent": "100"}) == []


def test_a_users_rows_are_found_in_both_logs(world: World, asked: Asked) -> None:
    one = next(one for one in world.sessions if one.lines and one.outcome == "started" and one.streamed)
    values = {"from": one.day, "to": "2026-03-05", "who": one.username}
    found = asked("rows_with_name_or_address", values, ("log", "sessionid", "username", "sourceidentity"))
    assert ["cloudtrail", one.sessionid, one.username, one.sourceidentity] in found
    assert found.count(["cloudwatch", one.sessionid, one.username, None]) == one.records
    assert {one.username} == {name for _, _, *names in found for name in names if name}


def test_a_machine_is_found_by_its_interface_as_by_its_address_and_by_who_knocked(world: World, asked: Asked) -> None:
    values, found = groups_answers.ANSWERS["rejected_connections"](world)
    mine = interface(groups_answers.machine(world))
    assert asked("rejected_connections", values | {"who": mine}) == found
    knocked = [row for row in asked("rejected_connections", values | {"who": STRANGER}) if row[1] == mine]
    assert knocked == [row for row in found if row[2] == STRANGER]


def test_every_question_has_an_answer_to_compare_with() -> None:
    by_sources = {name for job in JOBS for name in fixture(job).questions}
    assert set(ANSWERS) | by_sources == set(QUESTIONS)


# -- the command, and what is deployed --------------------------------------------------------------------------------


def test_the_workgroup_has_every_question_as_a_saved_query(world: World) -> None:
    create_queries(world.lake.settings)
    athena = boto3.client("athena")
    ids = athena.list_named_queries(WorkGroup=WORKGROUP)["NamedQueryIds"]
    saved = [athena.get_named_query(NamedQueryId=one)["NamedQuery"] for one in ids]
    assert {one["Name"]: one["QueryString"] for one in saved} == {one.name: one.sql for one in QUESTIONS.values()}
    assert {one["Database"] for one in saved} == {world.lake.settings.lake.database}


def test_a_question_is_asked_from_the_command_line(world: World) -> None:
    athena = Athena(boto3.client("athena"), world.lake.settings.lake.database, WORKGROUP)
    arguments = ["ask", "role-changes", "--from", FIRST, "--to", LAST, "--format", "json"]
    result = CliRunner().invoke(cli, arguments, obj={"connect": lambda _: athena})
    assert result.exit_code == 0, result.output
    found = [json.loads(line)["eventname"] for line in result.stdout.splitlines()]
    assert found == ["CreateRole", "AttachRolePolicy", "PutRolePolicy"]
