"""A CloudTrail record becomes a row: every field in its column, exactly, and nothing lost."""

# ruff: noqa: DTZ001 - the table's times are naive and hold UTC

from datetime import datetime
from typing import Any

import pytest

from jobs.cloudtrail import Decoder
from tests import cloudtrail_truth
from tests.cloudtrail_events import (
    EVERYTHING,
    LIMIT,
    ROLE_SESSION,
    SOURCE,
    container,
    decode,
    event,
    ids,
    one_row,
    reasons,
    text,
)

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
