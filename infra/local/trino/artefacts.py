"""Trino's files: those that artefacts.lock names, each checked by its SHA-256, kept in the user's cache folder.

Plain HTTPS, no Maven, no Ivy. An interrupted download goes on where it stopped. Nothing is loaded that is not locked.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import shutil
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from infra.local.trino.repository import NoRepository, Repository, of_user

VERSION = "435"
LOCK = Path(__file__).parent / "artefacts.lock"
AT_ONCE = 6
TRIES = 3  # a file; each goes on where the one before stopped
TIMEOUT = 30.0  # seconds without a byte
_PIECE = 1 << 20


class ArtefactError(Exception):
    """Trino's files cannot be had. The message says which, from where, why, and what to do."""


class Unreachable(ArtefactError):
    """There is no way to the repository: no network, a proxy, a name that nobody knows."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file of a Maven repository. size: bytes. path: in the repository, from its root."""

    sha256: str
    size: int
    path: str

    @property
    def name(self) -> str:
        """The file's own name."""
        return PurePosixPath(self.path).name

    def __str__(self) -> str:
        return f"{self.sha256} {self.size:>9} {self.path}"


@dataclass(frozen=True, slots=True)
class Installed:
    """Trino's files, ready to run. lib: the server's jars. plugins: a folder a plugin."""

    folder: Path

    @property
    def lib(self) -> Path:
        return self.folder / "lib"

    @property
    def plugins(self) -> Path:
        return self.folder / "plugin"


def locked(text: str) -> list[Artefact]:
    """The artefacts of a lock file's text."""
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return [Artefact(sha256, int(size), path) for sha256, size, path in rows]


def cache(environ: Mapping[str, str]) -> Path:
    """The user's cache folder (XDG Base Directory Specification), ours in it."""
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "loglake"


def installed(folder: Path, lock: Path = LOCK) -> Installed | None:
    """Trino's files under the cache folder if they are all there."""
    found = Installed(_place(folder, lock))
    return found if found.folder.is_dir() else None


def missing(folder: Path, lock: Path = LOCK) -> int:
    """How many bytes there are to download."""
    if installed(folder, lock):
        return 0
    partial = _partial(_place(folder, lock))
    wanted = locked(lock.read_text())
    return sum(one.size for one in wanted if not (partial / "lib" / one.name).exists())


def install(
    folder: Path,
    repository: Repository | None = None,
    lock: Path = LOCK,
    told: Callable[[int], None] = lambda _: None,
) -> Installed:
    """Trino's files under the cache folder, downloaded if they are not there yet. Raises ArtefactError.

    repository: by default what this user's Maven would ask. told: hears of every piece, in bytes, from any thread.
    """
    if found := installed(folder, lock):
        return found
    place = _place(folder, lock)
    partial = _partial(place)
    (partial / "lib").mkdir(parents=True, exist_ok=True)
    with _alone(folder / "installing"):
        if found := installed(folder, lock):  # another process was first
            return found
        try:
            source = repository or of_user(Path.home())
        except NoRepository as error:
            raise ArtefactError(str(error)) from None
        with ThreadPoolExecutor(AT_ONCE) as pool:
            jobs = [
                pool.submit(_fetch, one, partial / "lib" / one.name, source, told) for one in locked(lock.read_text())
            ]
            try:
                for job in jobs:
                    job.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        _unpack(partial)
        partial.replace(place)
    return Installed(place)


def _place(folder: Path, lock: Path) -> Path:
    """A folder for each content of the lock: another lock, other files."""
    return folder / f"trino-{VERSION}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"


def _partial(place: Path) -> Path:
    return place.with_name(f"{place.name}.partial")


def _unpack(partial: Path) -> None:
    """A zip is a plugin: its own folder of jars, which Trino loads apart from the server's."""
    for archive in (partial / "lib").glob("*.zip"):
        with zipfile.ZipFile(archive) as content:
            content.extractall(partial / "plugin")
    for archive in (partial / "lib").glob("*.zip"):
        archive.unlink()


def _fetch(artefact: Artefact, to: Path, source: Repository, told: Callable[[int], None]) -> None:
    """The artefact at `to`, whole and checked; what is there already is taken as it is."""
    if to.exists():  # it has this name since it was checked
        return
    part = to.with_name(f"{to.name}.part")
    if source.files and _is(source.files / artefact.path, artefact):
        shutil.copyfile(source.files / artefact.path, part)
        told(artefact.size)
    else:
        _download(artefact, part, source, told)
    if not _is(part, artefact):
        part.unlink()
        raise ArtefactError(
            f"{source.url}/{artefact.path} is not the file that {LOCK.name} names (its SHA-256 differs): "
            "it was not kept. Try again; if it stays so, the repository or a proxy changes what it delivers"
        )
    part.replace(to)


def _download(artefact: Artefact, part: Path, source: Repository, told: Callable[[int], None]) -> None:
    url = f"{source.url}/{artefact.path}"
    for attempt in range(1, TRIES + 1):
        have = part.stat().st_size if part.exists() else 0
        if have >= artefact.size:
            return
        try:
            _append(url, part, have, source, told)
            if part.stat().st_size < artefact.size:
                raise ConnectionError("the connection ended before the file did")
        except urllib.error.HTTPError as error:
            if attempt == TRIES or error.code < 500:
                raise ArtefactError(f"{url}: HTTP {error.code} {error.reason}. {_WHERE}") from None
        except (OSError, http.client.HTTPException) as error:
            if attempt == TRIES:
                reason = getattr(error, "reason", None) or error
                raise Unreachable(
                    f"{url} cannot be had: {reason}. What was downloaded is kept; with a network, try again. {_WHERE}"
                ) from None


_WHERE = "Maven Central is asked, or the mirror that ~/.m2/settings.xml names; a proxy is taken from HTTPS_PROXY"


def _append(url: str, part: Path, have: int, source: Repository, told: Callable[[int], None]) -> None:
    """What is still lacking of the file, at its end; from the beginning if the repository knows no ranges."""
    ranged = {"Range": f"bytes={have}-"} if have else {}
    request = urllib.request.Request(url, headers={**source.headers, **ranged})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        goes_on = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        with part.open("ab" if goes_on else "wb") as file:
            while piece := answer.read(_PIECE):
                file.write(piece)
                told(len(piece))


def _is(path: Path, artefact: Artefact) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == artefact.sha256
    except OSError:
        return False


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; the others wait and find it done."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
