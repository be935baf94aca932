"""A local run can never touch real AWS: endpoints forced, inherited credentials dropped, all but loopback refused.

Three fences, each enough by itself: the only endpoint that AWS's SDKs are given is the local one; the only credentials
are invented ones and nothing is asked for others; Python processes refuse any connection that leaves the machine.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from infra.local.site import loopback_only

SITE = Path(loopback_only.__file__).parent
_DROPPED = ("AWS_", "BOTO_", "BOTOCORE_", "MOTO_")
_PROXIES = {"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "socks_proxy", "no_proxy", "request_method"}


class NotLocal(ValueError):
    """An endpoint that is not on this machine's loopback."""


def environment(base: Mapping[str, str], endpoint: str, region: str = "us-east-1") -> dict[str, str]:
    """The environment in which a local process runs: `base` without whatever could lead to real AWS.

    endpoint: the embedded AWS, `http://127.0.0.1:<port>`; anything but loopback raises NotLocal.
    """
    if not loopback_only.is_loopback(urlsplit(endpoint).hostname or "nowhere"):
        raise NotLocal(f"{endpoint!r} is not on this machine; a local lake's endpoint is http://127.0.0.1:<port>")
    kept = {name: value for name, value in base.items() if not _leads_away(name)}
    inherited = kept.get("PYTHONPATH", "").split(os.pathsep)
    path = [str(SITE), *(one for one in inherited if one and one != str(SITE))]
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
        "no_proxy": "*",
        "PYTHONPATH": os.pathsep.join(path),
        "LOGLAKE_LOCAL": "1",
    }


def _leads_away(name: str) -> bool:
    return name.upper().startswith(_DROPPED) or name.lower() in _PROXIES


def enter(endpoint: str, region: str = "us-east-1") -> None:
    """The same for this process, for good: changes os.environ, refuses connections that leave the machine."""
    wanted = environment(os.environ, endpoint, region)
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)
    loopback_only.install()
