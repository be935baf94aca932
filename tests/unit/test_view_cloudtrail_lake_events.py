"""The views `cloudtrail_lake_events` and `..._text`: queries written for CloudTrail Lake run on them."""

from __future__ import annotations

import json

import pytest

from tests.views_lake import ViewLake, event, view

IDENTITY = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:carol@example.com",
    "arn": "arn:aws:sts::000011112222:assumed-role/Admin/carol@example.com",
    "accountId": "000011112222",
    "accessKeyId": "ASIAONE",
    "sessionContext": {
        "attributes": {"creationDate": "2026-03-02T08:00:00Z", "mfaAuthenticated": "true"},
        "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::000011112222:role/Admin", "userName": "Admin"},
        "sourceIdentity": "carol",
    },
}
REQUEST = {"roleName": "x", "count": 5, "nested": {"b": 1, "a": [True, None]}, "nothing": None, "quoted": 'a "b"'}
EVENTS = [
    event(
        "2026-03-02 09:00:00",
        "CreateRole",
        eventid="1",
        eventsource="iam.amazonaws.com",
        recipientaccountid="000011112222",
        useridentity=json.dumps(IDENTITY),
        requestparameters=json.dumps(REQUEST),
        resources='[{"accountId":"000011112222","type":"AWS::IAM::Role","ARN":"arn:aws:iam::000011112222:role/x"}]',
        tlsdetails='{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256"}',
        otherfields='{"vpcEndpointAccountId":"111122223333","addendum":{"reason":"DELIVERY_DELAY"}}',
        sessioncredentialfromconsole=True,
        readonly=False,
    ),
    event(
        "2026-03-03 09:00:00", "GetRole", eventid="2", useridentity=None, requestparameters="cut off: {", readonly=True
    ),
]


@pytest.fixture(scope="module")
def lake() -> ViewLake:
    return ViewLake(EVENTS, [])


def test_iam_identity_center_teams_query_of_a_sessions_activity_runs_with_the_tables_name_changed(
    lake: ViewLake,
) -> None:
    # As its teamgetLogs sends it, with its capitals and its forms of times.
    sql = (
        "SELECT eventID, eventName, eventSource, eventTime FROM cloudtrail_lake_events_text "
        "WHERE eventTime > '2026-03-02T08:59:59.000Z' AND eventTime < '2026-03-02T10:00:00.000Z' "
        "AND lower(useridentity.principalId) LIKE '%:carol@example.com%' "
        "AND useridentity.sessionContext.sessionIssuer.arn LIKE '%Admin%' AND recipientAccountId='000011112222'"
    )
    assert lake.athena(sql) == [("1", "CreateRole", "iam.amazonaws.com", "2026-03-02T09:00:00Z")]


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT eventID FROM {} WHERE eventTime > TIMESTAMP '2026-03-02 12:00:00'", [("2",)]),
        ("SELECT element_at(requestParameters, 'roleName') FROM {} WHERE eventName = 'CreateRole'", [("x",)]),
        ("SELECT requestParameters['count'] FROM {} WHERE eventID = '1'", [("5",)]),
        ("SELECT requestParameters['nested'] FROM {} WHERE eventID = '1'", [('{"b":1,"a":[true,null]}',)]),
        ("SELECT requestParameters['nothing'] FROM {} WHERE eventID = '1'", [(None,)]),
        ("SELECT requestParameters['quoted'] FROM {} WHERE eventID = '1'", [('a "b"',)]),
        ("SELECT requestParameters FROM {} WHERE eventID = '2'", [(None,)]),
        ("SELECT userIdentity.arn IS NULL FROM {} ORDER BY eventID", [(False,), (True,)]),
        ("SELECT userIdentity.sessionContext.sourceIdentity FROM {} WHERE eventID = '1'", [("carol",)]),
        ("SELECT hour(userIdentity.sessionContext.attributes.creationDate) FROM {} WHERE eventID = '1'", [(8,)]),
        ("SELECT resources[1].arn FROM {} WHERE eventID = '1'", [("arn:aws:iam::000011112222:role/x",)]),
        ("SELECT tlsDetails.tlsVersion FROM {} WHERE eventID = '1'", [("TLSv1.3",)]),
        ("SELECT addendum['reason'], vpcEndpointAccountId FROM {} WHERE eventID = '1'",
         [("DELIVERY_DELAY", "111122223333")]),
        ("SELECT eventID FROM {} WHERE sessionCredentialFromConsole = 'true' AND readOnly = false", [("1",)]),
        ("SELECT count(*) FROM {} WHERE calendarday = '2026-03-02'", [(1,)]),
    ],
)  # fmt: skip
def test_what_is_written_for_cloudtrail_lake_is_answered(lake: ViewLake, sql: str, answer: list[object]) -> None:
    assert lake.athena(sql.format("cloudtrail_lake_events")) == answer


def test_the_sibling_differs_in_the_type_of_eventtime_alone() -> None:
    one, other = view("cloudtrail_lake_events").columns, view("cloudtrail_lake_events_text").columns
    assert [(a.name, a.type) for a in one if a.name != "eventtime"] == [
        (b.name, b.type) for b in other if b.name != "eventtime"
    ]
    assert [b.type for b in other if b.name == "eventtime"] == ["varchar"]
