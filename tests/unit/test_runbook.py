"""The runbook is what the templates say, and what it tells people to do can be done."""

import json
import re
from collections import Counter
from pathlib import Path

import click
import pytest

from cli.main import cli
from infra.runbook import TARGET, CommentError, comments, entries, render, templates
from infra.template import TEMPLATES, load, resources
from jobs.freshness import Freshness
from jobs.job import summary
from jobs.run import Report

WATCH = TEMPLATES / "watch.yaml"
DOCS = TARGET.parent


def test_the_page_is_as_the_templates_are_now() -> None:
    assert TARGET.read_text(encoding="utf-8") == render(), "stale: python -m infra.runbook"


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.name)
def test_every_resource_says_what_breaks_and_what_to_do(path: Path) -> None:
    assert [one.resource for one in entries(path)] == list(load(path)["Resources"])


def template(tmp_path: Path, above: str) -> Path:
    path = tmp_path / "some.yaml"
    path.write_text(
        "Parameters:\n  # Breaks: no. Do: no.\n  P:\n    Type: String\n"
        f"Resources:\n{above}\n  Q:\n    Type: AWS::SQS::Queue\n"
    )
    return path


@pytest.mark.parametrize(
    "above",
    ["", "  # a queue", "  # Breaks: all.", "  # Do: run.", "  # Breaks: a. Do: b.\n", "    # Breaks: a. Do: b."],
)
def test_a_resource_without_the_whole_comment_right_above_it_is_refused(tmp_path: Path, above: str) -> None:
    with pytest.raises(CommentError, match=r"some\.yaml, Q: right above it"):
        list(entries(template(tmp_path, above)))


def test_a_comment_of_several_lines_is_read_as_one(tmp_path: Path) -> None:
    (one,) = entries(template(tmp_path, "  # Breaks: all\n  # of it. Do: run `loglake\n  # doctor`."))
    assert (one.breaks, one.do) == ("all of it.", "run `loglake doctor`.")
    assert comments("Resources:\n  # not its own\n\n  Q:\n    Type: x\n") == {"Q": ""}


def test_an_alarms_message_names_its_section() -> None:
    page = render()
    found = [one for one in entries(WATCH) if one.alarm]
    alarms = resources(load(WATCH), "AWS::CloudWatch::Alarm")
    rules = resources(load(WATCH), "AWS::Events::Rule")
    assert {one.resource for one in found} == {*alarms, *rules}
    for one in found:
        says = (
            alarms[one.resource]["AlarmDescription"] if one.resource in alarms else rules[one.resource]["Description"]
        )
        assert says.endswith(f"Runbook{':' if one.resource in alarms else ''} {one.alarm}.")
        assert f"\n### {one.alarm}\n" in page


def test_every_alarm_is_sent_and_is_on_the_dashboard() -> None:
    made = load(WATCH)
    (board,) = resources(made, "AWS::CloudWatch::Dashboard").values()
    body = board["DashboardBody"]["Fn::Sub"]
    for name, one in resources(made, "AWS::CloudWatch::Alarm").items():
        assert one["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        assert f"${{{name}.Arn}}" in body
    filled = re.sub(
        r"\$\{(\w+)[^}]*\}",
        lambda found: {"FreshnessMinutes": "90", "CompletenessPercent": "90"}.get(found[1], found[1]),
        body,
    )
    assert len(json.loads(filled)["widgets"]) == 7


def commands() -> list[str]:
    """All that stands in backticks and begins with loglake, in the runbook and the guide."""
    text = TARGET.read_text(encoding="utf-8") + (DOCS / "deploy.md").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"`(loglake [^`]+)`", text)))


def unknown(line: str) -> str:
    """The first word of a command that loglake does not know, '' if it knows all."""
    at: click.Command = cli
    for word in line.split()[1:]:
        if word.startswith("-"):
            if word not in {option for parameter in at.params for option in parameter.opts}:
                return word
        elif isinstance(at, click.Group):
            found = at.get_command(click.Context(at), word)
            if found is None:
                return word
            at = found
    return ""


def test_a_command_that_a_person_is_told_to_run_exists_with_its_options() -> None:
    told = commands()
    assert "loglake redrive --aws --dry-run" in told
    assert {line: word for line in told if (word := unknown(line))} == {}
    assert unknown("loglake redrive --all") == "--all"
    assert unknown("loglake redo --all") == "redo"


# -- the metrics are there, in a line as a job prints it -------------------------------------------------------------


def lines(job: str) -> list[dict[str, object]]:
    """What a run prints: the last line is made by the job's own code, the others are written out."""
    report = Report(
        job, rows=5, counts=Counter(ok=9, recordsin=10, kept=5, quarantined=2), freshness=Freshness(9, 60, 90, 91)
    )
    return [
        {"step": "start", "job": job},
        {"step": "spark", "seconds": 5.6},
        {"step": "land", "done": 3, "of": 12, "unit": "batches"},
        json.loads(json.dumps({"step": "done", "seconds": 15.1, **summary(report)})),
    ]


def value(selector: str, line: object) -> object:
    """$.a.b of a line, None if it is not there (CloudWatch Logs, "Filter pattern syntax")."""
    for name in selector.removeprefix("$.").split("."):
        line = line.get(name) if isinstance(line, dict) else None
    return line


def matches(pattern: str, line: dict[str, object]) -> bool:
    """The part of the syntax that watch.yaml uses: = "text", = *, >= 0, joined by && and, in brackets, by ||."""
    for term in pattern.strip("{} ").split(" && "):
        found = re.findall(r'(\$[\w.]+) (=|>=) ("\w+"|\*|0)', term)
        assert " || ".join(" ".join(one) for one in found) == term.strip("()"), f"not understood: {term}"
        if not any(_holds(value(selector, line), operator, wanted) for selector, operator, wanted in found):
            return False
    return True


def _holds(have: object, operator: str, wanted: str) -> bool:
    if operator == ">=":
        return isinstance(have, int | float) and have >= float(wanted)
    return have is not None if wanted == "*" else have == wanted.strip('"')


@pytest.mark.parametrize(
    ("metric", "figure"),
    {
        "RunsEnded": 1,
        "JobSeconds": 15.1,
        "Completeness": 100.0,
        "FreshnessP99": 90,
        "FreshnessP50": 60,
        "Quarantined": 2,
        "Rows": 5,
    }.items(),
)
def test_a_metric_is_read_once_from_a_run(metric: str, figure: float) -> None:
    filters = resources(load(WATCH), "AWS::Logs::MetricFilter")
    (found,) = [one for one in filters.values() if one["MetricTransformations"][0]["MetricName"] == metric]
    assert len(filters) == 7
    made = found["MetricTransformations"][0]
    hits = [line for line in lines("cloudtrail") if matches(found["FilterPattern"], line)]
    assert [
        value(made["MetricValue"], one) if "$" in made["MetricValue"] else int(made["MetricValue"]) for one in hits
    ] == [figure]
    assert [value(one["Value"], hits[0]) for one in made["Dimensions"]] == ["cloudtrail"]


def test_a_run_that_published_nothing_says_nothing_of_freshness_and_completeness() -> None:
    filters = resources(load(WATCH), "AWS::Logs::MetricFilter")
    line = json.loads(json.dumps({"step": "done", "seconds": 3.0, **summary(Report("cloudtrail"))}))
    assert {name for name, one in filters.items() if matches(one["FilterPattern"], line)} == {
        "RunsEnded",
        "JobSeconds",
        "Rows",
    }


def test_alarms_and_dashboard_name_metrics_that_are_made() -> None:
    made = load(WATCH)
    names = {
        one["MetricTransformations"][0]["MetricName"] for one in resources(made, "AWS::Logs::MetricFilter").values()
    }
    asked = set(re.findall(r"'MetricName': '(\w+)'", str(resources(made, "AWS::CloudWatch::Alarm"))))
    of_aws = {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesVisible",
        "Errors",
        "Throttles",
        "ConcurrentExecutions",
    }
    assert asked - of_aws <= names
    assert of_aws <= asked
