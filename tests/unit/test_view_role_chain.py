"""The view `role_chain`: how a session's credentials were come by, from hand-outs written by hand."""

from __future__ import annotations

from tests.views_lake import ADMIN, Row, ViewLake, at, event, start

DAY = "2026-03-02"
SSO = '{"principalArn":"arn:aws:iam::111122223333:saml-provider/AWSSSO_1a2b_DO_NOT_DELETE"}'


def handout(time: str, issued: str, used: str | None = None, *, name: str = "AssumeRole", **columns: object) -> Row:
    """An AssumeRole* that handed out a key; what is not said of its caller is not known."""
    caller: Row = {"username": None, "useridentityarn": None, "sessionissuerarn": None, "useridentitytype": None}
    known = {"eventsource": "sts.amazonaws.com", "requestparameters": None, "sessionid": None}
    keys = {"issuedaccesskeyid": issued, "useridentityaccesskeyid": used}
    return event(time, name, **{**caller, **known, **keys, **columns})


def signed_in(time: str, issued: str, who: str, **columns: object) -> Row:
    return handout(
        time, issued, name="AssumeRoleWithSAML", **{"username": who, "useridentitytype": "SAMLUser", **columns}
    )


def role(name: str) -> Row:
    return {"sessionissuerarn": name, "useridentitytype": "AssumedRole"}


def test_a_chain_by_keys_is_told_from_the_sign_in_to_the_role_of_the_session() -> None:
    lake = ViewLake(
        [
            signed_in("2026-03-01 23:50:00", "K1", "alice", sourceipaddress="198.51.100.1", recipientaccountid="4"),
            handout(f"{DAY} 00:10:00", "K2", "K1", **role("hub")),
            start(f"{DAY} 00:20:00", "s", useridentityaccesskeyid="K2", sourceidentity="alice"),
        ],
        [],
    )
    assert lake.ask("SELECT * FROM role_chain") == [
        {
            "calendarday": DAY,
            "accesskeyid": "K2",
            "rolearn": ADMIN,
            "sourceidentity": "alice",
            "hops": 2,
            "origin": "alice",
            "origintype": "SAMLUser",
            "originevent": "AssumeRoleWithSAML",
            "origintime": at("2026-03-01 23:50:00"),
            "originsourceipaddress": "198.51.100.1",
            "originaccountid": "4",
            "foundby": "access key",
            "rolechain": f"alice > hub > {ADMIN}",
        }
    ]


def test_who_signed_in_by_identity_center_is_called_so() -> None:
    came = signed_in(f"{DAY} 09:00:00", "K1", "carol@example.com", requestparameters=SSO)
    lake = ViewLake([came, start(f"{DAY} 09:01:00", "s", useridentityaccesskeyid="K1")], [])
    assert lake.ask("SELECT origin, origintype FROM role_chain") == [
        {"origin": "carol@example.com", "origintype": "IdentityCenterUser"}
    ]


def test_where_a_link_is_missing_the_source_identity_finds_the_last_sign_in_before_the_session() -> None:
    lake = ViewLake(
        [
            signed_in(f"{DAY} 08:00:00", "K0", "alice", sourceidentity="alice"),
            signed_in(f"{DAY} 09:00:00", "K1", "alice", sourceidentity="alice", sourceipaddress="198.51.100.9"),
            signed_in(f"{DAY} 09:05:00", "KX", "mallory", sourceidentity="mallory"),
            # K1 -> K2 is not in the lake.
            handout(f"{DAY} 09:10:00", "K3", "K2", sourceidentity="alice", **role("bastion")),
            start(f"{DAY} 09:20:00", "s", useridentityaccesskeyid="K3", sourceidentity="alice"),
            signed_in(f"{DAY} 09:30:00", "K4", "alice", sourceidentity="alice", sourceipaddress="too late"),
        ],
        [],
    )
    found = lake.ask("SELECT hops, origin, origintype, originsourceipaddress, foundby, rolechain FROM role_chain")
    assert [tuple(one.values()) for one in found] == [
        (1, "alice", "SAMLUser", "198.51.100.9", "source identity", f"alice > ... > bastion > {ADMIN}")
    ]
    assert lake.ask("SELECT rolechain FROM sessions") == [{"rolechain": f"alice > ... > bastion > {ADMIN}"}]


def test_a_users_own_keys_were_not_handed_out_and_stand_there_all_the_same() -> None:
    lake = ViewLake([start(f"{DAY} 09:00:00", "s", useridentityaccesskeyid="AKIA", sessionissuerarn=None)], [])
    found = lake.ask("SELECT accesskeyid, hops, origin, foundby, rolechain FROM role_chain")
    assert [tuple(one.values()) for one in found] == [("AKIA", 0, None, None, None)]


def test_a_hand_out_that_was_logged_twice_is_one_row() -> None:
    twice = [handout(f"{DAY} 09:00:00", "K1", "K0", eventid=eventid, **role("hub")) for eventid in ("a", "b")]
    lake = ViewLake([*twice, start(f"{DAY} 09:01:00", "s", useridentityaccesskeyid="K1")], [])
    assert lake.ask("SELECT rolechain FROM role_chain") == [{"rolechain": f"hub > {ADMIN}"}]
    assert len(lake.ask("SELECT * FROM sessions")) == 1
