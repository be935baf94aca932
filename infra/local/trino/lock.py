"""Writes artefacts.lock anew, after pom.xml was changed. Needs Maven, which nothing else here does:

    mvn -q -f infra/local/trino/pom.xml dependency:copy-dependencies \\
        -DincludeScope=runtime -Dmdep.useRepositoryLayout=true -DoutputDirectory=/tmp/trino
    python -m infra.local.trino.lock /tmp/trino
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from infra.local.trino.artefacts import LOCK, Artefact

HEAD = """\
# What infra/local/trino is made of: SHA-256, bytes, path in a Maven repository. Written by lock.py from pom.xml.
"""


def lines(tree: Path) -> list[str]:
    """The lock's lines for a folder in the layout of a Maven repository, by path."""
    found = sorted(path for path in tree.rglob("*") if path.suffix in (".jar", ".zip"))
    return [str(artefact(tree, path)) for path in found]


def artefact(tree: Path, path: Path) -> Artefact:
    """One file of the folder."""
    content = path.read_bytes()
    return Artefact(hashlib.sha256(content).hexdigest(), len(content), path.relative_to(tree).as_posix())


if __name__ == "__main__":
    LOCK.write_text(HEAD + "".join(f"{line}\n" for line in lines(Path(sys.argv[1]))))
