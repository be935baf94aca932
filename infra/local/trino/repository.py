"""Where Maven's artefacts come from: Maven Central, or what this user's Maven is told to use in its place.

Of ~/.m2/settings.xml these count: a mirror of `central`, and the server of the same id for its user name and password
(https://maven.apache.org/settings.html). Proxies are taken from the environment (HTTPS_PROXY), as everywhere.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

SETTINGS = Path(".m2", "settings.xml")
_IVY = "org/apache/ivy/plugins/resolver/IBiblioResolver.class"  # its constant DEFAULT_M2_ROOT
_ROOT = re.compile(rb"https://[\w./-]+/maven2(?=/)")


class NoRepository(Exception):
    """Nobody says where Maven Central is. The message says what to do."""


@lru_cache(maxsize=1)
def central() -> str:
    """Where Maven Central is: as Ivy has it, by which Spark itself fetches packages, and which pyspark brings along. So
    whatever Spark would take from it, and this does, comes from one place. Raises NoRepository."""
    spark = find_spec("pyspark")
    jars = Path(spark.origin).parent / "jars" if spark and spark.origin else Path()
    for jar in sorted(jars.glob("ivy-*.jar")):
        with ZipFile(jar) as archive:
            if found := _ROOT.search(archive.read(_IVY)):
                return found[0].decode()
    raise NoRepository(f"no Ivy in {jars}, which would know Maven Central: name a mirror of it in ~/{SETTINGS}")


@dataclass(frozen=True, slots=True)
class Repository:
    """A Maven repository. url: without a '/' at its end. headers: sent with each request. files: a local copy of it."""

    url: str = field(default_factory=central)
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Path | None = None


def of_user(home: Path, environ: Mapping[str, str] = os.environ) -> Repository:
    """The repository that this user's Maven would ask for what lies on Central. home: the user's folder."""
    files = home / ".m2" / "repository"
    try:
        text = (home / SETTINGS).read_text(encoding="utf-8")
        root = ElementTree.fromstring(_interpolated(text, environ))
    except (OSError, UnicodeDecodeError, ElementTree.ParseError):
        return Repository(files=files)
    mirror = next((one for one in _children(root, "mirrors") if _is_of_central(_text(one, "mirrorOf"))), None)
    if mirror is None or not _text(mirror, "url"):
        return Repository(files=files)
    server = next((one for one in _children(root, "servers") if _text(one, "id") == _text(mirror, "id")), None)
    return Repository(_text(mirror, "url").rstrip("/"), {} if server is None else _authorization(server), files)


def _is_of_central(pattern: str) -> bool:
    """Maven's <mirrorOf>: names and wildcards, separated by commas; with '!' not."""
    parts = [one.strip() for one in pattern.split(",")]
    return "!central" not in parts and not {"central", "*", "external:*"}.isdisjoint(parts)


def _authorization(server: ElementTree.Element) -> dict[str, str]:
    user = _text(server, "username")
    if not user:
        return {}
    secret = base64.b64encode(f"{user}:{_text(server, 'password')}".encode()).decode()
    return {"Authorization": f"Basic {secret}"}


def _interpolated(text: str, environ: Mapping[str, str]) -> str:
    """${env.NAME} replaced, as Maven does."""
    return re.sub(r"\$\{env\.(\w+)\}", lambda match: environ.get(match[1], ""), text)


def _children(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [one for group in root.iterfind(f"{{*}}{name}") for one in group]


def _text(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(f"{{*}}{name}") or "").strip()
