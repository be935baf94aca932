"""What a deployment uploads: code and templates, each under a name that its content makes.

New content is a new key in S3, so CloudFormation sees the change, and the stack that runs keeps the objects it names: a
rollback finds what it goes back to. The same files make the same bytes on every machine.

`python -m infra.artefacts [folder]` writes the code (default: dist/) and says what is what.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from infra import catalog, lambda_zip
from infra.template import TEMPLATES
from lake.settings import Settings

ROOT = Path(__file__).parents[1]
ROOT_TEMPLATE = "lake.yaml"
OF_JOBS = ("addapart", "jobs", "lake", "schemas", "sql")
"""The packages that the jobs import. As .zip: of --extra-py-files Spark puts .zip on the path, and not .whl
(pyspark's SparkContext.PACKAGE_EXTENSIONS)."""
OF_FUNCTIONS = ("infra/__init__.py", "infra/functions/__init__.py", "infra/functions/custom.py")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_CHILD = re.compile(r"^(\s+TemplateURL: )\./([\w-]+\.yaml)\s*$", re.M)


class ArtefactError(ValueError):
    """Something that a deployment needs is not there. The message says what."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """An object to be uploaded. key: prefix, name and the beginning of its SHA-256."""

    key: str
    body: bytes


def artefact(prefix: str, name: str, body: bytes) -> Artefact:
    """Named after its content: jobs.zip becomes <prefix>jobs-<16 hex digits>.zip."""
    stem, dot, ending = name.rpartition(".")
    return Artefact(f"{prefix}{stem}-{hashlib.sha256(body).hexdigest()[:16]}{dot}{ending}", body)


def code(prefix: str, root: Path = ROOT) -> dict[str, Artefact]:
    """By the root template's parameter, what it is filled with. Raises ArtefactError."""
    return {
        "JobsZipKey": artefact(prefix, "jobs.zip", zipped(root, _packages(root, OF_JOBS))),
        "JobScriptKey": artefact(prefix, "job.py", _read(root / "jobs" / "job.py")),
        "TendScriptKey": artefact(prefix, "tend.py", _read(root / "jobs" / "tend.py")),
        "QualityScriptKey": artefact(prefix, "quality.py", _read(root / "jobs" / "quality.py")),
        "AddAPartKey": artefact(prefix, "addapart.zip", zipped(root, lambda_zip.files(root))),
        "FunctionsKey": artefact(prefix, "functions.zip", zipped(root, [*OF_FUNCTIONS, "infra/functions/indexes.py"])),
    }


def templates(prefix: str, settings: Settings, url: str, folder: Path = TEMPLATES) -> dict[str, Artefact]:
    """By file name, the root template and those that it nests; the catalog's is made of the company's lake.toml.

    url: of the bucket, with a / at its end. The root's `TemplateURL: ./child.yaml` become the children's own.
    """
    text = _read(folder / ROOT_TEMPLATE).decode()
    made = {name: artefact(prefix, name, _template(folder / name, settings)) for _, name in _CHILD.findall(text)}
    root = _CHILD.sub(lambda found: f"{found[1]}{url}{made[found[2]].key}", text)
    return made | {ROOT_TEMPLATE: artefact(prefix, ROOT_TEMPLATE, root.encode())}


def _template(path: Path, settings: Settings) -> bytes:
    return catalog.text(settings).encode() if path.name == catalog.PATH.name else _read(path)


def zipped(root: Path, paths: Iterable[str]) -> bytes:
    """A zip of the files: in order, all of one time and mode, not compressed (which zlibs do differently)."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as made:
        for path in sorted(paths):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr, entry.create_system = 0o644 << 16, 3
            made.writestr(entry, _read(root / path))
    return memory.getvalue()


def _packages(root: Path, names: Iterable[str]) -> list[str]:
    return [
        path.relative_to(root).as_posix()
        for name in names
        for path in (root / name).rglob("*")
        if path.suffix in (".py", ".sql") and path.is_file()
    ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtefactError(f"{path}: {error.strerror}") from None


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "dist")
    folder.mkdir(parents=True, exist_ok=True)
    for parameter, one in code("").items():
        (folder / one.key).write_bytes(one.body)
        print(f"{parameter:17} {folder / one.key}")
