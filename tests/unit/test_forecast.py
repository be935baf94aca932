"""Estimates by hand-made figures, and two lake.toml compared on objects whose every record is written out here."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from forecast import costs, estimate
from forecast.comparison import Comparison
from forecast.costs import START, Correction, Cost, correction, seconds
from forecast.differences import decides, differences
from forecast.estimate import Work, compared
from forecast.simulate import compare, of_day, sample, silent
from jobs.cloudtrail_filter import EventFilter
from lake.runs import Run
from lake.settings import Settings, parse
from lake.store import Listed, Page
from tests.lakes import SETTINGS

DAY = "2024-05-31"
FIRST, SECOND = "111122223333", "444455556666"
BY_HAND = {("cloudtrail", "filtered"): Cost(run=2, file=0.5, megabyte=1, day=3)}


def run(**other: Any) -> Run:
    """Ten files of 4 MB on two days, two tasks at once: by BY_HAND 9.5 seconds behind Spark."""
    known: dict[str, Any] = {
        "job": "cloudtrail",
        "started": "2024-05-31T00:00:00+00:00",
        "seconds": 29.0,
        "spark": 10.0,
        "slots": 2,
        "files": 10,
        "bytes": 4_000_000,
        "records": 100,
        "rows": 5,
        "days": 2,
        "keep": "filtered",
        "step": "done",
    }
    return Run(**known | other)


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "COSTS", BY_HAND)


@pytest.mark.usefixtures("by_hand")
def test_tasks_share_the_work_and_every_run_has_its_own_beginning() -> None:
    of = ("cloudtrail", "filtered", 10, 4_000_000, 2)
    assert seconds(*of, 1, Correction()) == START + 2 + 5 + 4 + 6
    assert seconds(*of, 2, Correction()) == START + 2 + 7.5
    assert seconds(*of, 2, Correction(start=1, factor=3)) == 1 + 3 * 9.5


@pytest.mark.usefixtures("by_hand")
def test_the_runs_that_were_correct_the_figures() -> None:
    assert correction([]) == Correction(START, 1.0, 0)
    assert correction([run()]) == Correction(10, 2.0, 1)
    slow, quick = run(seconds=39.0, spark=20.0), run(seconds=15.5, spark=6.0)
    assert correction([slow, quick]) == Correction(13, (19 + 9.5) / 19, 2)


@pytest.mark.usefixtures("by_hand")
def test_runs_that_found_nothing_or_failed_say_nothing() -> None:
    assert correction([run(files=0), run(step="error"), run(step="incomplete")]).runs == 1
    assert correction([run(seconds=1000.0)] * 30).runs == costs.LAST


@pytest.mark.usefixtures("by_hand")
def test_a_run_is_compared_with_what_was_known_before_it() -> None:
    second, first = compared([run(seconds=30.0), run()])
    assert first.seconds == START + 9.5
    assert second.seconds == 10 + 2 * 9.5
    assert second.ratio == pytest.approx(30 / 29)
    assert compared([run(files=0)]) == []


@pytest.mark.usefixtures("by_hand")
def test_glue_bills_each_worker_a_minute_at_least() -> None:
    work = Work("cloudtrail")
    for _ in range(10):
        work.add(400_000, DAY)
    work.add(1, DAY, "accounts_deny")
    work.days.add("2024-06-01")
    small = estimate.estimate(work, "filtered", 4, 2, Correction(), local=False)
    assert (work.files, work.bytes, work.dropped) == (10, 4_000_000, 1)
    assert (small.seconds, small.dpuminutes) == (START + 2 + 15 / 4, 2)
    assert small.glue == pytest.approx(2 / 60 * 0.44)
    assert small.requests == pytest.approx(10 * 0.0004 / 1000 + 8 * 0.005 / 1000)
    long = estimate.estimate(work, "filtered", 4, 2, Correction(start=100, factor=10), local=False)
    assert long.dpuminutes == pytest.approx(2 * (100 + 57.5) / 60)


@pytest.mark.usefixtures("by_hand")
def test_how_fast_this_machine_is_says_nothing_of_glue() -> None:
    work = Work("cloudtrail", files=10_000, bytes=400_000_000, days={DAY})
    here = estimate.estimate(work, "filtered", 2, 3, Correction(start=1, factor=9), local=True)
    there = estimate.estimate(work, "filtered", 8, 3, Correction(), local=False)
    assert here.seconds == 1 + 9 * (2 + 5403 / 2)
    assert here.dpuminutes == there.dpuminutes


# -- two lake.toml ----------------------------------------------------------------------------------------------------


def changed(*pairs: tuple[str, str]) -> Settings:
    """The project's lake.toml with these texts replaced."""
    text = SETTINGS.text
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return parse(text)


NO_SESSIONS = ('    "ssm:StartSession",\n', "")
DENY_FIRST = ("accounts_deny = [] ", f'accounts_deny = ["{FIRST}"] ')
NO_LOGGROUP = ('loggroups = ["/aws/ssm/sessionlogs"]', 'loggroups = ["/aws/other"]')


def test_only_what_differs_is_told_and_of_a_list_only_its_parts() -> None:
    then = changed(NO_SESSIONS, DENY_FIRST, ("completeness = 90 ", "completeness = 99 "))
    assert [tuple(one) for one in differences(SETTINGS, then)] == [
        ("controls.accounts_deny", "", FIRST),
        ("jobs.cloudtrail.events", "ssm:StartSession", ""),
        ("thresholds.completeness", "90", "99"),
    ]
    assert [decides(one) for one in differences(SETTINGS, then)] == [True, True, False]
    assert differences(SETTINGS, parse(SETTINGS.text + "\n# a comment\n")) == []
    more = parse(SETTINGS.text.replace("other_loggroups = []", 'other_loggroups = ["/aws/vpc/*"]'))
    assert [tuple(one) for one in differences(SETTINGS, more)] == [
        ("jobs.cloudwatch.other_loggroups", "", "/aws/vpc/*")
    ]


def test_a_source_that_is_new_or_moves_is_a_difference() -> None:
    more = '\n[[sources]]\nname = "more"\njob = "cloudtrail"\nbucket = "more"\nlayout = "{yyyy}/{mm}/{dd}/{file}"\n'
    found = {one.setting: (one.now, one.then) for one in differences(SETTINGS, parse(SETTINGS.text + more))}
    assert found["sources.more.bucket"] == ("", "more")
    assert found["sources.order"] == ("", "more")
    removed = '\n[[removals]]\naccount = "444455556666"\nrequested = "2026-03-31"\nreason = "left"\n'
    assert any(decides(one) for one in differences(SETTINGS, parse(SETTINGS.text + removed)))


class Raw(dict[tuple[str, str], bytes]):
    """Raw buckets, as a Store lists and gives them. refused: keys that it does not give."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[str] = set()

    def pages(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Iterator[Page]:
        found, folders = [], dict[str, None]()
        for (its, key), data in sorted(self.items()):
            if its != bucket or not key.startswith(prefix) or key <= after:
                continue
            inside, cut, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if cut:
                folders[prefix + inside + cut] = None
            else:
                found.append(Listed(key, len(data), "e", datetime(2024, 5, 31, tzinfo=UTC)))
        yield Page(found, list(folders))

    def get(self, bucket: str, key: str, etag: str = "") -> bytes:  # type: ignore[override]
        assert etag == "e"
        if key in self.refused:
            raise PermissionError("AccessDenied")
        return self[bucket, key]


def record(number: int, name: str = "StartSession", service: str = "ssm", account: str = FIRST) -> dict[str, Any]:
    session = f"alice-0123456789abcde{number:02}"
    return {
        "eventID": f"id-{number}",
        "eventTime": f"2024-05-31T10:00:{number:02}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "recipientAccountId": account,
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{account}:user/alice", "accountId": account},
        "responseElements": {"sessionId": session} if name == "StartSession" else None,
    }


def typed(session: str, *messages: str, group: str = "/aws/ssm/sessionlogs") -> bytes:
    events = [{"id": f"{n:056}", "timestamp": 1717149600000 + n, "message": one} for n, one in enumerate(messages)]
    document = {"messageType": "DATA_MESSAGE", "owner": FIRST, "logGroup": group, "logStream": f"alice-{session}"}
    return gzip.compress(json.dumps(document | {"subscriptionFilters": [], "logEvents": events}).encode())


@pytest.fixture
def raw() -> Raw:
    made = Raw()
    files = {
        "a": [record(1), record(2, "GetDocument"), record(3, "AssumeRole", "sts")],
        "b": [record(4, account=SECOND), record(3, "AssumeRole", "sts")],
    }
    for name, records in files.items():
        account = FIRST if name == "a" else SECOND
        key = f"AWSLogs/{account}/CloudTrail/eu-west-1/2024/05/31/{name}.json.gz"
        made["loglake-raw-cloudtrail", key] = gzip.compress(json.dumps({"Records": records}).encode())
    made["loglake-raw-cloudwatch", "2024/05/31/10/one"] = typed("0123456789abcde01", "ls", "exit")
    made["loglake-raw-cloudwatch", "2024/05/31/11/two"] = typed("x", "boot", group="/var/log")
    return made


def look(raw: Raw, then: Settings, now: Settings = SETTINGS, most: int = 100, day: str = DAY) -> Comparison:
    every = of_day(raw, now, then, day)  # type: ignore[arg-type]  # of a Store, all that this asks for
    return compare(raw, now, then, every, most)  # type: ignore[arg-type]


def test_nothing_is_lost_or_gained_under_the_same_settings(raw: Raw) -> None:
    found = look(raw, SETTINGS)
    trail, logs = found.jobs["cloudtrail"], found.jobs["cloudwatch"]
    assert (trail.records, trail.now, trail.then, trail.lost, trail.gained) == (5, 4, 4, 0, 0)
    assert (logs.records, logs.now, logs.then, logs.lost, logs.gained) == (3, 2, 2, 0, 0)
    assert (found.objects, found.read, found.sampled, found.starts, found.keystrokes) == (4, 4, False, [], {})


def test_an_event_that_is_filtered_out_is_lost_by_that_rule_and_its_sessions_are_named(raw: Raw) -> None:
    found = look(raw, changed(NO_SESSIONS))
    trail = found.jobs["cloudtrail"]
    rule = trail.rules["event"]
    assert (trail.now, trail.then, trail.lost, dict(trail.lostwhat)) == (4, 2, 2, {"ssm:StartSession": 2})
    assert (rule.now, rule.then, rule.lost, rule.gained) == (1, 3, 2, 0)
    assert [(one.eventid, one.sessionid, one.account) for one in found.starts] == [
        ("id-1", "0123456789abcde01", FIRST),
        ("id-4", "0123456789abcde04", SECOND),
    ]


def test_a_control_loses_all_records_of_its_objects_and_a_copy_elsewhere_saves_an_event(raw: Raw) -> None:
    found = look(raw, changed(DENY_FIRST))
    trail = found.jobs["cloudtrail"]
    rule = trail.rules["control: accounts_deny"]
    assert (trail.now, trail.then, trail.lost) == (4, 2, 2)
    assert (rule.now, rule.then, rule.lost) == (0, 3, 2)
    assert [one.eventid for one in found.starts] == ["id-1"]
    raw["loglake-raw-cloudtrail", f"AWSLogs/{SECOND}/CloudTrail/eu-west-1/2024/05/31/c.json"] = json.dumps(
        {"Records": [record(1)]}
    ).encode()
    assert look(raw, changed(DENY_FIRST)).starts == []


def test_the_way_back_gains_what_the_way_there_lost(raw: Raw) -> None:
    narrow = changed(NO_SESSIONS, DENY_FIRST)
    there, back = look(raw, narrow).jobs["cloudtrail"], look(raw, SETTINGS, narrow).jobs["cloudtrail"]
    assert (there.lost, there.gained, back.lost, back.gained) == (3, 0, 0, 3)
    assert {name: one.lost for name, one in there.rules.items()} == {
        name: one.gained for name, one in back.rules.items()
    }


def test_sessions_that_lose_keystrokes_are_named_with_how_many(raw: Raw) -> None:
    found = look(raw, changed(NO_LOGGROUP))
    assert found.keystrokes == {"0123456789abcde01": (2, 2)}
    logs = found.jobs["cloudwatch"]
    assert (logs.rules["loggroup"].lost, dict(logs.lostwhat)) == (2, {"/aws/ssm/sessionlogs": 2})
    assert found.starts == []


def test_a_session_that_loses_some_of_its_keystrokes_is_named_with_how_many(raw: Raw) -> None:
    raw["loglake-raw-cloudwatch", "2024/05/31/12/three"] = typed("0123456789abcde01", "whoami")
    then = changed(("keys_deny = []", 'keys_deny = ["loglake-raw-cloudwatch/2024/05/31/12/"]'))
    assert look(raw, then).keystrokes == {"0123456789abcde01": (3, 1)}


def test_a_record_is_its_recipients_whoever_called(raw: Raw) -> None:
    crossing = record(9) | {"userIdentity": {"type": "IAMUser", "accountId": SECOND}}
    raw["loglake-raw-cloudtrail", "put/2024/05/31/d.json"] = json.dumps(crossing).encode()
    then = parse(SETTINGS.text + f'\n[[removals]]\naccount = "{FIRST}"\nrequested = "2026-03-31"\nreason = "left"\n')
    rules = look(raw, then).jobs["cloudtrail"].rules
    assert {name: one.lost for name, one in rules.items() if one.lost} == {"control: removal": 2, "removal": 2}


def test_a_removal_loses_the_accounts_records_in_both_jobs(raw: Raw) -> None:
    then = parse(SETTINGS.text + f'\n[[removals]]\naccount = "{FIRST}"\nrequested = "2026-03-31"\nreason = "left"\n')
    found = look(raw, then)
    # File b, which is another account's, holds a record of the first's.
    assert found.jobs["cloudtrail"].rules["control: removal"].lost == 2
    assert found.jobs["cloudtrail"].rules["removal"].lost == 1
    assert found.jobs["cloudwatch"].rules["removal"].lost == 2


def test_a_session_denied_has_no_id_and_is_lost_by_its_event(raw: Raw) -> None:
    denied = record(7) | {"errorCode": "AccessDenied", "responseElements": None}
    raw["loglake-raw-cloudtrail", "put/2024/05/31/d.json"] = json.dumps(denied).encode()
    (start,) = (one for one in look(raw, changed(NO_SESSIONS)).starts if one.eventid == "id-7")
    assert (start.sessionid, start.outcome) == ("", "AccessDenied")


def test_another_service_with_a_startsession_starts_no_session(raw: Raw) -> None:
    raw.clear()
    raw["loglake-raw-cloudtrail", "put/2024/05/31/d.json"] = json.dumps(record(8, service="athena")).encode()
    wider = changed(('    "ssm:StartSession",\n', '    "ssm:StartSession",\n    "athena:StartSession",\n'))
    found = look(raw, SETTINGS, wider)
    assert (found.jobs["cloudtrail"].lost, found.starts) == (1, [])


def test_a_bucket_that_is_no_source_any_more_loses_all(raw: Raw) -> None:
    moved = parse(SETTINGS.text.replace('bucket = "loglake-raw-cloudwatch"', 'bucket = "elsewhere"'))
    logs = look(raw, moved).jobs["cloudwatch"]
    assert (logs.now, logs.then, logs.rules["control: no source"].lost) == (2, 0, 2)


def test_an_object_that_s3_does_not_give_is_said_and_the_others_are_compared(raw: Raw) -> None:
    key = f"AWSLogs/{FIRST}/CloudTrail/eu-west-1/2024/05/31/a.json.gz"
    raw.refused.add(key)
    found = look(raw, changed(NO_SESSIONS))
    assert (found.read, found.unread, found.sampled) == (3, 1, False)
    assert [one.eventid for one in found.starts] == ["id-4"]


def test_only_the_asked_day_is_looked_at(raw: Raw) -> None:
    assert look(raw, changed(NO_SESSIONS), day="2024-06-01").objects == 0


def test_a_sample_is_spread_evenly_and_says_what_it_is(raw: Raw) -> None:
    names = [str(one) for one in range(10)]
    assert sample(names, 3) == ["0", "3", "6"]  # type: ignore[type-var, comparison-overlap]
    assert sample(names, 10) == names  # type: ignore[type-var, comparison-overlap]
    found = look(raw, changed(NO_SESSIONS), most=2)
    assert (found.objects, found.read, found.sampled) == (4, 2, True)


def test_settings_that_drop_all_session_starts_are_known_without_looking() -> None:
    assert silent(SETTINGS, SETTINGS) == []
    assert silent(SETTINGS, changed(NO_SESSIONS)) == ["ssm:StartSession"]
    assert silent(SETTINGS, changed(NO_SESSIONS, ('    "ecs:ExecuteCommand",\n', ""))) == [
        "ssm:StartSession",
        "ecs:ExecuteCommand",
    ]
    everything = parse(SETTINGS.text.replace('keep = "filtered"', 'keep = "everything"'))
    assert silent(everything, changed(NO_SESSIONS)) == ["ssm:StartSession"]
    assert silent(changed(NO_SESSIONS), everything) == []
    assert silent(SETTINGS, changed(('"ssm:StartSession"', '"ssm:*"'))) == []


def test_one_record_and_its_row_are_judged_by_the_same_rule() -> None:
    one = EventFilter(
        changed(("\naccounts = []                   # rec", f'\naccounts = ["{FIRST}"] # rec')).jobs["cloudtrail"]
    )
    assert one.rule("ssm.amazonaws.com", "StartSession", FIRST, "eu-west-1") == ""
    assert one.rule("ssm.amazonaws.com", "StartSession", SECOND, "eu-west-1") == "account"
    assert one.rule("athena.amazonaws.com", "StartSession", SECOND, "eu-west-1") == "event"
