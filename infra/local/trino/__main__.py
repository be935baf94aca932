"""`python -m infra.local.trino`: downloads Trino into the cache folder if it is not there; prints the folder.

Exit codes: 0 it is there; 1 it cannot be had; 75 (EX_TEMPFAIL) there is no way to the repository.
"""

from __future__ import annotations

import os
import sys

from infra.local.trino.artefacts import ArtefactError, Unreachable, cache, install


def main() -> int:
    """Returns the exit code."""
    try:
        print(install(cache(os.environ)).folder)
    except ArtefactError as error:
        print(error, file=sys.stderr)
        return os.EX_TEMPFAIL if isinstance(error, Unreachable) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
