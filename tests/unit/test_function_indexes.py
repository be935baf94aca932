"""Partition indexes as a custom resource, against the embedded AWS's Glue.

moto knows no partition indexes: infra/local/moto_indexes.py has them, with the states and refusals of Glue's own.
"""

from __future__ import annotations

from itertools import repeat
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.functions import indexes
from infra.functions.custom import Answer, Later
from infra.local.moto_indexes import Index, indexes_of

KEYS = ["source", "accountid", "calendarday"]
BY_DAY = {"IndexName": "by_day", "Keys": ["calendarday"]}
BY_ACCOUNT = {"IndexName": "by_account", "Keys": ["accountid", "calendarday"]}


class Context:
    """Lambda's: how much time is left, run by run."""

    def __init__(self, *left: int) -> None:
        self._left = iter(left or repeat(900_000))

    def get_remaining_time_in_millis(self) -> int:
        return next(self._left)


class Glue:
    """A table and what the custom resource makes of it."""

    def __init__(self) -> None:
        self.client = boto3.client("glue", region_name="us-east-1")
        self.client.create_database(DatabaseInput={"Name": "lake"})
        self.table("events")

    def table(self, name: str) -> None:
        keys = [{"Name": key, "Type": "string"} for key in KEYS]
        self.client.create_table(DatabaseName="lake", TableInput={"Name": name, "PartitionKeys": keys})

    def make(self, name: str, keys: list[str]) -> None:
        """What somebody else does."""
        index = {"IndexName": name, "Keys": keys}
        self.client.create_partition_index(DatabaseName="lake", TableName="events", PartitionIndex=index)

    def inside(self, name: str = "events") -> dict[str, Index]:
        """The indexes as moto has them, for what only Glue itself can do to them."""
        from moto.glue.models import glue_backends

        (backend,) = (one["us-east-1"] for one in glue_backends.values())
        return indexes_of(backend.get_table("lake", name))

    def there(self, name: str = "events") -> dict[str, tuple[str, list[str]]]:
        return {one.name: (one.status, [key["Name"] for key in one.keys]) for one in self.inside(name).values()}

    def ask(self, kind: str, *wanted: dict[str, Any], context: Any = None, **more: Any) -> Answer:
        event = {"RequestType": kind, "ResourceProperties": properties(*wanted), **more}
        return indexes.work(event, context or Context(), self.client, sleep=lambda _: None)


def properties(*wanted: dict[str, Any], table: str = "events") -> dict[str, Any]:
    return {"DatabaseName": "lake", "Tables": [{"TableName": table, "PartitionIndexes": list(wanted)}]}


@pytest.fixture
def glue(aws: str) -> Glue:
    assert aws
    return Glue()


ACTIVE_DAY = ("ACTIVE", ["calendarday"])
ACTIVE_ACCOUNT = ("ACTIVE", ["accountid", "calendarday"])


def test_indexes_are_made_one_after_the_other_and_waited_for(glue: Glue) -> None:
    glue.make("by_hand", ["source"])
    with pytest.raises(ClientError, match="Only 1 index"):  # what happens to those who do not wait
        glue.make("by_other", ["accountid"])
    assert glue.ask("Create", BY_DAY, BY_ACCOUNT).physical_id == "lake-partition-indexes"
    assert glue.there() == {"by_hand": ("ACTIVE", ["source"]), "by_day": ACTIVE_DAY, "by_account": ACTIVE_ACCOUNT}


def test_the_same_request_again_changes_nothing(glue: Glue) -> None:
    glue.ask("Create", BY_DAY)
    before = glue.inside()["by_day"]
    glue.ask("Create", BY_DAY)
    assert glue.inside()["by_day"] is before


def test_an_update_makes_what_is_new_deletes_what_is_not_wanted_and_leaves_what_is_not_its_own(glue: Glue) -> None:
    glue.ask("Create", BY_DAY)
    glue.make("by_hand", ["source"])
    glue.ask("Update", BY_ACCOUNT, OldResourceProperties=properties(BY_DAY))
    assert glue.there() == {"by_hand": ("ACTIVE", ["source"]), "by_account": ACTIVE_ACCOUNT}


def test_an_index_of_the_same_name_with_other_keys_is_made_anew(glue: Glue) -> None:
    glue.ask("Create", BY_DAY)
    changed = BY_DAY | {"Keys": ["source", "calendarday"]}
    glue.ask("Update", changed, OldResourceProperties=properties(BY_DAY))
    assert glue.there() == {"by_day": ("ACTIVE", ["source", "calendarday"])}


def test_a_failed_update_is_rolled_back_to_what_was_there(glue: Glue) -> None:
    glue.ask("Create", BY_DAY)
    wrong = {"IndexName": "by_nothing", "Keys": ["nosuchkey"]}
    with pytest.raises(ClientError, match="IndexKeys not a part of PartitionColumns"):
        glue.ask("Update", BY_ACCOUNT, wrong, OldResourceProperties=properties(BY_DAY))
    assert set(glue.there()) == {"by_account"}
    glue.ask("Update", BY_DAY, OldResourceProperties=properties(BY_ACCOUNT, wrong))  # CloudFormation's rollback
    assert glue.there() == {"by_day": ACTIVE_DAY}


def test_a_delete_takes_away_what_it_made_one_that_is_still_being_made_included(glue: Glue) -> None:
    glue.ask("Create", BY_DAY)
    glue.make("by_account", ["accountid", "calendarday"])
    glue.ask("Delete", BY_DAY, BY_ACCOUNT)
    assert glue.there() == {}
    glue.client.delete_table(DatabaseName="lake", Name="events")
    glue.ask("Delete", BY_DAY, BY_ACCOUNT)  # again, and the table is gone: nothing to do


def test_a_table_that_is_not_there_is_said(glue: Glue) -> None:
    with pytest.raises(ClientError, match="missing not found"):
        indexes.work(
            {"RequestType": "Create", "ResourceProperties": properties(BY_DAY, table="missing")}, Context(), glue.client
        )


def test_an_index_that_failed_is_made_anew_and_fails_with_glues_reason(glue: Glue) -> None:
    glue.ask("Create", BY_DAY)
    failed = glue.inside()["by_day"]
    failed.status = "FAILED"
    glue.ask("Create", BY_DAY)
    assert glue.inside()["by_day"] is not failed
    assert glue.there() == {"by_day": ACTIVE_DAY}

    def fail(_seconds: float) -> None:  # while it waits
        for one in glue.inside().values():
            if one.status == "CREATING":
                one.then, one.errors = ["FAILED"], [{"Code": "ENCRYPTED_PARTITION_ERROR"}]

    event = {"RequestType": "Create", "ResourceProperties": properties(BY_ACCOUNT)}
    with pytest.raises(indexes.NotMade, match=r"lake\.events: index by_account failed: .*PartitionIndexes=no"):
        indexes.work(event, Context(), glue.client, sleep=fail)


def test_what_somebody_made_under_another_name_is_not_made_twice(glue: Glue) -> None:
    by_hand = {"IndexName": "by_hand", "Keys": ["calendarday"]}
    glue.ask("Create", by_hand)
    glue.ask("Create", BY_DAY)
    assert glue.there() == {"by_hand": ACTIVE_DAY}


def test_a_fourth_index_is_refused_and_not_waited_for(glue: Glue) -> None:
    three = [{"IndexName": key, "Keys": [key]} for key in KEYS]
    with pytest.raises(ClientError, match="Partition index limit exceeded"):
        glue.ask("Create", *three, BY_ACCOUNT)


def test_a_catalog_that_is_busy_with_other_indexes_is_waited_for(glue: Glue) -> None:
    message = "Max concurrent limit for indexing reached for catalog. Wait for indexes in CREATING to complete."
    error = {"Error": {"Code": "ResourceNumberLimitExceededException", "Message": message}}
    real, refused = glue.client.create_partition_index, [1, 2]

    def create(**call: Any) -> Any:
        if refused:
            refused.pop()
            raise ClientError(error, "CreatePartitionIndex")  # type: ignore[arg-type]
        return real(**call)

    glue.client.create_partition_index = create
    glue.ask("Create", BY_DAY)
    assert glue.there() == {"by_day": ACTIVE_DAY}


def test_a_wait_that_would_outlast_the_function_is_handed_on_and_goes_on_where_it_was(glue: Glue) -> None:
    with pytest.raises(Later):
        glue.ask("Create", BY_DAY, BY_ACCOUNT, context=Context(900_000, 59_000))
    assert "by_day" in glue.there()
    glue.ask("Create", BY_DAY, BY_ACCOUNT)
    assert glue.there() == {"by_day": ACTIVE_DAY, "by_account": ACTIVE_ACCOUNT}
