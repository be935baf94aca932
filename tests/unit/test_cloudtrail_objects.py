"""CloudTrail objects in every arrangement and every state of damage: each record is accounted for, none silently."""

import base64
import gc
import gzip
import json
import tracemalloc

import pytest

from jobs.cloudtrail import Decoder
from jobs.rows import Outcome, Source
from lake.settings import Filters
from tests.cloudtrail_events import (
    EVERYTHING,
    LIMIT,
    SOURCE,
    container,
    decode,
    event,
    ids,
    reasons,
    text,
)

# -- arrangements ----------------------------------------------------------------------------------------------------

E0, E1, E2 = (text(event(number)).encode() for number in range(3))
PRETTY = json.dumps({"Records": [event(0), event(1), event(2)]}, indent=2).encode()


@pytest.mark.parametrize("pack", [True, False], ids=["gzip", "plain"])
@pytest.mark.parametrize(
    "data",
    [
        container(event(0), event(1), event(2)),
        PRETTY,
        PRETTY.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + container(event(0), event(1), event(2)),
        b" \n" + container(event(0), event(1), event(2)) + b"\n\n",
        b"[" + b",".join((E0, E1, E2)) + b"]",
        json.dumps([event(0), event(1), event(2)], indent=4).encode(),
        b"\n".join((E0, E1, E2)),
        b"\r\n".join((E0, E1, E2)) + b"\r\n",
        E0 + E1 + E2,
        E0 + b"\n\n" + json.dumps(event(1), indent=2).encode() + E2,
        container(event(0)) + container() + container(event(1), event(2)),
        container(event(0)) + b"\n[" + E1 + b"]\n" + E2,
        b"[" + container(event(0), event(1)) + b"," + container(event(2)) + b"]",
        b'{"NextToken":null,"Records":[' + b",".join((E0, E1, E2)) + b"]}",
        b'{"Records":[' + b",".join((E0, E1)) + b'],"x":{"Records":1},"Records":[' + E2 + b"]}",
    ],
)
def test_records_are_found_in_every_arrangement_in_their_order(data: bytes, pack: bool) -> None:
    outcome, rows = decode(data, pack=pack)
    assert outcome.bad == []
    assert ids(rows) == [0, 1, 2]
    assert [row["sourcerecord"] for row in rows] == [0, 1, 2]


def test_a_single_record_is_a_log() -> None:
    assert decode(E1)[1] == decode(container(event(1)))[1]


@pytest.mark.parametrize("data", [b"", b" \n", b"\xef\xbb\xbf", container(), b"[]", b'{ "Records" : [ ] }\n'])
def test_an_object_without_records_is_nothing_bad(data: bytes) -> None:
    assert decode(data) == (Outcome(), [])
    assert decode(data, pack=False) == (Outcome(), [])


def test_gzip_twice_is_opened() -> None:
    assert ids(decode(gzip.compress(container(event(4))))[1]) == [4]


def test_rows_know_their_object_version_and_edition() -> None:
    decoder = Decoder(EVERYTHING, LIMIT)
    for number, source in enumerate(
        (Source("s3://a/1", "x", 0), Source("s3://a/2", "y", 3), Source("s3://a/2", "z", 0))
    ):
        decoder.add(source, container(*(event(10 * number + at) for at in range(number + 1))))
    origin = ("sourceobject", "sourceetag", "sourcerecord", "edition")
    assert [tuple(row[name] for name in origin) for row in decoder.take().to_pylist()] == [
        ("s3://a/1", "x", 0, 0),
        ("s3://a/2", "y", 0, 3),
        ("s3://a/2", "y", 1, 3),
        ("s3://a/2", "z", 0, 0),
        ("s3://a/2", "z", 1, 0),
        ("s3://a/2", "z", 2, 0),
    ]


def test_large_objects_and_many_small_ones_keep_all_rows_in_order() -> None:
    decoder = Decoder(EVERYTHING, 100_000_000)
    decoder.add(SOURCE, container(*map(event, range(3_501))))
    for number in range(3_501, 3_600):
        decoder.add(SOURCE, container(event(number)))
    assert decoder.pending == 3_600
    assert ids(decoder.take().to_pylist()) == list(range(3_600))


def test_the_collector_of_garbage_is_left_as_it_was() -> None:
    decoder = Decoder(EVERYTHING, LIMIT)
    decoder.add(SOURCE, container(event()))
    assert gc.isenabled()
    gc.disable()
    try:
        decoder.add(SOURCE, b"no log")
        decoder.take()
        assert not gc.isenabled()
    finally:
        gc.enable()


# -- filters ---------------------------------------------------------------------------------------------------------

START = {"eventSource": "ssm.amazonaws.com", "eventName": "StartSession"}
CALLS = [
    event(0, **START),
    event(1, eventSource="athena.amazonaws.com", eventName="StartSession"),
    event(2, eventSource="ssm.amazonaws.com", eventName="GetParameter"),
    event(3, eventSource="sts.amazonaws.com", eventName="AssumeRole"),
    event(4, eventSource="sts.amazonaws.com", eventName="AssumeRoleWithSAML"),
    event(5, eventSource="ssm.amazonaws.com.example.com", eventName="StartSession"),
    event(6, **START, awsRegion="eu-west-1"),
    event(7, **START, recipientAccountId="444455556666"),
    event(8, **START, recipientAccountId=...),
]
ARRANGED = [container(*CALLS), b"\n".join(text(call).encode() for call in CALLS)]


@pytest.mark.parametrize("data", ARRANGED, ids=["whole", "record by record"])
@pytest.mark.parametrize(
    ("filters", "kept", "filtered"),
    [
        (Filters(events=("ssm:StartSession",)), [0, 6, 7, 8], {"event": 5}),
        (Filters(events=("ssm:*",)), [0, 2, 6, 7, 8], {"event": 4}),
        (Filters(events=("sts:AssumeRole",)), [3], {"event": 8}),
        (Filters(events=("iam:*",)), [], {"event": 9}),
        (Filters(events=("ssm:startsession",)), [], {"event": 9}),
        (Filters(accounts=("444455556666",)), [7], {"account": 8}),
        (Filters(accounts=("111122223333",)), [8], {"account": 8}),
        (Filters(regions=("eu-west-1",)), [6], {"region": 8}),
        (
            Filters(events=("ssm:*",), accounts=("000022223333",), regions=("us-east-1",)),
            [0, 2],
            {"event": 4, "account": 2, "region": 1},
        ),
        (Filters(), list(range(9)), {}),
        (Filters(keep="everything", events=("iam:*",), accounts=("1",), regions=("x",)), list(range(9)), {}),
    ],
)
def test_filters_keep_what_they_name_and_count_the_rest_by_the_first_rule(
    filters: Filters, kept: list[int], filtered: dict[str, int], data: bytes
) -> None:
    outcome, rows = decode(data, filters)
    assert outcome == Outcome(9, len(kept), filtered, [])
    assert [row["sourcerecord"] for row in rows] == kept
    assert ids(rows) == kept


def test_what_a_filter_keeps_is_what_it_is_without_one() -> None:
    _, everything = decode(container(*CALLS))
    _, some = decode(container(*CALLS), Filters(events=("ssm:StartSession",)))
    assert some == [everything[at] for at in (0, 6, 7, 8)]


@pytest.mark.parametrize(
    "bad",
    [b'{"eventName": }', b"{}", b"5", text(event(1, **START, eventTime="never")).encode(), b'{"eventName":"\xff"}'],
)
def test_filters_hide_no_bad_record_that_could_have_been_wanted(bad: bytes) -> None:
    outcome, rows = decode(container(event(0, **START), bad, event(2), event(3, **START)), Filters(events=("ssm:*",)))
    assert (ids(rows), outcome.filtered, [one.record for one in outcome.bad]) == ([0, 3], {"event": 1}, [1])


@pytest.mark.parametrize("data", ARRANGED, ids=["whole", "record by record"])
@pytest.mark.parametrize(
    ("filters", "kept", "filtered"),
    [
        (Filters(keep="everything", removed=("444455556666",)), [0, 1, 2, 3, 4, 5, 6, 8], {"removal": 1}),
        (Filters(events=("ssm:StartSession",), removed=("444455556666",)), [0, 6, 8], {"event": 5, "removal": 1}),
        (Filters(events=("sts:AssumeRole",), removed=("000022223333",)), [], {"removal": 7, "event": 2}),
        # Without a recipientAccountId a record is of the account that called.
        (Filters(events=("ssm:*",), removed=("111122223333", "444455556666")), [0, 2, 6], {"removal": 2, "event": 4}),
        (Filters(accounts=("444455556666",), removed=("444455556666",)), [], {"removal": 1, "account": 8}),
        (Filters(events=("ssm:*",), removed=("999999999999",)), [0, 2, 6, 7, 8], {"event": 4}),
    ],
)
def test_a_removed_account_is_never_kept_and_counted_before_every_other_rule(
    filters: Filters, kept: list[int], filtered: dict[str, int], data: bytes
) -> None:
    outcome, rows = decode(data, filters)
    assert outcome == Outcome(9, len(kept), filtered, [])
    assert ids(rows) == kept


# -- damage ----------------------------------------------------------------------------------------------------------

REQUEST = {"text": 'a, {b}, [c] {"eventVersion":"1.0","userIdentity":{}}', "list": [{"eventVersion": "1.0"}, {}]}
MANY = [event(number, requestParameters=REQUEST) for number in range(500)]


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ('"readOnly":true', '"readOnly":tru'),
        ('"readOnly":true', '"readOnly":01'),
        ('"readOnly":true,', '"readOnly":true'),
        ('"eventName":"', '"eventName:"'),
        ('"eventName":"', '"eventName":'),
        ('{"eventVersion"', '"eventVersion"'),
        ('"tlsDetails":{"tlsVersion":"TLSv1.3"}}', '"tlsDetails":{"tlsVersion":"TLSv1.3"}'),
        ('"tlsDetails":{"tlsVersion":"TLSv1.3"}}', '"tlsDetails":{"tlsVersion":"TLSv1.3}}'),
        ('"tlsDetails":{"tlsVersion":"TLSv1.3"}}', '"tlsDetails":{"tlsVersion":"TLSv1.3\\"}}'),
        ('"userAgent":"aws', '"userAgent":"\x01'),
        ('"userAgent":"aws', '"userAgent":"\\q'),
    ],
)
@pytest.mark.parametrize("joint", [",", "\n"], ids=["array", "lines"])
def test_broken_json_in_record_300_of_500_costs_that_record_alone(good: str, broken: str, joint: str) -> None:
    texts = list(map(text, MANY))
    assert good in texts[300]
    texts[300] = texts[300].replace(good, broken)
    whole = joint.join(texts)
    outcome, rows = decode((f'{{"Records":[{whole}]}}' if joint == "," else whole).encode())
    assert ids(rows) == [number for number in range(500) if number != 300]
    assert reasons(outcome) == [(300, "not-json")]
    assert outcome.bad[0].data.rstrip(b",\n") == texts[300].encode()


def test_broken_json_that_nothing_recognisable_follows_is_one_bad_record_to_the_end() -> None:
    texts = [text(dict(reversed(one.items()))) for one in MANY[:10]]
    texts[6] = texts[6].replace('"readOnly":true', '"readOnly":yes')
    outcome, rows = decode(f'{{"Records":[{",".join(texts)}]}}'.encode())
    assert (ids(rows), reasons(outcome)) == ([0, 1, 2, 3, 4, 5], [(6, "not-json")])
    assert outcome.bad[0].data == (",".join(texts[6:]) + "]}").encode()


@pytest.mark.parametrize("tail", [b"", b"]", b"}", b",]}", b",,]}", b"]]", b"]},"])
def test_a_document_without_its_end_is_never_taken_for_whole(tail: bytes) -> None:
    outcome, rows = decode(b'{"Records":[' + E0 + b"," + E1 + tail)
    assert (ids(rows), outcome.records) == ([0, 1], 3)
    assert reasons(outcome) == [(2, "not-json")]


def test_text_after_the_document_is_counted() -> None:
    outcome, rows = decode(container(event(0)) + b"and more")
    assert (ids(rows), reasons(outcome)) == ([0], [(1, "not-json")])
    assert outcome.bad[0].data == b"and more"


def test_invalid_utf8_costs_its_record_alone_even_where_nothing_reads_it() -> None:
    bad = text(event(1, requestParameters={"a": "X"})).encode().replace(b'"X"', b'"\xff\xfe"')
    for arranged in (container(event(0), bad, event(2)), b"\n".join((E0, bad, E2))):
        outcome, rows = decode(arranged)
        assert (ids(rows), reasons(outcome)) == ([0, 2], [(1, "not-utf8")])
        assert outcome.bad[0].data == bad


@pytest.mark.parametrize("deep", [b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000])
def test_nesting_ten_thousand_deep_costs_its_record_alone(deep: bytes) -> None:
    bad = text(event(1, requestParameters="HERE")).encode().replace(b'"HERE"', deep)
    outcome, rows = decode(container(event(0), bad, event(2)))
    assert (ids(rows), reasons(outcome)) == ([0, 2], [(1, "not-json")])


@pytest.mark.parametrize("deep", [b"[" * 200_000, b'{"Records":[' * 50_000, b'{"a":' * 100_000])
def test_nothing_but_nesting_is_one_bad_record(deep: bytes) -> None:
    outcome, _ = decode(deep)
    assert (outcome.records, len(outcome.bad)) == (1, 1)


def test_a_file_of_broken_records_ends_in_one_last_bad_record() -> None:
    outcome, _ = decode(b'{"eventVersion":x}\n' * 5_000)
    assert (outcome.records, len(outcome.bad)) == (1_000, 1_000)
    assert b"".join(bad.data for bad in outcome.bad) == b'{"eventVersion":x}\n' * 5_000


def test_a_truncated_gzip_keeps_the_complete_records_and_counts_the_rest_as_one() -> None:
    packed = gzip.compress(container(*MANY))
    decoder = Decoder(EVERYTHING, LIMIT)
    outcome = decoder.add(SOURCE, packed[: len(packed) * 2 // 3])
    rows = decoder.take().to_pylist()
    assert 100 < len(rows) < 500
    assert ids(rows) == list(range(len(rows)))
    assert reasons(outcome) == [(len(rows), "truncated")]
    assert text(MANY[len(rows)]).encode().startswith(outcome.bad[0].data)


def test_a_gzip_cut_in_its_trailer_has_all_records_and_still_is_truncated() -> None:
    outcome, rows = decode(gzip.compress(container(event(0), event(1)))[:-3], pack=False)
    assert (ids(rows), reasons(outcome)) == ([0, 1], [(2, "truncated")])


def test_a_wrong_checksum_is_counted_and_costs_no_record() -> None:
    packed = bytearray(gzip.compress(container(event(0), event(1))))
    packed[-6] ^= 1
    outcome, rows = decode(bytes(packed), pack=False)
    assert (ids(rows), reasons(outcome)) == ([0, 1], [(2, "corrupt")])


def test_a_second_gzip_member_is_never_taken_silently() -> None:
    second = gzip.compress(container(event(1)))
    outcome, rows = decode(gzip.compress(container(event(0))) + second, pack=False)
    assert (ids(rows), reasons(outcome)) == ([0], [(1, "second-member")])
    assert outcome.bad[0].data == second


def test_of_an_object_that_unpacks_to_too_much_the_records_before_the_bound_are_kept() -> None:
    data = container(*MANY)
    ends_499 = len(container(*MANY[:499])) - len("]}")
    for pack in (True, False):
        assert decode(data, limit=len(data), pack=pack)[0].kept == 500
        for limit, kept in ((len(data) - 1, 500), (ends_499, 499), (ends_499 - 1, 498)):
            outcome, rows = decode(data, limit=limit, pack=pack)
            assert (ids(rows), reasons(outcome)) == (list(range(kept)), [(kept, "too-large")])
            assert outcome.unpacked == limit


def test_a_bomb_of_nothing_that_is_a_record_is_one_bad_record() -> None:
    outcome, _ = decode(bytes(LIMIT * 5))
    assert (reasons(outcome), outcome.unpacked) == ([(0, "too-large")], LIMIT)


def test_the_outcome_says_how_much_there_was_after_unpacking() -> None:
    data = container(*MANY)
    for one in (data, gzip.compress(data), gzip.compress(gzip.compress(data)), gzip.compress(data) + b"a second"):
        assert decode(one, pack=False)[0].unpacked == len(data)
    assert decode(b"no log")[0].unpacked == 6


# -- floods ----------------------------------------------------------------------------------------------------------

TOLD = 50  # lowered: how many bad records are told one by one


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.tally.TOLD", TOLD)
    monkeypatch.setattr("jobs.json_text._AT_ONCE", 10_000)


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("joint", [b",", b"\n"], ids=["array", "lines"])
@pytest.mark.parametrize("stranger", [b"{}", b'{"a":[]}', text(event(1, eventTime="never")).encode()])
def test_good_records_are_kept_whatever_flood_of_bad_ones_is_around_them(stranger: bytes, joint: bytes) -> None:
    data = joint.join([E0, *[stranger] * (TOLD + 5), E1, *[stranger] * 700, E2])
    outcome, rows = decode(b'{"Records":[' + data + b"]}" if joint == b"," else data)
    assert ids(rows) == [0, 1, 2]
    assert [bad.record for bad in outcome.bad] == list(range(1, TOLD + 2))
    assert {bad.reason for bad in outcome.bad[:-1]} <= {"not-a-record", "no-time"}
    assert outcome.bad[-1].reason == "too-many-bad"
    assert outcome.bad[-1].data.startswith(stranger)
    assert outcome.records == 3 + TOLD + 1


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    "flood", [b"1\n", b"{}\n", b"1,", b"{},", b"null,", b'{"eventVersion":"1.0","userIdentity":1}\n']
)
@pytest.mark.parametrize("begin", [b"", b"[", b'{"Records":['])
def test_no_flood_of_bad_records_fills_the_memory(flood: bytes, begin: bytes) -> None:
    data = begin + E0 + (b"," if begin else b"\n") + flood * (200_000 // len(flood))
    tracemalloc.start()
    try:
        outcome = Decoder(EVERYTHING, LIMIT).add(SOURCE, data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert outcome.kept == 1
    assert outcome.records == 1 + len(outcome.bad)
    assert len(outcome.bad) <= TOLD + 1
    assert peak < 5 * len(data)


@pytest.mark.usefixtures("told")
def test_behind_a_flood_only_records_that_begin_as_cloudtrail_writes_them_are_looked_for() -> None:
    other_order = text(dict(reversed(event(7).items()))).encode()
    for joint, begin in ((b",", b"["), (b"\n", b"")):
        data = begin + joint.join([E0, other_order, *[b"{}"] * 4_000, other_order, E1, other_order, E2])
        outcome, rows = decode(data + begin.replace(b"[", b"]"))
        assert ids(rows) == [0, 7, 1, 2]
        assert other_order in outcome.bad[-1].data


@pytest.mark.usefixtures("told")
def test_an_object_that_ends_too_early_says_so_behind_a_flood_too() -> None:
    packed = gzip.compress(b"\n".join([E0, *[b"{}"] * 200]))[:-4]
    assert [bad.reason for bad in decode(packed, pack=False)[0].bad[-2:]] == ["too-many-bad", "truncated"]


# -- what is no log --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            b'{"awsAccountId":"111122223333","digestS3Bucket":"logs","logFiles":[]}',
            "CloudTrail digest",
        ),
        (
            b'{"fileVersion":"1.0","configSnapshotId":"1","configurationItems":[{"awsRegion":"us-east-1"}]}',
            "AWS Config",
        ),
        (b"just some words, {not} [json]\n" * 3, "text"),
        (b"<!DOCTYPE html>\n<html><body>Access Denied</body></html>", "web page"),
        (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "XML"),
        (b'{"Records":[{"receiptHandle":"1","body":"{}","eventSource":"aws:sqs","awsRegion":"us-east-1"}]}', "SQS"),
        (
            b'{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"2024-03-03T22:22:55.000Z",'
            b'"eventName":"ObjectCreated:Put","awsRegion":"us-east-1","userIdentity":{"principalId":"x"},"s3":{}}]}',
            "S3 event notification",
        ),
        (b'{"messageType":"DATA_MESSAGE","logEvents":[]}', "CloudWatch Logs"),
        (
            b'{"eventVersion":"1.0","eventTime":"2024-03-03T22:22:55Z","sessionId":"u-1","sessionData":["ls"]}',
            "session",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "binary data that begins with the bytes 89 50 4e 47"),
        (b"SDRzSUFBQUFBQUFBQQ==", "text"),
        (base64.b64encode(gzip.compress(E0)), "gzip file as base64"),
        (b"{}", "JSON"),
        (b'"text"', "text"),
        (b'{"Records":[1,2,3]}', "JSON"),
        (b'{"Records":{"a":1}}', "JSON"),
        (b"2 111122223333 eni-1 192.0.2.1 192.0.2.2 443 55555 6 1 1 1 1 ACCEPT OK", "VPC flow log"),
    ],
)
@pytest.mark.parametrize("filters", [EVERYTHING, Filters(events=("ssm:StartSession",))], ids=["everything", "filtered"])
def test_an_object_of_another_kind_is_one_bad_record_that_names_the_kind(
    data: bytes, says: str, filters: Filters
) -> None:
    outcome, rows = decode(data, filters)
    assert (rows, reasons(outcome)) == ([], [(0, "not-a-log")])
    assert says in outcome.bad[0].detail
    assert outcome.bad[0].data == data


def test_gzip_deeper_than_any_log_is_not_opened_and_called_so() -> None:
    packed = E0
    for _ in range(5):
        packed = gzip.compress(packed)
    outcome, rows = decode(packed, pack=False)
    assert (rows, reasons(outcome)) == ([], [(0, "not-a-log")])
    assert "gzip in gzip, more than 3 times" in outcome.bad[0].detail


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be"])
def test_utf_16_is_not_guessed_and_the_reason_says_what_it_is(codec: str) -> None:
    data = (container(event(0)).decode() if codec == "utf-16" else "\ufeff" + container(event(0)).decode()).encode(
        codec
    )
    outcome, rows = decode(data)
    assert (rows, reasons(outcome)) == ([], [(0, "not-utf8")])
    assert "UTF-16" in outcome.bad[0].detail


@pytest.mark.parametrize("stranger", [b"{}", b"17", b"null", b'"text"', b"[]", b'{"eventTime":"2024-03-03T22:22:55Z"}'])
def test_something_else_among_records_is_quarantined_alone(stranger: bytes) -> None:
    outcome, rows = decode(container(event(0), stranger, event(2)))
    assert (ids(rows), reasons(outcome)) == ([0, 2], [(1, "not-a-record")])
    assert outcome.bad[0].data == stranger


def test_fields_of_what_is_no_log_are_not_learnt() -> None:
    """Or one folder of other people's files would make every later record slower."""
    decoder = Decoder(EVERYTHING, LIMIT)
    decoder.add(SOURCE, b'[{"messageId":"1","body":"{}","eventSource":"aws:sqs"}]')
    row_before = decoder.add(SOURCE, container(event(1, body="b")))
    assert row_before.kept == 1
    assert decoder.take().to_pylist()[0]["otherfields"] == '{"body":"b"}'


def test_a_broken_object_that_was_cloudtrails_is_not_called_something_else() -> None:
    outcome, _ = decode(container(event(0))[:200])
    assert reasons(outcome) == [(0, "not-json")]
