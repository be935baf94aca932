"""CloudTrail's objects become rows: in every arrangement, exactly, with every record accounted for."""

# ruff: noqa: DTZ001 - the table's times are naive and hold UTC

import gc
import gzip
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from jobs.cloudtrail import Decoder
from jobs.rows import REASONS, Outcome, Source
from lake.settings import Filters
from schemas import TABLES
from schemas.arrow import arrow_schema
from tests import cloudtrail_truth

SOURCE = Source("s3://raw/key.json.gz", "etag-1", 0)
EVERYTHING = Filters(
    keep="everything", events=("ssm:StartSession",), accounts=("444455556666",), regions=("eu-west-1",)
)
LIMIT = 10_000_000

ROLE_SESSION = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:jane.doe@example.com",
    "arn": "arn:aws:sts::111122223333:assumed-role/Admin/jane.doe@example.com",
    "accountId": "111122223333",
    "accessKeyId": "ASIAEXAMPLE",
    "sessionContext": {
        "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/Admin", "userName": "Admin"},
        "attributes": {"creationDate": "2024-03-03T22:00:00Z", "mfaAuthenticated": "true"},
        "sourceIdentity": "jane",
    },
}


def event(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A record as CloudTrail writes it; a change to ... leaves the field out."""
    whole = {
        "eventVersion": "1.09",
        "userIdentity": ROLE_SESSION,
        "eventTime": "2024-03-03T22:22:55Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "DescribeInstances",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2.15",
        "requestParameters": {"instancesSet": {}, "maxResults": 5},
        "responseElements": None,
        "requestID": "11111111-2222-3333-4444-555555555555",
        "eventID": f"00000000-0000-0000-0000-{number:012}",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "000022223333",
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3"},
    } | changes
    return {name: value for name, value in whole.items() if value is not ...}


def text(record: object) -> str:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


def container(*records: object) -> bytes:
    return b'{"Records":[' + b",".join(r if isinstance(r, bytes) else text(r).encode() for r in records) + b"]}"


def decode(
    data: bytes, filters: Filters = EVERYTHING, limit: int = LIMIT, pack: bool = True
) -> tuple[Outcome, list[dict[str, Any]]]:
    """Outcome and rows of one object, after the promises that hold for every object have been checked."""
    decoder = Decoder(filters, limit)
    outcome = decoder.add(SOURCE, gzip.compress(data) if pack else data)
    assert outcome.records == outcome.kept + sum(outcome.filtered.values()) + len(outcome.bad)
    assert all(bad.reason in REASONS for bad in outcome.bad)
    assert decoder.pending == outcome.kept
    table = decoder.take()
    assert table.schema.equals(arrow_schema(TABLES["from_cloudtrail_readready"]))
    table.validate(full=True)
    assert (table.num_rows, decoder.pending) == (outcome.kept, 0)
    return outcome, table.to_pylist()


def one_row(*records: object, filters: Filters = EVERYTHING) -> dict[str, Any]:
    outcome, rows = decode(container(*records), filters)
    assert (outcome.bad, len(rows)) == ([], 1)
    return rows[0]


def reasons(outcome: Outcome) -> list[tuple[int, str]]:
    return [(bad.record, bad.reason) for bad in outcome.bad]


def ids(rows: Sequence[dict[str, Any]]) -> list[int]:
    return [int(row["eventid"][-12:]) for row in rows]


# -- a row -----------------------------------------------------------------------------------------------------------


def test_every_column_of_an_ordinary_event() -> None:
    assert one_row(event(7)) == {
        "eventid": "00000000-0000-0000-0000-000000000007",
        "eventtime": datetime(2024, 3, 3, 22, 22, 55),
        "eventsource": "ec2.amazonaws.com",
        "eventname": "DescribeInstances",
        "awsregion": "us-east-1",
        "recipientaccountid": "000022223333",
        "sessionid": None,
        "errorcode": None,
        "errormessage": None,
        "sourceipaddress": "192.0.2.7",
        "useragent": "aws-cli/2.15",
        "useridentitytype": "AssumedRole",
        "useridentityarn": "arn:aws:sts::111122223333:assumed-role/Admin/jane.doe@example.com",
        "useridentityprincipalid": "AROAEXAMPLE:jane.doe@example.com",
        "useridentityaccountid": "111122223333",
        "useridentityaccesskeyid": "ASIAEXAMPLE",
        "useridentityusername": None,
        "useridentityinvokedby": None,
        "sessionissuerarn": "arn:aws:iam::111122223333:role/Admin",
        "sessionissuerusername": "Admin",
        "sourceidentity": "jane",
        "mfaauthenticated": True,
        "issuedaccesskeyid": None,
        "requestparameters": '{"instancesSet":{},"maxResults":5}',
        "responseelements": None,
        "additionaleventdata": None,
        "serviceeventdetails": None,
        "resources": None,
        "tlsdetails": '{"tlsVersion":"TLSv1.3"}',
        "useridentity": text(ROLE_SESSION),
        "readonly": True,
        "managementevent": True,
        "eventtype": "AwsApiCall",
        "eventcategory": "Management",
        "eventversion": "1.09",
        "apiversion": None,
        "requestid": "11111111-2222-3333-4444-555555555555",
        "sharedeventid": None,
        "vpcendpointid": None,
        "sessioncredentialfromconsole": None,
        "otherfields": None,
        "sourceobject": "s3://raw/key.json.gz",
        "sourceetag": "etag-1",
        "sourcerecord": 0,
        "edition": 0,
        "username": "jane.doe@example.com",
    }


def test_a_field_that_is_null_and_one_that_is_absent_are_both_null() -> None:
    names = [*cloudtrail_truth.TEXTS, *cloudtrail_truth.FLAGS, *cloudtrail_truth.JSON_TEXTS]
    names = [name for name in names if name not in ("eventSource", "eventName")]
    for nothing in (None, ...):
        row = one_row(event(**dict.fromkeys(names, nothing)))
        assert [name for name in names if row[name.lower()] is not None] == []
        assert row["username"] is None
        assert row["mfaauthenticated"] is None


def test_the_other_fields_of_newer_records_have_their_columns() -> None:
    row = one_row(
        event(
            errorCode="AccessDenied",
            errorMessage="not you",
            apiVersion="2016-11-15",
            sharedEventID="s",
            vpcEndpointId="vpce-1",
            sessionCredentialFromConsole="true",
            additionalEventData={"a": 1},
            serviceEventDetails={"b": 2},
            resources=[{"ARN": "arn:aws:s3:::b"}],
            readOnly=False,
        )
    )
    assert (row["errorcode"], row["errormessage"], row["apiversion"]) == ("AccessDenied", "not you", "2016-11-15")
    assert (row["sharedeventid"], row["vpcendpointid"]) == ("s", "vpce-1")
    assert (row["sessioncredentialfromconsole"], row["readonly"]) == (True, False)
    assert (row["additionaleventdata"], row["serviceeventdetails"]) == ('{"a":1}', '{"b":2}')
    assert row["resources"] == '[{"ARN":"arn:aws:s3:::b"}]'


def test_a_record_without_event_id_is_kept() -> None:
    assert one_row(event(eventID=...))["eventid"] is None


def test_an_insight_event_has_neither_source_nor_name_and_is_kept() -> None:
    insight = {
        "eventVersion": "1.07",
        "eventTime": "2024-03-03T22:22:00Z",
        "awsRegion": "us-east-1",
        "eventID": "00000000-0000-0000-0000-000000000001",
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": "111122223333",
        "sharedEventID": "s",
        "insightDetails": {"state": "Start", "eventSource": "ssm.amazonaws.com", "eventName": "StartSession"},
        "eventCategory": "Insight",
    }
    row = one_row(insight)
    assert (row["eventsource"], row["eventname"], row["eventcategory"]) == (None, None, "Insight")
    assert row["otherfields"] == '{"insightDetails":' + text(insight["insightDetails"]) + "}"


@pytest.mark.parametrize(
    ("identity", "username"),
    [
        ({"arn": "arn:aws:sts::111122223333:assumed-role/Admin/jane"}, "jane"),
        ({"arn": "arn:aws-cn:sts::111122223333:assumed-role/Admin/jane", "userName": "x"}, "jane"),
        ({"arn": "arn:aws:sts::111122223333:assumed-role/Admin", "userName": "x"}, "x"),
        ({"arn": "arn:aws:iam::111122223333:user/team/bob", "userName": "bob"}, "bob"),
        ({"type": "SAMLUser", "userName": "carol@example.com"}, "carol@example.com"),
        ({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, "ec2.amazonaws.com"),
        ({"type": "Root", "arn": "arn:aws:iam::111122223333:root"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_username_is_the_role_sessions_name_else_the_users_else_the_services(identity: Any, username: str) -> None:
    assert one_row(event(userIdentity=identity))["username"] == username


@pytest.mark.parametrize(
    ("given", "column"),
    [("true", True), ("false", False), (True, True), (False, False), (None, None), ("maybe", None), (7, None)],
)
def test_mfa_is_read_from_text_and_from_booleans(given: object, column: bool | None) -> None:
    identity = {"sessionContext": {"attributes": {"mfaAuthenticated": given}}}
    assert one_row(event(userIdentity=identity))["mfaauthenticated"] is column


# -- session ids and role chains -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "name", "field", "value", "session"),
    [
        ("ssm", "StartSession", "responseElements", {"sessionId": "a.b-c@d-0b7c1cc185ccf51a9"}, "0b7c1cc185ccf51a9"),
        ("ssm", "StartSession", "responseElements", {"sessionId": "u-wzleysigzmbd6fmkefj"}, "wzleysigzmbd6fmkefj"),
        ("ssm", "StartSession", "responseElements", {"sessionId": "nodash"}, "nodash"),
        ("ssm", "StartSession", "responseElements", {"sessionId": "empty-"}, None),
        ("ssm", "StartSession", "responseElements", {}, None),
        ("ssm", "StartSession", "responseElements", None, None),
        ("ssm", "StartSession", "responseElements", "text", None),
        ("ssm", "StartSession", "responseElements", {"sessionId": 12}, "12"),
        ("ssm", "StartSession", "requestParameters", {"sessionId": "u-0b7c1cc185ccf51a9"}, None),
        ("ssm", "TerminateSession", "requestParameters", {"sessionId": "u-0b7c1cc185ccf51a9"}, "0b7c1cc185ccf51a9"),
        ("ssm", "ResumeSession", "requestParameters", {"sessionId": "u-0b7c1cc185ccf51a9"}, "0b7c1cc185ccf51a9"),
        ("ecs", "ExecuteCommand", "responseElements", {"session": {"sessionId": "ecs-execute-command-0abc"}}, "0abc"),
        ("ecs", "ExecuteCommand", "responseElements", {"session": "odd"}, None),
        ("athena", "StartSession", "responseElements", {"sessionId": "u-0b7c1cc185ccf51a9"}, None),
        ("glue", "StartSession", "responseElements", {"sessionId": "u-0b7c1cc185ccf51a9"}, None),
    ],
)  # fmt: skip
def test_the_session_id_is_what_follows_the_last_dash_where_each_call_has_it(
    source: str, name: str, field: str, value: object, session: str | None
) -> None:
    call = event(eventSource=f"{source}.amazonaws.com", eventName=name, **{field: value})
    assert one_row(call)["sessionid"] == session


@pytest.mark.parametrize("name", ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot",
                                  "GetSessionToken", "GetFederationToken"])  # fmt: skip
def test_the_access_key_that_sts_hands_out_has_a_column_and_its_token_is_redacted(name: str) -> None:
    response = {"credentials": {"accessKeyId": "ASIANEW", "sessionToken": "IQoJ/very+secret=", "expiration": "soon"}}
    row = one_row(event(eventSource="sts.amazonaws.com", eventName=name, responseElements=response))
    assert row["issuedaccesskeyid"] == "ASIANEW"
    assert row["responseelements"] == (
        '{"credentials":{"accessKeyId":"ASIANEW","sessionToken":"***","expiration":"soon"}}'
    )


def test_a_denied_assume_role_hands_out_no_key() -> None:
    row = one_row(event(eventSource="sts.amazonaws.com", eventName="AssumeRole", errorCode="AccessDenied"))
    assert (row["issuedaccesskeyid"], row["errorcode"]) == (None, "AccessDenied")


def test_a_source_identity_that_assume_role_sets_counts_where_the_context_has_none() -> None:
    call = {
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "requestParameters": {"sourceIdentity": "ann"},
    }
    assert one_row(event(**call, userIdentity={"type": "IAMUser"}))["sourceidentity"] == "ann"
    assert one_row(event(**call))["sourceidentity"] == "jane"
    other = call | {"eventSource": "ec2.amazonaws.com"}
    assert one_row(event(**other, userIdentity={"type": "IAMUser"}))["sourceidentity"] is None


# -- exactness -------------------------------------------------------------------------------------------------------

ODD_JSON = (
    '{"n":1.0,"e":1E+05,"big":123456789012345678901234567890,"small":-0.0,"dup":1,"dup":2,"Tag":1,"tag":2,'
    '"esc":"\\u00e9\\/\\n\\u0000","utf8":"é𝄞","nested":[ 1 , {"a" :\t"b"} ]}'
)


def test_json_text_is_the_sources_own_to_the_byte() -> None:
    record = text(event(requestParameters="HERE", additionalEventData="HERE")).replace('"HERE"', ODD_JSON)
    row = one_row(record.encode())
    assert row["requestparameters"] == ODD_JSON
    assert row["additionaleventdata"] == ODD_JSON


@pytest.mark.parametrize(
    "odd",
    ["\x00", "a\x00b", "\x1b[2J\x07", "é", "𝄞 4 bytes", '"quoted"', "\\", "a\nb\r\n", "<b>", "\u2028", ""],
)
def test_strings_of_machines_and_attackers_arrive_exactly(odd: str) -> None:
    row = one_row(event(userAgent=odd, requestParameters=odd, userIdentity={"userName": odd}))
    assert (row["useragent"], row["requestparameters"], row["useridentityusername"]) == (odd, odd, odd)


def test_a_json_string_in_a_json_column_stands_without_its_quotes() -> None:
    row = one_row(event(requestParameters="null", responseElements='a "b"', additionalEventData=""))
    assert (row["requestparameters"], row["responseelements"], row["additionaleventdata"]) == ("null", 'a "b"', "")


def test_lone_surrogates_which_no_utf8_can_hold_cost_no_record() -> None:
    r"""`\ud800` alone is correct JSON: the column has U+FFFD, otherfields the text; JSON text stays as it is."""
    odd = '{"a":"\\ud800","b":"\\\\ud800","c":"\\ud834\\udd1e"}'
    record = text(event(1, requestParameters="HERE", userAgent="THERE", userIdentity={"userName": "THERE"}))
    record = record.replace('"HERE"', odd).replace("THERE", "x\\uDFFFy")
    outcome, rows = decode(container(event(0), record.encode(), event(2)))
    assert (outcome.bad, ids(rows)) == ([], [0, 1, 2])
    assert rows[1]["requestparameters"] == odd
    assert (rows[1]["useragent"], rows[1]["useridentityusername"]) == ("x\ufffdy", "x\ufffdy")
    assert rows[1]["otherfields"] == '{"userAgent":"x\\uDFFFy"}'


def test_fields_of_an_unexpected_type_lose_nothing() -> None:
    row = one_row(
        event(
            eventVersion=1.08,
            errorCode=404,
            userIdentity="someone",
            readOnly="true",
            managementEvent="perhaps",
            awsRegion={"name": "us-east-1"},
            userAgent=["a", "b"],
            sourceIPAddress=True,
            requestParameters=[1, 2],
            responseElements=7,
        )
    )
    assert (row["eventversion"], row["errorcode"], row["sourceipaddress"]) == ("1.08", "404", "true")
    assert (row["useridentity"], row["useridentitytype"], row["username"]) == ("someone", None, None)
    assert (row["readonly"], row["managementevent"]) == (True, None)
    assert (row["awsregion"], row["useragent"]) == (None, None)
    assert (row["requestparameters"], row["responseelements"]) == ("[1,2]", "7")
    assert row["otherfields"] == '{"awsRegion":{"name":"us-east-1"},"managementEvent":"perhaps","userAgent":["a","b"]}'


def test_numbers_that_become_text_keep_their_digits() -> None:
    record = text(event(errorCode="N")).replace('"N"', "123456789012345678901234567890.10")
    assert one_row(record.encode())["errorcode"] == "123456789012345678901234567890.10"


def test_odd_types_inside_user_identity_leave_the_rest_of_it_in_its_columns() -> None:
    identity = {"type": "IAMUser", "accountId": 111122223333, "userName": ["x"], "sessionContext": "none", "arn": "a"}
    row = one_row(event(userIdentity=identity))
    assert (row["useridentitytype"], row["useridentityaccountid"], row["useridentityarn"]) == (
        "IAMUser",
        "111122223333",
        "a",
    )
    assert (row["useridentityusername"], row["sessionissuerarn"]) == (None, None)
    assert row["useridentity"] == text(identity)


def test_one_odd_record_changes_nothing_for_its_neighbours() -> None:
    _, plain = decode(container(event(0), event(2)))
    _, mixed = decode(container(event(0), event(1, userIdentity=5, errorCode=1), event(2)))
    assert [mixed[0], mixed[2] | {"sourcerecord": 1}] == plain


# -- unknown fields --------------------------------------------------------------------------------------------------


def test_unknown_fields_are_kept_as_text_two_at_once_and_sorted() -> None:
    outcome, rows = decode(
        container(event(0, zeta={"n": 1.0}, alpha=None), event(1), event(2, beta="b"), event(3, **{"we ird`": [1]}))
    )
    assert outcome.bad == []
    assert [row["otherfields"] for row in rows] == [
        '{"alpha":null,"zeta":{"n": 1.0}}'.replace(" ", ""),
        None,
        '{"beta":"b"}',
        '{"we ird`":[1]}',
    ]


def test_an_event_gives_the_same_row_whatever_was_decoded_before_it() -> None:
    new = container(event(1, zeta=1, alpha=2, errorCode="x"))
    learnt, careful = Decoder(EVERYTHING, LIMIT), Decoder(EVERYTHING, LIMIT)
    for data in (container(event(0, zeta=5)), container(event(0, omega=5))):
        learnt.add(SOURCE, data)
    learnt.take()
    careful.add(SOURCE, container(event(0), 5))  # makes its object go record by record
    careful.take()
    for decoder in (learnt, careful):
        decoder.add(SOURCE, new)
    odd = Decoder(EVERYTHING, LIMIT)
    odd.add(SOURCE, new[:-1])  # the container lacks its end: record by record, too
    assert learnt.take().to_pylist() == careful.take().to_pylist() == odd.take().to_pylist()


def test_hundreds_of_unknown_fields_are_all_kept() -> None:
    records = [event(number, **{f"field{number}": number}) for number in range(300)]
    outcome, rows = decode(container(*records))
    assert (outcome.kept, outcome.bad) == (300, [])
    assert [row["otherfields"] for row in rows] == [f'{{"field{number}":{number}}}' for number in range(300)]


def test_rows_decoded_before_and_after_a_field_is_learnt_are_all_there() -> None:
    decoder = Decoder(EVERYTHING, LIMIT)
    for number in range(6):
        decoder.add(SOURCE, container(event(number, **({"novel": number} if number % 2 else {}))))
    rows = decoder.take().to_pylist()
    assert ids(rows) == [0, 1, 2, 3, 4, 5]
    assert [row["otherfields"] for row in rows] == [None, '{"novel":1}', None, '{"novel":3}', None, '{"novel":5}']


def test_a_new_field_called_records_or_nothing_is_a_field() -> None:
    assert one_row(event(Records=7))["otherfields"] == '{"Records":7}'
    assert one_row(event(**{"": {"a": 1}}))["otherfields"] == '{"":{"a":1}}'


# -- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2021-07-28T23:59:59Z", datetime(2021, 7, 28, 23, 59, 59)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29)),
        ("2021-07-28T23:59:59.123Z", datetime(2021, 7, 28, 23, 59, 59, 123000)),
        ("2021-07-28T23:59:59.123456Z", datetime(2021, 7, 28, 23, 59, 59, 123456)),
        ("2021-07-29T01:59:59+02:00", datetime(2021, 7, 28, 23, 59, 59)),
        ("2021-07-28T18:59:59-05:00", datetime(2021, 7, 28, 23, 59, 59)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1)),
        ("2261-12-31T23:59:59Z", datetime(2261, 12, 31, 23, 59, 59)),
    ],
)
def test_event_time_is_utc(given: str, utc: datetime) -> None:
    assert one_row(event(eventTime=given))["eventtime"] == utc


@pytest.mark.parametrize(
    "given",
    [
        *(..., None, "", "yesterday", "2021-07-28", "2021-07-28T23:59:59", "28/Jul/2021:23:59:59 +0000"),
        *(1627516799, 1627516799.5, "1627516799", True, {"a": 1}, ["2021-07-28T23:59:59Z"], "Jul 28, 2021"),
        *("2021-02-30T00:00:00Z", "2021-07-28T25:00:00Z", "1969-12-31T23:59:59Z", "2262-01-01T00:00:00Z"),
        *("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "10000-01-01T00:00:00Z"),
    ],
)
def test_what_is_no_time_is_quarantined_and_its_neighbours_are_kept(given: object) -> None:
    broken = event(1, eventTime=given)
    outcome, rows = decode(container(event(0), broken, event(2)))
    assert (ids(rows), [row["sourcerecord"] for row in rows]) == ([0, 2], [0, 2])
    assert reasons(outcome) == [(1, "no-time")]
    assert outcome.bad[0].data == text(broken).encode()


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


def test_an_object_that_unpacks_to_too_much_is_one_bad_record() -> None:
    data = container(*MANY)
    for pack in (True, False):
        outcome, rows = decode(data, limit=len(data) - 1, pack=pack)
        assert (rows, reasons(outcome)) == ([], [(0, "too-large")])
        assert decode(data, limit=len(data), pack=pack)[0].kept == 500


# -- what is no log --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"awsAccountId":"111122223333","digestStartTime":"2024-03-03T22:22:55Z","logFiles":[]}', "digest"),
        (b'{"fileVersion":"1.0","configSnapshotId":"1","configurationItems":[{"awsRegion":"us-east-1"}]}', "Config"),
        (b"just some words, {not} [json]\n" * 3, "plain text"),
        (b"<!DOCTYPE html>\n<html><body>Access Denied</body></html>", "HTML"),
        (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "XML"),
        (b'{"Records":[{"messageId":"1","body":"{}","eventSource":"aws:sqs","awsRegion":"us-east-1"}]}', "SQS"),
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
        (b"\x89PNG\r\n\x1a\n\0\0\0", "binary"),
        ("a line".encode("utf-16"), "UTF-16"),
        (b"{}", "JSON"),
        (b'"text"', "plain text"),
        (b'{"Records":[1,2,3]}', "JSON"),
        (b'{"Records":{"a":1}}', "JSON"),
        (b"2 111122223333 eni-1 192.0.2.1 192.0.2.2 443 55555 6 1 1 1 1 ACCEPT OK", "plain text"),
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
