"""Log groups that hold no sessions, through the whole path: each message is there once, as it was, on its event's day.

Against the truth that was written down while they were made, and the raw objects read by a reader of the tests' own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from examples.company import Company, RawObject, Truth
from examples.company.groups import APPLICATION, FLOWS, GROUPS, Groups, groups
from lake.settings import Settings, parse
from tests.fire import in_memory
from tests.lakes import SETTINGS, Lake, keeping
from tests.log_groups import Said, said

SESSIONS, TEST = "/aws/ssm/sessionlogs", "/aws/ssm/sessionlogs-test"
CHOSEN = ["/aws/vpc/*", "/aws/lambda/*", APPLICATION]
ROUNDS = 3


@dataclass(frozen=True)
class Logged:
    """What arrived of CloudWatch Logs: the company's own, and what was made around its sessions."""

    objects: list[RawObject]
    truth: Truth
    made: Groups

    def wanted(self, kept: Iterable[str]) -> list[Said]:
        """The log events of these groups, each once."""
        names = set(kept)
        return sorted({one for one in said(self.objects) if one.loggroup in names})


@pytest.fixture(scope="module")
def logged() -> Logged:
    company = Company(seed=1, files=60)
    objects = [one for one in company.objects() if one.job == "cloudwatch"]
    made = groups(company.truth().sessions)
    return Logged([*objects, *made.objects], company.truth(), made)


def other(chosen: list[str], settings: Settings = SETTINGS) -> Settings:
    text = settings.text.replace("other_loggroups = []", f"other_loggroups = {json.dumps(chosen)}")
    return parse(text)


def filled(logged: Logged, settings: Settings) -> Lake:
    lake = in_memory(settings)
    lake.now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    for number in range(ROUNDS):
        for one in logged.objects[number::ROUNDS]:
            lake.put(one.job, one.key, one.data)
        assert [report.failed for report in lake.work("cloudwatch")] == [[]]
        lake.later(minutes=15)
    return lake


def messages(lake: Lake) -> list[tuple[str, Said]]:
    """(day, log event) of each row with a message."""
    columns = ["calendarday", "eventtime", "accountid", "loggroup", "logstream", "logeventid", "message"]
    rows = lake.rows("from_cloudwatch_readready").select(columns).to_pylist()
    return sorted(
        (day, Said(round(time.replace(tzinfo=UTC).timestamp() * 1000), *rest))
        for day, time, *rest in (row.values() for row in rows if row["message"] is not None)
    )


def fates(lake: Lake) -> Counter[str]:
    """Records by what became of them, all objects together."""
    total: Counter[str] = Counter()
    for row in lake.rows("lake_ledger").to_pylist():
        filtered = json.loads(row["filteredby"] or "{}")
        assert row["recordsin"] == row["kept"] + sum(filtered.values()) + row["quarantined"]
        total.update(filtered)
        total.update({"in": row["recordsin"], "kept": row["kept"], "quarantined": row["quarantined"]})
    return total


CASES = {
    "none": (SETTINGS, ()),
    "chosen": (other(CHOSEN), (*GROUPS, "/aws/lambda/payments-api")),
    "one": (other([FLOWS]), (FLOWS,)),
    "everything": (other(CHOSEN, keeping("everything")), (*GROUPS, "/aws/lambda/payments-api", TEST)),
}


@pytest.mark.parametrize("case", CASES)
def test_each_message_of_a_kept_log_group_is_there_once_as_it_was_and_every_record_has_its_fate(
    logged: Logged, case: str
) -> None:
    settings, kept = CASES[case]
    lake = filled(logged, settings)
    wanted = logged.wanted(kept)
    assert messages(lake) == sorted((one.day, one) for one in wanted)
    made = {(one.day, Said(one.ms, one.accountid, one.loggroup, one.logstream, one.logeventid, one.text))
            for one in logged.made.messages if one.loggroup in kept}  # fmt: skip
    assert made <= set(messages(lake))
    counts, every = logged.truth.cloudwatch, Counter(one.loggroup for one in said(logged.objects))
    dropped = sum(number for group, number in every.items() if group not in (SESSIONS, *kept))
    expected = {
        "in": counts.records + logged.made.records,
        "kept": counts.kept + sum(every[group] for group in kept),
        "quarantined": sum(counts.quarantined.values()),
        "heartbeat": counts.filtered["heartbeat"],
        "loggroup": dropped,
    }
    assert fates(lake) == Counter(expected)
    rows = lake.rows("from_cloudwatch_readready")
    assert rows.num_rows == len(wanted) + counts.rows
    assert rows["sessiondata"].null_count == len(wanted)
    assert {one["sessionid"] for one in rows.to_pylist() if one["message"] is not None} <= {None}


def test_the_company_has_every_form_some_of_it_late_and_twice(logged: Logged) -> None:
    texts = [one.text for one in logged.made.messages]
    lambdas = ["START RequestId", "END RequestId", "REPORT RequestId", "Task timed out", '"type":"platform.report"']
    for form in ("REJECT OK", "ACCEPT OK", "- NODATA", "- SKIPDATA", *lambdas, "\tat com.example"):
        assert any(form in text for text in texts), form
    assert {one.loggroup for one in logged.made.messages} == set(GROUPS)
    again = Counter(said(logged.made.objects))
    assert logged.made.records == again.total() > len(again) == len(logged.made.messages)
    days = {(one.day, f"{item.arrival:%Y-%m-%d}") for item in logged.made.objects for one in said([item])}
    assert any(day < arrived for day, arrived in days)
