"""What operators do to a lake: backfill, rebuild, replay, remove, redrive, by the commands themselves, in process."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from cli.athena import Athena
from cli.main import cli
from cli.reach import Reach
from infra.resources import dead_letters
from jobs import cloudtrail
from jobs.removal import request
from jobs.rows import Outcome, Source
from lake import keys
from lake.announce import Announced, announce, messages
from lake.settings import parse
from tests.integration.test_path import READY, event, ids, key, refusing, trail
from tests.lakes import SETTINGS, WORKGROUP, Lake

FIRST, SECOND = "111122223333", "444455556666"
DAY = ("--from", "2024-05-31", "--to", "2024-05-31")
WIDER = parse(SETTINGS.text.replace('    "ssm:StartSession",\n', '    "ssm:StartSession",\n    "ssm:GetDocument",\n'))
NARROWER = parse(SETTINGS.text.replace('    "ssm:StartSession",\n', '    "ssm:TerminateSession",\n'))
Command = Callable[..., Any]


@pytest.fixture
def lake(aws: str) -> Lake:
    del aws
    return Lake()


@pytest.fixture
def loglake(lake: Lake) -> Command:
    """Runs a command that must work; gives what it says in JSON."""

    def run(*arguments: str) -> Any:
        result = invoke(lake, *arguments, "--format", "json")
        assert result.exit_code == 0, result.output
        said = [json.loads(line) for line in result.stdout.splitlines()]
        return said[0] if len(said) == 1 else said

    return run


def invoke(lake: Lake, *arguments: str, stdin: str = "") -> Result:
    athena = Athena(boto3.client("athena"), lake.settings.lake.database, WORKGROUP)
    reach = Reach(lake.access, lake.sqs, lake.glue, athena, local=True)
    return CliRunner().invoke(cli, arguments, input=stdin, obj={"reach": lambda _: reach})


def silently(lake: Lake, name: str, *events: dict[str, Any], day: str = "2024/05/31", account: str = FIRST) -> None:
    """An object that lay there before the notifications did."""
    lake.put("cloudtrail", key(name, day, account), trail(*events))
    while messages := lake.receive():
        for one in messages:
            lake.sqs.delete_message(QueueUrl=lake.queue, ReceiptHandle=one["ReceiptHandle"])


def shown(lake: Lake) -> list[str]:
    return [one for one, _ in ids(lake)]


def balanced(lake: Lake) -> None:
    """Every generation in the books follows from the one before, and the last one is what readers see."""
    days: dict[tuple[str, str], int] = {}
    for row in sorted(lake.rows("lake_generations").to_pylist(), key=lambda row: row["generation"]):
        where = row["tablename"], row["publishedday"]
        assert row["rowsbefore"] == days.get(where, 0)
        assert row["rowsbefore"] + row["rowsnew"] == (
            row["rowsout"] + row["duplicates"] + row["conflicts"] + row["removed"]
        )
        days[where] = row["rowsout"]
    for table in ("from_cloudtrail_readready", "from_cloudwatch_readready"):
        seen = Counter(lake.rows(table)["calendarday"].to_pylist())
        assert seen == {day: rows for (its, day), rows in days.items() if its == table and rows}
    for row in lake.rows("lake_ledger").to_pylist():
        assert row["recordsin"] == row["kept"] + row["filtered"] + row["quarantined"]


def removed(lake: Lake) -> int:
    return sum(row["removed"] for row in lake.rows("lake_generations").to_pylist())


# -- backfill ----------------------------------------------------------------------------------------------------------


def test_a_backfill_brings_in_what_lay_there_before_the_notifications(lake: Lake, loglake: Command) -> None:
    lake.under(parse(SETTINGS.text.replace("accounts_deny = []", f'accounts_deny = ["{SECOND}"]')))
    silently(lake, "a", event(1))
    silently(lake, "b", event(2), day="2024/05/30")
    silently(lake, "c", event(3), account=SECOND)
    silently(lake, "d", event(4), day="2024/05/29")
    said = loglake("backfill", "--from", "2024-05-30", "--to", "2024-05-31")
    assert (said["objects"], said["announced"], said["dropped_accounts_deny"]) == (3, 3, 1)
    lake.work("cloudtrail")
    assert shown(lake) == ["001", "002"]
    assert {(row["why"], row["outcome"], row["rule"]) for row in lake.rows("lake_ledger").to_pylist()} == {
        ("backfill", "ok", None),
        ("backfill", "dropped", "accounts_deny"),
    }
    days = {values[-1] for values in lake.partitions("from_cloudtrail_raw")}
    assert days == {"2024-05-30", "2024-05-31"}
    balanced(lake)


def test_a_dry_run_announces_nothing(lake: Lake, loglake: Command) -> None:
    silently(lake, "a", event(1))
    for command in ("backfill", "rebuild"):
        assert loglake(command, *DAY, "--dry-run")["announced"] == 1
    assert lake.receive() == []


def test_a_backfill_skips_what_was_read_and_takes_what_was_overwritten_since(lake: Lake, loglake: Command) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.put("cloudtrail", key("b"), trail(event(2)))
    lake.work("cloudtrail")
    silently(lake, "b", event(3))
    said = loglake("backfill", *DAY)
    assert (said["objects"], said["read"], said["announced"]) == (2, 1, 1)
    lake.work("cloudtrail")
    assert shown(lake) == ["001", "002", "003"]


def test_a_bucket_that_nobody_made_is_named_and_hides_no_other(lake: Lake, loglake: Command) -> None:
    silently(lake, "a", event(1))
    lake.s3.delete_bucket(Bucket="loglake-raw-bedrock")
    result = invoke(lake, "backfill", *DAY, "--dry-run")
    assert result.exit_code == 0
    assert "there is no bucket loglake-raw-bedrock" in result.stderr
    assert loglake("backfill", *DAY)["announced"] == 1
    named = invoke(lake, "backfill", *DAY, "--source", "bedrock")
    assert named.exit_code == 2
    assert "there is no bucket loglake-raw-bedrock" in named.stderr


def test_a_backfill_is_of_the_sources_and_accounts_that_are_named(lake: Lake, loglake: Command) -> None:
    silently(lake, "a", event(1))
    silently(lake, "b", event(2), account=SECOND)
    lake.s3.put_object(Bucket="loglake-raw-cloudtrail", Key="put/2024/05/31/c", Body=trail(event(3)))
    lake.sqs.purge_queue(QueueUrl=lake.queue)
    assert loglake("backfill", *DAY, "--dry-run")["objects"] == 3
    assert loglake("backfill", *DAY, "--dry-run", "--source", "cloudtrail-put")["objects"] == 1
    assert loglake("backfill", *DAY, "--dry-run", "--source", "cloudtrail")["objects"] == 2
    assert loglake("backfill", *DAY, "--account", SECOND)["objects"] == 1
    lake.work("cloudtrail")
    assert shown(lake) == ["002"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--from", "2024-06-01", "--to", "2024-05-31"),
        (*DAY, "--source", "none"),
        (*DAY, "--account", "1"),
        (*DAY, "--account", FIRST, "--source", "sessionlogs"),
    ],
)
def test_what_cannot_be_meant_is_refused(lake: Lake, wrong: tuple[str, ...]) -> None:
    assert invoke(lake, "backfill", *wrong).exit_code == 2


def test_keys_that_s3_allows_and_others_refuse_are_found(lake: Lake, loglake: Command) -> None:
    odd = ["put/2024/05/31//a b+c=é&.json", "put/2024/05/31/a/../b", "put/2024/05/31/\x01c"]
    for number, name in enumerate(odd):
        lake.s3.put_object(Bucket="loglake-raw-cloudtrail", Key=name, Body=trail(event(number)))
    lake.sqs.purge_queue(QueueUrl=lake.queue)
    assert loglake("backfill", *DAY)["announced"] == len(odd)
    lake.work("cloudtrail")
    assert shown(lake) == ["000", "001", "002"]


# -- rebuild -----------------------------------------------------------------------------------------------------------


def history(lake: Lake) -> None:
    """Two days with late and repeated events, and some that the filter drops."""
    other = {"eventName": "GetDocument"}
    lake.put("cloudtrail", key("a"), trail(event(1), event(2, **other), event(3, "2024-05-30T23:59:59Z")))
    lake.put("cloudtrail", key("b"), trail(event(1), event(4)))
    lake.work("cloudtrail")
    lake.put("cloudtrail", key("late", "2024/06/02"), trail(event(5), event(6, **other)))
    lake.put("cloudtrail", key("later", "2024/06/29"), trail(event(7), event(8, **other)))
    lake.work("cloudtrail")
    assert shown(lake) == ["001", "003", "004", "005", "007"]


def test_a_rebuild_under_a_wider_filter_shows_more(lake: Lake, loglake: Command) -> None:
    history(lake)
    lake.under(WIDER)
    said = loglake("rebuild", *DAY)
    assert (said["announced"], said["elsewhere"], said["staying"]) == (4, 1, 0)
    lake.work("cloudtrail")
    assert shown(lake) == ["001", "002", "003", "004", "005", "006", "007", "008"]
    assert set(lake.rows(READY)["edition"].to_pylist()) == {said["edition"]}
    assert removed(lake) == 0
    balanced(lake)


def test_a_rebuild_under_a_narrower_filter_takes_out_of_its_days_what_was_not_made_again(
    lake: Lake, loglake: Command
) -> None:
    history(lake)
    lake.under(NARROWER)
    loglake("rebuild", *DAY)
    lake.work("cloudtrail")
    assert ids(lake) == [("003", "2024-05-30")]  # not of the days that were asked for
    assert removed(lake) == 4
    balanced(lake)


def test_a_rebuild_back_again_shows_what_was_shown(lake: Lake, loglake: Command) -> None:
    history(lake)
    for settings, expected in ((NARROWER, 1), (SETTINGS, 5), (NARROWER, 1), (SETTINGS, 5)):
        lake.under(settings)
        # Nothing shows the way to what was delivered a month late, once it is not shown.
        loglake("rebuild", *DAY, "--late", "30")
        lake.work("cloudtrail")
        assert len(shown(lake)) == expected
    balanced(lake)


def test_rebuilt_twice_is_rebuilt_once(lake: Lake, loglake: Command) -> None:
    history(lake)
    lake.under(WIDER)
    editions = []
    for _ in range(2):
        editions.append(loglake("rebuild", *DAY)["edition"])
        lake.work("cloudtrail")
    assert editions[0] < editions[1]
    assert len(shown(lake)) == 8
    assert set(lake.rows(READY)["edition"].to_pylist()) == {editions[1]}
    balanced(lake)


def test_of_two_rebuilds_that_overlap_the_later_counts_in_any_order(lake: Lake, loglake: Command) -> None:
    history(lake)
    lake.under(WIDER)
    loglake("rebuild", "--from", "2024-05-30", "--to", "2024-05-31")
    earlier = lake.receive()
    lake.under(NARROWER)
    loglake("rebuild", "--from", "2024-05-31", "--to", "2024-06-01")
    lake.work("cloudtrail")
    assert ids(lake) == [("003", "2024-05-30")]
    for one in earlier:  # by now it is the past that speaks, under the settings of now
        lake.sqs.send_message(QueueUrl=lake.queue, MessageBody=one["Body"])
    lake.work("cloudtrail")
    assert shown(lake) == []  # its other day is made anew, too; what the later one took out stays out
    assert removed(lake) == 5
    balanced(lake)


def test_late_events_and_conflicts_after_a_rebuild_are_what_they_always_are(lake: Lake, loglake: Command) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1, errorCode="AccessDenied")))
    lake.put("cloudtrail", key("b"), trail(event(1, errorCode="TargetNotConnected")))
    lake.work("cloudtrail")
    before = lake.rows(READY)["errorcode"].to_pylist()
    loglake("rebuild", *DAY)
    lake.work("cloudtrail")
    assert lake.rows(READY)["errorcode"].to_pylist() == before
    assert invoke(lake, "quarantine", "list", "--records", "--format", "json").stdout.count("conflict") == 1
    lake.put("cloudtrail", key("late", "2024/06/02"), trail(event(1, errorCode="AccessDenied"), event(2)))
    lake.work("cloudtrail")
    assert shown(lake) == ["001", "002"]
    balanced(lake)


def contradictions(lake: Lake) -> set[str]:
    """The objects of the records that are in quarantine because another contradicts them."""
    said = invoke(lake, "quarantine", "list", "--records", "--format", "json").stdout.splitlines()
    return {one["sourceobject"][-9:] for one in map(json.loads, said) if one["reason"] == "conflict"}


def test_what_contradicts_a_rebuilt_row_goes_to_quarantine(lake: Lake, loglake: Command) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1, errorCode="TargetNotConnected")))
    lake.work("cloudtrail")
    loglake("rebuild", *DAY)
    lake.work("cloudtrail")
    lake.put("cloudtrail", key("b"), trail(event(1, errorCode="AccessDenied")))
    lake.work("cloudtrail")
    assert lake.rows(READY)["errorcode"].to_pylist() == ["TargetNotConnected"]
    assert contradictions(lake) == {"b.json.gz"}
    balanced(lake)


def test_of_two_that_contradict_each_other_one_is_shown_and_one_in_quarantine_when_one_is_replayed(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1, errorCode="AccessDenied")))
    lake.put("cloudtrail", key("b"), trail(event(1, errorCode="TargetNotConnected")))
    lake.work("cloudtrail")
    assert contradictions(lake) == {"b.json.gz"}
    announce(lake.sqs, lake.settings.lake.queue, [announcing(lake, "b", "2024/05/31", "replay", 9)])
    lake.work("cloudtrail")
    assert lake.rows(READY)["errorcode"].to_pylist() == ["TargetNotConnected"]
    assert contradictions(lake) == {"a.json.gz"}
    balanced(lake)


def test_what_raw_has_no_more_keeps_its_rows(lake: Lake, loglake: Command) -> None:
    history(lake)
    lake.under(NARROWER)
    bucket = "loglake-raw-cloudtrail"
    lake.s3.delete_object(Bucket=bucket, Key=key("later", "2024/06/29"))
    silently(lake, "b", event(9))  # overwritten: the version with 001 and 004 is no more
    said = loglake("rebuild", *DAY)
    assert (said["expired"], said["staying"]) == (2, 2)
    lake.work("cloudtrail")
    assert shown(lake) == ["003", "004", "007"]
    balanced(lake)


def test_a_rebuild_of_one_account_leaves_the_others_alone(lake: Lake, loglake: Command) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.put("cloudtrail", key("b", account=SECOND), trail(event(2, recipientAccountId=SECOND)))
    lake.work("cloudtrail")
    lake.under(NARROWER)
    loglake("rebuild", *DAY, "--account", SECOND)
    lake.work("cloudtrail")
    assert shown(lake) == ["001"]


@pytest.mark.parametrize("step", ["land", "publish", "_keep_books"])
def test_a_rebuild_whose_run_dies_is_finished_by_the_next(
    lake: Lake, loglake: Command, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    history(lake)
    lake.under(NARROWER)
    loglake("rebuild", *DAY)
    lake.work_queue()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"jobs.run.{step}", die)
        with pytest.raises(KeyboardInterrupt):
            lake.run("cloudtrail")
    lake.work("cloudtrail")
    assert ids(lake) == [("003", "2024-05-30")]
    assert removed(lake) == 4
    balanced(lake)


def test_a_rebuild_announced_by_half_is_ended_by_the_same_command(lake: Lake, loglake: Command) -> None:
    history(lake)
    lake.under(NARROWER)
    one = lake.s3.head_object(Bucket="loglake-raw-cloudtrail", Key=key("a"))
    etag, size = one["ETag"].strip('"'), one["ContentLength"]
    now, remake = "2024-06-01T12:00:00+00:00", "2024-05-31/2024-05-31"
    half = Announced("loglake-raw-cloudtrail", key("a"), etag, size, "", now, "rebuild", 1, remake)
    announce(lake.sqs, lake.settings.lake.queue, [half])
    lake.work("cloudtrail")
    loglake("rebuild", *DAY)
    lake.work("cloudtrail")
    assert ids(lake) == [("003", "2024-05-30")]
    balanced(lake)


def test_a_rebuild_is_of_what_waits_to_be_published_as_well(
    lake: Lake, loglake: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work_queue()
    with monkeypatch.context() as patch:
        patch.setattr("jobs.run.publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            lake.run("cloudtrail")
    lake.under(NARROWER)
    loglake("rebuild", *DAY)
    lake.work("cloudtrail")
    assert shown(lake) == []
    assert removed(lake) == 1


def announcing(lake: Lake, name: str, day: str, why: str, edition: int, remake: str = "") -> Announced:
    """An object of the lake's, announced as the commands announce it."""
    bucket, of = "loglake-raw-cloudtrail", key(name, day)
    there = lake.s3.head_object(Bucket=bucket, Key=of)
    etag, size = there["ETag"].strip('"'), there["ContentLength"]
    return Announced(bucket, of, etag, size, "", lake.now.isoformat(), why, edition, remake)


def test_a_rebuild_beside_a_removal_takes_nothing_out_of_other_days(lake: Lake, loglake: Command) -> None:
    history(lake)
    removal = f'[[removals]]\naccount = "{SECOND}"\nrequested = "2024-06-01"\nreason = "left"\n'
    lake.under(parse(f"{NARROWER.text}\n{removal}"))
    loglake("rebuild", *DAY)
    announce(lake.sqs, lake.settings.lake.queue, [request(SECOND, lake.now.isoformat())])
    lake.work("cloudtrail")
    assert ids(lake) == [("003", "2024-05-30")]
    balanced(lake)


def test_a_removal_that_lake_toml_does_not_name_is_refused(lake: Lake) -> None:
    history(lake)
    body, _ = next(messages([request("111122223333", lake.now.isoformat())]))
    event = {"Records": [{"messageId": "1", "body": body}]}
    assert lake.addapart.handle(event, lake.now) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    lake.work("cloudtrail")
    assert shown(lake) == ["001", "003", "004", "005", "007"]


def test_a_replay_beside_a_rebuild_takes_nothing_out(lake: Lake) -> None:
    history(lake)
    lake.under(NARROWER)
    both = [
        announcing(lake, "a", "2024/05/31", "replay", 9),
        announcing(lake, "late", "2024/06/02", "rebuild", 9, "2024-05-30/2024-05-31"),
    ]
    announce(lake.sqs, lake.settings.lake.queue, both)
    lake.work("cloudtrail")
    assert shown(lake) == ["001", "003", "004", "007"]


def test_two_rebuilds_at_once_take_out_of_their_own_days_only(lake: Lake) -> None:
    history(lake)
    lake.under(NARROWER)
    both = [
        announcing(lake, "a", "2024/05/31", "rebuild", 8, "2024-05-31/2024-05-31"),
        announcing(lake, "late", "2024/06/02", "rebuild", 9, "2024-05-30/2024-05-30"),
    ]
    announce(lake.sqs, lake.settings.lake.queue, both)
    lake.work("cloudtrail")
    assert shown(lake) == ["003", "004", "005", "007"]  # 001 was a's on the 31st, 003 on the 30th


# -- replay ------------------------------------------------------------------------------------------------------------


def fix_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, "yesterday" is a time, and what was "old" is "new"."""
    original = cloudtrail.Decoder.add

    def add(self: cloudtrail.Decoder, source: Source, data: bytes) -> Outcome:
        text = gzip.decompress(data).replace(b"yesterday", b"2024-05-31T08:00:00Z").replace(b"old", b"new")
        return original(self, source, text)

    monkeypatch.setattr(cloudtrail.Decoder, "add", add)


def test_after_a_fixed_decoder_a_replay_puts_the_record_back(
    lake: Lake, loglake: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1, errorCode="old"), event(2, eventTime="yesterday"), event(3)))
    lake.put("cloudtrail", key("b"), trail(event(4)))
    lake.put("cloudtrail", key("c"), b"no log")
    lake.work("cloudtrail")
    assert shown(lake) == ["001", "003", "004"]
    fix_the_decoder(monkeypatch)
    said = loglake("replay", "--reason", "no-time")
    assert (said["announced"], said["records"]) == (1, 1)
    lake.work("cloudtrail")
    assert shown(lake) == ["001", "002", "003", "004"]
    assert set(lake.rows(READY)["errorcode"].to_pylist()) == {"new", None}
    listed = loglake("quarantine", "list")
    assert (listed["reason"], listed["records"]) == ("not-a-log", 1)
    balanced(lake)


def test_a_replay_that_repairs_nothing_changes_nothing_that_is_shown(lake: Lake, loglake: Command) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1), event(2, eventTime="yesterday")))
    lake.work("cloudtrail")
    for _ in range(2):
        assert loglake("replay")["announced"] == 1
        lake.work("cloudtrail")
        assert shown(lake) == ["001"]
        assert loglake("quarantine", "list")["records"] == 1
    balanced(lake)


def test_an_object_that_was_given_up_is_taken_once_it_is_allowed(
    lake: Lake, loglake: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = refusing(monkeypatch, key("a"))
    lake.put("cloudtrail", key("a"), trail(event(1)))
    for _ in range(6):
        lake.work("cloudtrail")
        lake.later(hours=2)
    assert shown(lake) == []
    refused.clear()
    assert loglake("replay", "--given-up")["givenup"] == 1
    lake.work("cloudtrail")
    assert shown(lake) == ["001"]
    assert loglake("replay", "--given-up")["announced"] == 0
    balanced(lake)


def test_a_replay_leaves_what_raw_has_no_more(lake: Lake, loglake: Command) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1), event(2, eventTime="yesterday")))
    lake.work("cloudtrail")
    lake.s3.delete_object(Bucket="loglake-raw-cloudtrail", Key=key("a"))
    said = loglake("replay")
    assert (said["announced"], said["expired"]) == (0, 1)
    assert lake.receive() == []


def test_a_replay_of_an_object_that_needs_none_says_so(lake: Lake) -> None:
    lake.put("cloudtrail", key("a"), trail(event(1)))
    lake.work("cloudtrail")
    assert invoke(lake, "replay", "--object", f"s3://loglake-raw-cloudtrail/{key('a')}").exit_code == 4


# -- quarantine --------------------------------------------------------------------------------------------------------


def test_a_quarantined_record_is_shown_safely_and_as_it_is(lake: Lake) -> None:
    data = b'{"Records":[{"eventTime":"\x1b[2J\xff"}]}'
    lake.put("cloudtrail", key("a"), data)
    lake.work("cloudtrail")
    (row,) = lake.rows("lake_quarantine").to_pylist()
    arguments = ("quarantine", "show", row["sourceobject"], str(row["sourcerecord"]))
    result = invoke(lake, *arguments)
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert r"\x1b[2J\xff" in result.stdout
    exact = invoke(lake, *arguments, "--raw").stdout_bytes
    assert exact
    assert exact in data
    assert invoke(lake, "quarantine", "show", row["sourceobject"], "77").exit_code == 4


# -- remove ------------------------------------------------------------------------------------------------------------


def two_accounts(lake: Lake) -> None:
    for number, account in ((0, FIRST), (10, SECOND)):
        events = [
            event(number + 1),
            event(number + 2, "2024-05-30T23:00:00Z"),
            event(number + 3, "2023-01-01T00:00:00Z"),
        ]
        its = [one | {"recipientAccountId": account} for one in events]
        lake.put("cloudtrail", key("a", account=account), trail(*its))
        keystrokes = {
            "messageType": "DATA_MESSAGE",
            "owner": account,
            "logGroup": "/aws/ssm/sessionlogs",
            "logStream": f"alice-{number:017x}",
            "logEvents": [{"id": f"{number:056}", "timestamp": 1717148575123, "message": "id"}],
        }
        lake.put("cloudwatch", f"2024/05/31/10/{number}", json.dumps(keystrokes).encode())
    lake.work("cloudtrail", "cloudwatch")


def accounts(lake: Lake) -> list[Counter[str]]:
    return [
        Counter(lake.rows(READY)["recipientaccountid"].to_pylist()),
        Counter(lake.rows("from_cloudwatch_readready")["accountid"].to_pylist()),
    ]


def under_its_settings(lake: Lake) -> None:
    """What AddAPart and the jobs do at their next start."""
    lake.under(parse(lake.access.store.get(lake.settings.buckets.books, keys.SETTINGS).decode()))


def test_a_removal_takes_an_account_out_of_every_day_and_table_and_it_stays_out(lake: Lake, loglake: Command) -> None:
    two_accounts(lake)
    assert accounts(lake) == [{FIRST: 3, SECOND: 3}, {FIRST: 1, SECOND: 1}]
    said = loglake("remove", "--account", SECOND, "--reason", "left", "--yes")
    assert {(one["table"], one["rows"], one["days"]) for one in said} == {
        (READY, 3, 3),
        ("from_cloudwatch_readready", 1, 1),
    }
    under_its_settings(lake)
    lake.work("cloudtrail", "cloudwatch")
    assert accounts(lake) == [{FIRST: 3}, {FIRST: 1}]
    assert removed(lake) == 4
    balanced(lake)
    lake.put("cloudtrail", key("new", account=SECOND), trail(event(20, recipientAccountId=SECOND)))
    lake.put("cloudtrail", key("mixed"), trail(event(21, recipientAccountId=SECOND), event(22)))
    loglake("backfill", *DAY)
    lake.work("cloudtrail", "cloudwatch")
    loglake("rebuild", "--from", "2023-01-01", "--to", "2024-05-31")
    lake.work("cloudtrail", "cloudwatch")
    assert accounts(lake) == [{FIRST: 4}, {FIRST: 1}]
    balanced(lake)


def test_a_removal_asked_for_twice_is_one(lake: Lake) -> None:
    two_accounts(lake)
    for _ in range(2):
        assert invoke(lake, "remove", "--account", SECOND, "--reason", "left", "--yes").exit_code == 0
        under_its_settings(lake)
        lake.work("cloudtrail", "cloudwatch")
    assert [one.account for one in lake.settings.removals] == [SECOND]
    assert lake.settings.text.startswith(SETTINGS.text.rstrip())
    assert removed(lake) == 4
    assert invoke(lake, "remove", "--account", SECOND, "--reason", "left").exit_code == 0  # nothing to ask about
    assert lake.receive() == []


def test_nobody_is_removed_without_a_yes(lake: Lake) -> None:
    two_accounts(lake)
    asked = ("remove", "--account", SECOND, "--reason", "left")
    assert invoke(lake, *asked, "--dry-run").exit_code == 0
    assert invoke(lake, *asked, stdin="n\n").exit_code == 130
    under_its_settings(lake)
    assert lake.settings.removals == ()
    assert lake.receive() == []
    assert invoke(lake, *asked, stdin="y\n").exit_code == 0
    under_its_settings(lake)
    assert [one.account for one in lake.settings.removals] == [SECOND]


def test_any_reason_can_be_written_down(lake: Lake) -> None:
    reason = 'sold to "Größe" \\ 😀 # = [x]'
    assert invoke(lake, "remove", "--account", SECOND, "--reason", reason, "--yes").exit_code == 0
    under_its_settings(lake)
    assert lake.settings.removals[0].reason == reason
    assert invoke(lake, "remove", "--account", SECOND, "--reason", "two\nlines", "--yes").exit_code == 2


# -- redrive -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def dead(lake: Lake) -> str:
    """The dead-letter queue's URL, with 23 announcements, a message that is none, and one of a stranger's bucket."""
    url: str = lake.sqs.get_queue_url(QueueName=dead_letters(lake.settings).name)["QueueUrl"]
    lake.work_queue()  # S3's test messages
    for number in range(23):
        lake.put("cloudtrail", key(f"f{number}"), trail(event(number)))
    while messages := lake.receive():
        for one in messages:
            lake.sqs.send_message(QueueUrl=url, MessageBody=one["Body"])
            lake.sqs.delete_message(QueueUrl=lake.queue, ReceiptHandle=one["ReceiptHandle"])
    lake.sqs.send_message(QueueUrl=url, MessageBody="no event")
    stranger = Announced("stranger", "k", "e", 1, "", "2024-06-01T00:00:00+00:00")
    announce(lake.sqs, dead_letters(lake.settings).name, [stranger])
    return url


def waiting(lake: Lake, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(map(int, lake.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()))


def test_dead_letters_go_back_once_and_what_would_die_again_stays_with_the_reason(
    lake: Lake, loglake: Command, dead: str
) -> None:
    why = {"it announces no object": 1, "no [[sources]] in lake.toml has the bucket stranger": 1}
    for dry in (("--dry-run",), ()):
        said = loglake("redrive", *dry)
        assert said == {"sent": 23, "stay": 2} | why
        assert waiting(lake, dead) == (25 if dry else 2)
        assert waiting(lake, lake.queue) == (0 if dry else 23)
    lake.work("cloudtrail")
    assert len(shown(lake)) == 23
    assert loglake("redrive") == {"sent": 0, "stay": 2} | why


def test_a_redrive_that_dies_midway_loses_nothing(
    lake: Lake, loglake: Command, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(lake.sqs, "delete_message", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert invoke(lake, "redrive").exit_code == 130
    assert waiting(lake, dead) == 25
    lake.work_queue()
    loglake("redrive")
    lake.work("cloudtrail")
    assert shown(lake) == [f"{number:03}" for number in range(23)]
