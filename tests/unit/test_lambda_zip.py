"""What Lambda and Glue are given holds all that is imported there. AddAPart is given no more, and always the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra import artefacts, lambda_zip

RUN = """
import importlib, sys
archive, *modules = sys.argv[1:]
sys.path.insert(0, archive)
sys.meta_path[:] = [one for one in sys.meta_path if "editable" not in repr(one).lower()]
for module in modules:
    importlib.import_module(module)
ours = {"addapart", "infra", "jobs", "lake", "schemas", "sql"}
found = [module for name, module in sys.modules.items() if name.split(".")[0] in ours]
print(len(found), all(module.__file__.startswith(archive) for module in found))
"""


def _imported(archive: Path, *modules: str) -> list[str]:
    """How many of the project's modules are imported with these, from the archive alone."""
    command = [sys.executable, "-P", "-c", RUN, str(archive), *modules]
    ran = subprocess.run(command, cwd=archive.parent, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def _package(root: Path = artefacts.ROOT) -> artefacts.Artefact:
    return artefacts.code("", root)["AddAPartKey"]


def _copied(folder: Path) -> Path:
    """The project's code, in another folder."""
    for name in {*lambda_zip.OURS, *artefacts.OF_JOBS, "infra"}:
        shutil.copytree(lambda_zip.ROOT / name, folder / name)
    return folder


def test_the_package_alone_can_be_run(tmp_path: Path) -> None:
    archive = tmp_path / "addapart.zip"
    archive.write_bytes(_package().body)
    files = len(zipfile.ZipFile(archive).namelist())
    assert _imported(archive, lambda_zip.HANDLER) == [str(files), "True"]


def test_the_jobs_zip_alone_holds_what_the_glue_scripts_import(tmp_path: Path) -> None:
    archive = tmp_path / "jobs.zip"
    archive.write_bytes(artefacts.code("")["JobsZipKey"].body)
    count, whole = _imported(archive, "jobs.run", "jobs.tend")
    assert int(count) > 40
    assert whole == "True"


def test_the_same_files_make_the_same_bytes_whenever_they_were_written(tmp_path: Path) -> None:
    copied = [_copied(tmp_path / name) for name in ("one", "two")]
    for number, folder in enumerate(copied):
        for file in folder.rglob("*.py"):
            file.chmod(0o600 if number else 0o755)
            file.touch()
    first, second = (artefacts.code("", folder) for folder in copied)
    assert first == second == artefacts.code("")


def test_other_code_has_another_name(tmp_path: Path) -> None:
    (_copied(tmp_path) / "addapart" / "events.py").open("a").write("\n# changed\n")
    assert _package(tmp_path).key != _package().key


def test_no_job_and_no_schema_of_arrow_is_in_it() -> None:
    assert not [path for path in lambda_zip.files() if "arrow" in path or path == "lake/store.py"]


def test_an_import_that_lambda_does_not_have_is_refused(tmp_path: Path) -> None:
    for name in lambda_zip.OURS:
        shutil.copytree(lambda_zip.ROOT / name, tmp_path / name)
    (tmp_path / "addapart" / "events.py").open("a").write("\nimport msgspec\n")
    with pytest.raises(lambda_zip.NotPackaged, match=r"addapart/events\.py imports msgspec"):
        lambda_zip.files(tmp_path)
