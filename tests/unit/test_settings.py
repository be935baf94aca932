"""lake.toml is refused with the line and the reason, never half understood."""

from pathlib import Path

import pytest

from lake.settings import SettingsError, parse

TEXT = (Path(__file__).parents[2] / "lake.toml").read_text()


def test_the_shipped_settings_are_valid_and_default_to_the_four_events_of_the_question() -> None:
    settings = parse(TEXT)
    assert settings.jobs["cloudtrail"].events == (
        "ssm:StartSession",
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "ecs:ExecuteCommand",
    )
    assert not settings.jobs["cloudtrail"].everything


@pytest.mark.parametrize(
    ("good", "wrong", "says"),
    [
        ("accounts_deny = []", 'accounts_deny = ["12345"]', "accounts_deny has '12345', which is not an account"),
        ("accounts_deny = []", "accounts_denied = []", "no setting 'accounts_denied'"),
        ("batch_files = 2000", 'batch_files = "many"', "batch_files must be a whole number"),
        ("batch_files = 2000", "batch_files = 0", "batch_files must be at least 1"),
        ('bucket = "loglake-raw-cloudtrail"', 'bucket = "loglake-books"', "loglake-books is the lake's own"),
        ('readready = "loglake-readready"', 'readready = "loglake-books"', "must be three buckets"),
        ('job = "cloudwatch"', 'job = "vpcflow"', "there is no job 'vpcflow'"),
        ('name = "sessionlogs"', 'name = "cloudtrail"', "two sources are called cloudtrail"),
        ('"ssm:StartSession"', '"StartSession"', "which is not service:Action"),
        ('keep = "filtered"', 'keep = "all"', 'it is "filtered" or "everything"'),
        ("{hh}/{file}", "{hour}/{file}", "{hour} is no part of a key"),
        ("keystrokedays = 1", "keystrokedays = -1", "keystrokedays must be 0 to 30"),
        ('database = "loglake"', 'database = "Log Lake"', "which is not lower case letters"),
        ('region = "us-east-1"', 'region = "us-east-1; rm"', "which is not a Region"),
        ('queue = "loglake-addapart"', 'queue = "a b"', "which is not letters, digits"),
        ('"/aws/ssm/sessionlogs"', '"*a*"', "which is not a log group's name"),
        (
            "other_loggroups = []",
            'other_loggroups = ["/aws/*/x"]',
            "other_loggroups has '/aws/*/x', which is not a log",
        ),
        ("other_loggroups = []", 'other_loggroups = "/aws/vpc/*"', "other_loggroups must be a list of texts"),
        (
            "other_loggroups = []",
            "other_loggroup = []",
            "no setting 'other_loggroup'; it knows accounts, keep, loggroups",
        ),
        (
            "other_loggroups = []",
            'other_loggroups = ["/aws/vpc/*", "/aws/ssm/sessionlogs"]',
            "other_loggroups: '/aws/ssm/sessionlogs' is among loggroups already",
        ),
        (
            "everything_accounts = []",
            'everything_accounts = ["1"]',
            "everything_accounts has '1', which is not an account",
        ),
        ("ended_minutes = 120", "ended_minutes = 0", "ended_minutes must be 1 to 1440"),
        ("idle_minutes = 60", "idle_minutes = 0", "idle_minutes must be 1 to 1440"),
        ("context_hours = 12", "context_hours = 73", "context_hours must be 1 to 72"),
        ('workto = "19:00"', 'workto = "7 p.m."', "which is not a time of day, hh:mm"),
        ('workto = "19:00"', 'workto = "06:00"', "workto must be later than workfrom"),
        ('utcoffset = "+00:00"', 'utcoffset = "CET"', "which is not an offset from UTC"),
        ('"Mon", "Tue"', '"Mon", "Tuesday"', "workdays has 'Tuesday', which is not a day of the week"),
        ("[bounds]", "[bounds", "not TOML"),
        ('books = "loglake-books"', 'book = "loglake-books"', "no setting 'book'"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_line_and_the_reason(good: str, wrong: str, says: str) -> None:
    text = TEXT.replace(good, wrong, 1)
    assert text != TEXT
    with pytest.raises(SettingsError) as error:
        parse(text, "s3://books/lake.toml")
    message = str(error.value)
    assert says in message
    assert message.startswith("s3://books/lake.toml")
    line = TEXT[: TEXT.index(good)].count("\n") + 1
    assert f"line {line}" in message


def test_no_sources_is_refused() -> None:
    with pytest.raises(SettingsError, match="no \\[\\[sources\\]\\]"):
        parse('[buckets]\nbooks = "abc-books"\nreadready = "abc-ready"\nresults = "abc-results"\n')


@pytest.mark.parametrize(
    ("sessions", "others", "covered"),
    [
        ("/aws/ssm/*", "/aws/ssm/a", True),
        ("/aws/ssm/*", "/aws/ssm/a*", True),
        ("/aws/ssm/*", "/aws/ssm/*", True),
        ("*", "/any", True),
        ("/aws/ssm/a", "/aws/ssm/*", False),  # all others that begin so
        ("/aws/ssm/a", "*", False),
        ("/aws/ssm/a", "/aws/ssm/ab", False),
    ],
)
def test_a_log_group_is_one_of_sessions_or_another(sessions: str, others: str, covered: bool) -> None:
    text = TEXT.replace('["/aws/ssm/sessionlogs"]', f'["{sessions}"]')
    text = text.replace("other_loggroups = []", f'other_loggroups = ["{others}"]')
    if covered:
        with pytest.raises(
            SettingsError, match=r"lake\.toml, line \d+: other_loggroups: .* is among loggroups already"
        ):
            parse(text)
    else:
        assert parse(text).jobs["cloudwatch"].own == {"other_loggroups": (others,)}
