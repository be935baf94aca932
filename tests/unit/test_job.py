"""The job takes its arguments as AWS Glue passes them."""

import pytest

from jobs.job import arguments

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
