"""The template's catalog, the declarations and the local lake's catalog are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3

from infra import resources
from infra.catalog import PATH, text
from infra.local.resources import create
from infra.template import load, parse
from infra.template import resources as of_type
from lake.settings import parse as parse_settings

LAKE = (Path(__file__).parents[2] / "lake.toml").read_text()
SETTINGS = parse_settings(LAKE)
ONLY_DEPLOYED = ("BytesScannedCutoffPerQuery", "EngineVersion")  # of a workgroup, beside its results' encryption


def tables(template: dict[str, Any]) -> list[dict[str, Any]]:
    found = of_type(template, "AWS::Glue::Table").values()
    assert {str(one["DatabaseName"]) for one in found} == {"{'Ref': 'Database'}"}
    return [one["TableInput"] for one in found]


def indexes(template: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    (found,) = of_type(template, "Custom::PartitionIndexes").values()
    return {one["TableName"]: one["PartitionIndexes"] for one in found["Tables"]}


def test_the_committed_template_is_what_the_declarations_make() -> None:
    assert PATH.read_text(encoding="utf-8") == text(SETTINGS), "stale: python -m infra.catalog"


def test_every_declared_thing_of_glue_and_athena_is_in_the_template_word_for_word() -> None:
    template = load(PATH)
    assert tables(template) == resources.table_inputs(SETTINGS)
    assert indexes(template) == resources.indexes()
    (database,) = of_type(template, "AWS::Glue::Database").values()
    assert database["DatabaseInput"] == resources.database_input(SETTINGS)
    assert list(of_type(template, "AWS::Athena::NamedQuery").values()) == resources.named_queries(SETTINGS)


def test_the_workgroup_is_the_declared_one_with_encryption_and_a_limit() -> None:
    (workgroup,) = of_type(load(PATH), "AWS::Athena::WorkGroup").values()
    configuration = workgroup.pop("WorkGroupConfiguration")
    encryption = configuration["ResultConfiguration"].pop("EncryptionConfiguration")
    assert encryption == {"EncryptionOption": "SSE_KMS", "KmsKey": {"Ref": "ResultsKeyArn"}}
    assert {key: configuration.pop(key) is not None for key in ONLY_DEPLOYED} == dict.fromkeys(ONLY_DEPLOYED, True)
    assert workgroup | {"Configuration": configuration} == resources.workgroup(SETTINGS)


def test_the_local_lakes_catalog_is_the_templates(aws: str) -> None:
    assert aws
    create(SETTINGS)
    glue, athena = boto3.client("glue"), boto3.client("athena")
    template = load(PATH)
    there = {one["Name"]: one for one in glue.get_tables(DatabaseName="loglake")["TableList"]}
    declared = {one["Name"]: one for one in tables(template)}
    assert set(there) == set(declared)
    for name, table in declared.items():
        storage = there[name]["StorageDescriptor"]
        assert {key: storage[key] for key in table["StorageDescriptor"]} == table["StorageDescriptor"], name
        others = [key for key in table if key != "StorageDescriptor"]
        assert {key: there[name][key] for key in others} == {key: table[key] for key in others}
    for name, wanted in indexes(template).items():
        answer = glue.get_partition_indexes(DatabaseName="loglake", TableName=name)["PartitionIndexDescriptorList"]
        made = [{"IndexName": one["IndexName"], "Keys": [key["Name"] for key in one["Keys"]]} for one in answer]
        assert (made, {one["IndexStatus"] for one in answer}) == (wanted, {"ACTIVE"})
    queries = [athena.get_named_query(NamedQueryId=one)["NamedQuery"] for one in saved(athena)]
    assert {one["Name"]: one["QueryString"] for one in queries} == {
        one["Name"]: one["QueryString"] for one in of_type(template, "AWS::Athena::NamedQuery").values()
    }


def saved(athena: Any) -> list[str]:
    pages = athena.get_paginator("list_named_queries").paginate(WorkGroup=SETTINGS.lake.workgroup)
    return [one for page in pages for one in page["NamedQueryIds"]]


def test_a_companys_names_are_in_its_template() -> None:
    theirs = LAKE.replace('"loglake-readready"', '"corp-readready"').replace('database = "loglake"', 'database = "sec"')
    template = parse(text(parse_settings(theirs)))
    places = {one["Name"]: one["StorageDescriptor"]["Location"] for one in tables(template)}
    assert places["from_cloudwatch_readready"] == "s3://corp-readready/readready/from_cloudwatch_readready/"
    assert of_type(template, "AWS::Glue::Database")["Database"]["DatabaseInput"]["Name"] == "sec"
    assert of_type(template, "Custom::PartitionIndexes")["Indexes"]["DatabaseName"] == "sec"
    assert {one["Database"] for one in of_type(template, "AWS::Athena::NamedQuery").values()} == {"sec"}


def test_the_template_is_small_enough_for_cloudformation() -> None:
    assert len(PATH.read_bytes()) < 1_000_000  # bytes of a template in S3 (CloudFormation quotas)
    assert len(load(PATH)["Resources"]) <= 500
