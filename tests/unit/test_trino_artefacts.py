"""Trino's files: from Maven Central or what stands in for it, whole and checked, once."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.local.trino import artefacts
from infra.local.trino.artefacts import ArtefactError, Unreachable, install, installed, locked, missing
from infra.local.trino.repository import NoRepository, Repository, central, of_user

JAR = b"a jar's bytes" * 100


def plugin() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as content:
        content.writestr("hive-1/one.jar", b"in the zip")
    return sink.getvalue()


FILES = {"org/a/1/a-1.jar": JAR, "org/hive/1/hive-1.zip": plugin()}


class Server:
    """A Maven repository on loopback. asked: path and Range of every request. cut: bytes after which it hangs up."""

    def __init__(self) -> None:
        self.files = dict(FILES)
        self.asked: list[tuple[str, str | None, str | None]] = []
        self.cut: int | None = None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                ranged = self.headers["Range"]
                server.asked.append((self.path[1:], ranged, self.headers["Authorization"]))
                content = server.files.get(self.path[1:])
                if content is None:
                    self.send_error(404)
                    return
                start = int(ranged.removeprefix("bytes=").rstrip("-")) if ranged else 0
                self.send_response(206 if ranged else 200)
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                end = None if server.cut is None else start + server.cut
                self.wfile.write(content[start:end])

            def log_message(self, format: str, *args: object) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    one = Server()
    yield one
    one.close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "artefacts.lock"
    rows = [f"{hashlib.sha256(content).hexdigest()} {len(content)} {name}\n" for name, content in FILES.items()]
    path.write_text("# a comment\n" + "".join(rows))
    return path


def test_files_are_downloaded_once_and_a_zip_is_a_plugins_folder(tmp_path: Path, server: Server, lock: Path) -> None:
    heard: list[int] = []
    assert missing(tmp_path, lock) == sum(map(len, FILES.values()))
    found = install(tmp_path, Repository(server.url), lock, heard.append)
    assert (found.lib / "a-1.jar").read_bytes() == JAR
    assert [path.name for path in found.lib.iterdir()] == ["a-1.jar"]
    assert (found.plugins / "hive-1" / "one.jar").read_bytes() == b"in the zip"
    assert sum(heard) == sum(map(len, FILES.values()))
    assert install(tmp_path, Repository(server.url), lock) == found
    assert (len(server.asked), missing(tmp_path, lock)) == (2, 0)


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path, server: Server, lock: Path) -> None:
    server.cut = 600
    found = install(tmp_path, Repository(server.url), lock)
    assert (found.lib / "a-1.jar").read_bytes() == JAR
    assert [ranged for path, ranged, _ in server.asked if path.endswith(".jar")] == [None, "bytes=600-", "bytes=1200-"]


def test_what_was_downloaded_before_a_failure_is_not_downloaded_again(
    tmp_path: Path, server: Server, lock: Path
) -> None:
    zipped = server.files.pop("org/hive/1/hive-1.zip")
    with pytest.raises(ArtefactError, match=r"hive-1\.zip: HTTP 404"):
        install(tmp_path, Repository(server.url), lock)
    assert installed(tmp_path, lock) is None
    server.files["org/hive/1/hive-1.zip"] = zipped
    while missing(tmp_path, lock) != len(zipped):  # the other one's thread may still have been at it
        pass
    server.asked.clear()
    install(tmp_path, Repository(server.url), lock)
    assert [path for path, _, _ in server.asked] == ["org/hive/1/hive-1.zip"]


def test_a_file_that_is_not_the_locked_one_is_refused_and_not_kept(tmp_path: Path, server: Server, lock: Path) -> None:
    server.files["org/a/1/a-1.jar"] = JAR[:-1] + b"!"
    with pytest.raises(ArtefactError, match=r"is not the file that artefacts\.lock names"):
        install(tmp_path, Repository(server.url), lock)
    assert installed(tmp_path, lock) is None
    assert not list(tmp_path.rglob("a-1.jar*"))


def test_without_a_network_the_error_says_what_to_do(
    tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(Unreachable, match=r"cannot be had: .*with a network, try again.*HTTPS_PROXY"):
        install(tmp_path, Repository("http://127.0.0.1:9"), lock)


def test_a_file_of_the_users_own_maven_is_taken_if_it_is_the_locked_one(
    tmp_path: Path, server: Server, lock: Path
) -> None:
    own = tmp_path / "m2"
    for name, content in (("org/a/1/a-1.jar", JAR), ("org/hive/1/hive-1.zip", b"another zip")):
        (own / name).parent.mkdir(parents=True)
        (own / name).write_bytes(content)
    install(tmp_path, Repository(server.url, files=own), lock)
    assert [path for path, _, _ in server.asked] == ["org/hive/1/hive-1.zip"]


def test_the_lock_names_each_file_once_with_its_sha_256() -> None:
    found = locked(artefacts.LOCK.read_text())
    assert len({one.name for one in found}) == len(found) > 100
    assert all(len(one.sha256) == 64 and one.size > 0 for one in found)
    assert {one.name for one in found} >= {"trino-main-435.jar", "trino-hive-435.zip", "janino-3.1.12.jar"}


MIRROR = """<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">
  <mirrors>
    <mirror><id>plugins</id><mirrorOf>plugins</mirrorOf><url>https://elsewhere.example</url></mirror>
    <mirror><id>ours</id><mirrorOf>{of}</mirrorOf><url>https://mirror.example/maven/</url></mirror>
  </mirrors>
  <servers><server><id>ours</id><username>me</username><password>${{env.SECRET}}</password></server></servers>
</settings>"""


def of_settings(home: Path, text: str) -> Repository:
    (home / ".m2").mkdir()
    (home / ".m2" / "settings.xml").write_text(text)
    return of_user(home, {"SECRET": "s3cret"})


@pytest.mark.parametrize("of", ["central", "*", "external:*", "others, central", "*,!others"])
def test_mavens_mirror_of_central_is_asked_in_its_place(tmp_path: Path, of: str) -> None:
    found = of_settings(tmp_path, MIRROR.format(of=of))
    assert found.url == "https://mirror.example/maven"
    assert found.headers == {"Authorization": "Basic bWU6czNjcmV0"}  # me:s3cret


def test_central_is_where_spark_itself_would_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    central.cache_clear()
    assert re.fullmatch(r"https://[\w.-]+/maven2", central())
    central.cache_clear()
    monkeypatch.setattr("infra.local.trino.repository.find_spec", lambda _: None)
    with pytest.raises(NoRepository, match=r"settings\.xml"):
        central()


@pytest.mark.parametrize("of", ["*,!central", "others"])
def test_a_mirror_of_others_is_not(tmp_path: Path, of: str) -> None:
    assert of_settings(tmp_path, MIRROR.format(of=of)).url == central()


@pytest.mark.parametrize("text", ["<settings/>", "no XML", "<settings><mirrors/></settings>"])
def test_settings_that_say_nothing_of_it_leave_central(tmp_path: Path, text: str) -> None:
    assert (of_settings(tmp_path, text).url, of_user(tmp_path / "nobody").url) == (central(), central())
