"""The entry point: nothing is imported before a Ctrl-C can be told, for the imports take their time."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs `cli.main`."""
    try:
        from cli.main import main as run
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped, before anything was begun.\n")
        sys.exit(130)
    run()
