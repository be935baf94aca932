"""Trino as a process: its settings, its start, its end.

It listens on loopback only, knows the embedded AWS and nothing else, and holds at most HEAP in objects. It ends when
told, and when the process that started it ends, however that comes about (Launch.java).
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.local import hermetic
from infra.local.processes import TRINO
from infra.local.trino.artefacts import Installed

HEAP = "1g"
READY = 180.0  # seconds in which it must answer
LAUNCH = Path(__file__).parent / "Launch.java"
CATALOG = "awsdatacatalog"
UNLOAD = "unload"  # the catalog of UNLOAD's own tables, for as long as one runs
_JVM = (
    "-server",
    f"-Xmx{HEAP}",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:ReservedCodeCacheSize=256M",  # 48 MB, the default of that level, is full after some hundred queries
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Djdk.attach.allowAttachSelf=true",
    "-Djol.skipHotspotSAAttach=true",
    "-Dfile.encoding=UTF-8",
    "-Duser.timezone=UTC",
    "-Duser.language=en",
    "-Djava.net.useSystemProxies=false",
)
_CONFIG = """\
coordinator=true
node-scheduler.include-coordinator=true
node.environment=loglake
node.id=loglake
node.internal-address=127.0.0.1
node.bind-ip=127.0.0.1
http-server.http.port={port}
discovery.uri=http://127.0.0.1:{port}
plugin.dir={plugins}
catalog.config-dir={folder}/catalog
web-ui.enabled=false
http-server.log.enabled=false
query.max-memory-per-node=500MB
memory.heap-headroom-per-node=300MB
query.max-history=20
query.min-expire-age=30s
"""
# By name: Athena's own switch, orc.column.index.access in SerdeInfo.Parameters, means nothing to Trino.
BY_NAME = "hive.orc.use-column-names=true\n"
BY_POSITION = "hive.orc.use-column-names=false\n"
_HIVE = """\
connector.name=hive
hive.metastore=glue
hive.metastore.glue.region={region}
hive.metastore.glue.endpoint-url={aws}
hive.metastore.glue.aws-access-key=testing
hive.metastore.glue.aws-secret-key=testing
hive.metastore.glue.max-error-retries=0
hive.metastore.glue.max-connections=5
hive.metastore.glue.partitions-segments=1
fs.hadoop.enabled=false
fs.native-s3.enabled=true
s3.endpoint={aws}
s3.region={region}
s3.path-style-access=true
s3.max-connections=10
s3.aws-access-key=testing
s3.aws-secret-key=testing
hive.orc.bloom-filters.enabled=true
hive.non-managed-table-writes-enabled=true
hive.recursive-directories=true
hive.security=allow-all
"""
_LEVELS = "io.trino=ERROR\nio.airlift=WARN\norg=ERROR\n"


_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")


class TrinoError(Exception):
    """Trino cannot be started. The message says why and where its log is."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What runs: Trino's files, and the command of a Java 17."""

    installed: Installed
    java: Path


@dataclass(frozen=True, slots=True)
class Setting:
    """What a Trino is started with.

    folder: for its settings, its own. log: the file of its words. aws: the embedded AWS's endpoint. home: the lake's
    folder, which its command line names. catalogs: more catalogs, by name, as settings that are added to those of the
    usual one.
    """

    runtime: Runtime
    folder: Path
    log: Path
    aws: str
    region: str
    home: str = ""
    catalogs: Mapping[str, str] = field(default_factory=dict)


class Process:
    """A running Trino."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.port = _free_port()
        self.log = setting.log
        _write(setting, self.port)
        self.started = time.monotonic()
        with self.log.open("wb") as noise:
            self._process = subprocess.Popen(
                _command(setting),
                cwd=setting.folder,
                env=_environment(setting),
                stdin=subprocess.PIPE,
                stdout=noise,
                stderr=noise,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ended(self, within: float) -> bool:
        """Whether it has ended, or does so within these seconds."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def wait(self) -> None:
        """Until it answers. Raises TrinoError if it ends before, or the time is over; then it is ended."""
        while not _is_up(self.port):
            if not self.alive or time.monotonic() - self.started > READY:
                what = "did not start in time" if self.alive else f"ended with code {self._process.poll()}"
                self.stop()
                raise TrinoError(f"Trino {what}: {_last_error(self.log)} (all of it: {self.log})")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it at once: it holds nothing that could be lost."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def _command(setting: Setting) -> list[str]:
    """The last words are for `processes.find`, by which `loglake down` finds it whatever has become of its parent."""
    return [
        str(setting.runtime.java),
        *_JVM,
        f"-Dconfig={setting.folder / 'config.properties'}",
        f"-Dlog.levels-file={setting.folder / 'log.properties'}",
        "-cp",
        f"{setting.runtime.installed.lib}/*",
        "org.codehaus.janino.SimpleCompiler",
        str(LAUNCH),
        "Launch",
        *("-m", TRINO, "--home", setting.home or str(setting.folder)),
    ]


def _environment(setting: Setting) -> dict[str, str]:
    """That of every local process, without what adds options to any JVM: a proxy, an agent, more memory."""
    local = hermetic.environment(os.environ, setting.aws, setting.region)
    return {name: value for name, value in local.items() if name not in _OPTIONS}


def _write(setting: Setting, port: int) -> None:
    folder = setting.folder
    (folder / "catalog").mkdir(parents=True, exist_ok=True)
    (folder / "log.properties").write_text(_LEVELS)
    config = _CONFIG.format(port=port, plugins=setting.runtime.installed.plugins, folder=folder)
    (folder / "config.properties").write_text(config)
    usual = _HIVE.format(region=setting.region, aws=setting.aws)
    # Another Region's catalog is another catalog: nobody who looks at the lake's sees UNLOAD's tables.
    elsewhere = "us-west-2" if setting.region != "us-west-2" else "us-west-1"
    aside = usual.replace(f"glue.region={setting.region}", f"glue.region={elsewhere}")
    catalogs = {CATALOG: usual + BY_NAME, UNLOAD: aside}
    catalogs |= {name: usual + more for name, more in setting.catalogs.items()}
    for name, text in catalogs.items():
        (folder / "catalog" / f"{name}.properties").write_text(text)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _is_up(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/v1/info")
        return json.loads(connection.getresponse().read()).get("starting") is False
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _last_error(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    errors = [line for line in lines if "ERROR" in line or line.startswith(("Error", "Exception", "1) "))]
    return (errors or lines or ["it said nothing"])[-1]
