"""`loglake managers`: statements and grants from the rows of `teams`, as they lie in the lake."""

from __future__ import annotations

import io
import json

import boto3
import pyarrow as pa
import pyarrow.orc as orc
import pytest
from click.testing import CliRunner, Result

from cli.athena import Athena
from cli.errors import FAILED, NOT_FOUND
from cli.main import cli
from cli.reach import Reach
from schemas import TABLES
from schemas.arrow import arrow_schema
from tests.asking import answered
from tests.lakes import WORKGROUP, Lake

GRACE = "arn:aws:iam::111122223333:role/payments-manager"


@pytest.fixture
def lake(aws: str) -> Lake:
    del aws
    return Lake()


def teams(lake: Lake, *rows: tuple[str | None, str, str | None]) -> None:
    """The table, as a tool writes it: (team, accountid, principal)."""
    named = [dict(zip(("team", "accountid", "principal"), row, strict=True)) for row in rows]
    file = io.BytesIO()
    orc.write_table(pa.Table.from_pylist(named, arrow_schema(TABLES["teams"])), file)
    lake.s3.put_object(Bucket=lake.settings.buckets.readready, Key="people/teams/teams.orc", Body=file.getvalue())


def managers(lake: Lake, form: str) -> Result:
    athena = Athena(boto3.client("athena"), lake.settings.lake.database, WORKGROUP)
    reach = Reach(lake.access, lake.sqs, lake.glue, athena, local=True)
    return CliRunner().invoke(cli, ["managers", "--format", form], obj={"reach": lambda _: reach})


def test_each_team_has_a_statement_that_runs_and_a_grant_to_its_principal(lake: Lake) -> None:
    teams(
        lake, ("payments", "1" * 12, GRACE), ("payments", "2" * 12, GRACE), ("Ops", "3" * 12, None), (None, "4", None)
    )
    ops, payments = map(json.loads, managers(lake, "json").stdout.splitlines())
    assert (ops["view"], ops["principal"], ops["grant"]) == ("weekly_review_of_ops", None, None)
    assert (payments["view"], payments["principal"]) == ("weekly_review_of_payments", GRACE)
    assert json.loads(payments["grant"]) == {
        "Principal": {"DataLakePrincipalIdentifier": GRACE},
        "Resource": {"Table": {"DatabaseName": lake.settings.lake.database, "Name": "weekly_review_of_payments"}},
        "Permissions": ["SELECT", "DESCRIBE"],
    }
    head, select = payments["statement"].split("\nAS\n", 1)
    assert head == "CREATE OR REPLACE PROTECTED MULTI DIALECT VIEW weekly_review_of_payments\nSECURITY DEFINER"
    assert answered(select).rows == []


def test_a_table_names_the_views_and_who_may_ask_them_without_their_sql(lake: Lake) -> None:
    teams(lake, ("payments", "1" * 12, GRACE))
    shown = managers(lake, "table").stdout
    assert "weekly_review_of_payments" in shown
    assert GRACE in shown
    assert "SELECT" not in shown


def test_without_teams_it_says_how_they_are_written(lake: Lake) -> None:
    result = managers(lake, "json")
    assert (result.exit_code, result.stdout) == (NOT_FOUND, "")
    assert "docs/manager.md" in result.stderr


def test_of_teams_that_contradict_themselves_no_statement_is_given(lake: Lake) -> None:
    teams(lake, ("fine", "1" * 12, GRACE), ("torn", "2" * 12, GRACE), ("torn", "3" * 12, None))
    result = managers(lake, "json")
    assert (result.exit_code, result.stdout) == (FAILED, "")
    assert "team 'torn' has two principals" in result.stderr
