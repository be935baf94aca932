"""AddAPart's deployment package: the zip that Lambda runs, made the same byte for byte from the same files.

It needs `addapart`, `lake` and `schemas`, and of the world only boto3, which Lambda's Python brings: nothing to fetch.
It is named after its content: new code has a new key in S3, and CloudFormation sees the change.

`python -m infra.lambda_zip [folder]` writes it (default: dist/) and says where.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from schemas import HELPERS

ROOT = Path(__file__).parents[1]
HANDLER = "addapart.handler"
_DECLARED = "schemas/__init__.py"
OURS = ("addapart", "lake", "schemas")
BROUGHT = ("boto3", "botocore")  # by Lambda's Python
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_READABLE = 0o644 << 16
_UNIX = 3


class NotPackaged(ValueError):
    """AddAPart imports what the package would not hold. The message says which file, and what."""


def files(root: Path = ROOT) -> list[str]:
    """The files that the handler imports, directly or not, by their paths below `root`. Raises NotPackaged."""
    found: set[str] = set()
    todo = [HANDLER]
    while todo:
        path = _file(root, todo.pop())
        if path in found:
            continue
        found.add(path)
        if path == _DECLARED:  # whose modules are found when it is imported
            todo += [f"schemas.{one.stem}" for one in (root / path).parent.glob("*.py") if one.stem not in HELPERS]
        for name in _imports(root, path):
            top = name.partition(".")[0]
            if top in OURS:
                todo += _modules(root, name)
            elif top not in sys.stdlib_module_names and top not in BROUGHT:
                raise NotPackaged(f"{path} imports {name}, which neither Lambda's Python nor the package has")
    return sorted(found)


def _file(root: Path, module: str) -> str:
    path = Path(*module.split("."))
    return str(path / "__init__.py" if (root / path).is_dir() else path.with_suffix(".py"))


def _modules(root: Path, name: str) -> Iterator[str]:
    """The module of this name and the packages that it is in; of a name inside a module, the module."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        module = ".".join(parts[:length])
        if (root / _file(root, module)).is_file():
            yield module


def _imports(root: Path, path: str) -> Iterator[str]:
    for node in ast.walk(ast.parse((root / path).read_text(encoding="utf-8"), path)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{one.name}" for one in node.names)


def package(root: Path = ROOT) -> bytes:
    """The zip: files in order, all of one time and one mode, not compressed (which versions of zlib do differently)."""
    memory = BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as made:
        for path in files(root):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr, entry.create_system = _READABLE, _UNIX
            made.writestr(entry, (root / path).read_bytes())
    return memory.getvalue()


def name(data: bytes) -> str:
    """What a package is called: after its bytes."""
    return f"addapart-{hashlib.sha256(data).hexdigest()[:16]}.zip"


def build(folder: Path) -> Path:
    """Write the package into the folder. Returns where it is."""
    data = package()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name(data)
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    print(build(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))
