"""The judge of the permissions' test: it allows what IAM would, and nothing that it does not understand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import pytest

from infra.template import parse
from tests.calls import Need, Recorder
from tests.policies import Statement, Template, unallowed, used

BOOKS = "arn:aws:s3:::books"


def need(action: str, resource: str, prefix: str | None = None) -> Need:
    return Need(action, resource, prefix)


@pytest.mark.parametrize(
    ("statement", "asked", "allowed"),
    [
        (Statement("a", ("s3:GetObject",), (f"{BOOKS}/inbox/*",)), need("s3:GetObject", f"{BOOKS}/inbox/a/b"), True),
        (Statement("a", ("s3:GetObject",), (f"{BOOKS}/inbox/*",)), need("s3:GetObject", f"{BOOKS}/plans/a"), False),
        (Statement("a", ("s3:GetObject",), (f"{BOOKS}/*",)), need("s3:GetObjectVersion", f"{BOOKS}/a"), False),
        (Statement("a", ("s3:Get*",), (f"{BOOKS}/*",)), need("s3:GetObjectVersion", f"{BOOKS}/a"), True),
        (Statement("a", ("S3:getobject",), (f"{BOOKS}/?",)), need("s3:GetObject", f"{BOOKS}/a"), True),
        (Statement("a", ("s3:GetObject",), (f"{BOOKS}/?",)), need("s3:GetObject", f"{BOOKS}/ab"), False),
        (Statement("a", ("s3:GetObject",), (f"{BOOKS}.x/*",)), need("s3:GetObject", "arn:aws:s3:::booksyx/a"), False),
        (Statement("a", ("s3:ListBucket",), (BOOKS,), ("markers/*",)), need("s3:ListBucket", BOOKS, "markers/a"), True),
        (Statement("a", ("s3:ListBucket",), (BOOKS,), ("markers/*",)), need("s3:ListBucket", BOOKS, "plans/"), False),
        (Statement("a", ("s3:ListBucket",), (BOOKS,), ("markers/*",)), need("s3:ListBucket", BOOKS, ""), False),
        (Statement("a", ("s3:ListBucket",), (BOOKS,), ("markers/*",)), need("s3:ListBucket", BOOKS), False),
    ],
)
def test_a_call_is_judged_as_iam_judges_it(statement: Statement, asked: Need, allowed: bool) -> None:
    assert (unallowed([statement], [asked]) == []) is allowed


def test_a_right_is_one_action_on_one_resource() -> None:
    statement = Statement("a", ("s3:GetObject", "s3:PutObject"), (f"{BOOKS}/a/*", f"{BOOKS}/b/*"))
    made = [need("s3:GetObject", f"{BOOKS}/a/1"), need("s3:PutObject", f"{BOOKS}/b/1")]
    assert unallowed([statement], made) == []
    assert set(statement.rights()) - used([statement], made) == {
        ("a", "s3:GetObject", f"{BOOKS}/b/*"),
        ("a", "s3:PutObject", f"{BOOKS}/a/*"),
    }


TEMPLATE = """
Parameters:
  Names: {Type: CommaDelimitedList}
  Switch: {Type: String, Default: "no"}
Conditions:
  IsOn: !Equals [!Ref Switch, "yes"]
Resources:
  Shared:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
          - !If
            - IsOn
            - {Sid: Send, Effect: Allow, Action: sqs:SendMessage, Resource: "*"}
            - !Ref AWS::NoValue
          - Sid: Read
            Effect: Allow
            Action: s3:GetObject
            Resource: !Split [",", !Sub ["arn:*:s3:::${All}/*", {All: !Join ["/*,arn:*:s3:::", !Ref Names]}]]
  Role:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Ref Shared, !If [IsOn, !Ref Shared, !Ref AWS::NoValue]]
  Other:
    Type: AWS::IAM::Role
    Condition: IsOn
    Properties: {}
"""


def statements(text: str = TEMPLATE, **given: str) -> dict[str, list[Statement]]:
    return Template(parse(text), given, "111122223333", "us-east-1").statements()


def test_a_role_has_its_policies_rights_under_the_parameters() -> None:
    found = statements(Names="a,b")
    assert found["Role"] == [Statement("Read", ("s3:GetObject",), ("arn:*:s3:::a/*", "arn:*:s3:::b/*"))]
    assert "Other" not in found
    assert [one.sid for one in statements(Names="a", Switch="yes")["Shared"]] == ["Send", "Read"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Effect: Allow\n            Action: s3", "Effect: Deny\n            Action: s3"),
        ("            Action: s3:GetObject", "            NotAction: s3:GetObject"),
        ("            Action: s3", "            Condition: {StringLike: {aws:username: x}}\n            Action: s3"),
        ("            Action: s3", "            Condition: {StringNotLike: {s3:prefix: x}}\n            Action: s3"),
    ],
)
def test_what_is_not_understood_is_refused(old: str, new: str) -> None:
    assert old in TEMPLATE
    with pytest.raises(AssertionError):
        statements(TEMPLATE.replace(old, new), Names="a")


def asked(method: str, path: str, body: bytes = b"", status: str = "200 OK", **headers: str) -> list[Need]:
    """What a request to S3 needs."""

    def application(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        start(status, [])
        assert environ["wsgi.input"].read() == body
        return [b""]

    signed = "AWS4-HMAC-SHA256 Credential=who/20260101/us-east-1/s3/aws4_request, Signature=x"
    environ = {"REQUEST_METHOD": method, "RAW_URI": path, "wsgi.input": BytesIO(body), "HTTP_AUTHORIZATION": signed}
    recorder = Recorder(application)
    recorder({**environ, "CONTENT_LENGTH": str(len(body)), **headers}, lambda *_: None)
    return list(recorder.needs["who"])


DELETE = b"<Delete xmlns='x'><Object><Key>a/1</Key></Object><Object><Key>b</Key></Object></Delete>"


@pytest.mark.parametrize(
    ("found", "needs"),
    [
        (asked("GET", "/books/a%20b"), [need("s3:GetObject", f"{BOOKS}/a b")]),
        (asked("HEAD", "/books/a"), [need("s3:GetObject", f"{BOOKS}/a")]),
        (asked("GET", "/books/a?versionId=1"), [need("s3:GetObjectVersion", f"{BOOKS}/a")]),
        (
            asked("GET", "/books/a", status="404 Not Found"),
            [need("s3:GetObject", f"{BOOKS}/a"), need("s3:ListBucket", BOOKS)],
        ),
        (asked("GET", "/books?list-type=2&prefix=a%2F"), [need("s3:ListBucket", BOOKS, "a/")]),
        (asked("GET", "/books?object-lock"), [need("s3:GetBucketObjectLockConfiguration", BOOKS)]),
        (asked("PUT", "/books/a"), [need("s3:PutObject", f"{BOOKS}/a")]),
        (asked("POST", "/books/a?uploads"), [need("s3:PutObject", f"{BOOKS}/a")]),
        (asked("DELETE", "/books/a?uploadId=1"), [need("s3:AbortMultipartUpload", f"{BOOKS}/a")]),
        (
            asked("PUT", "/books/a", HTTP_X_AMZ_COPY_SOURCE="/other/b"),
            [need("s3:GetObject", "arn:aws:s3:::other/b"), need("s3:PutObject", f"{BOOKS}/a")],
        ),
        (
            asked("PUT", "/books/a", HTTP_X_AMZ_OBJECT_LOCK_MODE="GOVERNANCE"),
            [need("s3:PutObject", f"{BOOKS}/a"), need("s3:PutObjectRetention", f"{BOOKS}/a")],
        ),
        (
            asked("POST", "/books?delete", DELETE),
            [need("s3:DeleteObject", f"{BOOKS}/a/1"), need("s3:DeleteObject", f"{BOOKS}/b")],
        ),
        (asked("PUT", "/books?acl"), [need("s3:PUT bucket ['acl']", BOOKS)]),
    ],
)
def test_a_request_to_s3_needs_what_s3_says(found: list[Need], needs: list[Need]) -> None:
    assert found == needs
