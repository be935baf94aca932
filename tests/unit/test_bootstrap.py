"""What the bootstrap decides, before it does anything: platform, Java, Python, and whether there is work at all."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from cli import bootstrap
from cli.bootstrap import (
    Problem,
    Progress,
    find_python,
    is_done,
    java_version,
    platform_problem,
    python_candidates,
    stamp_of,
)

ROOT = Path(__file__).parents[2]


def test_the_bootstrap_runs_on_pythons_as_old_as_3_6_to_say_that_they_are_too_old() -> None:
    ast.parse((ROOT / "cli" / "bootstrap.py").read_text(), feature_version=(3, 6))


def test_the_bootstrap_imports_nothing_that_a_bare_python_lacks() -> None:
    tree = ast.parse((ROOT / "cli" / "bootstrap.py").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("system", "machine"),
    [("Linux", "x86_64"), ("Linux", "AMD64"), ("Darwin", "x86_64"), ("Darwin", "arm64")],
)
def test_a_platform_with_a_jre_on_pypi_needs_no_java(system: str, machine: str) -> None:
    assert platform_problem(system, machine, None, None) is None
    assert platform_problem(system, machine, "/opt/java11", 11) is None


@pytest.mark.parametrize("machine", ["aarch64", "arm64", "ppc64le"])
def test_linux_without_a_jre_on_pypi_wants_java_home_at_a_java_17(machine: str) -> None:
    assert platform_problem("Linux", machine, "/opt/java17", 17) is None
    unset = platform_problem("Linux", machine, None, None)
    assert unset is not None
    assert "JAVA_HOME is not set" in unset
    assert "Java 17" in unset
    wrong = platform_problem("Linux", machine, "/opt/java21", 21)
    assert wrong is not None
    assert "/opt/java21 is Java 21" in wrong


def test_windows_is_sent_to_wsl() -> None:
    problem = platform_problem("Windows", "AMD64", None, None)
    assert problem is not None
    assert "WSL" in problem


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ('JAVA_VERSION="17.0.9"\n', 17),
        ('X="1"\nJAVA_VERSION="1.8.0_392"\n', 8),
        ('JAVA_VERSION="21"\n', 21),
        ("", None),
    ],
)
def test_which_java_lies_somewhere_is_read_from_its_release_file(
    tmp_path: Path, release: str, version: int | None
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch()
    (tmp_path / "release").write_text(release)
    assert java_version(str(tmp_path)) == version


def test_a_folder_without_java_is_none(tmp_path: Path) -> None:
    assert java_version(str(tmp_path)) is None
    assert java_version(None) is None


def test_a_python_that_was_named_is_the_only_one_tried() -> None:
    assert python_candidates("/opt/python", "/usr/bin/python3") == ["/opt/python"]
    assert python_candidates(None, "/usr/bin/python3")[:2] == ["/usr/bin/python3", "python3.11"]


def fake_python(path: Path, says: str) -> str:
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)
    return str(path)


def test_a_wrong_python_is_refused_with_its_version_and_how_to_get_the_right_one(tmp_path: Path) -> None:
    named = fake_python(tmp_path / "python3.13", "echo 3 13")
    with pytest.raises(Problem) as refused:
        find_python(named)
    assert f"{named} is 3.13" in str(refused.value)
    assert "python3.11" in str(refused.value)


def test_a_python_that_does_not_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="does not run"):
        find_python(fake_python(tmp_path / "shim", "echo 'not installed' >&2; exit 127"))


def test_the_first_python_3_11_is_taken_where_another_version_runs_the_bootstrap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, right = fake_python(tmp_path / "python3", "echo 3 9"), fake_python(tmp_path / "right", "echo 3 11")
    monkeypatch.setattr(bootstrap, "python_candidates", lambda *_: [old, right])
    assert find_python(None) == right


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "requirements.lock").write_text("a==1\n")
    return tmp_path


def test_an_environment_is_done_for_its_extras_and_for_fewer_but_not_for_more(project: Path) -> None:
    run, test = stamp_of(project, ("local",)), stamp_of(project, ("local", "dev"))
    assert is_done(run, run)
    assert is_done(test, run)
    assert not is_done(run, test)
    assert not is_done("", run)
    assert not is_done(bootstrap.UNFINISHED, run)


@pytest.mark.parametrize("changed", ["pyproject.toml", "requirements.lock"])
def test_an_environment_is_not_done_once_what_it_was_made_from_changes(project: Path, changed: str) -> None:
    before = stamp_of(project, ("local",))
    (project / changed).write_text("other\n")
    assert not is_done(before, stamp_of(project, ("local",)))


def test_an_environment_that_was_moved_is_not_done(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("pyproject.toml", "requirements.lock"):
        (elsewhere / name).write_bytes((project / name).read_bytes())
    assert not is_done(stamp_of(project, ("local",)), stamp_of(elsewhere, ("local",)))


def test_progress_counts_megabytes_and_packages_from_what_pip_says() -> None:
    progress = Progress(packages=3, megabytes=400)
    for line in (
        "Collecting pyarrow==22.0.0 (from loglake==0.1.0)",
        "  Downloading pyarrow-22.0.0-cp311-cp311-manylinux_2_28_x86_64.whl (47.7 MB)",
        "Collecting six",
        "  Using cached six-1.17.0-py2.py3-none-any.whl (11 kB)",
        "Collecting pyspark==3.5.6",
    ):
        progress.hear(line)
    assert progress.seen == 3
    assert progress.loaded == pytest.approx(47.711)
    assert progress.phase == "downloading"
    progress.hear("Installing collected packages: six, pyarrow")
    assert progress.phase == "installing"


def test_the_lock_file_pins_every_package_that_is_named_in_pyproject_at_the_same_version() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *(one for some in project["optional-dependencies"].values() for one in some)]
    pins = {one.split(";")[0].split("[")[0].split("==")[0].strip(): one.split(";")[0].split("==")[1] for one in named}
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    locked = {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}
    found = {name: locked.get(canonicalize_name(name)) for name in pins}
    assert found == {name: version.strip() for name, version in pins.items()}
