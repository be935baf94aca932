"""The company's accounts, Regions and people, and how each of them comes to act in an account."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from examples.company.dice import Dice, iso
from examples.company.record import Call, Json

ORGANIZATION = "o-exampleorg1"
ACCOUNTS = ("111122223333", "444455556666", "777788889999", "123456789012", "000011112222", "001122334455")
HUB = ACCOUNTS[0]  # where people sign in who then take a role in another account
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
ADDRESSES = ("192.0.2.", "198.51.100.", "203.0.113.")  # RFC 5737: for documentation, nobody's
SECRET = "IQoJb3JpZ2luX2VjSECRETTOKEN"  # begins every session token: whoever finds the word has found a leak


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody. way: "saml", "sso" (Identity Center), "iam" (a user with keys) or "chain" (a role from a role)."""

    way: str
    name: str
    role: str = ""


SSO = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_"
PEOPLE = (
    Person("saml", "alice.miller", "Operations"),
    Person("saml", "theuser-thefederation", "Operations"),
    Person("saml", "olu.a-b", "ReadOnlyPlusShell"),
    Person("sso", "carol@example.com", SSO + "AdministratorAccess_0a1b2c3d4e5f6789"),
    Person("sso", "dan.o-hara@example.com", SSO + "PowerUserAccess_9f8e7d6c5b4a3210"),
    Person("iam", "erin"),
    Person("iam", "svc-backup.runner"),
    Person("iam", "grace+oncall@example.com"),
    Person("chain", "frank.chen", "BreakGlass"),
    Person("chain", "heidi-ann.k", "DatabaseAdmin"),
)


def principal_id(prefix: str, *names: str) -> str:
    """A unique id as IAM gives it, always the same for the same name."""
    digest = hashlib.sha256("/".join(names).encode()).hexdigest().upper()
    return f"{prefix}{digest[:10]}EXAMPLE"


def address(dice: Dice) -> str:
    """An IP address."""
    return dice.choice(ADDRESSES) + str(dice.randrange(1, 255))


def iam_user(account: str, name: str, key: str) -> Json:
    """`userIdentity` of an IAM user."""
    return {
        "type": "IAMUser",
        "principalId": principal_id("AIDA", account, name),
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "accessKeyId": key,
        "userName": name,
    }


def assumed_role(account: str, role: str, session: str, key: str, since: int, source_identity: str = "") -> Json:
    """`userIdentity` of a role session. `role` may have a path, which a role session's ARN leaves out."""
    name, unique = role.rsplit("/", 1)[-1], principal_id("AROA", account, role)
    context: Json = {
        "sessionIssuer": {
            "type": "Role",
            "principalId": unique,
            "arn": f"arn:aws:iam::{account}:role/{role}",
            "accountId": account,
            "userName": name,
        },
        "webIdFederationData": {},
        "attributes": {"creationDate": iso(since), "mfaAuthenticated": "false"},
    }
    if source_identity:
        context["sourceIdentity"] = source_identity
    return {
        "type": "AssumedRole",
        "principalId": f"{unique}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": context,
    }


@dataclass(slots=True)
class SignedIn:
    """A person in an account. calls: what it took, each with its second."""

    identity: Json
    calls: list[tuple[int, Call]] = field(default_factory=list)


def sign_in(dice: Dice, person: Person, account: str, region: str, ip: str, at: int) -> SignedIn:
    """`person` has what it takes to act in `account` at second `at`; the calls lie in the 3 minutes before."""
    if person.way == "iam":
        return SignedIn(iam_user(account, person.name, "AKIA" + principal_id("", account, person.name)[:9] + "EXAMPLE"))
    if person.way == "chain":
        return _chain(dice, person, account, region, ip, at)
    key, second = "ASIA" + dice.key_body(), at - dice.randrange(20, 170)
    call = _with_saml(dice, person, account, region, ip, person.role, key)
    return SignedIn(assumed_role(account, person.role, person.name, key, second), [(second, call)])


def _chain(dice: Dice, person: Person, account: str, region: str, ip: str, at: int) -> SignedIn:
    """SAML into the hub, from there a second role, from there the role in the account; one source identity for all."""
    first, second, third = at - dice.randrange(120, 170), at - dice.randrange(70, 110), at - dice.randrange(10, 60)
    keys = ["ASIA" + dice.key_body() for _ in range(3)]
    saml = _with_saml(dice, person, HUB, region, ip, "Hub", keys[0], source_identity=person.name)
    hub = assumed_role(HUB, "Hub", person.name, keys[0], first, person.name)
    bastion = assumed_role(HUB, "Bastion", person.name, keys[1], second, person.name)
    calls = [
        (first, saml),
        (second, assume(dice, hub, HUB, HUB, region, ip, "Bastion", person.name, keys[1])),
    ]
    # A call across accounts is written down in both, as two events that share a sharedEventID.
    shared, hop = {"sharedEventID": dice.uuid()}, (account, region, ip, person.role, person.name, keys[2])
    calls.append((third, assume(dice, bastion, HUB, *hop, others=shared)))
    if account != HUB:
        stranger = {"type": "AWSAccount", "principalId": bastion["principalId"], "accountId": HUB}
        calls.append((third, assume(dice, stranger, account, *hop, others=shared)))
    return SignedIn(assumed_role(account, person.role, person.name, keys[2], third, person.name), calls)


def _credentials(dice: Dice, key: str) -> Json:
    return {"accessKeyId": key, "sessionToken": SECRET + dice.mixed(60), "expiration": "Mar 2, 2026, 11:59:59 PM"}


def _role_user(account: str, role: str, session: str) -> Json:
    return {
        "assumedRoleId": f"{principal_id('AROA', account, role)}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role.rsplit('/', 1)[-1]}/{session}",
    }


def assume(
    dice: Dice,
    identity: Json,
    recipient: str,
    account: str,
    region: str,
    ip: str,
    role: str,
    session: str,
    key: str,
    others: Json | None = None,
) -> Call:
    """AssumeRole of `role` in `account`, as `recipient`'s log has it."""
    arn = f"arn:aws:iam::{account}:role/{role}"
    request: Json = {"roleArn": arn, "roleSessionName": session, "durationSeconds": 3600}
    return Call(
        source="sts.amazonaws.com",
        name="AssumeRole",
        account=recipient,
        region=region,
        identity=identity,
        ip=ip,
        agent="aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/linux#5.10 md/arch#x86_64 lang/python#3.11.8",
        request=request,
        response={"credentials": _credentials(dice, key), "assumedRoleUser": _role_user(account, role, session)},
        resources=[{"accountId": account, "type": "AWS::IAM::Role", "ARN": arn}],
        readonly=True,
        others=others,
    )


def _with_saml(
    dice: Dice,
    person: Person,
    account: str,
    region: str,
    ip: str,
    role: str,
    key: str,
    source_identity: str = "",
) -> Call:
    center = person.way == "sso"
    provider = "AWSSSO_1a2b3c4d5e6f7a8b_DO_NOT_DELETE" if center else "ExampleIdP"
    arn, principal = f"arn:aws:iam::{account}:role/{role}", f"arn:aws:iam::{account}:saml-provider/{provider}"
    request: Json = {
        "sAMLAssertionID": "_" + dice.uuid(),
        "roleSessionName": person.name,
        "durationSeconds": 3600,
        "roleArn": arn,
        "principalArn": principal,
    }
    if source_identity:
        request["sourceIdentity"] = source_identity
    qualifier = principal_id("", provider)[:10] + "="
    return Call(
        source="sts.amazonaws.com",
        name="AssumeRoleWithSAML",
        account=account,
        region=region,
        identity={
            "type": "SAMLUser",
            "principalId": f"{qualifier}:{person.name}",
            "userName": person.name,
            "identityProvider": qualifier,
        },
        ip=ip,
        agent="aws-internal/3 aws-sdk-java/1.12.640" if center else "Mozilla/5.0 (X11; Linux x86_64) Firefox/123.0",
        request=request,
        response={
            "subjectType": "persistent",
            "issuer": "https://portal.sso.example.com/saml" if center else "https://idp.example.com/saml",
            "credentials": _credentials(dice, key),
            "nameQualifier": qualifier,
            "assumedRoleUser": _role_user(account, role, person.name),
            "subject": person.name,
            "audience": "https://signin.aws.amazon.com/saml",
        },
        resources=[
            {"accountId": account, "type": "AWS::IAM::Role", "ARN": arn},
            {"accountId": account, "type": "AWS::IAM::SAMLProvider", "ARN": principal},
        ],
        readonly=True,
    )
