"""What AWS Glue ships, and what a job must bring: `--additional-python-modules` is made from pyproject.toml.

Source: AWS Glue developer guide, "Python modules already provided in AWS Glue", version 5.1; "AWS Glue versions".
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

GLUE_VERSION = "5.1"
SPARK = "3.5.6"
PYTHON = "3.11"
SHIPPED = {"boto3": "1.40.61", "numpy": "2.3.4", "pyarrow": "22.0.0"}
"""The modules that the jobs import and Glue has: the project runs and tests on these versions."""

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def pinned(text: str) -> dict[str, str]:
    """The jobs' dependencies with their exact versions, from the text of pyproject.toml."""
    dependencies = tomllib.loads(text)["project"]["dependencies"]
    return dict(one.split("==") for one in dependencies)


def additional(text: str) -> str:
    """The value of `--additional-python-modules`: what Glue lacks, at the tested versions."""
    return ",".join(f"{name}=={version}" for name, version in pinned(text).items() if name not in SHIPPED)


if __name__ == "__main__":
    print(GLUE_VERSION if "version" in sys.argv else additional(PYPROJECT.read_text()))
