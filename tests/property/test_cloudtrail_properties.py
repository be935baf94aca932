"""Whatever the bytes: no error, every record accounted for, and what can be read is read exactly."""

import gzip
import json
import random
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.redact import SECRETS
from lake.settings import Filters
from tests import cloudtrail_truth
from tests.cloudtrail_events import EVERYTHING, decode

FILTERED = Filters(events=("ssm:*", "sts:AssumeRole"), accounts=("000022223333",), regions=("us-east-1",))

_DAYS = (datetime(1970, 1, 1), datetime(2261, 12, 31))  # noqa: DTZ001 - naive UTC
WORDS = st.text(max_size=12)  # any Unicode but surrogates, control characters included
KEYS = WORDS.filter(lambda word: word.lower() not in SECRETS)  # Hypothesis tries the constants of the project's code
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECT = st.dictionaries(KEYS, JSON, max_size=3)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The value, null, or (...) no field at all."""
    return st.just(...) | st.none() | strategy


CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "sessionIssuer": st.fixed_dictionaries({}, optional={"arn": WORDS, "userName": WORDS, "type": WORDS}),
        "attributes": st.fixed_dictionaries(
            {}, optional={"mfaAuthenticated": st.sampled_from(["true", "false", True])}
        ),
        "sourceIdentity": WORDS,
    },
)
IDENTITIES = st.fixed_dictionaries(
    {},
    optional={
        "type": WORDS,
        "arn": WORDS | st.just("arn:aws:sts::111122223333:assumed-role/Admin/jane.doe@example.com"),
        "principalId": WORDS,
        "accountId": WORDS,
        "accessKeyId": WORDS,
        "userName": WORDS,
        "invokedBy": WORDS,
        "sessionContext": CONTEXTS,
        "onBehalfOf": OBJECT,
    },
)
SESSION = st.fixed_dictionaries({"sessionId": st.just("jane-0b7c1cc185ccf51a9") | WORDS})
ANSWERS = st.one_of(
    OBJECT,
    SESSION,
    st.fixed_dictionaries({"session": SESSION}),
    st.fixed_dictionaries({"credentials": st.fixed_dictionaries({"accessKeyId": WORDS})}),
)
CALLS = st.sampled_from(
    [
        ("ssm.amazonaws.com", "StartSession"),
        ("ssm.amazonaws.com", "TerminateSession"),
        ("ecs.amazonaws.com", "ExecuteCommand"),
        ("sts.amazonaws.com", "AssumeRole"),
        ("sts.amazonaws.com", "GetSessionToken"),
        ("ec2.amazonaws.com", "RunInstances"),
        ("athena.amazonaws.com", "StartSession"),
    ]
)


@st.composite
def records(draw: st.DrawFn) -> str:
    """A record's text: CloudTrail's fields with their types, in CloudTrail's order, compact or not."""
    source, name = draw(CALLS)
    fields: dict[str, Any] = {
        "eventVersion": "1.09",
        "userIdentity": draw(maybe(IDENTITIES)),
        "eventTime": draw(st.datetimes(min_value=_DAYS[0], max_value=_DAYS[1])).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": draw(st.sampled_from(["us-east-1", "eu-west-1"])),
        "requestParameters": draw(maybe(ANSWERS)),
        "responseElements": draw(maybe(ANSWERS)),
        "recipientAccountId": draw(st.sampled_from(["000022223333", "111122223333"])),
        "readOnly": draw(maybe(st.booleans())),
        "sessionCredentialFromConsole": draw(maybe(st.sampled_from(["true", "false"]))),
        "insightDetails": draw(maybe(JSON)),
        "addendum": draw(maybe(JSON)),
    }
    for field in ("eventID", "sourceIPAddress", "userAgent", "errorCode", "errorMessage", "requestID", "vpcEndpointId"):
        fields[field] = draw(maybe(WORDS))
    for field in ("additionalEventData", "serviceEventDetails", "tlsDetails"):
        fields[field] = draw(maybe(OBJECT))
    fields["resources"] = draw(maybe(st.lists(OBJECT, max_size=2)))
    return json.dumps(
        {field: value for field, value in fields.items() if value is not ...},
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": ")])),
    )


def container(texts: list[str]) -> bytes:
    return ('{"Records":[' + ",".join(texts) + "]}").encode()


def check(row: dict[str, Any], record: str) -> None:
    truth = cloudtrail_truth.row(record)
    assert {name: row[name] for name in truth} == truth


@settings(max_examples=40)
@given(st.lists(records(), max_size=3), st.booleans())
def test_every_field_of_every_record_is_what_a_plain_reading_says(texts: list[str], pack: bool) -> None:
    outcome, rows = decode(container(texts), pack=pack)
    assert (outcome.kept, outcome.bad) == (len(texts), [])
    for row, record in zip(rows, texts, strict=True):
        check(row, record)


PARTS = st.tuples(st.lists(records(), max_size=2), st.sampled_from("[{l"), st.sampled_from(["", "\n", "\r\n "]))


@settings(max_examples=40)
@given(st.lists(PARTS, max_size=4))
def test_documents_joined_in_any_arrangement_give_their_records_in_order(
    parts: list[tuple[list[str], str, str]],
) -> None:
    shapes = {"[": lambda t: f"[{','.join(t)}]", "{": lambda t: container(t).decode(), "l": "\n".join}
    data = "".join(shapes[shape](texts) + after for texts, shape, after in parts).encode()
    expected = [record for texts, _, _ in parts for record in texts]
    outcome, rows = decode(data)
    assert (outcome.bad, [row["sourcerecord"] for row in rows]) == ([], list(range(len(expected))))
    for row, record in zip(rows, expected, strict=True):
        check(row, record)


@settings(max_examples=40)
@given(st.lists(records(), min_size=1, max_size=4))
def test_filters_keep_exactly_what_a_plain_reading_would(texts: list[str]) -> None:
    expected, filtered = [], {"event": 0, "account": 0, "region": 0}
    for number, record in enumerate(texts):
        value = json.loads(record)
        call = value["eventSource"] + ":" + value["eventName"]
        if not call.startswith("ssm.amazonaws.com:") and call != "sts.amazonaws.com:AssumeRole":
            filtered["event"] += 1
        elif value["recipientAccountId"] != "000022223333":
            filtered["account"] += 1
        elif value["awsRegion"] != "us-east-1":
            filtered["region"] += 1
        else:
            expected.append(number)
    for data in (container(texts), "\n".join(texts).encode()):
        outcome, rows = decode(data, FILTERED)
        assert [row["sourcerecord"] for row in rows] == expected
        assert outcome.filtered == {rule: count for rule, count in filtered.items() if count}
        for row in rows:
            check(row, texts[row["sourcerecord"]])


@settings(max_examples=40)
@given(st.lists(records(), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_a_file_cut_anywhere_keeps_the_records_before_the_cut(texts: list[str], chance: random.Random) -> None:
    data = container(texts)
    cut = chance.randrange(1, len(data))
    ends = [len(container(texts[:number])) - 2 for number in range(1, len(texts) + 1)]
    whole = sum(end <= cut for end in ends)
    outcome, rows = decode(data[:cut])
    assert (outcome.kept, outcome.records) == (whole, whole + 1)
    for row, record in zip(rows, texts[:whole], strict=True):
        check(row, record)


@settings(max_examples=40)
@given(st.lists(records(), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_a_packed_file_cut_anywhere_keeps_what_it_can_and_says_so(texts: list[str], chance: random.Random) -> None:
    packed = gzip.compress(container(texts))
    outcome, rows = decode(packed[: chance.randrange(2, len(packed))], pack=False)
    assert [bad.reason for bad in outcome.bad] == ["truncated"]
    for row, record in zip(rows, texts[: len(rows)], strict=True):
        check(row, record)


@settings(max_examples=40)
@given(st.lists(records(), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_a_changed_byte_costs_no_record_before_it_and_none_after_the_next(
    texts: list[str], chance: random.Random
) -> None:
    data = bytearray(container(texts))
    starts = [len(container(texts[:number])) - 2 + (number > 0) for number in range(len(texts))]
    at = chance.randrange(starts[0], len(data))
    hit = max(number for number, start in enumerate(starts) if start <= at)
    data[at] = chance.randrange(256)
    _, rows = decode(bytes(data))
    found = {json.dumps(row, default=str) for row in ({**row, "sourcerecord": 0} for row in rows)}
    _, intact = decode(container(texts))
    for number, row in enumerate(intact):
        if number < hit or number > hit + 1:
            assert json.dumps({**row, "sourcerecord": 0}, default=str) in found


@settings(max_examples=40)
@given(st.lists(records(), min_size=1, max_size=4), st.integers(0), st.booleans())
def test_of_an_object_beyond_any_bound_the_records_before_the_bound_are_kept(
    texts: list[str], bound: int, pack: bool
) -> None:
    data = container(texts)
    bound %= len(data)
    ends = [len(container(texts[:number])) - 2 for number in range(1, len(texts) + 1)]
    whole = sum(end <= bound for end in ends)
    outcome, rows = decode(data, limit=bound, pack=pack)
    assert (outcome.kept, [(bad.record, bad.reason) for bad in outcome.bad]) == (whole, [(whole, "too-large")])
    for row, record in zip(rows, texts[:whole], strict=True):
        check(row, record)


@settings(max_examples=40)
@given(st.lists(records() | st.sampled_from(["{}", "7", '{"a":[{}]}']), max_size=12), st.integers(0, 3), st.booleans())
def test_no_flood_of_bad_records_costs_a_good_one(texts: list[str], told: int, lines: bool) -> None:
    expected = [text for text in texts if text.startswith('{"eventVersion"')]
    data = "\n".join(texts).encode() if lines else container(texts)
    with patch("jobs.tally.TOLD", told), patch("jobs.json_text._AT_ONCE", 0):
        outcome, rows = decode(data)
    if expected:
        assert len(outcome.bad) <= told + 1
        assert (outcome.bad == []) == (len(expected) == len(texts))
    for row, record in zip(rows, expected, strict=True):
        check(row, record)


@settings(max_examples=40)
@given(st.lists(records(), min_size=1, max_size=4), st.booleans())
def test_no_record_of_a_removed_account_is_kept_and_all_others_fare_as_without_the_removal(
    texts: list[str], filtered: bool
) -> None:
    without = FILTERED if filtered else Filters(keep="everything")
    removed = [number for number, one in enumerate(texts) if json.loads(one)["recipientAccountId"] == "111122223333"]
    for data in (container(texts), "\n".join(texts).encode()):
        _, before = decode(data, without)
        outcome, rows = decode(data, replace(without, removed=("111122223333",)))
        assert outcome.filtered.get("removal", 0) == len(removed)
        assert rows == [row for row in before if row["sourcerecord"] not in removed]


ALMOST = st.text('{}[]",:\\ \nRecordseventVion1.0u', max_size=80).map(str.encode)


@settings(max_examples=200)
@given(st.binary(max_size=200) | ALMOST, st.booleans())
@example(b'{"Records":[', True)
@example(b'{"Records":[{"Records":[{}]}]}', True)
@example(b'{"eventSource":"a","eventName":"b","eventTime":"\\ud800"}', False)
@example(b'"\\', False)
@example(b"\x1f\x8b", False)
@example(b"\x1f\x8b\x08\0\0\0\0\0\0\xff", False)
def test_no_bytes_whatever_raise_or_go_uncounted(data: bytes, pack: bool) -> None:
    for filters in (EVERYTHING, FILTERED):
        decode(data, filters, pack=pack)  # checks that records = kept + filtered + bad
