"""Refuse every connection of this Python process that would leave the machine.

An audit hook (PEP 578) on the socket module: it cannot be taken out again and sees every library that uses Python's
sockets. Imported without the project, by any Python child of a local run: standard library only.
"""

from __future__ import annotations

import ipaddress
import sys

_NAMES = {"", "localhost", "ip6-localhost", "localhost.localdomain"}
_installed = False


class LeavesTheMachine(OSError):
    """A connection to something else than loopback was refused."""


def is_loopback(host: object) -> bool:
    """Whether a host, as Python's socket functions take it, is this machine's loopback. Never resolves a name."""
    if host is None:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
    if text.lower() in _NAMES:
        return True
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _check(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        if not isinstance(address, tuple):  # a Unix socket's path, or a connected socket's None
            return
        host: object = address[0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = args[0]
    else:
        return
    if not is_loopback(host):
        raise LeavesTheMachine(
            f"refused {event} to {host!r}: a local lake talks to this machine only "
            "(LOGLAKE_LOCAL is set; see infra/local/hermetic.py)"
        )


def install() -> None:
    """Guard this process from now on. Doing it twice is doing it once."""
    global _installed
    if not _installed:
        sys.addaudithook(_check)
        _installed = True
