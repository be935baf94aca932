"""A team's bucket of which only partitions are registered: the layout, lake.toml, AddAPart, and the try before it."""

from __future__ import annotations

from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from addapart.handler import AddAPart
from cli.main import cli
from infra import resources
from infra.catalog import text
from infra.template import parse as template
from lake import layout
from lake.layout import LayoutError, keys_of, misfit, partition
from lake.settings import Settings, SettingsError, parse
from tests.lakes import SETTINGS, Lake

ALB = "alb/{accountid}/{region}/{yyyy}/{mm}/{dd}/{file}"
HOURS = "app/dt={yyyy}-{mm}-{dd}/hr={hh}/{accountid}/{file}"
KEY = "alb/111122223333/eu-west-1/2026/03/02/x.log.gz"


def with_team(**changes: str) -> Settings:
    """lake.toml with one of [[partitions]]."""
    one = {"name": "payments_alb", "bucket": "payments-logs", "layout": ALB} | changes
    return parse(SETTINGS.text + "\n[[partitions]]\n" + "".join(f'{key} = "{value}"\n' for key, value in one.items()))


@pytest.mark.parametrize(
    ("pattern", "key", "keys", "values", "folder"),
    [
        (
            ALB,
            KEY,
            ("accountid", "region", "calendarday"),
            ("111122223333", "eu-west-1", "2026-03-02"),
            "alb/111122223333/eu-west-1/2026/03/02/",
        ),
        (
            HOURS,
            "app/dt=2026-03-02/hr=07/111122223333/a/b.json",
            ("accountid", "calendarday", "hour"),
            ("111122223333", "2026-03-02", "07"),
            "app/dt=2026-03-02/hr=07/111122223333/",
        ),
        ("{yyyy}/{mm}/{dd}/{file}", "2026/03/02/x", ("calendarday",), ("2026-03-02",), "2026/03/02/"),
    ],
)
def test_a_partition_is_what_the_key_says_and_has_the_deepest_folder_of_it(
    pattern: str, key: str, keys: tuple[str, ...], values: tuple[str, ...], folder: str
) -> None:
    assert keys_of(pattern) == keys
    assert partition(pattern, key) == layout.Partition(values, folder)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[{prefix}/]{yyyy}/{mm}/{dd}/{file}", "optional"),
        ("{prefix}/{yyyy}/{mm}/{dd}/{file}", "several folders"),
        ("{organization}/{yyyy}/{mm}/{dd}/{file}", "several folders"),
        ("{yyyy}/{mm}/{dd}/{accountid}_{file}", "no folder ends"),
        ("{yyyy}/{mm}/{file}", "lacks {dd}"),
    ],
)
def test_a_layout_by_which_a_partition_has_no_one_folder_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(LayoutError, match=why):
        keys_of(pattern)
    with pytest.raises(SettingsError, match=r"lake.toml, line \d+: layout of payments_alb"):
        with_team(layout=pattern)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"bucket": "loglake-books"}, "the lake's own"),
        ({"bucket": "loglake-raw-cloudtrail"}, "one of"),
        ({"name": "cloudtrail"}, "there is a table"),
        ({"name": "Payments"}, "lower case"),
        ({"format": "xml"}, "parquet"),
    ],
)
def test_an_entry_that_would_touch_the_lakes_own_is_refused(changes: dict[str, str], why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        with_team(**changes)


class Glue:
    """Remembers what it is asked."""

    def __init__(self) -> None:
        self.made: list[tuple[str, dict[str, Any]]] = []

    def batch_create_partition(self, TableName: str, PartitionInputList: list[Any], **_: object) -> dict[str, Any]:
        self.made += [(TableName, one) for one in PartitionInputList]
        return {}


class NoS3:
    """Whoever writes anything fails."""


def announce(settings: Settings, *keys: str) -> Glue:
    glue = Glue()
    objects = [{"key": key, "size": 1, "eTag": "e"} for key in keys]
    said = {"eventName": "ObjectCreated:Put", "eventTime": "2026-03-02T00:00:00Z"}
    records = [said | {"s3": {"bucket": {"name": "payments-logs"}, "object": one}} for one in objects]
    event = {"Records": [{"messageId": "1", "body": dumps({"Records": records})}]}
    answer = AddAPart(NoS3(), glue, settings).handle(event, datetime(2026, 3, 2, tzinfo=UTC))
    assert answer == {"batchItemFailures": []}
    return glue


def test_addapart_registers_the_partition_and_does_nothing_else() -> None:
    ((table, made),) = announce(with_team(), KEY, KEY, "alb/other/x.txt").made
    assert (table, made["Values"]) == ("from_payments_alb_raw", ["111122223333", "eu-west-1", "2026-03-02"])
    assert made["StorageDescriptor"]["Location"] == "s3://payments-logs/alb/111122223333/eu-west-1/2026/03/02/"


def test_the_controls_hold_for_it_too() -> None:
    denied = with_team().text.replace("accounts_deny = []", 'accounts_deny = ["111122223333"]')
    assert announce(parse(denied), KEY).made == []


def test_the_table_is_made_of_the_entry_and_its_bucket_tells_the_queue() -> None:
    settings = with_team(format="json")
    (table,) = [one for one in resources.table_inputs(settings) if one["Name"] == "from_payments_alb_raw"]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["accountid", "region", "calendarday"]
    assert "JsonSerDe" in table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]
    assert "payments-logs" in resources.notifications(settings, "arn")
    assert "TableFromPaymentsAlbRaw" in template(text(settings))["Resources"]


def test_in_a_lake_its_days_are_in_the_catalog_and_nothing_is_in_the_books(aws: str) -> None:
    del aws
    lake = Lake(with_team())
    lake.s3.put_object(Bucket="payments-logs", Key=KEY, Body=b"x")
    lake.work("cloudtrail")
    assert list(lake.partitions("from_payments_alb_raw")) == [("111122223333", "eu-west-1", "2026-03-02")]
    assert lake.rows("lake_ledger").num_rows == 0


# -- the try before it -------------------------------------------------------------------------------------------------


def check(tmp_path: Path, pattern: str, *keys: str, more: tuple[str, ...] = ("--partitions",)) -> Result:
    file = tmp_path / "keys"
    file.write_text("\n".join(keys))
    return CliRunner().invoke(cli, ["source", "check", pattern, str(file), *more])


def test_a_layout_that_takes_all_keys_is_taken(tmp_path: Path) -> None:
    found = check(tmp_path, ALB, KEY, KEY.replace("x.log", "y.log"), KEY.replace("03/02", "03/01"))
    assert found.exit_code == 0, found.output
    assert "3 keys fit, 0 do not" in found.output
    assert "2 partitions by accountid, region, calendarday" in found.output


@pytest.mark.parametrize(
    ("pattern", "keys", "code", "why"),
    [
        (ALB, [KEY, "alb/1/eu-west-1/2026/03/02/x"], 1, "behind 'alb/' stands no {accountid}"),
        (ALB, ["nlb/x"], 1, "no key fits"),
        (ALB, [], 1, "there is no key"),
        (ALB, [KEY.replace("2026/03/02", "2026/02/31")], 1, "cannot be"),
        (ALB, [KEY.replace("2026", "2999")], 1, "cannot be"),
        ("{prefix}/{yyyy}/{mm}/{dd}/{file}", [KEY], 2, "several folders"),
        ("{year}/{file}", [KEY], 2, "{year} is no part"),
    ],
)
def test_a_wrong_layout_is_refused_with_the_reason(
    tmp_path: Path, pattern: str, keys: list[str], code: int, why: str
) -> None:
    found = check(tmp_path, pattern, *keys)
    assert (found.exit_code, why in found.output + found.stderr) == (code, True), found.output


def test_a_folder_of_files_is_a_sample_and_keys_of_others_can_be_let_be(tmp_path: Path) -> None:
    for name in (KEY, "readme.txt"):
        (tmp_path / "sample" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sample" / name).write_text("x")
    arguments = ["source", "check", ALB, str(tmp_path / "sample")]
    assert CliRunner().invoke(cli, arguments).exit_code == 1
    assert CliRunner().invoke(cli, [*arguments, "--allow-others"]).exit_code == 0


def test_why_a_key_does_not_fit_names_the_part() -> None:
    assert misfit(ALB, KEY) == ""
    assert misfit(ALB, "alb/111122223333/nowhere/2026/03/02/x") == "behind 'alb/111122223333/' stands no {region}"
    assert (
        misfit(ALB, "alb/111122223333/eu-west-1/2026/13/02/x")
        == "behind 'alb/111122223333/eu-west-1/2026/' stands no {mm}"
    )
