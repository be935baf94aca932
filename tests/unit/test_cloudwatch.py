"""Firehose's objects become rows: what inputs are seen in the wild, and what becomes of every log event in them."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from datetime import datetime, timedelta
from typing import Any

import pytest

from jobs.cloudwatch import Decoder
from jobs.rows import Bad, Outcome, Source
from lake.settings import Filters
from schemas import TABLES
from schemas.arrow import arrow_schema

GROUP = "/aws/ssm/sessionlogs"
STREAM = "the.user-the-federation-0b7c1cc185ccf51a9"
TIME = 1709504575123
AT = datetime.fromisoformat("2024-03-03T22:22:55.123")  # TIME; rows hold naive times in UTC
UPLOADED = datetime.fromisoformat("2024-03-03T22:23:01")
SOURCE = Source("s3://logs/2024/03/03/22/object", "etag", 3)
EVERYTHING = Filters(keep="everything", loggroups=(GROUP,))
FILTERED = Filters(loggroups=(GROUP, "/company/sessions/*"))


def event(message: object = "hello", number: int = 0, **other: object) -> dict[str, Any]:
    return {"id": f"{number:056}", "timestamp": TIME + number, "message": message, **other}


def document(*events: object, group: str = GROUP, stream: str = STREAM, **other: object) -> bytes:
    parts = {"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": group, "logStream": stream}
    return json.dumps({**parts, "subscriptionFilters": ["all"], "logEvents": events, **other}).encode()


def agents(lines: object = ("$ date", "Sun Mar  3"), **other: object) -> dict[str, Any]:
    """What the agent writes while a session runs."""
    return {
        "eventVersion": "1.0",
        "eventTime": "2024-03-03T22:23:01Z",
        "awsRegion": "eu-west-1",
        "target": {"id": "i-0123456789abcdef0"},
        "userIdentity": {"arn": "arn:aws:sts::444455556666:assumed-role/admin/the.user"},
        "runAsUser": "ssm-user",
        "sessionId": "her.name-0123456789abcdef0",
        "sessionData": lines,
        **other,
    }


def decode(data: bytes, filters: Filters = EVERYTHING) -> tuple[Outcome, list[dict[str, Any]]]:
    decoder = Decoder(filters, 1 << 30)
    outcome = decoder.add(SOURCE, data)
    assert outcome.records == outcome.kept + sum(outcome.filtered.values()) + len(outcome.bad)
    assert decoder.pending == outcome.kept
    rows = decoder.take()
    assert rows.schema == arrow_schema(TABLES["from_cloudwatch_readready"])
    rows.validate(full=True)
    return outcome, rows.to_pylist()


def row(data: bytes, filters: Filters = EVERYTHING) -> dict[str, Any]:
    _, rows = decode(data, filters)
    assert len(rows) == 1
    return rows[0]


def reasons(outcome: Outcome) -> list[tuple[int, str]]:
    return [(bad.record, bad.reason) for bad in outcome.bad]


# -- what a row says --------------------------------------------------------------------------------------------------


def test_a_streamed_session_is_a_row_with_its_lines() -> None:
    assert row(document(event(json.dumps(agents()), number=7))) == {
        "sessionid": "0123456789abcdef0",
        "eventtime": AT + timedelta(milliseconds=7),
        "sessiondata": "$ date\nSun Mar  3",
        "linecount": 2,
        "accountid": "111122223333",
        "username": "her.name",
        "loggroup": GROUP,
        "logstream": STREAM,
        "logeventid": f"{7:056}",
        "awsregion": "eu-west-1",
        "target": "i-0123456789abcdef0",
        "useridentityarn": "arn:aws:sts::444455556666:assumed-role/admin/the.user",
        "runasuser": "ssm-user",
        "uploadtime": UPLOADED,
        "streamed": True,
        "degraded": False,
        "message": None,
        "sourceobject": "s3://logs/2024/03/03/22/object",
        "sourceetag": "etag",
        "sourcerecord": 0,
        "edition": 3,
    }


def test_a_session_uploaded_at_its_end_is_a_row_with_its_text() -> None:
    text = "Script started\r\n\x1b[2J$ ls\r\n"
    wanted = {
        "sessionid": "0b7c1cc185ccf51a9",
        "username": "the.user-the-federation",
        "sessiondata": text,
        "linecount": 2,
        "streamed": False,
        "degraded": False,
        "message": None,
        "uploadtime": None,
        "awsregion": None,
        "logstream": STREAM,
    }
    for filters in (EVERYTHING, FILTERED):
        got = row(document(event(text)), filters)
        assert {name: got[name] for name in wanted} == wanted


def test_a_message_of_another_log_group_is_kept_exactly_and_is_no_session() -> None:
    text = ' {"not": "a session"}\r\n\x00'
    got = row(document(event(text), group="/aws/lambda/f"))
    assert got["message"] == text
    assert got["eventtime"] == AT
    nothing = ("sessionid", "sessiondata", "linecount", "username", "streamed")
    assert [got[name] for name in nothing] == [None] * 5


def test_a_streamed_session_is_recognised_in_any_log_group() -> None:
    _, rows = decode(document(event("plain"), event(json.dumps(agents())), group="/other"))
    assert [(one["sessionid"], one["message"]) for one in rows] == [(None, "plain"), ("0123456789abcdef0", None)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", 0), ("\n", 1), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\n\n", 2), ("a\x0bb\u2028c\rd", 1)],
)
def test_lines_are_counted_by_newlines_and_one_at_the_end_begins_none(text: str, lines: int) -> None:
    assert row(document(event(text)))["linecount"] == lines
    assert row(document(event(json.dumps(agents(text)))))["linecount"] == lines


@pytest.mark.parametrize(
    ("lines", "text", "count"),
    [
        (["a", "", "b\n"], "a\n\nb\n", 3),
        ([], "", 0),
        ([""], "", 1),
        (None, "", 0),
        ("one\ntwo", "one\ntwo", 2),
        # An entry with newlines inside is as many lines as a reader of the text sees.
        (["a\nb"], "a\nb", 2),
        (["a\nb", ""], "a\nb\n", 3),
        (["a\n", "b"], "a\n\nb", 3),
        (["a\n\n"], "a\n\n", 2),
    ],
)
def test_session_data_may_be_lines_text_or_nothing(lines: object, text: str, count: int) -> None:
    got = row(document(event(json.dumps(agents(lines)))))
    assert (got["sessiondata"], got["linecount"], got["streamed"]) == (text, count, True)


@pytest.mark.parametrize("data", [["a", 1], {"a": 1}, 7, [["a"]]])
def test_session_data_of_another_type_is_kept_as_the_messages_text(data: object) -> None:
    message = json.dumps(agents(data))
    got = row(document(event(message)))
    assert (got["sessiondata"], got["linecount"], got["streamed"]) == (message, 1, True)
    assert (got["sessionid"], got["awsregion"]) == ("0123456789abcdef0", "eu-west-1")


def test_a_message_without_session_data_is_text() -> None:
    message = json.dumps({"sessionId": "a-b", "note": "no sessionData here"})
    assert row(document(event(message)))["sessiondata"] == message
    assert row(document(event(message), group="/other"))["message"] == message


def test_other_fields_of_a_wrong_type_cost_only_themselves() -> None:
    message = agents(target="i-1", userIdentity={"arn": 7}, runAsUser=None, awsRegion=["x"], eventTime=0, new={"a": 1})
    got = row(document(event(json.dumps(message))))
    assert (got["sessionid"], got["sessiondata"]) == ("0123456789abcdef0", "$ date\nSun Mar  3")
    assert [got[name] for name in ("target", "useridentityarn", "runasuser", "awsregion", "uploadtime")] == [None] * 5


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        ("user-0abc", ("0abc", "user")),
        ("a.b@example.com-x-y-0abc", ("0abc", "a.b@example.com-x-y")),
        ("ecs-execute-command-0abc", ("0abc", "ecs-execute-command")),
        ("0abc", ("0abc", None)),
        ("-0abc", ("0abc", None)),
        ("", ("0b7c1cc185ccf51a9", "the.user-the-federation")),
        ("user-", ("0b7c1cc185ccf51a9", "the.user-the-federation")),
        (None, ("0b7c1cc185ccf51a9", "the.user-the-federation")),
        (7, ("0b7c1cc185ccf51a9", "the.user-the-federation")),
    ],
)
def test_the_session_is_what_follows_the_last_dash_of_its_id_or_else_of_the_stream(
    session: object, expected: tuple[str, str | None]
) -> None:
    got = row(document(event(json.dumps(agents(sessionId=session)))))
    assert (got["sessionid"], got["username"]) == expected


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-03-03T22:23:01Z", UPLOADED),
        ("2024-03-03T23:23:01.5+01:00", UPLOADED + timedelta(milliseconds=500)),
        ("2024-03-03T22:23:01", UPLOADED),
        ("2024-00-00T00:00:00Z", None),
        ("2024-03-03", None),
        ("1969-12-31T23:59:59.5Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("yesterday, at about noon", None),
        ("", None),
    ],
)
def test_the_upload_time_is_a_credible_time_or_nothing(text: str, time: datetime | None) -> None:
    assert row(document(event(json.dumps(agents(eventTime=text)))))["uploadtime"] == time


def test_an_account_keeps_the_zeros_in_front() -> None:
    assert row(document(event(), owner="000011112222"))["accountid"] == "000011112222"
    assert row(document(event(), owner="11112222"))["accountid"] == "000011112222"


def test_records_are_numbered_over_the_whole_object() -> None:
    heartbeat = document(event(), messageType="CONTROL_MESSAGE")
    data = document(event(), event()) + heartbeat + document(event(), event(7.5, timestamp=0), event())
    outcome, rows = decode(data)
    assert outcome.records == 6
    assert [one["sourcerecord"] for one in rows] == [0, 1, 3, 5]
    assert reasons(outcome) == [(4, "no-time")]


def test_rows_of_several_objects_are_taken_together_and_once() -> None:
    decoder = Decoder(EVERYTHING, 1 << 30)
    decoder.add(SOURCE, document(event()))
    decoder.add(Source("s3://logs/other", "e2", 0), document(event(), event()))
    assert decoder.pending == 3
    assert decoder.take()["sourceobject"].to_pylist() == [SOURCE.object, "s3://logs/other", "s3://logs/other"]
    assert decoder.pending == 0
    assert decoder.take().num_rows == 0


# -- how objects look -------------------------------------------------------------------------------------------------

ONE, TWO, THREE = (document(event(f"text {n}")) for n in (1, 2, 3))
MEMBERS = [gzip.compress(one) for one in (ONE, TWO, THREE)]


@pytest.mark.parametrize(
    "data",
    [
        b"".join(MEMBERS),
        gzip.compress(ONE + TWO) + gzip.compress(b"\n" + THREE),
        gzip.compress(ONE + b"\r\n" + TWO + b"\r\n" + THREE + b"\r\n"),
        gzip.compress(b"".join(MEMBERS)),
        gzip.compress(ONE[:40]) + gzip.compress(ONE[40:] + TWO[:-1]) + gzip.compress(TWO[-1:] + THREE),
        ONE + TWO + THREE,
        b"\xef\xbb\xbf" + ONE + b"\n\n" + TWO + b" " + THREE,
        b"[" + ONE + b",\n" + TWO + b", " + THREE + b"]",
        b"\n".join(json.dumps(json.loads(one), indent=4).encode() for one in (ONE, TWO, THREE)),
        b"".join(MEMBERS) + b"\0" * 512,
    ],
    ids=[
        "members",
        "shared-members",
        "crlf",
        "gzip-twice",
        "cut-by-members",
        "plain",
        "bom",
        "array",
        "pretty",
        "padded",
    ],
)
def test_an_object_gives_its_documents_however_they_are_packed_and_joined(data: bytes) -> None:
    outcome, rows = decode(data)
    assert (outcome.records, outcome.bad) == (3, [])
    assert [one["sessiondata"] for one in rows] == ["text 1", "text 2", "text 3"]


@pytest.mark.parametrize("data", [b"", gzip.compress(b"", mtime=0), b" \r\n", b"\xef\xbb\xbf", document()])
def test_an_empty_object_has_no_records(data: bytes) -> None:
    assert decode(data) == (Outcome(), [])


def test_text_may_hold_anything() -> None:
    messages = [
        '}{"messageType":"x"}',
        "\x00\x1b]0;title\x07",
        "<script>",
        '\\"}]}',
        "\u2028😀é",
        "\r\n\r\n",
        '{"a"',
        "[]",
    ]
    data = document(*[event(one) for one in messages]) + document(event(json.dumps(agents(messages))))
    outcome, rows = decode(gzip.compress(data))
    assert outcome.kept == len(messages) + 1
    assert [one["sessiondata"] for one in rows] == [*messages, "\n".join(messages)]


# -- what is not kept -------------------------------------------------------------------------------------------------


def test_heartbeats_are_counted_and_are_no_data_even_if_everything_is_kept() -> None:
    heartbeat = document(event(), event(), messageType="CONTROL_MESSAGE")
    empty = b'{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logEvents":[]}'
    bare = b'{"messageType":"CONTROL_MESSAGE"}'
    for filters in (EVERYTHING, FILTERED):
        assert decode(heartbeat + empty + bare, filters) == (Outcome(4, 0, {"heartbeat": 4}, []), [])


def test_log_groups_are_kept_by_name_or_by_beginning() -> None:
    groups = [GROUP, GROUP + "2", "/company/sessions/a", "/company/sessions", "/aws/lambda/f", ""]
    data = b"".join(document(event(), event(), group=group) for group in groups)
    outcome, rows = decode(data, FILTERED)
    assert outcome == Outcome(12, 4, {"loggroup": 8}, [])
    assert [one["loggroup"] for one in rows] == [GROUP, GROUP, "/company/sessions/a", "/company/sessions/a"]
    assert [one["sourcerecord"] for one in rows] == [0, 1, 4, 5]
    assert decode(data)[0] == Outcome(12, 12)


def test_no_log_groups_named_means_all_of_them() -> None:
    assert decode(document(event(), group="/any"), Filters())[0] == Outcome(1, 1)


def others(*names: str, sessions: tuple[str, ...] = (GROUP,), keep: str = "filtered") -> Filters:
    return Filters(keep, loggroups=sessions, own={"other_loggroups": names})


def test_other_log_groups_are_kept_beside_those_of_sessions_and_no_message_of_theirs_is_taken_for_a_session() -> None:
    forged = json.dumps(agents())
    data = b"".join(document(event(forged), group=group) for group in (GROUP, "/web/a", "/web", "/other"))
    for filters, filtered in ((others("/web/*"), {"loggroup": 2}), (others("/web/*", "/web", "/other"), {})):
        outcome, rows = decode(data, filters)
        assert outcome == Outcome(4, 4 - filtered.get("loggroup", 0), filtered, [])
        assert [one["message"] for one in rows] == [None] + [forged] * (len(rows) - 1)
        assert [one["sessionid"] for one in rows] == ["0123456789abcdef0"] + [None] * (len(rows) - 1)
    # With everything kept, a group that nobody named may be one of sessions; one that is named is not.
    outcome, rows = decode(data, others("/web/*", keep="everything"))
    assert outcome == Outcome(4, 4)
    assert [one["message"] is None for one in rows] == [True, False, True, True]


def test_sessions_have_the_first_say_and_other_log_groups_alone_are_kept_alone() -> None:
    data = document(event("typed")) + document(event("said"), group="/aws/vpc")
    assert [one["sessiondata"] for one in decode(data, others("*"))[1]] == ["typed", None]
    outcome, rows = decode(data, others("/aws/vpc", sessions=()))
    assert outcome == Outcome(2, 1, {"loggroup": 1}, [])
    assert [one["message"] for one in rows] == ["said"]


def test_accounts_are_kept_by_the_log_groups_owner() -> None:
    data = document(event()) + document(event(), event(), owner="000011112222")
    outcome, rows = decode(data, Filters(loggroups=(GROUP,), accounts=("111122223333",)))
    assert outcome == Outcome(3, 1, {"account": 2}, [])
    assert [one["accountid"] for one in rows] == ["111122223333"]


GONE = "000011112222"


@pytest.mark.parametrize(
    ("filters", "kept", "filtered"),
    [
        (Filters("everything", loggroups=(GROUP,), removed=(GONE,)), ["here"], {"heartbeat": 1, "removal": 4}),
        (Filters(loggroups=(GROUP,), removed=(GONE,)), ["here"], {"heartbeat": 1, "removal": 4}),
        (Filters(accounts=(GONE,), removed=(GONE,)), [], {"heartbeat": 1, "account": 1, "removal": 4}),
        (
            Filters(loggroups=(GROUP,), removed=("444455556666",)),
            ["here", "there", "there 2"],
            {"heartbeat": 1, "removal": 1, "loggroup": 1},
        ),
    ],
)
def test_a_removed_account_is_never_kept_and_counted_before_every_other_rule(
    filters: Filters, kept: list[str], filtered: dict[str, int]
) -> None:
    gone = {"owner": "11112222"}  # whoever took it for a number dropped the zeros in front
    theirs = agents(["bare"], userIdentity={"arn": "arn:aws:sts::000011112222:assumed-role/a/b"})
    bare = agents(["bare"]) if "444455556666" in filters.removed else theirs
    data = (
        document(event("here"))
        + document(event("there"), event("there 2"), **gone)
        + document(event("other"), group="/other", **gone)
        + document(event(), messageType="CONTROL_MESSAGE", **gone)
        + json.dumps(bare).encode()
    )
    outcome, rows = decode(data, filters)
    assert outcome == Outcome(6, len(kept), filtered, [])
    assert [one["sessiondata"] for one in rows] == kept


def test_regions_are_kept_where_a_record_says_its_own() -> None:
    filters = Filters(loggroups=(GROUP,), regions=("us-east-1",))
    here, there = (event(json.dumps(agents(awsRegion=region))) for region in ("us-east-1", "eu-west-1"))
    outcome, rows = decode(document(there, here, event("uploaded at the end")), filters)
    assert outcome == Outcome(3, 2, {"region": 1}, [])
    assert [(one["awsregion"], one["sourcerecord"]) for one in rows] == [("us-east-1", 1), (None, 2)]


def test_a_filtered_documents_log_events_are_counted_whatever_is_wrong_with_them() -> None:
    data = document(event(timestamp=0), 7, None, {}, group="/aws/lambda/f")
    assert decode(data, FILTERED)[0] == Outcome(4, 0, {"loggroup": 4}, [])


# -- Firehose's message extraction ------------------------------------------------------------------------------------


def test_an_extracted_session_record_is_kept_as_degraded() -> None:
    data = b"".join(json.dumps(agents([line])).encode() for line in ("one", "two"))
    outcome, rows = decode(data, FILTERED)
    assert outcome == Outcome(2, 2)
    wanted = {
        "sessionid": "0123456789abcdef0",
        "username": "her.name",
        "eventtime": UPLOADED,
        "uploadtime": UPLOADED,
        "accountid": "444455556666",
        "degraded": True,
        "streamed": True,
        "loggroup": None,
        "logstream": None,
        "logeventid": None,
    }
    assert [{name: one[name] for name in wanted} for one in rows] == [wanted, wanted]
    assert [(one["sessiondata"], one["sourcerecord"]) for one in rows] == [("one", 0), ("two", 1)]


def test_what_was_extracted_of_others_cannot_be_told_whose_it_is() -> None:
    data = b"plain text\n" + json.dumps(agents()).encode() + b'\n{"level":"info"}\n[WARN] more text\r\n'
    outcome, rows = decode(data)
    assert [one["sourcerecord"] for one in rows] == [1]
    assert [(bad.record, bad.reason, bad.data) for bad in outcome.bad] == [
        (0, "no-session", b"plain text"),
        (2, "no-session", b'{"level":"info"}\n'),
        (3, "no-session", b"[WARN] more text"),
    ]


def test_an_extracted_record_is_filtered_by_what_it_says() -> None:
    data = json.dumps(agents()).encode()
    nobody = json.dumps(agents(userIdentity=None)).encode()
    assert decode(data, Filters(accounts=("444455556666",), regions=("eu-west-1",)))[0] == Outcome(1, 1)
    assert decode(data + nobody, Filters(accounts=("111122223333",)))[0] == Outcome(2, 0, {"account": 2})
    assert decode(data, Filters(regions=("us-east-1",)))[0] == Outcome(1, 0, {"region": 1})


def test_an_extracted_record_without_a_time_or_an_id_is_bad() -> None:
    timeless = json.dumps(agents(eventTime="2024-00-00T00:00:00Z")).encode()
    nameless = json.dumps(agents(sessionId="")).encode()
    outcome, rows = decode(timeless + nameless)
    assert (reasons(outcome), rows) == ([(0, "no-time"), (1, "no-session")], [])
    assert [bad.data for bad in outcome.bad] == [timeless, nameless]


# -- what is broken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timestamp", [None, -1, 0, 1709504575, TIME * 1000, "1709504575123", True, 2**70, 1.5])
def test_a_log_event_without_a_credible_time_is_bad_and_its_neighbours_are_kept(timestamp: object) -> None:
    outcome, rows = decode(document(event("a"), event("b", timestamp=timestamp), event("c")))
    assert reasons(outcome) == [(1, "no-time")]
    assert json.loads(outcome.bad[0].data) == event("b", timestamp=timestamp)
    assert [(one["sessiondata"], one["sourcerecord"]) for one in rows] == [("a", 0), ("c", 2)]


def test_a_log_event_that_is_none_is_bad_and_its_neighbours_are_kept() -> None:
    outcome, rows = decode(document(7, event("a"), "text", {"id": "1", "timestamp": TIME}, event(None), event("b")))
    assert reasons(outcome) == [(0, "not-a-record"), (2, "not-a-record"), (3, "not-a-record"), (4, "not-a-record")]
    assert [one["sessiondata"] for one in rows] == ["a", "b"]


def test_a_message_that_is_json_itself_is_kept_as_text() -> None:
    _, rows = decode(document(event(agents()), event(["a", 1.0]), event("b", id=7)))
    assert rows[0]["sessionid"] == "0123456789abcdef0"
    assert [(one["sessiondata"], one["logeventid"]) for one in rows[1:]] == [('["a", 1.0]', f"{0:056}"), ("b", None)]


def test_a_document_without_log_events_is_bad() -> None:
    outcome, _ = decode(b'{"messageType":"DATA_MESSAGE"}' + ONE + b'{"messageType":"DATA_MESSAGE","logEvents":{}}')
    assert reasons(outcome) == [(0, "not-a-record"), (2, "not-a-record")]


def test_a_document_with_odd_names_is_still_read() -> None:
    data = json.dumps({"logEvents": [event("a")], "logGroup": 7, "owner": None, "logStream": ["x"]}).encode()
    got = row(data)
    assert (got["message"], got["loggroup"], got["accountid"], got["logstream"]) == ("a", None, None, None)


def test_documents_around_a_broken_one_are_kept() -> None:
    broken = TWO[:-20]
    outcome, rows = decode(ONE + broken + THREE)
    assert [one["sessiondata"] for one in rows] == ["text 1", "text 3"]
    assert [(bad.record, bad.reason, bad.data) for bad in outcome.bad] == [(1, "not-json", broken)]
    assert [one["sourcerecord"] for one in rows] == [0, 2]


def test_bytes_that_are_not_utf8_cost_one_log_event() -> None:
    outcome, rows = decode(document(event("a"), event("BAD"), event("c")).replace(b"BAD", b"\xff\xfe"))
    assert reasons(outcome) == [(1, "not-utf8")]
    assert b"\xff\xfe" in outcome.bad[0].data
    assert [one["sessiondata"] for one in rows] == ["a", "c"]
    outcome, _ = decode(ONE + document(event(), group="BAD").replace(b"BAD", b"\xff"))
    assert reasons(outcome) == [(1, "not-utf8")]


def test_half_a_character_is_replaced_and_its_record_kept() -> None:
    assert row(document(event("a\ud800b")))["sessiondata"] == "a\ufffdb"
    assert row(document(event(json.dumps(agents(["\udc00", "😀"])))))["sessiondata"] == "\ufffd\n😀"
    assert row(json.dumps(agents(["\ud83d"])).encode())["sessiondata"] == "\ufffd"
    odd = agents(["\ud800"], target=7)
    assert row(document(event(json.dumps(odd))))["sessiondata"] == "\ufffd"


def test_nesting_ten_thousand_deep_is_text_inside_a_message_and_broken_outside() -> None:
    deep = '{"sessionId":"a-b","sessionData":' + "[" * 10_000 + "]" * 10_000 + "}"
    assert row(document(event(deep)))["sessiondata"] == deep
    outcome, rows = decode(ONE + b'{"messageType":' + deep.encode() + b"}" + TWO)
    assert reasons(outcome) == [(1, "not-json")]
    assert [one["sessiondata"] for one in rows] == ["text 1", "text 2"]
    outcome, rows = decode(deep.encode())
    assert reasons(outcome) == [(0, "not-json")]


def test_a_truncated_object_gives_its_whole_log_events_and_one_bad_rest() -> None:
    last = document(event("a"), event("b"), event("c" * 100))
    packed = gzip.compress(ONE) + gzip.compress(last, compresslevel=0)
    outcome, rows = decode(packed[:-60])
    assert [one["sessiondata"] for one in rows] == ["text 1", "a", "b"]
    assert reasons(outcome) == [(3, "truncated")]
    assert b"cccc" in outcome.bad[0].data
    assert b"text 1" not in outcome.bad[0].data


def test_a_truncated_object_whose_documents_are_all_whole_still_has_a_bad_rest() -> None:
    outcome, rows = decode(gzip.compress(ONE) + gzip.compress(TWO)[:-4])
    assert [one["sessiondata"] for one in rows] == ["text 1", "text 2"]
    assert reasons(outcome) == [(2, "truncated")]


def test_a_truncated_document_that_is_filtered_counts_its_whole_log_events() -> None:
    packed = gzip.compress(document(event("a"), event("b"), group="/aws/lambda/f"), compresslevel=0)
    assert decode(packed[:-40], FILTERED)[0].filtered == {"loggroup": 1}


def test_a_truncated_object_that_says_nothing_is_one_bad_record() -> None:
    for data in (gzip.compress(ONE)[:15], gzip.compress(b"some text" * 100)[:-9], b"\x1f\x8b"):
        assert reasons(decode(data)[0]) == [(0, "truncated")]


def test_a_damaged_object_gives_what_precedes_the_damage() -> None:
    damaged = bytearray(gzip.compress(ONE) + gzip.compress(TWO))
    damaged[-6] ^= 0xFF  # in the last member's checksum
    outcome, rows = decode(bytes(damaged))
    assert rows[0]["sessiondata"] == "text 1"
    assert outcome.bad[-1].reason == "corrupt"


def test_of_an_object_that_unpacks_to_too_much_what_lies_before_the_bound_is_kept() -> None:
    last = document(event("a"), event("b"), event("c" * 100))
    data, bound = ONE + last, len(ONE) + last.index(b', {"id"', last.index(b'"b"'))
    for form in (data, gzip.compress(data), gzip.compress(ONE) + gzip.compress(last), gzip.compress(ONE) + last):
        decoder = Decoder(EVERYTHING, bound)
        outcome = decoder.add(SOURCE, form)
        assert decoder.take()["sessiondata"].to_pylist() == ["text 1", "a", "b"]
        assert (outcome.records, reasons(outcome), outcome.unpacked) == (4, [(3, "too-large")], bound)
    assert reasons(Decoder(EVERYTHING, 1000).add(SOURCE, gzip.compress(bytes(10_000)))) == [(0, "too-large")]


# -- floods -----------------------------------------------------------------------------------------------------------

TOLD = 50  # lowered: how many bad records are told one by one


@pytest.fixture
def lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.tally.TOLD", TOLD)
    monkeypatch.setattr("jobs.envelopes._AT_ONCE", 5_000)  # bytes of a document that is read in one go
    monkeypatch.setattr("jobs.json_text._AT_ONCE", 5_000)
    monkeypatch.setattr("jobs.cloudwatch._EVENTS", 100)


@pytest.mark.usefixtures("lowered")
@pytest.mark.parametrize("stranger", [b"plain text\n", b'{"a":1}', b"{'\n", b'{"messageType":1}'])
def test_documents_are_kept_whatever_flood_of_bad_records_is_around_them(stranger: bytes) -> None:
    data = ONE + b"\n" + stranger * (TOLD + 5) + TWO + b"\n" + stranger * 700 + json.dumps(agents(["last"])).encode()
    outcome, rows = decode(data)
    assert [one["sessiondata"] for one in rows] == ["text 1", "text 2", "last"]
    assert [bad.record for bad in outcome.bad] == list(range(1, TOLD + 2))
    assert outcome.bad[-1].reason == "too-many-bad"
    assert outcome.records == 3 + TOLD + 1


@pytest.mark.usefixtures("lowered")
def test_behind_a_flood_only_documents_that_begin_with_a_known_key_are_looked_for() -> None:
    other_order = json.dumps(dict(reversed(json.loads(THREE).items()))).encode()
    data = ONE + other_order + b"plain\n" * (TOLD + 5) + other_order + b"\n" + TWO
    outcome, rows = decode(data)
    assert [one["sessiondata"] for one in rows] == ["text 1", "text 3", "text 2"]
    assert other_order in outcome.bad[-1].data


@pytest.mark.usefixtures("lowered")
def test_an_object_that_ends_too_early_says_so_behind_a_flood_too() -> None:
    outcome, _ = decode(gzip.compress(ONE + b"plain\n" * (TOLD + 5))[:-4])
    assert [bad.reason for bad in outcome.bad[-2:]] == ["too-many-bad", "truncated"]


@pytest.mark.usefixtures("lowered")
def test_log_events_are_kept_whatever_flood_of_bad_ones_is_around_them() -> None:
    outcome, rows = decode(document(event("a"), *[7] * (TOLD + 50), event("b"), *[8] * 2_000, event("c")) + TWO)
    assert [one["sessiondata"] for one in rows] == ["a", "b", "c", "text 2"]
    assert (outcome.records, outcome.bad[-1].reason) == (4 + TOLD + 1, "too-many-bad")


@pytest.mark.usefixtures("lowered")
@pytest.mark.parametrize("flood", [b"1\n", b'{"a":1}', b'{"messageType":1}', b"{'\n"])
def test_no_flood_of_bad_records_fills_the_memory(flood: bytes) -> None:
    data = ONE + b"\n" + flood * (200_000 // len(flood))
    assert peak(data) < 5 * len(data)


@pytest.mark.usefixtures("lowered")
@pytest.mark.parametrize("flood", [b"{}", b"1", b'{"message":1}'])
@pytest.mark.parametrize("filters", [EVERYTHING, FILTERED], ids=["everything", "filtered"])
def test_no_flood_of_log_events_in_one_document_fills_the_memory(flood: bytes, filters: Filters) -> None:
    begin, end = document(event("a"), group="/other")[:-2], document()[-2:]
    data = begin + (b"," + flood) * (60_000 // len(flood)) + end
    assert peak(data, filters) < 8 * len(data)


def peak(data: bytes, filters: Filters = EVERYTHING) -> int:
    tracemalloc.start()
    try:
        outcome = Decoder(filters, 1 << 30).add(SOURCE, data)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert outcome.records == outcome.kept + sum(outcome.filtered.values()) + len(outcome.bad)
    return most


@pytest.mark.parametrize("filters", [EVERYTHING, FILTERED, Filters(regions=("us-east-1",))])
def test_a_large_document_is_read_as_a_small_one_is(filters: Filters, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [
        event(f"}},{{ {number}", number) if number % 7 else {"id": "", "message": [{}, "},"]} for number in range(99)
    ]
    events += [event(json.dumps(agents(awsRegion=region))) for region in ("us-east-1", "eu-west-1")]
    data = document(*events, 7, group="/other") + document(*events) + document(messageType="CONTROL_MESSAGE")
    small = decode(data, filters)
    monkeypatch.setattr("jobs.envelopes._AT_ONCE", 100)
    monkeypatch.setattr("jobs.json_text._AT_ONCE", 500)
    monkeypatch.setattr("jobs.cloudwatch._EVENTS", 10)
    monkeypatch.setattr("jobs.growing._ROWS", 16)
    assert decode(data, filters) == small


@pytest.mark.parametrize(
    "data",
    [
        b"# A readme\n\nwith lines\n",
        b'{"Records":[{"eventVersion":"1.08","eventName":"StartSession"}]}',
        b'[{"data":{"messageType":"DATA_MESSAGE","logEvents":[]}}]',
        b'{"awslogs":{"data":"H4sI"}}\n{"awslogs":{"data":"H4sI"}}',
        b"\x00\x01\x02PAR1",
        b"[]",
        b"7",
    ],
)
def test_an_object_in_which_nothing_is_cloudwatchs_is_one_bad_record(data: bytes) -> None:
    for packed in (data, gzip.compress(data)):
        outcome, rows = decode(packed)
        assert rows == []
        assert (outcome.records, outcome.filtered) == (1, {})
        assert outcome.bad == [Bad(0, "not-a-log", outcome.bad[0].detail, data)]


# -- members ----------------------------------------------------------------------------------------------------------

SESSION = document(event(json.dumps(agents()), number=1), event("plain", number=2))
OTHER_GROUP = document(*[event("x", number=number) for number in range(3)], group="/aws/lambda/f")
HEARTBEAT = document(event("alive"), messageType="CONTROL_MESSAGE")
TROUBLED = document(event("one"), {"id": "2", "timestamp": "never", "message": "two"}, event("three", number=3))
LONE = document(event("half \\ud83d a character"))
BARE = json.dumps(agents()).encode()
MEMBERS = {
    "one document each": [SESSION, OTHER_GROUP, HEARTBEAT, SESSION],
    "blanks about documents": [b"\n" + SESSION, OTHER_GROUP + b" \n"],
    "a log event that is none": [SESSION, TROUBLED, OTHER_GROUP],
    "half a character": [SESSION, LONE],
    "two documents in one": [SESSION + OTHER_GROUP, SESSION],
    "a document in two": [SESSION, OTHER_GROUP[:70], OTHER_GROUP[70:], SESSION],
    "a session's record without a document": [SESSION, BARE],
    "an empty one": [SESSION, b"", OTHER_GROUP],
    "no JSON": [SESSION, b"hello\n", OTHER_GROUP],
    "a broken one": [SESSION, OTHER_GROUP[:-9], SESSION],
}


@pytest.mark.parametrize("members", MEMBERS.values(), ids=MEMBERS)
def test_where_gzip_members_begin_and_end_changes_nothing(members: list[bytes]) -> None:
    for filters in (FILTERED, EVERYTHING):
        joined = decode(b"".join(map(gzip.compress, members)), filters)
        assert joined == decode(gzip.compress(b"".join(members)), filters)
        assert joined == decode(b"".join(members), filters)
