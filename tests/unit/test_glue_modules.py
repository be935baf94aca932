"""The jobs are tested on what AWS Glue 5.1 ships, and bring the rest with them."""

import ast
import sys
from importlib.metadata import version
from pathlib import Path

import pyspark

from infra.glue_modules import PYPROJECT, PYTHON, SHIPPED, SPARK, additional, additional_quality, pinned

ROOT = Path(__file__).parents[2]
OURS = {"addapart", "jobs", "lake", "schemas"}


def imported(package: str, leave_out: str = "") -> set[str]:
    found = set()
    for path in (ROOT / package).glob("*.py"):
        if path.name == leave_out:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - OURS


def test_what_glue_ships_is_pinned_at_glues_version_and_installed_here() -> None:
    pins = pinned(PYPROJECT.read_text())
    for name, shipped in SHIPPED.items():
        assert (pins[name], version(name)) == (shipped, shipped)


def test_this_runs_on_glues_spark_and_python() -> None:
    assert pyspark.__version__ == SPARK
    assert f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON


def test_the_jobs_import_only_what_glue_has_or_is_told_to_install() -> None:
    brought = {one.split("==")[0] for one in additional(PYPROJECT.read_text()).split(",")}
    jobs = imported("jobs", leave_out="quality.py")
    assert jobs | imported("lake") | imported("schemas") <= {"pyspark", "botocore", *SHIPPED, *brought}
    assert brought == {"isal", "msgspec", "obstore"}


def test_the_job_of_the_gates_alone_brings_great_expectations_with_all_that_it_needs() -> None:
    brought = dict(one.split("==") for one in additional_quality(PYPROJECT.read_text()).split(","))
    assert imported("jobs") - imported("jobs", leave_out="quality.py") == {"great_expectations", "pandas"}
    assert {"great-expectations", "pandas", "scipy", "altair", "isal", "obstore"} <= set(brought)
    assert not {"numpy", "pyarrow", "boto3"} & set(brought)  # Glue's own stay as they are
    locked = (ROOT / "requirements.lock").read_text().lower().replace("_", "-").replace(".yaml", "-yaml").splitlines()
    assert {f"{name}=={pin}" for name, pin in brought.items()} <= set(locked)


def test_addapart_needs_nothing_but_what_lambda_has() -> None:
    assert imported("addapart") == {"boto3", "botocore"}  # the one brings the other
