"""cfn-lint and checkov over all templates: `python -m infra.lint`. Ends with 1 if either finds anything.

What is suppressed stands beside its resource, with the reason, and is counted here:

    Metadata:
      checkov:
        skip:
          - id: CKV_AWS_115
            comment: why
      cfn-lint:
        config:
          ignore_checks: [W1030]
        reason: why

checkov has an environment of its own (`.venv-checkov`, made by cli/bootstrap.py): it wants other versions of what the
lake runs on. It is told to download nothing, and sends nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from infra.template import TEMPLATES, load

CHECKOV = Path(__file__).parents[1] / ".venv-checkov" / "bin" / "checkov"


class NotLinted(Exception):
    """A linter could not be run. The message says which and what it said."""


class Suppression(NamedTuple):
    """A finding that a template says to leave alone. tool: cfn-lint or checkov."""

    template: str
    resource: str
    tool: str
    check: str
    reason: str


class Found(NamedTuple):
    """Something that a linter does not like."""

    template: str
    where: str
    tool: str
    check: str
    what: str


def suppressions(path: Path) -> Iterator[Suppression]:
    """What one template suppresses. A reason that is missing is ''."""
    for name, resource in load(path).get("Resources", {}).items():
        metadata = resource.get("Metadata", {})
        for one in metadata.get("checkov", {}).get("skip", ()):
            yield Suppression(path.name, name, "checkov", one["id"], one.get("comment", ""))
        linted = metadata.get("cfn-lint", {})
        for check in linted.get("config", {}).get("ignore_checks", ()):
            yield Suppression(path.name, name, "cfn-lint", check, linted.get("reason", ""))


def by_cfn_lint(paths: Sequence[Path]) -> list[Found]:
    """What cfn-lint finds; warnings and hints count."""
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--format", "json", *map(str, paths)]
    ran = subprocess.run(command, capture_output=True, text=True)
    try:
        answer = json.loads(ran.stdout or "[]")
    except ValueError:
        raise NotLinted(f"cfn-lint: {(ran.stderr or ran.stdout).strip()[-2000:]}") from None
    if not answer and ran.returncode:
        raise NotLinted(f"cfn-lint ended with {ran.returncode}: {ran.stderr.strip()[-2000:]}")
    return [
        Found(
            Path(one["Filename"]).name,
            f"line {one['Location']['Start']['LineNumber']}",
            "cfn-lint",
            one["Rule"]["Id"],
            one["Message"],
        )
        for one in answer
    ]


def by_checkov(paths: Sequence[Path], checkov: Path = CHECKOV) -> list[Found]:
    """What checkov finds, templates that it cannot read included."""
    if not checkov.exists():
        raise NotLinted(f"there is no {checkov}: python3 cli/bootstrap.py test makes it")
    command = [str(checkov), "--framework", "cloudformation", "--skip-download", "--quiet", "--output", "json"]
    for path in paths:
        command += ["--file", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"LOG_LEVEL": "ERROR"})
    try:
        answer = json.loads(ran.stdout)
    except ValueError:
        raise NotLinted(f"checkov: {(ran.stderr or ran.stdout).strip()[-2000:]}") from None
    if not answer.get("summary", answer).get("resource_count"):
        raise NotLinted(f"checkov looked at nothing: {ran.stdout.strip()[-2000:]}")
    results = answer["results"]
    found = [
        Found(Path(one["file_path"]).name, one["resource"], "checkov", one["check_id"], one["check_name"])
        for one in results.get("failed_checks", [])
    ]
    unread = results.get("parsing_errors", [])
    return found + [Found(Path(one).name, "", "checkov", "parse", "cannot be read") for one in unread]


def main() -> int:
    """Print what is found and what is suppressed. Returns 0 if nothing is found and each suppression has a reason."""
    paths = sorted(TEMPLATES.glob("*.yaml"))
    quiet = [one for path in paths for one in suppressions(path)]
    try:
        found = by_cfn_lint(paths) + by_checkov(paths)
    except NotLinted as error:
        print(error, file=sys.stderr)
        return 1
    for one in found:
        print(f"{one.template} {one.where}: {one.check} {one.what}")
    for silent in (one for one in quiet if not one.reason):
        print(f"{silent.template} {silent.resource}: {silent.check} is suppressed without a reason")
    findings, suppressed = Counter(one.tool for one in found), Counter(one.tool for one in quiet)
    for tool in ("cfn-lint", "checkov"):
        print(f"{tool:8} {len(paths)} templates, {findings[tool]} findings, {suppressed[tool]} suppressed:")
        for silent in (one for one in quiet if one.tool == tool):
            print(f"  {silent.template} {silent.resource} {silent.check}: {silent.reason}")
    return 1 if found or any(not one.reason for one in quiet) else 0


if __name__ == "__main__":
    sys.exit(main())
