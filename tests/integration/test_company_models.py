"""What the sample company's people asked of models, through the whole path, against the truth, on both engines."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest
from click.testing import CliRunner, Result

from cli.athena import Athena
from cli.errors import FAILED, NOT_FOUND
from cli.main import cli
from cli.reach import Reach
from examples.company import Company
from examples.company.models import BUCKET, Invocation, Models, models
from examples.company.truth import SessionTruth
from infra.local.trino.engine import Engine
from lake.settings import JOBS, parse
from sql.question import questions
from tests.asking import answered, partitions_read
from tests.lakes import SETTINGS, WORKGROUP, Lake
from tests.sources.fixture import fixture

TABLE = "from_bedrock_readready"
CALLS = "".join(
    f'"bedrock:{name}", ' for name in ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")
)
WITH_CALLS = parse(SETTINGS.text.replace("events = [", f"events = [{CALLS}", 1))  # as docs/bedrock.md says


@dataclass(frozen=True)
class Filled:
    """A lake with a company's sessions and what was asked of models around them."""

    lake: Lake
    sessions: list[SessionTruth]
    truth: Models

    @property
    def logged(self) -> list[Invocation]:
        """The invocations that have a log."""
        return [one for one in self.truth.invocations if one.seen != "event only"]


@pytest.fixture(scope="module")
def filled(embedded_aws: str) -> Filled:
    """Filled once."""
    del embedded_aws
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    lake, company = Lake(WITH_CALLS), Company(seed=1, files=60)
    lake.now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    objects = list(company.objects())
    sessions = company.truth().sessions
    made = models(sessions)
    half = len(made.objects) // 2
    for some in ([*objects, *made.objects[:half]], made.objects[half:]):
        for one in some:
            lake.put(one.job, one.key, one.data)
        for report in lake.work(*JOBS):
            assert report.failed == []
        lake.later(minutes=15)
    return Filled(lake, sessions, made)


def body(filled: Filled, requestid: str, day: str, *more: str) -> Result:
    """`loglake body`, in this process."""
    lake = filled.lake
    athena = Athena(boto3.client("athena"), lake.settings.lake.database, WORKGROUP)
    at = Reach(lake.access, lake.sqs, lake.glue, athena, local=True)
    return CliRunner().invoke(cli, ["body", requestid, "--day", day, *more], obj={"reach": lambda _: at})


def test_a_body_is_read_out_of_the_table_or_out_of_s3_by_its_hash(filled: Filled) -> None:
    long = next(one for one in filled.logged if one.bodies)
    found = body(filled, long.requestid, long.day, "--raw")
    data = next(raw.data for raw in filled.truth.objects if raw.key == long.bodies[0])
    assert found.exit_code == 0, found.output
    assert found.stdout.encode() == gzip.decompress(data)
    short = next(one for one in filled.logged if one.answer and "An answer" in one.answer)
    assert str(short.answer) in body(filled, short.requestid, short.day, "--answer").stdout
    assert body(filled, "nobody's", short.day).exit_code == NOT_FOUND


def test_a_body_that_was_written_again_is_refused(filled: Filled) -> None:
    long = next(one for one in filled.logged if one.bodies)
    data = next(raw.data for raw in filled.truth.objects if raw.key == long.bodies[0])
    try:
        filled.lake.s3.put_object(Bucket=BUCKET, Key=long.bodies[0], Body=b"{}")
        found = body(filled, long.requestid, long.day, "--raw")
        assert found.exit_code == FAILED
        assert found.stdout == ""
    finally:
        filled.lake.s3.put_object(Bucket=BUCKET, Key=long.bodies[0], Body=data)


@pytest.fixture(params=["duckdb", "trino"])
def asked(filled: Filled, request: pytest.FixtureRequest) -> Athena:
    if request.param == "trino":
        request.getfixturevalue("on_trino")
    return Athena(boto3.client("athena"), filled.lake.settings.lake.database, WORKGROUP)


def moment(one: Invocation) -> str:
    return f"{one.time:%Y-%m-%d %H:%M:%S}.000"


def text(value: object) -> str | None:
    return None if value is None else str(value)


def test_every_record_has_the_fate_that_the_truth_gives_it(filled: Filled) -> None:
    mine = [row for row in filled.lake.rows("lake_ledger").to_pylist() if row["job"] == "bedrock"]
    filtered: Counter[str] = Counter()
    for row in mine:
        filtered.update(json.loads(row["filteredby"] or "{}"))
    truth = filled.truth
    assert {row["outcome"] for row in mine} == {"ok"}
    assert len(mine) == sum(one.job == "bedrock" for one in truth.objects)
    assert sum(row["recordsin"] for row in mine) == truth.records
    assert sum(row["kept"] for row in mine) == truth.kept == sum(one.deliveries for one in truth.invocations)
    assert filtered == truth.filtered
    bad = Counter(row["reason"] for row in filled.lake.rows("lake_quarantine").to_pylist() if row["job"] == "bedrock")
    assert bad == truth.quarantined


def test_every_invocation_is_one_row_on_its_own_day_with_what_was_said(filled: Filled) -> None:
    names = ("requestid", "calendarday", "accountid", "awsregion", "username", "useridentityarn", "operation")
    more = ("modelid", "model", "inputtokens", "outputtokens", "prompt", "answer", "stopreason", "guardrailaction")
    rows = filled.lake.rows(TABLE).to_pylist()
    assert len(rows) == filled.truth.rows
    expected = [
        (one.requestid, one.day, one.accountid, one.awsregion, one.username, one.principalarn, one.operation,
         one.modelid, one.model, one.inputtokens, one.outputtokens, one.prompt, one.answer, one.stopreason,
         one.guardrail)
        for one in filled.logged
    ]  # fmt: skip
    found = [tuple(row[name] for name in (*names, *more)) for row in rows]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_a_body_of_its_own_is_named_by_its_row_and_its_hash_is_in_the_ledger(filled: Filled) -> None:
    (one,) = [one for one in filled.logged if one.bodies][:1]
    (row,) = [row for row in filled.lake.rows(TABLE).to_pylist() if row["requestid"] == one.requestid]
    assert (row["inputbody"], row["inputbodys3path"]) == (None, f"s3://{BUCKET}/{one.bodies[0]}")
    (object_,) = [row for row in filled.lake.rows("lake_ledger").to_pylist() if row["objectkey"] == one.bodies[0]]
    data = next(raw.data for raw in filled.truth.objects if raw.key == one.bodies[0])
    assert object_["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_model_that_nobody_knows_keeps_its_bodies_exactly(filled: Filled) -> None:
    strange = [row for row in filled.lake.rows(TABLE).to_pylist() if row["modelid"] == "acme.oracle-v9"]
    assert strange
    for row in strange:
        assert '"n":1.5}' in row["inputbody"]
        assert row["outputbody"].startswith("[[0.25,")


def test_every_call_is_found_by_its_log_its_event_or_both(filled: Filled, asked: Athena) -> None:
    columns = "requestid, calendarday, seen, eventid, errorcode, username, principalarn, operation, modelid, model"
    found = asked.values(f"SELECT {columns} FROM model_invocations WHERE username <> 'payments-api'")
    expected = [
        [one.requestid, one.day, one.seen, one.eventid, one.errorcode, one.username, one.principalarn, one.operation,
         one.modelid, one.model if one.seen != "event only" else None]
        for one in filled.truth.invocations
    ]  # fmt: skip
    crowd = {row[0] for row in found} - {one.requestid for one in filled.truth.invocations}
    assert sorted((row for row in found if row[0] not in crowd), key=str) == sorted(expected, key=str)
    assert {row[2] for row in found if row[0] in crowd} <= {"event only"}  # the company's programs call models, too


def test_costs_add_up_to_the_tokens_of_everybody(filled: Filled, asked: Athena) -> None:
    found = asked.values(
        "SELECT principalarn, modelid, invocations, inputtokens, outputtokens, dollars FROM model_costs"
    )
    expected: dict[tuple[str, str, str], list[int]] = {}
    for one in filled.logged:
        sums = expected.setdefault(
            (one.principalarn, one.modelid, f"{one.day} {one.accountid} {one.awsregion}"), [0, 0, 0]
        )
        for place, number in enumerate((1, one.inputtokens or 0, one.outputtokens or 0)):
            sums[place] += number
    assert sorted(found, key=str) == sorted(
        ([arn, model, *map(str, sums), None] for (arn, model, _), sums in expected.items()), key=str
    )


def near(filled: Filled) -> list[tuple[SessionTruth, Invocation]]:
    """Of every asked session, the invocations that its person made within context_hours."""
    reach = timedelta(hours=filled.lake.settings.sessions.context_hours)
    return [
        (session, one)
        for session in filled.sessions
        if session.starttime
        for one in filled.logged
        if one.username == session.username and abs(one.time - session.starttime) <= reach
    ]


def test_what_a_person_asked_around_a_session_is_found(filled: Filled, asked: Athena) -> None:
    found = asked.values(
        "SELECT sessionid, starteventid, requestid, secondsfromstart, foundby FROM model_use_around_session"
    )
    expected = [
        [session.sessionid, session.eventid, one.requestid,
         str(int((one.time - session.starttime).total_seconds())),  # type: ignore[operator]
         "principal" if one.principalarn == session.principalarn else "user name"]
        for session, one in near(filled)
    ]  # fmt: skip
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert {row[4] for row in found} == {"principal", "user name"}


def test_the_questions_about_models_answer_what_the_truth_says(filled: Filled, asked: Athena) -> None:
    del asked
    known, days = questions(filled.lake.settings), {"from": "2026-03-01", "to": "2026-12-31"}

    names: list[str] = []

    def ask(name: str, **more: str) -> list[list[str | None]]:
        names.append(name)
        return answered(known[name].sql, *known[name].literals(days | more)).rows

    wanted = [one for one in filled.logged if one.prompt and "INVOICES" in one.prompt.upper()]
    assert {row[1] for row in ask("prompts_with_text", text="InVoices")} == {one.requestid for one in wanted}
    lonely = {one.requestid for one in filled.truth.invocations if one.seen != "log and event"}
    assert lonely <= {row[2] for row in ask("model_calls_without_log")}
    session, _ = near(filled)[0]
    mine = {one.requestid for found, one in near(filled) if found is session}
    assert {row[3] for row in ask("model_use_around_session_of", session=str(session.sessionid))} == mine
    people = ask("model_use_of_people")
    assert sum(int(row[3] or 0) for row in people) == len(filled.logged)
    assert set(names) == set(fixture("bedrock").questions)


@pytest.mark.parametrize("view", fixture("bedrock").reach)
def test_a_view_asked_for_a_day_reads_no_days_but_those_that_its_cost_names(
    filled: Filled, on_trino: Engine, view: str
) -> None:
    day = Counter(one.day for one in filled.logged).most_common(1)[0][0]
    sql = f"SELECT * FROM {view} WHERE calendarday = '{day}'"
    assert answered(sql).rows
    reach = fixture("bedrock").reach[view]
    allowed = {
        (table, (date.fromisoformat(day) + timedelta(away)).isoformat())
        for table, days in reach.items()
        for away in days
    }
    read = partitions_read(on_trino, sql)
    assert read <= allowed
    assert {(table, day) for table in reach} <= read


def test_with_bodies_left_out_nobody_can_read_them_in_the_table(aws: str) -> None:
    del aws
    lake = Lake(parse(SETTINGS.text.replace('bodies = "kept"', 'bodies = "left out"')))
    company = Company(seed=1, files=60)
    list(company.objects())
    made = models(company.truth().sessions)
    for one in made.objects:
        lake.put(one.job, one.key, one.data)
    lake.work("bedrock")
    rows = lake.rows(TABLE)
    assert rows.num_rows == made.rows
    for name in ("prompt", "systemprompt", "answer", "images", "inputbody", "outputbody", "otherfields"):
        assert rows[name].null_count == rows.num_rows
    assert rows["outputtokens"].null_count == 0
