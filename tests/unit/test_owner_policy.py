"""What the owner of a brought bucket pastes: enough for the lake to read, nothing for anybody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.owner_policy import owner_policy
from infra.owner_policy import Lake, texts
from lake.settings import parse

TEXT = (Path(__file__).parents[2] / "lake.toml").read_text()
LAKE = Lake(parse(TEXT), "444455556666")
TOPIC, KEY = "arn:aws:sns:eu-central-1:111122223333:logs", "arn:aws:kms:eu-central-1:111122223333:key/x"


def test_a_bucket_with_a_topic_and_a_key_needs_three_policies() -> None:
    bucket, key, topic = texts(LAKE, "logs", "sns", KEY, TOPIC)
    reads, lists = bucket.document["Statement"]
    assert (reads["Action"], reads["Resource"]) == (["s3:GetObject", "s3:GetObjectVersion"], "arn:aws:s3:::logs/*")
    assert (lists["Action"], lists["Resource"]) == (["s3:ListBucket", "s3:GetBucketLocation"], "arn:aws:s3:::logs")
    assert "logs" in bucket.what
    (decrypts,) = key.document["Statement"]
    assert decrypts["Action"] == "kms:Decrypt"
    assert KEY in key.what
    (subscribes,) = topic.document["Statement"]
    assert (subscribes["Action"], subscribes["Resource"]) == ("sns:Subscribe", TOPIC)
    queue = "arn:aws:sqs:us-east-1:444455556666:loglake-addapart"
    assert subscribes["Condition"] == {"StringEquals": {"sns:Protocol": "sqs", "sns:Endpoint": queue}}


@pytest.mark.parametrize("mode", ["sns", "eventbridge", "listing"])
def test_nobody_but_the_lakes_roles_may_read(mode: str) -> None:
    for text in texts(LAKE, "logs", mode, KEY, TOPIC)[:2]:
        for statement in text.document["Statement"]:
            assert statement["Principal"] == {"AWS": "arn:aws:iam::444455556666:root"}
            asked = statement["Condition"]["ArnLike"]["aws:PrincipalArn"]
            assert asked == "arn:aws:iam::444455556666:role/loglake-*"
            assert not {one for one in statement["Action"] if "Put" in one or "Delete" in one or "*" in one}


def test_by_listing_nothing_changes_but_who_may_read() -> None:
    assert len(texts(LAKE, "logs", "listing")) == 1


def test_events_of_another_account_are_passed_on_to_the_lakes_bus() -> None:
    *_, trust, sends, rule = texts(LAKE, "logs", "eventbridge")
    bus = "arn:aws:events:us-east-1:444455556666:event-bus/default"
    assert sends.document["Statement"] == [{"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}]
    assert trust.document["Statement"][0]["Principal"] == {"Service": "events.amazonaws.com"}
    assert rule.document["detail"] == {"bucket": {"name": ["logs"]}}
    assert bus in rule.what


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_other_partitions_have_their_own_names(region: str, partition: str) -> None:
    lake = Lake(parse(TEXT.replace('region = "us-east-1"', f'region = "{region}"')), "444455556666")
    assert f"arn:{partition}:s3:::logs/*" in json.dumps(texts(lake, "logs", "listing")[0].document)


def test_the_command_prints_what_to_paste_and_speaks_to_nobody() -> None:
    asked = ["logs", "--account", "444455556666", "--topic", TOPIC, "--key", KEY]
    told = CliRunner().invoke(owner_policy, asked)
    assert told.exit_code == 0, told.output
    for text in texts(LAKE, "logs", "sns", KEY, TOPIC):
        assert text.what in told.stdout
        assert json.dumps(text.document, indent=2) in told.stdout
    assert "no [[sources]] with the bucket logs" in told.stderr
    found = json.loads(CliRunner().invoke(owner_policy, [*asked, "--format", "json"]).stdout)
    assert [one["document"] for one in found] == [one.document for one in texts(LAKE, "logs", "sns", KEY, TOPIC)]


@pytest.mark.parametrize("wrong", [["logs", "--account", "12"], ["logs", "--account", "444455556666"]])
def test_what_is_missing_is_asked_for(wrong: list[str]) -> None:
    told = CliRunner().invoke(owner_policy, wrong)
    assert told.exit_code == 2
    assert "--account" in told.stderr or "--topic" in told.stderr
