"""What AddAPart's deployment package holds: `addapart`, and of `lake` and `schemas` what it imports, no more.

Of the world it needs only boto3, which Lambda's Python brings: nothing to fetch. infra/artefacts.py zips it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from schemas import HELPERS

ROOT = Path(__file__).parents[1]
HANDLER = "addapart.handler"
_DECLARED = "schemas/__init__.py"
OURS = ("addapart", "lake", "schemas")
BROUGHT = ("boto3", "botocore")  # by Lambda's Python


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
