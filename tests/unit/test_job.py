"""The job takes its arguments as AWS Glue passes them, and its end says how complete it was."""

from collections import Counter

import pytest

from jobs.job import arguments, ending
from jobs.mapping import Failed
from jobs.run import Report
from lake.completeness import per_cent
from lake.settings import Thresholds

OURS = ["--job", "cloudtrail", "--settings", "s3://loglake-books/settings/lake.toml"]
# AWS Glue developer guide, "Using job parameters in AWS Glue jobs": what a job of type glueetl is started with.
GLUES = [
    "--JOB_NAME", "loglake-cloudtrail", "--JOB_ID", "j_1", "--JOB_RUN_ID", "jr_1", "--TempDir", "s3://tmp/",
    "--job-bookmark-option", "job-bookmark-disable", "--enable-metrics", "true",
]  # fmt: skip


@pytest.mark.parametrize("argv", [OURS + GLUES, GLUES + OURS])
def test_glues_own_arguments_are_taken_and_left_alone(argv: list[str]) -> None:
    options = arguments(argv)
    assert (options.job, options.settings) == ("cloudtrail", "s3://loglake-books/settings/lake.toml")


def test_a_job_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        arguments(["--job", "vpcflow", "--settings", "s3://b/k"])
    assert error.value.code == 2
    assert "cloudtrail" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("counts", "completeness", "end"),
    [
        ({"ok": 9, "undone": 1}, 90.0, "done"),
        ({"ok": 89, "gone": 5, "givenup": 6}, 89.0, "incomplete"),
        ({"ok": 8, "waiting": 2}, 80.0, "incomplete"),
        ({"ok": 1, "dropped": 99, "requested": 1}, 100.0, "done"),
        ({"dropped": 5}, None, "done"),
        ({}, None, "done"),
    ],
)
def test_a_job_that_could_not_read_enough_of_what_arrived_ends_incomplete(
    counts: dict[str, int], completeness: float | None, end: str
) -> None:
    report = Report("cloudtrail", counts=Counter(counts))
    assert report.completeness == completeness
    assert ending(report, Thresholds(completeness=90)) == end
    assert ending(report, Thresholds(completeness=0)) == "done"


def test_a_job_with_a_failed_task_ends_with_an_error_however_complete_it_was() -> None:
    assert ending(Report("cloudtrail", failed=[Failed("publish", "")]), Thresholds(completeness=0)) == "error"


def test_a_share_is_100_per_cent_only_if_it_is_all() -> None:
    assert per_cent(9_999_999, 10_000_000) == 99.99
    assert per_cent(29, 100) == 29.0
    assert per_cent(1, 3) == 33.33
    assert per_cent(0, 0) is None
