"""The sample company's truth, compared with a reading of its raw files by json and gzip alone."""

from __future__ import annotations

import ast
import gzip
import json
import re
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import examples.company
from examples.company import Company, RawObject, SessionTruth, Truth, __main__
from examples.company.scenes import SCENES

KEPT = {
    ("ssm.amazonaws.com", "StartSession"),
    ("sts.amazonaws.com", "AssumeRole"),
    ("sts.amazonaws.com", "AssumeRoleWithSAML"),
    ("ecs.amazonaws.com", "ExecuteCommand"),
}
GROUP = "/aws/ssm/sessionlogs"
CLOUDTRAIL_KEY = re.compile(
    r"AWSLogs/o-[a-z0-9]{4,32}/(\d{12})/CloudTrail/([a-z]+-[a-z]+-\d)/(\d{4})/(\d\d)/(\d\d)/"
    r"\1_CloudTrail_\2_\3\4\5T\d{4}Z_[A-Za-z0-9]{16}\.json(\.gz)?"
)
FIREHOSE_KEY = re.compile(
    r"(\d{4})/(\d\d)/(\d\d)/(\d\d)/cloudwatch-logs-everything-3-\1-\2-\3-\4-\d\d-\d\d-[0-9a-f-]{36}"
)
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Read(NamedTuple):
    """What the test itself read: records with their object, in order of arrival."""

    objects: list[RawObject]
    truth: Truth
    events: list[tuple[RawObject, dict[str, Any]]]
    documents: list[tuple[RawObject, dict[str, Any]]]


@pytest.fixture(scope="module", params=[1, 2, 3])
def read(request: pytest.FixtureRequest) -> Read:
    """The company of the default size, read back."""
    company = Company(seed=request.param, detail=True)
    objects = list(company.objects())
    truth = company.truth()
    logs = [one for one in objects if one.key not in truth.ignored]
    events = [(one, record) for one in logs if one.job == "cloudtrail" for record in records_of(one.data)]
    documents = [(one, value) for one in logs if one.job == "cloudwatch" for value in documents_of(one.data)]
    return Read(objects, truth, events, documents)


def unpacked(data: bytes) -> bytes:
    """Joined members, gzip in gzip, a member without an end: what there is of it."""
    text = b""
    while data.startswith(b"\x1f\x8b"):
        member = zlib.decompressobj(31)
        text += member.decompress(data)
        data = member.unused_data
    text += data
    return unpacked(text) if text.startswith(b"\x1f\x8b") else text


def records_of(data: bytes) -> list[dict[str, Any]]:
    """The complete records of a CloudTrail file."""
    text, decoder, found = unpacked(data).decode(), json.JSONDecoder(), []
    at = len('{"Records":[')
    while text[at] == "{":
        try:
            record, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            break
        found.append(record)
        at += text[at] == ","
    return found


def documents_of(data: bytes) -> Iterator[dict[str, Any]]:
    """The documents of a Firehose object."""
    text, decoder, at = unpacked(data).decode(), json.JSONDecoder(), 0
    while at < len(text):
        if text[at] in "\r\n":
            at += 1
            continue
        value, at = decoder.raw_decode(text, at)
        yield value


def seconds(record: dict[str, Any]) -> datetime:
    return datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def is_kept(record: dict[str, Any]) -> bool:
    return (record["eventSource"], record["eventName"]) in KEPT


def scene(truth: Truth, name: str) -> SessionTruth:
    return next(one for one in truth.sessions if one.scene == name)


def log_events(read: Read, group: str | None = None) -> Iterator[tuple[RawObject, dict[str, Any], dict[str, Any]]]:
    for one, document in read.documents:
        if document["messageType"] == "DATA_MESSAGE" and group in (None, document["logGroup"]):
            for event in document["logEvents"]:
                yield one, document, event


def test_the_same_arguments_give_the_same_company_and_another_seed_another() -> None:
    first, second, other = (Company(seed=seed, days=1, files=30, events_per_file=5) for seed in (4, 4, 5))
    objects = list(first.objects())
    assert objects == list(second.objects()) == list(first.objects())
    assert first.truth() == second.truth()
    assert [one.data for one in objects] != [one.data for one in other.objects()]


def test_objects_come_in_order_of_arrival_under_keys_as_aws_lays_them_out(read: Read) -> None:
    assert all(first.arrival <= second.arrival for first, second in pairwise(read.objects))
    for one in read.objects:
        if one.key in read.truth.ignored:
            assert re.search(r"/(CloudTrail-Digest|Config)/", one.key)
            continue
        match = (CLOUDTRAIL_KEY if one.job == "cloudtrail" else FIREHOSE_KEY).fullmatch(one.key)
        assert match, one.key
        day = match.group(3, 4, 5) if one.job == "cloudtrail" else match.group(1, 2, 3)
        assert "-".join(day) == f"{one.arrival:%Y-%m-%d}"
    keys = [one.key for one in read.objects]
    assert len(set(keys)) == len(keys)
    assert sorted(keys) != keys, "files never arrive in the order of their names"
    assert 250 <= len(keys) <= 330
    assert 30 <= len(read.truth.sessions) <= 40


def test_the_truth_of_cloudtrail_is_what_json_finds_in_the_files(read: Read) -> None:
    counts, good = read.truth.cloudtrail, [(one, r) for one, r in read.events if ISO.fullmatch(r["eventTime"])]
    kept = [(one, record) for one, record in good if is_kept(record)]
    assert counts.quarantined == {"truncated": 1, "no-time": 1}
    assert counts.records == len(read.events) + 1  # the record that the truncated file breaks off in
    assert counts.kept == len(kept)
    assert counts.filtered == {"event": len(good) - len(kept)}
    assert counts.rows == len({record["eventID"] for _, record in kept})
    assert counts.kept_everything == len(good)
    assert counts.rows_everything == len({record["eventID"] for _, record in good})
    assert read.truth.events == {record["eventID"]: record["eventTime"][:10] for _, record in kept}
    first: dict[str, tuple[str, str]] = {}
    for one, record in kept:
        first.setdefault(record["eventID"], (record["eventTime"][:10], f"{one.arrival:%Y-%m-%d}"))
    assert {(one.id, one.day, one.delivered) for one in counts.late} == {
        (eventid, day, delivered) for eventid, (day, delivered) in first.items() if day < delivered
    }


def test_the_truth_of_cloudwatch_is_what_json_finds_in_the_objects(read: Read) -> None:
    counts, heartbeats = read.truth.cloudwatch, [d for _, d in read.documents if d["messageType"] == "CONTROL_MESSAGE"]
    everything = [event["id"] for _, _, event in log_events(read) if "timestamp" in event]
    sessions = [(one, event) for one, _, event in log_events(read, GROUP) if "timestamp" in event]
    assert counts.quarantined == {"no-time": sum(1 for *_, event in log_events(read) if "timestamp" not in event)}
    assert counts.filtered == {"heartbeat": len(heartbeats), "loggroup": len(everything) - len(sessions)}
    assert counts.kept == len(sessions)
    assert counts.rows == len({event["id"] for _, event in sessions})
    assert counts.kept_everything == len(everything)
    assert counts.rows_everything == len(set(everything))
    assert counts.records == counts.kept + sum(counts.filtered.values()) + sum(counts.quarantined.values())
    first: dict[str, tuple[str, str]] = {}
    for one, event in sessions:
        day = f"{datetime.fromtimestamp(event['timestamp'] / 1000, UTC):%Y-%m-%d}"
        first.setdefault(event["id"], (day, f"{one.arrival:%Y-%m-%d}"))
    assert {(one.id, one.day, one.delivered) for one in counts.late} == {
        (logeventid, day, delivered) for logeventid, (day, delivered) in first.items() if day < delivered
    }


def test_the_truth_of_each_object_adds_up_to_the_whole(read: Read) -> None:
    objects = read.truth.objects
    assert objects is not None
    assert {one.key for one in objects} | set(read.truth.ignored) == {one.key for one in read.objects}
    for job, counts in (("cloudtrail", read.truth.cloudtrail), ("cloudwatch", read.truth.cloudwatch)):
        own = [one for one in objects if one.job == job]
        assert counts.objects == len(own)
        assert counts.records == sum(one.records for one in own)
        assert counts.kept == sum(one.kept for one in own)
        assert all(
            one.records == one.kept + sum((Counter(one.filtered) + Counter(one.quarantined)).values()) for one in own
        )


def test_every_start_in_the_files_is_a_session_of_the_truth_with_the_same_particulars(read: Read) -> None:
    starts = {
        record["eventID"]: record
        for _, record in read.events
        if is_kept(record) and record["eventName"] in ("StartSession", "ExecuteCommand")
    }
    assert set(starts) == {one.eventid for one in read.truth.sessions if one.eventid}
    for one in read.truth.sessions:
        if one.eventid is None:
            continue
        record = starts[one.eventid]
        request, response = record["requestParameters"] or {}, record["responseElements"]
        context = record["userIdentity"].get("sessionContext", {})
        name = response and (response.get("sessionId") or response["session"]["sessionId"])
        assert one.sessionid == (name.rsplit("-", 1)[-1] if name else None)
        assert one.starttime == seconds(record)
        assert one.day == record["eventTime"][:10]
        assert (one.accountid, one.awsregion) == (record["recipientAccountId"], record["awsRegion"])
        assert one.principalarn == record["userIdentity"]["arn"]
        assert one.username == one.principalarn.rsplit("/", 1)[-1]
        assert one.sourceidentity == context.get("sourceIdentity")
        assert one.rolearn == context.get("sessionIssuer", {}).get("arn")
        assert one.errorcode == record.get("errorCode")
        assert (one.documentname, one.reason) == (request.get("documentName"), request.get("reason"))
        assert one.sourceipaddress == record["sourceIPAddress"]
        if record["eventName"] == "ExecuteCommand":
            assert one.target == f"{request['cluster']}/{request['task']}/{request['container']}"
        else:
            assert one.target == request.get("target")


def test_the_log_events_of_a_session_read_in_order_are_its_transcript(read: Read) -> None:
    found: dict[str, dict[tuple[int, int], list[str]]] = {}
    for _, document, event in log_events(read, GROUP):
        if "timestamp" in event:
            name, message = document["logStream"], event["message"]
            streamed = message.startswith("{")
            lines = json.loads(message)["sessionData"] if streamed else message.removesuffix("\n").split("\n")
            found.setdefault(name.rsplit("-", 1)[-1], {})[event["timestamp"], int(event["id"])] = lines
    told = {one.sessionid: one for one in read.truth.sessions if one.records}
    assert set(found) == set(told)
    for sessionid, records in found.items():
        one, ordered = told[sessionid], sorted(records)
        assert one.lines == [line for key in ordered for line in records[key]]
        assert one.records == len(records)
        texts = Counter(tuple(lines) for lines in records.values())
        assert one.repeatedlines == sum((number - 1) * len(lines) for lines, number in texts.items())
        assert one.firstkeystroke == datetime.fromtimestamp(ordered[0][0] / 1000, UTC)
        assert one.lastkeystroke == datetime.fromtimestamp(ordered[-1][0] / 1000, UTC)
        assert not any("\n" in line for line in one.lines)


def test_every_scene_is_played(read: Read) -> None:
    assert {one.scene for one in read.truth.sessions} == {one.name for one in SCENES}
    truth = read.truth
    assert {one.outcome for one in truth.sessions} == {"started", "denied", "failed", "keystrokes-only"}
    assert {one.expects_keystrokes for one in truth.sessions} == {
        "yes",
        "command",
        "port forwarding",
        "SSH",
        "denied",
        "failed",
        "lost",
    }
    assert {one.streamed for one in truth.sessions} == {True, False, None}
    assert {len(one.sessionid) for one in truth.sessions if one.sessionid} == {17, 26}
    assert any(one.sourceidentity for one in truth.sessions)
    assert any("AWSReservedSSO_" in one.principalarn and "@" in one.username for one in truth.sessions)
    assert any(":user/" in one.principalarn and one.rolearn is None for one in truth.sessions)


def test_scenes_are_what_they_are_called(read: Read) -> None:
    truth = read.truth
    midnight = scene(truth, "a shell across midnight")
    assert midnight.firstkeystroke
    assert midnight.lastkeystroke
    assert midnight.lastkeystroke.date() - midnight.firstkeystroke.date() == timedelta(days=1)
    assert any(one.id == midnight.eventid for one in truth.cloudtrail.late), "delivered on the day after"
    repeated = scene(truth, "an upload repeated under a new id")
    assert 0 < repeated.repeatedlines < len(repeated.lines)
    long = scene(truth, "an output longer than a record")
    pieces = [line for line in long.lines if re.match(r"\d{5} ", line) and not line.endswith(": done")]
    assert len(pieces) == 2, "two lines are cut by a record's end"
    assert max(len(event["message"]) for *_, event in log_events(read, GROUP)) > 33_000
    hostile = "".join(scene(truth, "a screen of text that means harm").lines)
    assert all(text in hostile for text in ("\x1b[2J", "\x00", "}{", "<img", "🦊"))
    start_alone = scene(truth, "keystrokes without a start")
    assert (start_alone.eventid, start_alone.starttime) == (None, None)
    assert start_alone.day == f"{start_alone.firstkeystroke:%Y-%m-%d}"
    files = {
        name: [one for one, record in read.events if record["eventID"] == scene(truth, name).eventid]
        for name in (
            "a start delivered in two files",
            "a start delivered two days late",
            "a start in another account's file",
        )
    }
    assert len(files["a start delivered in two files"]) >= 2
    late = files["a start delivered two days late"][0]
    assert (late.arrival.date() - date.fromisoformat(scene(truth, "a start delivered two days late").day)).days >= 2
    other = scene(truth, "a start in another account's file").accountid
    assert f"/{other}/" not in files["a start in another account's file"][0].key
    resent = scene(truth, "a document that Firehose sent twice").sessionid
    copies = Counter(e["id"] for _, d, e in log_events(read, GROUP) if d["logStream"].endswith(f"-{resent}"))
    assert set(copies.values()) == {2}
    same = scene(truth, "two records in one millisecond").sessionid
    times = [e["timestamp"] for _, d, e in log_events(read, GROUP) if d["logStream"].endswith(f"-{same}")]
    assert len(set(times)) < len(times)


def test_a_session_at_the_end_of_a_role_chain_leads_back_to_the_sign_in(read: Read) -> None:
    one = scene(read.truth, "a shell at the end of a role chain")
    issued = {
        record["responseElements"]["credentials"]["accessKeyId"]: record
        for _, record in read.events
        if record["eventName"].startswith("AssumeRole") and record["userIdentity"]["type"] != "AWSAccount"
    }
    record = next(record for _, record in read.events if record["eventID"] == one.eventid)
    chain = []
    while key := record["userIdentity"].get("accessKeyId"):
        record = issued[key]
        chain.append(record["eventName"])
    assert chain == ["AssumeRole", "AssumeRole", "AssumeRoleWithSAML"]
    assert record["requestParameters"]["sourceIdentity"] == one.sourceidentity == one.username


def test_cloudtrails_oddities_are_there(read: Read) -> None:
    files = {one.key: one for one in read.objects if one.job == "cloudtrail" and one.key not in read.truth.ignored}
    assert any(unpacked(one.data) == b'{"Records":[]}' for one in files.values())
    assert any(key.endswith(".json") and one.data.startswith(b'{"Records":[{') for key, one in files.items())
    assert {re.findall(r"CloudTrail-Digest|Config", key)[0] for key in read.truth.ignored} == {
        "CloudTrail-Digest",
        "Config",
    }
    delays = {
        (date.fromisoformat(one.delivered) - date.fromisoformat(one.day)).days for one in read.truth.cloudtrail.late
    }
    assert {1, 2, 29, 365} <= delays
    with pytest.raises(EOFError):
        [gzip.decompress(one.data) for key, one in files.items() if key.endswith(".gz")]
    share = read.truth.cloudtrail.duplicates_everything / read.truth.cloudtrail.records
    assert 0.03 < share < 0.07
    assert read.truth.cloudtrail.duplicates > 0
    records = [record for _, record in read.events]
    assert {record["eventVersion"] for record in records} >= {"1.05", "1.08", "1.11"}
    assert any("newTopLevelField" in record for record in records)
    assert any(record["eventName"] == "StartSession" and not is_kept(record) for record in records)
    agents = "".join(record["userAgent"] for record in records)
    assert all(text in agents for text in ("\x1b[2J", "\x00", "<script>", "🦊", "}{"))
    assert any(record["recipientAccountId"] not in one.key for one, record in read.events)
    assert {"000011112222", "001122334455"} < {record["recipientAccountId"] for record in records}
    secrets = [record for record in records if "SECRETTOKEN" in json.dumps(record)]
    assert secrets
    assert all(record["eventName"].startswith("AssumeRole") for record in secrets)


def test_firehoses_oddities_are_there(read: Read) -> None:
    objects = [one.data for one in read.objects if one.job == "cloudwatch"]
    packed = [data for data in objects if data.startswith(b"\x1f\x8b")]
    once = [gzip.decompress(data) for data in packed]
    assert len(packed) < len(objects), "some are plain"
    assert any(text.startswith(b"\x1f\x8b") for text in once), "some are packed twice"
    assert any(b"}\n{" in text for text in once)
    assert any(b'}{"messageType"' in text for text in once)
    assert any(first_member(data) != gzip.decompress(data) for data in packed), "members are joined"
    groups = {document["logGroup"] for _, document in read.documents}
    assert {"", GROUP, GROUP + "-test", "/aws/lambda/payments-api", "/aws/vpc/flowlogs"} == groups
    assert any(document["logStream"].startswith("ecs-execute-command-") for _, document in read.documents)
    assert read.truth.cloudwatch.duplicates < read.truth.cloudwatch.duplicates_everything
    assert read.truth.cloudwatch.late
    assert all(re.fullmatch(r"\d{56}", event["id"]) for *_, event in log_events(read))
    delays = [one.arrival.timestamp() - e["timestamp"] / 1000 for one, _, e in log_events(read) if "timestamp" in e]
    assert min(delays) > 0


def first_member(data: bytes) -> bytes:
    return zlib.decompressobj(31).decompress(data)


def test_the_first_object_of_a_company_of_200_million_events_comes_at_once() -> None:
    company = Company(days=1, files=400_000, events_per_file=500, compresslevel=0)
    assert len(list(islice(company.objects(), 3))) == 3


def test_what_is_held_while_streaming_does_not_grow_with_the_size() -> None:
    def peak(files: int) -> tuple[int, int]:
        company, size = Company(files=files, events_per_file=200, compresslevel=0), 0
        tracemalloc.start()
        for one in company.objects():
            size += len(one.data)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, highest

    (small, held_small), (large, held_large) = peak(20), peak(160)
    assert large - small > 30_000_000
    assert held_large - held_small < 5_000_000


def test_the_truth_is_not_given_before_it_is_complete() -> None:
    company = Company(files=1, days=1, events_per_file=1)
    with pytest.raises(RuntimeError, match="take all objects first"):
        company.truth()
    list(islice(company.objects(), 5))
    with pytest.raises(RuntimeError, match="take all objects first"):
        company.truth()


@pytest.mark.parametrize("wrong", [{"days": 0}, {"files": 0}, {"events_per_file": 0}])
def test_a_company_of_nothing_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Company(**wrong)


def test_the_truth_knows_none_of_the_code_that_it_judges() -> None:
    for path in Path(examples.company.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in ("jobs", "lake", "schemas", "addapart", "cli")]


def test_the_command_writes_the_raw_files_and_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["company", str(tmp_path), "--seed", "9", "--days", "1", "--files", "30", "--events-per-file", "4"]
    monkeypatch.setattr("sys.argv", arguments)
    __main__.main()
    company = Company(seed=9, days=1, files=30, events_per_file=4)
    for one in company.objects():
        assert (tmp_path / "raw" / one.job / one.key).read_bytes() == one.data
    files = {path.name: [json.loads(line) for line in path.open()] for path in (tmp_path / "truth").iterdir()}
    assert set(files) == {f"{kind}.jsonl" for kind in ("sessions", "events", "counts", "late", "ignored", "objects")}
    assert len(files["sessions.jsonl"]) == len(company.truth().sessions)
    assert [one["lines"] for one in files["sessions.jsonl"]] == [one.lines for one in company.truth().sessions]
    assert {one["eventid"]: one["day"] for one in files["events.jsonl"]} == company.truth().events
    assert [one["job"] for one in files["counts.jsonl"]] == ["cloudtrail", "cloudwatch"]
    assert f"{len(files['sessions.jsonl'])} sessions" in capsys.readouterr().out
