"""Writes requirements.lock and infra/checkov.lock anew: `make lock`, after pyproject.toml was changed.

pip is asked what it would install today, and installs nothing. What pyproject.toml names stays at the version that it
names, and botocore at that of boto3, as on Glue; all else that they need gets its newest. checkov stays at the version
in its own lock: change that line before.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.glue_modules import SHIPPED

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
CHECKOV_LOCK = ROOT / "infra" / "checkov.lock"
EXTRAS = "local,dev"  # what `make test` installs; `make run` installs less of the same
OWN = "loglake"


def would_install(*wishes: str) -> dict[str, Any]:
    """pip's report of an installation into an empty environment. Raises CalledProcessError; pip says why."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    ran = subprocess.run(
        [*command, "--disable-pip-version-check", *wishes], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


def pins(report: Mapping[str, Any]) -> str:
    """A lock's text: every package of the report at its version, ourselves left out, in the order of `pip freeze`."""
    found = [(one["metadata"]["name"], one["metadata"]["version"]) for one in report["install"]]
    lines = (f"{name}=={version}\n" for name, version in found if name != OWN)
    return "".join(sorted(lines, key=str.lower))


def checkov(lock: str) -> str:
    """The line of a lock that pins checkov itself."""
    return next(line for line in lock.splitlines() if line.startswith("checkov=="))


if __name__ == "__main__":
    LOCK.write_text(pins(would_install(f".[{EXTRAS}]", f"botocore=={SHIPPED['boto3']}")), encoding="utf-8")
    CHECKOV_LOCK.write_text(pins(would_install(checkov(CHECKOV_LOCK.read_text(encoding="utf-8")))), encoding="utf-8")
