"""What AWS Glue ships, and what a job must bring: `--additional-python-modules` is made from pyproject.toml.

Source: AWS Glue developer guide, "Python modules already provided in AWS Glue", version 5.1; "AWS Glue versions".
"""

from __future__ import annotations

import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

GLUE_VERSION = "5.1"
SPARK = "3.5.6"
PYTHON = "3.11"
SHIPPED = {"boto3": "1.40.61", "numpy": "2.3.4", "pyarrow": "22.0.0"}
"""The modules that the jobs import and Glue has: the project runs and tests on these versions."""

QUALITY = "great-expectations"
"""What the job of the quality gates brings besides, with all that it needs."""

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def pinned(text: str) -> dict[str, str]:
    """The jobs' dependencies with their exact versions, from the text of pyproject.toml."""
    dependencies = tomllib.loads(text)["project"]["dependencies"]
    return dict(one.split("==") for one in dependencies)


def additional(text: str) -> str:
    """The value of `--additional-python-modules`: what Glue lacks, at the tested versions."""
    return ",".join(f"{name}=={version}" for name, version in pinned(text).items() if name not in SHIPPED)


def needed(name: str) -> dict[str, str]:
    """A package and all that it needs, with the versions of this environment, which is the tested one."""
    found: dict[str, str] = {}
    open_ = [name]
    while open_:
        one = canonicalize_name(open_.pop())
        if one in found:
            continue
        found[one] = metadata.version(one)
        requirements = map(Requirement, metadata.requires(one) or [])
        open_ += [its.name for its in requirements if its.marker is None or its.marker.evaluate({"extra": ""})]
    return found


def additional_quality(text: str) -> str:
    """The same value for the job of the quality gates: what the jobs bring, and what Great Expectations needs."""
    mine = pinned(text)
    more = [f"{name}=={version}" for name, version in sorted(needed(QUALITY).items()) if name not in {*mine, *SHIPPED}]
    return ",".join([additional(text), *more])


if __name__ == "__main__":
    text = PYPROJECT.read_text()
    print(
        GLUE_VERSION
        if "version" in sys.argv
        else additional_quality(text)
        if "quality" in sys.argv
        else additional(text)
    )
