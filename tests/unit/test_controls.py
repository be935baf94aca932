"""The central controls go by file names alone; the lever stops one account and no other."""

from dataclasses import replace
from pathlib import Path

import pytest

from addapart.controls import Decision, NotOurs, decide
from lake.settings import Controls, Settings, parse

SETTINGS = parse((Path(__file__).parents[2] / "lake.toml").read_text())
RAW = "loglake-raw-cloudtrail"
KEY = "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/03/03/f.json.gz"


def under(**controls: tuple[str, ...]) -> Settings:
    return replace(SETTINGS, controls=Controls(**controls))


def test_an_object_in_the_layout_is_taken_with_its_partition() -> None:
    decision = decide(SETTINGS, RAW, KEY)
    assert decision.rule == ""
    assert decision.values == ("cloudtrail", "111122223333", "eu-west-1", "2024-03-03")
    assert decision.place.folder == "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/03/03/"


def test_two_trails_under_two_prefixes_of_one_bucket_have_two_partitions() -> None:
    one, other = (decide(SETTINGS, RAW, f"{prefix}/{KEY}") for prefix in ("a", "b"))
    assert (one.values[0], other.values[0]) == ("cloudtrail/a", "cloudtrail/b")


def test_a_file_put_there_by_hand_is_taken_though_its_key_names_no_account() -> None:
    decision = decide(SETTINGS, RAW, "put/2024/03/03/my/own.json")
    assert decision.values == ("cloudtrail-put", "unknown", "unknown", "2024-03-03")


@pytest.mark.parametrize(
    ("controls", "rule"),
    [
        ({"accounts_deny": ("111122223333",)}, "accounts_deny"),
        ({"accounts_deny": ("444455556666",)}, ""),
        ({"accounts_allow": ("444455556666",)}, "accounts_allow"),
        ({"accounts_allow": ("111122223333",)}, ""),
        ({"accounts_allow": ("111122223333",), "accounts_deny": ("111122223333",)}, "accounts_deny"),
        ({"regions_deny": ("eu-west-1",)}, "regions_deny"),
        ({"regions_allow": ("us-east-1",)}, "regions_allow"),
        ({"keys_deny": (f"{RAW}/AWSLogs/1111",)}, "keys_deny"),
    ],
)
def test_each_control_drops_what_it_names(controls: dict[str, tuple[str, ...]], rule: str) -> None:
    assert decide(under(**controls), RAW, KEY).rule == rule


def test_a_digest_file_is_dropped_as_fitting_no_layout() -> None:
    key = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2024/03/03/d.json.gz"
    assert decide(SETTINGS, RAW, key) == Decision(SETTINGS.sources[0], "layout")


def test_a_bucket_of_no_source_is_refused() -> None:
    with pytest.raises(NotOurs, match="loglake-readready"):
        decide(SETTINGS, "loglake-readready", "readready/from_cloudtrail_readready/calendarday=2024-03-03/x.orc")


FILES = "loglake-raw-sessionfiles"
LOG = "alice-0b7c1cc185ccf51a9.log"


@pytest.mark.parametrize(
    ("key", "values"),
    [
        (f"111122223333/eu-west-1/{LOG}", ("sessionfiles", "111122223333", "eu-west-1", "unknown")),
        (f"a/b/111122223333/eu-west-1/{LOG}", ("sessionfiles/a/b", "111122223333", "eu-west-1", "unknown")),
        # What an instance may write, below its own account: that account is the object's, whatever follows.
        (f"111122223333/{LOG}", ("sessionfiles", "111122223333", "unknown", "unknown")),
        (f"111122223333/444455556666/eu-west-1/{LOG}", ("sessionfiles", "111122223333", "unknown", "unknown")),
        (f"a/111122223333/444455556666/eu-west-1/{LOG}", ("sessionfiles/a", "111122223333", "unknown", "unknown")),
        (f"a/111122223333/x/444455556666/eu-west-1/{LOG}", ("sessionfiles/a", "111122223333", "unknown", "unknown")),
        (LOG, ("sessionfiles-elsewhere", "unknown", "unknown", "unknown")),
        (f"a/{LOG}", ("sessionfiles-elsewhere", "unknown", "unknown", "unknown")),
        (f"put/2019/02/28/{LOG}", ("sessionfiles-put", "unknown", "unknown", "2019-02-28")),
        (
            f"put/2019/02/28/111122223333/eu-west-1/{LOG}",
            ("sessionfiles-put", "111122223333", "eu-west-1", "2019-02-28"),
        ),
    ],
)
def test_a_session_log_file_is_taken_wherever_it_lies_with_what_its_key_says(key: str, values: tuple[str, ...]) -> None:
    decision = decide(SETTINGS, FILES, key)
    assert (decision.rule, decision.values) == ("", values)


def test_the_lever_stops_an_account_whose_keys_name_no_day() -> None:
    denied = decide(under(accounts_deny=("111122223333",)), FILES, f"111122223333/eu-west-1/{LOG}")
    assert (denied.rule, denied.values) == ("accounts_deny", ())
