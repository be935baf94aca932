"""A local run can never touch real AWS: poisoned environments, in processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from infra.local import hermetic
from infra.local.site.loopback_only import is_loopback

ENDPOINT = "http://127.0.0.1:5000"


class Decoy:
    """A listener on loopback that answers nothing and remembers what it was sent."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.received: list[bytes] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection:
                    self.received.append(connection.recv(1 << 16))

    def close(self) -> None:
        self._socket.close()


class Endpoint(Decoy):
    """The local AWS as far as these tests need one: whatever is asked, the answer is an empty object."""

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection:
                    self.received.append(connection.recv(1 << 16))
                    connection.sendall(
                        b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\nETag: "e"\r\n'
                        b"Last-Modified: Sun, 03 Mar 2024 22:22:55 GMT\r\n\r\n"
                    )


@pytest.fixture
def decoy() -> Iterator[Decoy]:
    one = Decoy()
    yield one
    one.close()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    one = Endpoint()
    yield one
    one.close()


def poisoned(folder: Path, decoy: str) -> dict[str, str]:
    """What a person's shell may hold, each of it enough to send a request somewhere else."""
    config = folder / "config"
    config.write_text(
        f"[default]\nregion = eu-west-1\nendpoint_url = {decoy}\n"
        f"credential_process = {sys.executable} -c \"open(r'{folder}/asked', 'w')\"\n"
        f"[profile production]\nregion = eu-west-1\nendpoint_url = {decoy}\n"
        f"services = elsewhere\n[services elsewhere]\ns3 =\n  endpoint_url = {decoy}\n"
    )
    credentials = folder / "credentials"
    credentials.write_text("[production]\naws_access_key_id = AKIAREALREALREAL\naws_secret_access_key = real\n")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(Path(hermetic.__file__).parents[2]),
        "AWS_PROFILE": "production",
        "AWS_DEFAULT_PROFILE": "production",
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL": decoy,
        "AWS_ENDPOINT_URL_S3": decoy,
        "AWS_ENDPOINT": decoy,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{decoy}/credentials",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(credentials),
        "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/real",
        "AWS_PROXY_URL": decoy,
        "HTTP_PROXY": decoy,
        "http_proxy": decoy,
        "HTTPS_PROXY": decoy,
        "https_proxy": decoy,
        "ALL_PROXY": decoy,
        "NO_PROXY": "",
    }


SPEAK = """
import boto3, obstore
from obstore.store import S3Store
boto3.client("s3").put_object(Bucket="lake", Key="boto3", Body=b"")
print(boto3.Session().get_credentials().access_key)
store = S3Store("lake", client_options={"allow_http": True})
obstore.put(store, "obstore", b"", use_multipart=False)
"""


@pytest.mark.parametrize("how", ["a child in the environment", "this process after enter()"])
def test_a_poisoned_environment_leads_nowhere_but_to_the_local_endpoint(
    how: str, tmp_path: Path, decoy: Decoy, endpoint: Endpoint
) -> None:
    bad = poisoned(tmp_path, decoy.url)
    if how.startswith("a child"):
        environment, script = hermetic.environment(bad, endpoint.url), SPEAK
    else:
        environment, script = bad, f"from infra.local import hermetic; hermetic.enter({endpoint.url!r})\n{SPEAK}"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "testing"
    lines = [request.split(b"\r\n")[0] for request in endpoint.received]
    assert lines == [b"PUT /lake/boto3 HTTP/1.1", b"PUT /lake/obstore HTTP/1.1"]
    assert all(b"AKIAREALREALREAL" not in request for request in endpoint.received)
    assert decoy.received == []
    assert not (tmp_path / "asked").exists()


OUT = """
import socket, sys
def attempt(name, call):
    try:
        call()
    except OSError as error:
        print(name, type(error).__name__, error)
    else:
        print(name, "WENT OUT")
attempt("connect", lambda: socket.socket().connect(("192.0.2.1", 80)))
attempt("connect6", lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 80)))
attempt("create", lambda: socket.create_connection(("192.0.2.1", 443), timeout=1))
attempt("resolve", lambda: socket.getaddrinfo("s3.amazonaws.com", 443))
attempt("byname", lambda: socket.gethostbyname("sts.amazonaws.com"))
attempt("sendto", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
import urllib.request
attempt("urllib", lambda: urllib.request.urlopen("http://169.254.169.254/latest/meta-data/", timeout=1))
"""


def test_every_way_out_of_a_python_child_is_refused_with_a_reason(tmp_path: Path) -> None:
    environment = hermetic.environment({"PATH": os.environ["PATH"]}, ENDPOINT)
    done = subprocess.run(
        [sys.executable, "-c", OUT], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "connect", "connect6", "create", "resolve", "byname", "sendto", "urllib",
    ]  # fmt: skip
    assert all("a local lake talks to this machine only" in line for line in lines)


def test_a_child_of_a_child_is_guarded_too(tmp_path: Path) -> None:
    environment = hermetic.environment({"PATH": os.environ["PATH"]}, ENDPOINT)
    inner = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    outer = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {inner!r}]).returncode)"
    done = subprocess.run(
        [sys.executable, "-c", outer], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "LeavesTheMachine" in done.stderr


def test_loopback_and_unix_sockets_still_work(tmp_path: Path, endpoint: Endpoint) -> None:
    script = f"""
import socket, urllib.request
urllib.request.urlopen({endpoint.url!r}).read()
socket.create_connection(("localhost", {endpoint.url.rsplit(":", 1)[1]})).close()
server = socket.socket(socket.AF_UNIX); server.bind("s"); server.listen()
socket.socket(socket.AF_UNIX).connect("s")
one, other = socket.socketpair(); one.sendall(b"x")
"""
    environment = hermetic.environment({"PATH": os.environ["PATH"]}, endpoint.url)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "endpoint",
    ["https://s3.amazonaws.com", "http://192.0.2.1:5000", "http://localhost.example.com", "", "127.0.0.1:5000"],
)
def test_an_endpoint_that_is_not_loopback_is_refused(endpoint: str) -> None:
    with pytest.raises(hermetic.NotLocal, match="not on this machine"):
        hermetic.environment({}, endpoint)


def test_what_is_not_aws_or_a_proxy_is_left_alone() -> None:
    made = hermetic.environment({"HOME": "/home/ann", "PYTHONPATH": "mine", "aws_profile": "x"}, ENDPOINT)
    assert made["HOME"] == "/home/ann"
    assert made["PYTHONPATH"].split(os.pathsep) == [str(hermetic.SITE), "mine"]
    assert "aws_profile" not in made


def test_an_environment_made_twice_is_the_same() -> None:
    once = hermetic.environment({"HOME": "/home/ann"}, ENDPOINT)
    assert hermetic.environment(once, ENDPOINT) == once


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        (b"127.0.0.1", True),
        (None, True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("::ffff:10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_only_this_machine_is_loopback(host: object, local: bool) -> None:
    assert is_loopback(host) is local
